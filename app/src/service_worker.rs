//! The service worker, which lets the app open without a network, and the change to a newer
//! version of the app: asked for by a person, done with one reload. The worker itself is a
//! script in `public/`.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Object, Reflect};
use leptos::prelude::{ArcRwSignal, Set};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    ServiceWorker, ServiceWorkerContainer, ServiceWorkerRegistration, ServiceWorkerState,
};

/// Where the worker's script is. At the root, so that it serves every route.
const SCRIPT: &str = "/sw.js";

/// What the waiting worker is told to do.
const SKIP_WAITING: &str = "SKIP_WAITING";

/// How often a page that stays open asks for a newer version.
const CHECK_MILLIS: u32 = 30 * 60 * 1000;

/// The registration, once there is one.
#[derive(Clone, Default)]
pub struct Updates {
    registration: Rc<RefCell<Option<ServiceWorkerRegistration>>>,
}

impl Updates {
    /// Registers the worker. `ready` turns true when a newer version waits. Where there are
    /// no service workers the app works, but does not open offline.
    pub fn start(ready: ArcRwSignal<bool>) -> Self {
        let updates = Self::default();
        let Some(container) = container() else { return updates };
        let registered = updates.registration.clone();
        spawn_local(async move {
            let Ok(registration) = JsFuture::from(register(&container)).await else { return };
            let registration: ServiceWorkerRegistration = registration.unchecked_into();
            *registered.borrow_mut() = Some(registration.clone());
            if registration.waiting().is_some() && container.controller().is_some() {
                ready.set(true);
            }
            watch(registration.clone(), container, ready);
            gloo_timers::callback::Interval::new(CHECK_MILLIS, move || {
                let Ok(asked) = registration.update() else { return };
                // Offline there is nothing newer to find.
                spawn_local(async move { drop(JsFuture::from(asked).await) });
            })
            .forget();
        });
        updates
    }

    /// Lets the waiting version take over, waits until it has, and reloads once. Without a
    /// waiting version it just reloads.
    pub fn apply(&self) {
        let waiting = self.registration.borrow().as_ref().and_then(|found| found.waiting());
        let (Some(container), Some(waiting)) = (container(), waiting) else {
            reload();
            return;
        };
        let reload = Closure::once_into_js(reload);
        // Before the take-over a reload would boot the old version again.
        container.set_oncontrollerchange(Some(reload.unchecked_ref()));
        let message = Object::new();
        if Reflect::set(&message, &"type".into(), &SKIP_WAITING.into()).is_ok() {
            let _ = waiting.post_message(&message);
        }
    }
}

/// Follows every version that is found until it is installed.
fn watch(
    registration: ServiceWorkerRegistration,
    container: ServiceWorkerContainer,
    ready: ArcRwSignal<bool>,
) {
    let found = Closure::<dyn FnMut()>::new({
        let registration = registration.clone();
        move || {
            let Some(worker) = registration.installing() else { return };
            let changed = Closure::<dyn FnMut()>::new({
                let (worker, container, ready) = (worker.clone(), container.clone(), ready.clone());
                move || installed(&worker, &container, &ready)
            });
            worker.set_onstatechange(Some(changed.as_ref().unchecked_ref()));
            // A version of the app is found rarely; its listener may stay.
            changed.forget();
        }
    });
    registration.set_onupdatefound(Some(found.as_ref().unchecked_ref()));
    found.forget();
}

/// Without a controller this is the first version ever, which waits for nobody.
fn installed(
    worker: &ServiceWorker,
    container: &ServiceWorkerContainer,
    ready: &ArcRwSignal<bool>,
) {
    if worker.state() == ServiceWorkerState::Installed && container.controller().is_some() {
        ready.set(true);
    }
}

fn register(container: &ServiceWorkerContainer) -> js_sys::Promise {
    let options = web_sys::RegistrationOptions::new();
    // The script is small; a stale one from the browser's cache would pin old versions.
    options.set_update_via_cache(web_sys::ServiceWorkerUpdateViaCache::None);
    container.register_with_options(SCRIPT, &options)
}

fn container() -> Option<ServiceWorkerContainer> {
    let navigator = web_sys::window()?.navigator();
    let container = Reflect::get(&navigator, &"serviceWorker".into()).ok()?;
    (!container.is_undefined()).then(|| container.unchecked_into())
}

fn reload() {
    if let Some(window) = web_sys::window() {
        let _ = window.location().reload();
    }
}
