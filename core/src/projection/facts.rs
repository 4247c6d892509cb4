//! The facts of a document that are not text: title, archived or not, when it was created,
//! which moments have names, what was said about it. Nothing here is about characters.

use std::collections::BTreeMap;

use crate::event::{EventId, Payload, Timestamp};
use crate::graph::{Graph, Lv};
use crate::projection::discussion::Discussion;
use crate::projection::register::Register;

/// What is known about a document beside its text.
///
/// # Laws
/// Two replicas with the same events have equal facts, however the events arrived.
#[derive(Clone, Default, Debug)]
pub struct Facts {
    created: Option<(EventId, Timestamp)>,
    title: Register<String>,
    folder: Register<String>,
    archived: Register<bool>,
    names: BTreeMap<EventId, Register<String>>,
    discussion: Discussion,
}

impl Facts {
    /// Takes an event in. Text events and unknown kinds change nothing.
    pub fn apply(&mut self, graph: &Graph, lv: Lv) {
        let Some(fact) = graph.fact(lv) else { return };
        match fact {
            Payload::DocumentCreated { title } => {
                let created = (graph.id_of(lv), graph.time(lv));
                self.created = Some(self.created.map_or(created, |old| old.min(created)));
                self.title.set(graph, lv, title.clone());
            }
            Payload::TitleChanged { title } => self.title.set(graph, lv, title.clone()),
            Payload::FolderChanged { folder } => self.folder.set(graph, lv, folder.clone()),
            Payload::VersionNamed { name, moment } => {
                self.names.entry(*moment).or_default().set(graph, lv, name.clone());
            }
            Payload::DocumentArchived => self.archived.set(graph, lv, true),
            Payload::DocumentRestored => self.archived.set(graph, lv, false),
            Payload::CommentAdded { .. }
            | Payload::CommentEdited { .. }
            | Payload::CommentReplied { .. }
            | Payload::CommentResolved { .. }
            | Payload::CommentReopened { .. }
            | Payload::CommentDeleted { .. } => self.discussion.apply(graph, lv, fact),
            Payload::TextEdited { .. } | Payload::Unknown { .. } => {}
        }
    }

    /// The facts after events that a graph has not read. The names of moments and what was said
    /// are not among them.
    pub(crate) fn known(
        graph: &Graph,
        created: Option<(EventId, Timestamp)>,
        title: &str,
        archived: bool,
    ) -> Self {
        let mut facts = Self { created, ..Self::default() };
        // Whoever said it is unread; every event that is here knows of it and may replace it.
        if let (Some(last), Some(&head)) =
            (graph.unread().checked_sub(1), graph.base().heads.first())
        {
            facts.title = Register::known(last, head, title.to_owned());
            facts.archived = Register::known(last, head, archived);
        }
        facts
    }

    /// The event that brought the document into being, and when that was.
    pub(crate) fn creation(&self) -> Option<(EventId, Timestamp)> {
        self.created
    }

    /// When the document came into being, by its creator's clock; `None` before that.
    pub fn created(&self) -> Option<Timestamp> {
        self.created.map(|(_, time)| time)
    }

    /// What it is called; empty before it was created.
    pub fn title(&self) -> &str {
        self.title.get().map_or("", String::as_str)
    }

    /// The folder of the library that it is in; empty if it is in none, or not known yet.
    pub fn folder(&self) -> &str {
        self.folder.get().map_or("", String::as_str)
    }

    /// Whether it was put away.
    pub fn archived(&self) -> bool {
        self.archived.get().copied().unwrap_or(false)
    }

    /// Whether there is a document, and it was not put away.
    pub(crate) fn can_be_written(&self) -> bool {
        self.created.is_some() && !self.archived()
    }

    /// What was said, and whether it is settled.
    pub(crate) fn discussion(&self) -> &Discussion {
        &self.discussion
    }

    /// The named moments: the last event that each contains, and its name.
    pub fn names(&self) -> impl Iterator<Item = (EventId, &str)> {
        let named = self.names.iter().filter_map(|(moment, name)| Some((*moment, name.get()?)));
        named.map(|(moment, name)| (moment, name.as_str())).filter(|(_, name)| !name.is_empty())
    }
}
