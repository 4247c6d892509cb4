//! Web Locks: who among the tabs of this device lives, and who may write. The browser
//! releases them when a tab closes or crashes. What they protect is none of this file's business.

use std::collections::BTreeSet;

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};

#[wasm_bindgen]
extern "C" {
    /// The browser's lock manager. `web-sys` has it only behind an unstable flag.
    type LockManager;

    #[wasm_bindgen(method, catch)]
    fn request(
        this: &LockManager,
        name: &str,
        options: &JsValue,
        callback: &JsValue,
    ) -> Result<Promise, JsValue>;

    #[wasm_bindgen(method, catch)]
    fn query(this: &LockManager) -> Result<Promise, JsValue>;
}

/// A lock that this tab holds until the value is dropped.
pub struct Lock {
    release: Option<Function>,
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(release) = self.release.take() {
            // Resolving a promise does not fail.
            let _ = release.call0(&JsValue::NULL);
        }
    }
}

/// Waits until this tab holds the lock. Where the browser has no locks (a page that did not
/// come over HTTPS or from this machine) everybody gets a hollow one at once.
pub async fn acquire(name: &str) -> Lock {
    match request(name, false).await {
        Some(lock) => lock,
        None => Lock { release: None },
    }
}

/// Takes the lock if nobody has it; `None` when somebody has.
pub async fn try_acquire(name: &str) -> Option<Lock> {
    if manager().is_none() {
        return Some(Lock { release: None });
    }
    request(name, true).await
}

/// Whether this browser has locks for this page.
pub fn supported() -> bool {
    manager().is_some()
}

/// The names of all locks held on this device; `None` when the browser cannot tell.
pub async fn held() -> Option<BTreeSet<String>> {
    let manager = manager()?;
    let snapshot = JsFuture::from(manager.query().ok()?).await.ok()?;
    let held = Array::from(&Reflect::get(&snapshot, &"held".into()).ok()?);
    let names = held.iter().filter_map(|lock| {
        Reflect::get(&lock, &"name".into()).ok().and_then(|name| name.as_string())
    });
    Some(names.collect())
}

/// Asks for the lock. The callback hands a promise to the browser, which holds the lock
/// until the promise resolves; `Lock` keeps the function that resolves it.
async fn request(name: &str, only_if_free: bool) -> Option<Lock> {
    let manager = manager()?;
    let options = Object::new();
    Reflect::set(&options, &"ifAvailable".into(), &only_if_free.into()).ok()?;
    let name = name.to_owned();
    let granted = Promise::new(&mut |resolve, _| {
        let refused = resolve.clone();
        let callback = Closure::once_into_js(move |lock: JsValue| -> JsValue {
            if lock.is_null() {
                let _ = resolve.call1(&JsValue::NULL, &JsValue::NULL);
                return JsValue::UNDEFINED;
            }
            Promise::new(&mut |release, _| {
                let _ = resolve.call1(&JsValue::NULL, &release);
            })
            .into()
        });
        match manager.request(&name, &options, &callback) {
            Ok(outcome) => spawn_local(async move {
                // Resolved when the lock is given back; rejected when it was never given.
                if JsFuture::from(outcome).await.is_err() {
                    let _ = refused.call1(&JsValue::NULL, &JsValue::NULL);
                }
            }),
            Err(_) => {
                let _ = refused.call1(&JsValue::NULL, &JsValue::NULL);
            }
        }
    });
    let release = JsFuture::from(granted).await.ok()?;
    Some(Lock { release: Some(release.dyn_into::<Function>().ok()?) })
}

fn manager() -> Option<LockManager> {
    let navigator = web_sys::window()?.navigator();
    let manager = Reflect::get(&navigator, &"locks".into()).ok()?;
    if manager.is_undefined() || manager.is_null() {
        return None;
    }
    Some(manager.unchecked_into())
}
