//! What was said about a document and what of it is settled: comments and replies, as a set.
//! Where the passages stand that they are about is not known here.

use std::collections::BTreeMap;
use std::sync::Arc;

use ecow::EcoString;

use crate::event::{AuthorId, EventId, Payload};
use crate::graph::{Graph, Lv};
use crate::projection::register::Register;

/// All comments and replies, by the event that made each.
///
/// An event about a comment counts if its author knew the comment: if that is in the event's
/// history. So it does not matter what arrives first. Only who made a comment can change or
/// withdraw it.
///
/// # Laws
/// - Two replicas with the same events have equal discussions, however the events arrived.
#[derive(Clone, Default, Debug)]
pub(crate) struct Discussion {
    /// Shared, since the timeline keeps what is ordered beside what is pending.
    said: Arc<BTreeMap<EventId, Said>>,
}

/// A comment or a reply.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// The comment that began its thread; itself, if it is that.
    pub(crate) thread: EventId,
    pub(crate) author: AuthorId,
    text: Register<EcoString>,
    deleted: bool,
    /// Of a whole thread: whether it is settled.
    resolved: Register<bool>,
}

impl Said {
    /// What it says now, and the event that says so; `None` if it was withdrawn.
    pub(crate) fn text(&self) -> Option<(EventId, &str)> {
        let latest = self.text.latest().map(|(id, text)| (id, text.as_str()));
        latest.filter(|_| !self.deleted)
    }

    /// The event that settled the thread that it began.
    pub(crate) fn resolved(&self) -> Option<EventId> {
        self.resolved.latest().filter(|&(_, resolved)| *resolved).map(|(id, _)| id)
    }
}

impl Discussion {
    /// Takes an event in; what is not about comments changes nothing.
    pub(crate) fn apply(&mut self, graph: &Graph, lv: Lv, fact: &Payload) {
        match fact {
            Payload::CommentAdded { text, .. } => self.add(graph, lv, graph.id_of(lv), text),
            Payload::CommentReplied { thread, text } => {
                if self.known(graph, lv, *thread).is_some_and(|said| said.thread == *thread) {
                    self.add(graph, lv, *thread, text);
                }
            }
            Payload::CommentEdited { comment, text } => {
                if let Some(said) = self.own(graph, lv, *comment) {
                    said.text.set(graph, lv, text.into());
                }
            }
            Payload::CommentDeleted { comment } => {
                if let Some(said) = self.own(graph, lv, *comment) {
                    said.deleted = true;
                }
            }
            Payload::CommentResolved { thread } => self.settle(graph, lv, *thread, true),
            Payload::CommentReopened { thread } => self.settle(graph, lv, *thread, false),
            Payload::DocumentCreated { .. }
            | Payload::TextEdited { .. }
            | Payload::TitleChanged { .. }
            | Payload::FolderChanged { .. }
            | Payload::VersionNamed { .. }
            | Payload::DocumentArchived
            | Payload::DocumentRestored
            | Payload::Unknown { .. } => {}
        }
    }

    fn add(&mut self, graph: &Graph, lv: Lv, thread: EventId, text: &str) {
        let mut said = Said {
            thread,
            author: graph.author(lv),
            text: Register::default(),
            deleted: false,
            resolved: Register::default(),
        };
        said.text.set(graph, lv, text.into());
        Arc::make_mut(&mut self.said).insert(graph.id_of(lv), said);
    }

    fn settle(&mut self, graph: &Graph, lv: Lv, thread: EventId, resolved: bool) {
        if self.known(graph, lv, thread).is_some_and(|said| said.thread == thread)
            && let Some(said) = Arc::make_mut(&mut self.said).get_mut(&thread)
        {
            said.resolved.set(graph, lv, resolved);
        }
    }

    /// What an event is about, if its author knew that.
    fn known(&self, graph: &Graph, lv: Lv, comment: EventId) -> Option<&Said> {
        let known = graph.version_contains(&[lv], graph.lv_of(comment)?);
        self.said.get(&comment).filter(|_| known)
    }

    /// The same, if its author also made that.
    fn own(&mut self, graph: &Graph, lv: Lv, comment: EventId) -> Option<&mut Said> {
        let said = self.known(graph, lv, comment)?;
        if said.author != graph.author(lv) {
            return None;
        }
        Arc::make_mut(&mut self.said).get_mut(&comment)
    }

    /// A comment or reply.
    pub(crate) fn get(&self, comment: EventId) -> Option<&Said> {
        self.said.get(&comment)
    }

    /// A thread that still says something, by the comment that began it.
    pub(crate) fn thread(&self, thread: EventId) -> Option<&Said> {
        let first = self.get(thread).filter(|said| said.thread == thread)?;
        let says = |said: &Said| said.thread == thread && said.text().is_some();
        (first.text().is_some() || self.said.values().any(says)).then_some(first)
    }
}
