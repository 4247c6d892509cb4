//! The facts of a document that are not text: title, archived or not, when it was created,
//! which moments have names. Nothing here is about characters.

use std::collections::BTreeMap;

use crate::event::{EventId, Payload, Timestamp};
use crate::graph::{Graph, Lv};

/// A value that is replaced as a whole. Of replacements that knew nothing of one another the
/// one with the greatest event id counts, on every replica, whatever the order of arrival.
#[derive(Clone, Debug)]
struct Register<T> {
    /// The replacements that no other one has replaced.
    heads: Vec<(Lv, EventId, T)>,
}

impl<T> Default for Register<T> {
    fn default() -> Self {
        Self { heads: Vec::new() }
    }
}

impl<T> Register<T> {
    fn set(&mut self, graph: &Graph, lv: Lv, value: T) {
        self.heads.retain(|&(old, _, _)| !graph.version_contains(&[lv], old));
        if !self.heads.iter().any(|&(head, _, _)| graph.version_contains(&[head], lv)) {
            self.heads.push((lv, graph.id_of(lv), value));
        }
    }

    fn get(&self) -> Option<&T> {
        self.heads.iter().max_by_key(|(_, id, _)| *id).map(|(_, _, value)| value)
    }
}

/// What is known about a document beside its text.
///
/// # Laws
/// Two replicas with the same events have equal facts, however the events arrived.
#[derive(Clone, Default, Debug)]
pub struct Facts {
    created: Option<(EventId, Timestamp)>,
    title: Register<String>,
    archived: Register<bool>,
    names: BTreeMap<EventId, Register<String>>,
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
            Payload::VersionNamed { name, moment } => {
                self.names.entry(*moment).or_default().set(graph, lv, name.clone());
            }
            Payload::DocumentArchived => self.archived.set(graph, lv, true),
            Payload::DocumentRestored => self.archived.set(graph, lv, false),
            Payload::TextEdited { .. } | Payload::Unknown { .. } => {}
        }
    }

    /// When the document came into being, by its creator's clock; `None` before that.
    pub fn created(&self) -> Option<Timestamp> {
        self.created.map(|(_, time)| time)
    }

    /// What it is called; empty before it was created.
    pub fn title(&self) -> &str {
        self.title.get().map_or("", String::as_str)
    }

    /// Whether it was put away.
    pub fn archived(&self) -> bool {
        self.archived.get().copied().unwrap_or(false)
    }

    /// The named moments: the last event that each contains, and its name.
    pub fn names(&self) -> impl Iterator<Item = (EventId, &str)> {
        let named = self.names.iter().filter_map(|(moment, name)| Some((*moment, name.get()?)));
        named.map(|(moment, name)| (moment, name.as_str())).filter(|(_, name)| !name.is_empty())
    }
}
