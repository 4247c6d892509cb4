//! The time and the randomness of this page, and ways to wait for a moment. The core takes
//! both as arguments and has neither.

use std::cell::Cell;
use std::rc::Rc;

use palimpsest_core::{AuthorId, DocumentId, ReplicaId, Timestamp};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// How long a frame may take before a timer stands in for it: a hidden page has no frames.
const FRAME_MILLIS_MAX: u32 = 50;

/// Milliseconds since 1970 by the device's clock.
pub fn now() -> Timestamp {
    Timestamp(js_sys::Date::now() as i64)
}

/// Milliseconds since the page began; never jumps with the device's clock.
pub fn elapsed() -> f64 {
    performance().map_or_else(js_sys::Date::now, |performance| performance.now())
}

/// Leaves a mark in the browser's performance timeline, where measurements find it.
pub fn mark(name: &str) {
    if let Some(performance) = performance() {
        // A mark that cannot be made costs a measurement, nothing else.
        let _ = performance.mark(name);
    }
}

/// A document id of this moment.
pub fn document_id() -> DocumentId {
    DocumentId::new(now(), random_bytes())
}

/// A replica id that nobody has had before.
pub fn replica_id() -> ReplicaId {
    ReplicaId(u64::from_le_bytes(random_bytes()))
}

/// An author id that nobody has had before.
pub fn author_id() -> AuthorId {
    AuthorId(random_bytes())
}

/// A number in `0.0 .. 1.0`, good enough for spreading retries.
pub fn fraction() -> f64 {
    js_sys::Math::random()
}

/// Waits for that many milliseconds.
pub async fn sleep(millis: u32) {
    gloo_timers::future::TimeoutFuture::new(millis).await;
}

/// Lets the browser paint and answer the user, then goes on. Unlike a timer of 0 ms it is
/// not slowed down to 4 ms when called often.
pub async fn breathe() {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let Ok(channel) = web_sys::MessageChannel::new() else {
            let _ = resolve.call0(&JsValue::NULL);
            return;
        };
        channel.port1().set_onmessage(Some(&resolve));
        let _ = channel.port2().post_message(&JsValue::NULL);
    });
    // The promise is only ever resolved.
    let _ = JsFuture::from(promise).await;
}

/// Runs `work` in the next animation frame, or after 50 ms where frames do not come.
/// Never runs it twice.
pub fn on_next_frame(work: impl FnOnce() + 'static) {
    let work = Rc::new(Cell::new(Some(work)));
    let frame: Rc<Cell<Option<i32>>> = Rc::default();
    let run = {
        let work = work.clone();
        move || {
            if let Some(work) = work.take() {
                work();
            }
        }
    };
    let timer = gloo_timers::callback::Timeout::new(FRAME_MILLIS_MAX, {
        let (run, frame) = (run.clone(), frame.clone());
        move || {
            if let (Some(window), Some(frame)) = (web_sys::window(), frame.take()) {
                let _ = window.cancel_animation_frame(frame);
            }
            run();
        }
    });
    let callback = Closure::once_into_js(move || {
        timer.cancel();
        run();
    });
    if let Some(window) = web_sys::window() {
        frame.set(window.request_animation_frame(callback.unchecked_ref()).ok());
    }
}

fn performance() -> Option<web_sys::Performance> {
    web_sys::window().and_then(|window| window.performance())
}

fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    web_sys::window()
        .and_then(|window| window.crypto().ok())
        .and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).ok())
        .expect("every browser that runs WebAssembly has crypto.getRandomValues");
    bytes
}
