//! The page's address and the time machine, kept in step: `?at=N` opens a moment, and moving
//! through time writes it. Going back in the browser comes back to now.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use palimpsest_core::{DocumentId, Revision};

use crate::desk::{Desk, Loading};
use crate::panels::share::path_to;
use crate::panels::toast::Toasts;
use crate::timeline::Machine;
use crate::words;

/// Browsers allow about a hundred changes of the address in half a minute.
const WRITE_EVERY: Duration = Duration::from_millis(400);

/// Keeps them in step until the page is left. Call once, inside the page's component.
pub(crate) fn keep(desk: Desk, machine: Machine) {
    let id = desk.id();
    let toasts = expect_context::<Toasts>();
    let (loading, status) = (desk.loading(), desk.status());
    let query = use_query_map();
    let wanted =
        Memo::new(move |_| query.read().get("at").and_then(|at| at.parse().ok()).map(Revision));
    // What the address says as far as this page has read or written it.
    let known = StoredValue::new(None::<Revision>);

    Effect::new(move |_| {
        let wanted = wanted.get();
        if loading.get() != Loading::Ready || wanted == known.get_value() {
            return;
        }
        let last = machine.last();
        let there = wanted.is_none_or(|at| Revision(1) <= at && at <= last);
        if there {
            known.set_value(wanted);
            machine.open(wanted);
            return;
        }
        // The moment may be among what the server has not told yet.
        let status = status.get();
        if status.caught_up || !status.connected {
            known.set_value(wanted);
            toasts.say(words::NO_SUCH_MOMENT);
        }
    });

    let write = writer(id, machine, known);
    let waiting = StoredValue::new(false);
    Effect::new(move |before: Option<Option<Revision>>| {
        let at = machine.at().get();
        let before = before.flatten();
        if before.is_some() != at.is_some() {
            // Leaving now, or coming back to it, is a step of its own in the browser's history.
            write(false);
        } else if before != at && !waiting.get_value() {
            waiting.set_value(true);
            let write = write.clone();
            set_timeout(
                move || {
                    // The page may have been left in the meantime.
                    if waiting.try_set_value(false).is_none() {
                        write(true);
                    }
                },
                WRITE_EVERY,
            );
        }
        at
    });
}

fn writer(
    id: DocumentId,
    machine: Machine,
    known: StoredValue<Option<Revision>>,
) -> impl Fn(bool) + Clone + 'static {
    let navigate = use_navigate();
    move |replace| {
        let at = machine.at().get_untracked();
        if at == known.get_value() {
            return;
        }
        known.set_value(at);
        let options = NavigateOptions { replace, scroll: false, ..Default::default() };
        navigate(&path_to(id, at), options);
    }
}
