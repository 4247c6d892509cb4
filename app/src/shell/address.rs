//! The page's address and the time machine, kept in step: `?at=N` opens a moment, `?from=N&to=M`
//! compares two, and moving through time writes it. Going back in the browser comes back to now.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use palimpsest_core::Revision;

use crate::clock;
use crate::desk::{Desk, Loading};
use crate::panels::toast::Toasts;
use crate::timeline::{Asked, Machine, Place};
use crate::words::machine as words;

/// Browsers allow about a hundred changes of the address in half a minute.
const WRITE_EVERY: Duration = Duration::from_millis(400);
/// So late the router tells of an address that this page wrote.
const ECHO_MILLIS_MAX: f64 = 1_500.0;

/// Keeps them in step until the page is left. Call once, inside the page's component.
pub(crate) fn keep(desk: Desk, machine: Machine) {
    let id = desk.id();
    let toasts = expect_context::<Toasts>();
    let (loading, past, status) = (desk.loading(), desk.past(), desk.status());
    let query = use_query_map();
    let asked = Memo::new(move |_| Asked::read(|name| query.read().get(name)));
    // What the address says as far as this page has read or written it.
    let known = StoredValue::new(Place::Now);
    // What this page wrote comes back as a change of the address, late and perhaps after the
    // next one was written: it is no wish of anybody's.
    let echoes = StoredValue::new(Vec::<(Place, f64)>::new());
    let is_echo = move |place: Place| {
        let since = clock::elapsed() - ECHO_MILLIS_MAX;
        let find = |echoes: &mut Vec<(Place, f64)>| {
            echoes.retain(|(_, written)| *written > since);
            let found = echoes.iter().position(|(echo, _)| *echo == place);
            found.map(|found| echoes.drain(..=found)).is_some()
        };
        echoes.try_update_value(find).unwrap_or(false)
    };
    let navigate = use_navigate();
    let tidy = navigate.clone();
    let go = move |place: Place, replace: bool| {
        known.set_value(place);
        echoes.update_value(|echoes| echoes.push((place, clock::elapsed())));
        let options = NavigateOptions { replace, scroll: false, ..Default::default() };
        navigate(&place.path(id), options);
    };

    // Of what an address says only what can be shown is kept in it.
    let correct = {
        let go = go.clone();
        move |place: Place, asked: Asked| {
            stand(machine, place, asked);
            go(place, true);
            toasts.say(match place {
                Place::Range(..) => words::RANGE_CORRECTED,
                Place::Now | Place::At(_) => words::MOMENT_CORRECTED,
            });
        }
    };
    let follow = move |asked: Asked| {
        let place = asked.place;
        let awaited = machine.awaited().get_untracked().is_some();
        if asked.bad {
            return correct(Place::Now, asked);
        }
        if is_echo(place) || (place == known.get_value() && !awaited) {
            return;
        }
        if place == Place::Now {
            known.set_value(place);
            return stand(machine, place, asked);
        }
        if loading.get() == Loading::Ready && past.get() {
            let last = machine.last();
            let is_there = |revision: &Revision| (Revision(1)..=last).contains(revision);
            if place.revisions().all(|revision| is_there(&revision)) {
                known.set_value(place);
                return stand(machine, place, asked);
            }
            // The moment may be among what the server has not told yet.
            let status = status.get();
            if status.caught_up || !status.connected {
                let from = place.revisions().find(is_there);
                let rest = from.map_or(Place::Now, |from| Place::Range(from, None));
                return correct(rest, asked);
            }
        }
        known.set_value(place);
        machine.await_place(place);
    };
    Effect::new(move |before: Option<Asked>| {
        let asked = asked.get();
        let fresh = before != Some(asked);
        if fresh && asked.odd {
            let options = NavigateOptions { replace: true, scroll: false, ..Default::default() };
            tidy(&asked.path(id), options);
        }
        if fresh
            && asked.place == Place::Now
            && let Some(pace) = asked.pace
        {
            machine.pace.set(pace);
        }
        follow(asked);
        asked
    });

    let write = move |replace: bool| {
        let place = untrack(move || machine.place());
        if place != known.get_value() {
            go(place, replace);
        }
    };
    let waiting = StoredValue::new(false);
    Effect::new(move |before: Option<(Place, bool)>| {
        let (place, playing) = (machine.place(), machine.playing().get());
        let (before, played) = before.unwrap_or_default();
        if (before == Place::Now) != (place == Place::Now) {
            // Leaving now, or coming back to it, is a step of its own in the browser's history.
            write(false);
        } else if (before != place || played) && !playing && !waiting.get_value() {
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
        (place, playing)
    });
}

/// Stands where an address leads, and goes on from there as fast as it says.
fn stand(machine: Machine, place: Place, asked: Asked) {
    machine.open_place(place);
    if place == Place::Now {
        return;
    }
    if let Some(pace) = asked.pace {
        machine.pace.set(pace);
    }
    if asked.plays {
        machine.play();
    }
}
