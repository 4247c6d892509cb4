//! Something that is done once nothing asked for it again for a while.

use std::time::Duration;

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

/// A timer of the view that makes it, and gone with that view. Copy it freely.
#[derive(Clone, Copy)]
pub(crate) struct Later {
    after: Duration,
    waiting: StoredValue<Option<TimeoutHandle>>,
}

impl Later {
    /// A timer that waits so long and does not run yet.
    pub(crate) fn new(after: Duration) -> Self {
        let later = Self { after, waiting: StoredValue::new(None) };
        on_cleanup(move || later.stop());
        later
    }

    /// Does it after a while, and not what was to be done before.
    pub(crate) fn start(self, act: impl FnOnce() + 'static) {
        self.stop();
        self.waiting.try_set_value(set_timeout_with_handle(act, self.after).ok());
    }

    /// Does not do it.
    pub(crate) fn stop(self) {
        if let Some(Some(handle)) = self.waiting.try_get_value() {
            handle.clear();
        }
    }
}
