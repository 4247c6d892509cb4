//! What the page does when it is hidden, left, brought back, or told about the network:
//! write everything before it may be gone, and reconnect as soon as that makes sense.

use std::rc::Rc;

use wasm_bindgen::prelude::*;
use web_sys::{BeforeUnloadEvent, EventTarget, PageTransitionEvent, VisibilityState};

use crate::page::Page;

/// Listens to the browser for the life of the page.
pub(crate) fn follow(page: &Rc<Page>) {
    let Some(window) = web_sys::window() else { return };
    let Some(document) = window.document() else { return };
    listen(&document, "visibilitychange", page, |page, _| {
        let document = web_sys::window().and_then(|window| window.document());
        let hidden =
            document.is_some_and(|document| document.visibility_state() == VisibilityState::Hidden);
        if hidden {
            // The last event that a page on a phone is sure to get.
            page.flush();
        } else {
            come_back(page);
        }
    });
    listen(&window, "pagehide", page, |page, event| {
        page.flush();
        if persisted(event)
            && let Some(socket) = page.socket()
        {
            // A page with an open socket is not put into the browser's cache.
            socket.suspend();
        }
    });
    listen(&window, "pageshow", page, |page, event| {
        if persisted(event)
            && let Some(socket) = page.socket()
        {
            socket.resume();
        }
    });
    // A link to where one is already changes nothing but what is behind the `#`.
    listen(&window, "hashchange", page, |page, _| page.look_for_key());
    listen(&window, "online", page, |page, _| come_back(page));
    listen(&window, "offline", page, |page, _| page.reconnect());
    listen(&window, "beforeunload", page, |page, event| {
        page.flush();
        // What the transaction just begun contains is not lost by leaving; what the store
        // refuses is, and what is only in memory.
        if page.would_lose()
            && let Some(event) = event.dyn_ref::<BeforeUnloadEvent>()
        {
            event.prevent_default();
            event.set_return_value(crate::words::NOT_SAVED_HERE);
        }
    });
}

fn come_back(page: &Rc<Page>) {
    if let Some(socket) = page.socket() {
        socket.hurry();
    }
    for open in page.desks() {
        open.tick();
    }
}

fn persisted(event: &web_sys::Event) -> bool {
    event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted)
}

fn listen(
    target: &EventTarget,
    name: &str,
    page: &Rc<Page>,
    react: impl Fn(&Rc<Page>, &web_sys::Event) + 'static,
) {
    let page = page.clone();
    let closure = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| {
        react(&page, &event);
    });
    // Fails for no event name that exists.
    let _ = target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
    // The page and the listener end together.
    closure.forget();
}
