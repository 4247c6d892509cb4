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
    /// Whether it says something beside that means nothing.
    pub(crate) odd: bool,
}

impl Asked {
    /// What the parameters of an address ask for; `get` finds one by its name.
    pub(crate) fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let (at, from, to, speed) = (get("at"), get("from"), get("to"), get("speed"));
        let revision = |value: &str| value.parse().ok().filter(|n| *n >= 1).map(Revision);
        // A moment needs no range, an end needs a beginning, and now does not play.
        let now = at.is_none() && from.is_none();
        let idle = (at.is_some() && from.is_some())
            || (from.is_none() && to.is_some())
            || (now && get("play").is_some());
        let until = to.as_deref().and_then(revision);
        let place = match (&at, &from) {
            (Some(at), _) => revision(at).map(Place::At),
            (None, Some(from)) => revision(from).map(|from| Place::Range(from, until)),
            (None, None) => Some(Place::Now),
        };
        let pace = speed.as_deref().and_then(Pace::read);
        Self {
            place: place.unwrap_or_default(),
            pace,
            plays: !now && get("play").is_some_and(|play| play != "0"),
            bad: place.is_none(),
            odd: idle || to.is_some() != until.is_some() || speed.is_some() != pace.is_some(),
        }
    }

    /// The address inside the app that asks for the same and for nothing else.
    pub(crate) fn path(self, id: DocumentId) -> String {
        let mut path = self.place.path(id);
        let speed = self.pace.map(|pace| format!("speed={}", pace.key()));
        let play = self.plays.then(|| "play=1".to_owned());
        for more in speed.into_iter().chain(play) {
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str(&more);
        }
        path
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
        let pace = Some(self.pace.get_untracked());
        let path = Asked { place, pace, plays, ..Asked::default() }.path(self.desk.id());
        let origin = location().origin().unwrap_or_default();
        format!("{origin}{path}")
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    fn asked(query: &str) -> Asked {
        Asked::read(|name| {
            let parts = query.split('&').filter_map(|part| part.split_once('='));
            parts.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        })
    }

    #[wasm_bindgen_test]
    fn an_address_says_what_is_meant() {
        assert_eq!(asked(""), Asked::default());
        assert_eq!(asked("at=7").place, Place::At(Revision(7)));
        assert_eq!(asked("from=7&to=9").place, Place::Range(Revision(7), Some(Revision(9))));
        assert_eq!(asked("from=7").place, Place::Range(Revision(7), None));
        assert_eq!(asked("at=3&speed=real&play=1").pace, Some(Pace::Clock(1.0)));
        assert!(asked("at=3&play=1").plays);
        for bad in ["at=0", "at=-1", "at=x", "from=0", "from=x&to=2"] {
            assert!(asked(bad).bad, "{bad}");
        }
    }

    #[wasm_bindgen_test]
    fn what_means_nothing_is_left_out_of_an_address() {
        let id = DocumentId([7; 16]);
        for (query, meant) in [
            ("at=2&to=9999", "?at=2"),
            ("at=2&to=x", "?at=2"),
            ("at=2&from=1&to=3", "?at=2"),
            ("to=3", ""),
            ("from=2&to=x", "?from=2"),
            ("speed=banana", ""),
            ("speed=2&play=1", "?speed=2"),
            ("at=2&speed=banana&play=1", "?at=2&play=1"),
            ("from=2&to=3&speed=-4", "?from=2&to=3"),
        ] {
            let asked = asked(query);
            assert!(asked.odd && !asked.bad, "{query}");
            assert_eq!(asked.path(id), format!("/d/{id}{meant}"), "{query}");
        }
        for sound in ["", "at=2", "from=2&to=3&speed=8&play=1", "at=2&speed=real5", "speed=2"] {
            let asked = asked(sound);
            assert!(!asked.odd, "{sound}");
            let join = if sound.is_empty() { "" } else { "?" };
            assert_eq!(asked.path(id), format!("/d/{id}{join}{sound}"));
        }
    }
}
