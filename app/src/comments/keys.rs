//! What can be done with comments from anywhere on a document's page, by menu, palette or key.

use leptos::ev;
use leptos::prelude::*;
use palimpsest_core::EventId;
use wasm_bindgen::JsCast;

use crate::actions::{Action, Actions};
use crate::aside::{Aside, Subject};
use crate::comments::card::card_of;
use crate::comments::talk::Talk;
use crate::words::comments as words;

/// Offers the actions, and listens to their keys and to the text, until the page is left.
pub(crate) fn offer(talk: Talk, aside: Aside) {
    let now = Signal::derive(move || talk.machine.at().get().is_none());
    let chosen = Signal::derive(move || talk.chosen().is_some());
    let writable = Signal::derive(move || now.get() && chosen.get());
    let always = Signal::derive(|| true);
    let any = Signal::derive(move || talk.shown().iter().any(|thread| thread.resolved.is_none()));
    let act = |run: fn(Talk)| Callback::new(move |()| run(talk));
    expect_context::<Actions>().offer([
        Action {
            name: words::COMMENT_ON_THIS,
            keys: "Ctrl Alt M",
            possible: now,
            act: act(Talk::begin),
        },
        Action {
            name: words::COMMENTS,
            keys: "",
            possible: always,
            act: Callback::new(move |()| aside.toggle(Subject::Comments)),
        },
        Action { name: words::NEXT_COMMENT, keys: "Ctrl Alt N", possible: any, act: act(next) },
        Action {
            name: words::PREVIOUS_COMMENT,
            keys: "Ctrl Alt P",
            possible: any,
            act: act(previous),
        },
        Action { name: words::REPLY_HERE, keys: "Ctrl Alt R", possible: writable, act: act(reply) },
        Action { name: words::SETTLE, keys: "Ctrl Alt E", possible: writable, act: act(settle) },
    ]);
    let keys = window_event_listener(ev::keydown, move |event| {
        let asked = (event.ctrl_key() || event.meta_key()) && event.alt_key() && !event.shift_key();
        // On many keyboards AltGr counts as Ctrl and Alt, and writes a letter.
        if !asked || event.default_prevented() || event.get_modifier_state("AltGraph") {
            return;
        }
        match event.code().as_str() {
            "KeyM" if now.get_untracked() => talk.begin(),
            "KeyN" => next(talk),
            "KeyP" => previous(talk),
            "KeyR" if writable.get_untracked() => reply(talk),
            "KeyE" if writable.get_untracked() => settle(talk),
            _ => return,
        }
        event.prevent_default();
    });
    let passage = window_event_listener_untyped("palimpsest-passage", move |event| {
        let name =
            event.dyn_into::<web_sys::CustomEvent>().ok().and_then(|e| e.detail().as_string());
        if let Some(name) = name {
            talk.choose_named(&name);
        }
    });
    let comment = window_event_listener_untyped("palimpsest-comment", move |_| talk.begin());
    on_cleanup(move || {
        keys.remove();
        passage.remove();
        comment.remove();
    });
}

fn next(talk: Talk) {
    talk.step(true);
    focus_chosen(talk);
}

fn previous(talk: Talk) {
    talk.step(false);
    focus_chosen(talk);
}

fn reply(talk: Talk) {
    if let Some(id) = untrack(move || talk.chosen()) {
        talk.answer(id);
    }
}

fn settle(talk: Talk) {
    if let Some(id) = untrack(move || talk.chosen()) {
        talk.settle(id);
    }
}

/// Who walks from comment to comment by keys is on the card then.
fn focus_chosen(talk: Talk) {
    let Some(id) = untrack(move || talk.chosen()) else { return };
    crate::clock::on_next_frame(move || focus_card(id));
}

fn focus_card(id: EventId) {
    let Ok(cards) = document().query_selector_all(&format!("{} article", card_of(id))) else {
        return;
    };
    for nth in 0..cards.length() {
        let card = cards.get(nth).and_then(|card| card.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(card) = card.filter(|card| card.offset_width() > 0) {
            // A card that cannot take the focus is read by going to it.
            let _ = card.focus();
            return;
        }
    }
}
