//! What an address says of time: a moment, a range, a speed, and whether it plays. Ordered
//! revisions never change what they mean, so such an address is good for ever.

use leptos::prelude::*;
use palimpsest_core::{DocumentId, Revision};

use crate::timeline::compare::Other;
use crate::timeline::machine::Machine;
use crate::timeline::pace::Pace;
use crate::words;

/// Where in time an address leads.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Place {
    /// The present.
    #[default]
    Now,
    /// A moment.
    At(Revision),
    /// Two moments, compared; `None` is the present.
    Range(Revision, Option<Revision>),
}

/// All that an address says of time.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub(crate) struct Asked {
    /// Where.
    pub(crate) place: Place,
    /// How fast.
    pub(crate) pace: Option<Pace>,
    /// Whether it plays at once.
    pub(crate) plays: bool,
    /// Whether it names something that can be no moment.
    pub(crate) bad: bool,
}

impl Asked {
    /// What the parameters of an address ask for; `get` finds one by its name.
    pub(crate) fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let mut bad = false;
        let mut revision = |name: &str| {
            let value = get(name)?;
            let read = value.parse().ok().filter(|n: &u64| *n >= 1).map(Revision);
            bad |= read.is_none();
            read
        };
        let (at, from, to) = (revision("at"), revision("from"), revision("to"));
        let place = match (at, from) {
            (Some(at), _) => Place::At(at),
            (None, Some(from)) => Place::Range(from, to),
            (None, None) => Place::Now,
        };
        let pace = get("speed").and_then(|speed| Pace::read(&speed));
        let plays = get("play").is_some_and(|play| play != "0");
        Self { place, pace, plays, bad }
    }
}

impl Place {
    /// The revisions it names.
    pub(crate) fn revisions(self) -> impl Iterator<Item = Revision> {
        let (one, other) = match self {
            Self::Now => (None, None),
            Self::At(at) => (Some(at), None),
            Self::Range(from, to) => (Some(from), to),
        };
        one.into_iter().chain(other)
    }

    /// The address inside the app.
    pub(crate) fn path(self, id: DocumentId) -> String {
        match self {
            Self::Now => format!("/d/{id}"),
            Self::At(at) => format!("/d/{id}?at={}", at.0),
            Self::Range(from, None) => format!("/d/{id}?from={}", from.0),
            Self::Range(from, Some(to)) => format!("/d/{id}?from={}&to={}", from.0, to.0),
        }
    }
}

impl Machine {
    /// Where it stands or waits to stand.
    pub(crate) fn place(self) -> Place {
        if let Some(place) = self.awaited().get() {
            return place;
        }
        match (self.pair(), self.at().get()) {
            (Some((from, to)), _) => Place::Range(from, to),
            (None, Some(at)) => Place::At(at),
            (None, None) => Place::Now,
        }
    }

    /// Stands there at once.
    pub(crate) fn open_place(self, place: Place) {
        match place {
            Place::Now => self.open(None),
            Place::At(at) => {
                self.compare.set(None);
                self.open(Some(at));
            }
            Place::Range(from, to) => {
                self.open(Some(from));
                self.compare.set(Some(to.map_or(Other::Now, Other::At)));
            }
        }
    }

    /// What to say when an address of where it stands was copied: pending edits may still move.
    pub(crate) fn copied(self) -> &'static str {
        let place = untrack(move || self.place());
        let (head, _) = self.history().get_untracked();
        let may_move = place.revisions().any(|revision| revision > head);
        if may_move { words::LINK_MAY_MOVE } else { words::LINK_COPIED }
    }

    /// The whole address of where it stands, with the speed that is chosen; with `plays`, one
    /// that plays as soon as it is opened.
    pub(crate) fn link(self, plays: bool) -> String {
        let place = untrack(move || self.place());
        let path = place.path(self.desk.id());
        let join = if path.contains('?') { '&' } else { '?' };
        let speed = self.pace.get_untracked().key();
        let play = if plays { "&play=1" } else { "" };
        let origin = location().origin().unwrap_or_default();
        format!("{origin}{path}{join}speed={speed}{play}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Asked {
        Asked::read(|name| {
            let parts = query.split('&').filter_map(|part| part.split_once('='));
            parts.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        })
    }

    #[test]
    fn an_address_says_what_is_meant() {
        assert_eq!(asked(""), Asked::default());
        assert_eq!(asked("at=7").place, Place::At(Revision(7)));
        assert_eq!(asked("from=7&to=9").place, Place::Range(Revision(7), Some(Revision(9))));
        assert_eq!(asked("from=7").place, Place::Range(Revision(7), None));
        assert_eq!(asked("at=3&speed=real&play=1").pace, Some(Pace::Clock(1.0)));
        assert!(asked("at=3&play=1").plays);
        for bad in ["at=0", "at=-1", "at=x", "from=0", "from=2&to=x"] {
            assert!(asked(bad).bad, "{bad}");
        }
    }
}
