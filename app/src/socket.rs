//! The WebSocket to the sync server: opened, watched, opened again. It carries frames of
//! bytes; what they mean is the core's sync session's business.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use gloo_timers::callback::{Interval, Timeout};
use js_sys::Uint8Array;
use leptos::prelude::{ArcRwSignal, GetUntracked, Set};
use wasm_bindgen::prelude::*;
use web_sys::{BinaryType, MessageEvent, WebSocket};

use crate::clock;

/// Where the server's socket is.
const SYNC_PATH: &str = "/api/v1/sync";

/// The ceiling of the first pause; it doubles with every attempt that fails.
const BACKOFF_MILLIS_MIN: f64 = 400.0;

/// The ceiling of every later pause.
const BACKOFF_MILLIS_MAX: f64 = 20_000.0;

/// How long opening may take before it is tried anew.
const OPENING_MILLIS_MAX: u32 = 10_000;

/// How often the watch looks at the clock.
const WATCH_MILLIS: u32 = 5_000;

/// A watch that is this late slept: the device did, and the connection with it.
const SLEEP_MILLIS: f64 = 30_000.0;

/// A connection that lived this long was a good one; the next pauses start small again.
const STABLE_MILLIS: f64 = 10_000.0;

/// How this page and the server stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Connection {
    /// The socket is open.
    Online,
    /// A socket is being opened.
    Connecting,
    /// There is no socket; the next attempt is scheduled.
    Offline,
}

/// What the socket tells its owner.
pub enum Heard {
    /// A connection stands; everything has to be said again.
    Opened,
    /// A frame came.
    Frame(Vec<u8>),
    /// The connection is gone, or did not come about.
    Closed,
}

/// The one socket of this page.
pub struct Socket {
    state: ArcRwSignal<Connection>,
    hear: Box<dyn Fn(Heard)>,
    line: RefCell<Option<Line>>,
    retry: RefCell<Option<Timeout>>,
    failures: Cell<u32>,
    suspended: Cell<bool>,
    watched: Cell<f64>,
    _watch: Interval,
}

/// One WebSocket with its callbacks, which live as long as it does.
struct Line {
    socket: WebSocket,
    opened: Rc<Cell<Option<f64>>>,
    _opening: Timeout,
    _on_open: Closure<dyn FnMut()>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut()>,
}

impl Socket {
    /// Starts to connect, and keeps at it for the life of the value.
    pub fn start(state: ArcRwSignal<Connection>, hear: impl Fn(Heard) + 'static) -> Rc<Self> {
        let socket = Rc::new_cyclic(|weak: &Weak<Self>| {
            let watch = Interval::new(WATCH_MILLIS, {
                let weak = weak.clone();
                move || {
                    if let Some(socket) = weak.upgrade() {
                        socket.watch();
                    }
                }
            });
            Self {
                state,
                hear: Box::new(hear),
                line: RefCell::new(None),
                retry: RefCell::new(None),
                failures: Cell::new(0),
                suspended: Cell::new(false),
                watched: Cell::new(js_sys::Date::now()),
                _watch: watch,
            }
        });
        // Not before the owner has the value: the first news may come at once.
        *socket.retry.borrow_mut() = Some(Timeout::new(0, {
            let socket = Rc::downgrade(&socket);
            move || {
                if let Some(socket) = socket.upgrade() {
                    socket.connect();
                }
            }
        }));
        socket
    }

    /// Sends a frame; `false` when there is no connection, which is not an error: whoever
    /// speaks is told when there is one again.
    pub fn send(&self, frame: &[u8]) -> bool {
        let line = self.line.borrow();
        match line.as_ref() {
            Some(line) if line.opened.get().is_some() => {
                line.socket.send_with_u8_array(frame).is_ok()
            }
            _ => false,
        }
    }

    /// Whether frames can be sent now.
    pub fn is_open(&self) -> bool {
        self.line.borrow().as_ref().is_some_and(|line| line.opened.get().is_some())
    }

    /// Gives this connection up and opens another after a pause: it is silent, or spoke nonsense.
    pub fn renew(self: &Rc<Self>) {
        self.hang_up();
        self.schedule();
    }

    /// Connects now instead of when the pause is over: the network or the person is back.
    /// An open connection stays, unless nobody looked at it for long.
    pub fn hurry(self: &Rc<Self>) {
        self.watch();
        if self.line.borrow().is_none() && !self.suspended.get() {
            self.connect();
        }
    }

    /// Closes the connection until [`Socket::resume`]: the page goes into the browser's cache.
    pub fn suspend(&self) {
        self.suspended.set(true);
        self.retry.borrow_mut().take();
        self.hang_up();
    }

    /// The page is back from the browser's cache.
    pub fn resume(self: &Rc<Self>) {
        self.suspended.set(false);
        self.hurry();
    }

    fn connect(self: &Rc<Self>) {
        self.retry.borrow_mut().take();
        let Some(socket) = address().and_then(|address| WebSocket::new(&address).ok()) else {
            self.schedule();
            return;
        };
        socket.set_binary_type(BinaryType::Arraybuffer);
        self.set_state(Connection::Connecting);
        let opened = Rc::new(Cell::new(None));
        let this = Rc::downgrade(self);
        let on_open = Closure::new({
            let (this, opened) = (this.clone(), opened.clone());
            move || {
                opened.set(Some(clock::elapsed()));
                if let Some(this) = this.upgrade() {
                    this.set_state(Connection::Online);
                    (this.hear)(Heard::Opened);
                }
            }
        });
        let on_message = Closure::new({
            let this = this.clone();
            move |event: MessageEvent| {
                let frame = Uint8Array::new(&event.data()).to_vec();
                if let Some(this) = this.upgrade() {
                    (this.hear)(Heard::Frame(frame));
                }
            }
        });
        let on_close = Closure::new({
            let this = this.clone();
            move || {
                // In a task of its own: this closure must not be dropped while it runs.
                let this = this.clone();
                Timeout::new(0, move || {
                    if let Some(this) = this.upgrade() {
                        this.renew();
                    }
                })
                .forget();
            }
        });
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        let opening = Timeout::new(OPENING_MILLIS_MAX, {
            let (this, opened) = (this.clone(), opened.clone());
            move || {
                if let (Some(this), None) = (this.upgrade(), opened.get()) {
                    this.renew();
                }
            }
        });
        *self.line.borrow_mut() = Some(Line {
            socket,
            opened,
            _opening: opening,
            _on_open: on_open,
            _on_message: on_message,
            _on_close: on_close,
        });
    }

    /// Takes the callbacks off first and closes then: a dead connection may take minutes to
    /// report its end, and nobody should wait for that.
    fn hang_up(&self) {
        let Some(line) = self.line.borrow_mut().take() else { return };
        line.socket.set_onopen(None);
        line.socket.set_onmessage(None);
        line.socket.set_onclose(None);
        // Fails only for close codes, and none is given.
        let _ = line.socket.close();
        self.set_state(Connection::Offline);
        if line.opened.get().is_some_and(|opened| clock::elapsed() - opened > STABLE_MILLIS) {
            self.failures.set(0);
        }
        (self.hear)(Heard::Closed);
    }

    /// Full jitter: a chance pause up to a ceiling that doubles, so that the clients of a
    /// restarted server do not all come at once.
    fn schedule(self: &Rc<Self>) {
        if self.suspended.get() {
            return;
        }
        self.set_state(Connection::Offline);
        let doublings = self.failures.get().min(16);
        let ceiling = (BACKOFF_MILLIS_MIN * 2f64.powi(doublings as i32)).min(BACKOFF_MILLIS_MAX);
        let this = Rc::downgrade(self);
        let pause = (clock::fraction() * ceiling) as u32;
        self.failures.set(self.failures.get().saturating_add(1));
        *self.retry.borrow_mut() = Some(Timeout::new(pause, move || {
            if let Some(this) = this.upgrade() {
                this.connect();
            }
        }));
    }

    /// A timer that comes much too late means that the device slept: the connection may be
    /// dead without the browser knowing.
    fn watch(self: &Rc<Self>) {
        if is_hidden() {
            // Browsers slow the timers of hidden pages down; this is looked at on return.
            return;
        }
        let now = js_sys::Date::now();
        let slept = now - self.watched.replace(now) > SLEEP_MILLIS;
        if slept && !self.suspended.get() {
            self.hang_up();
            self.connect();
        }
    }

    fn set_state(&self, state: Connection) {
        if self.state.get_untracked() != state {
            self.state.set(state);
        }
    }
}

fn is_hidden() -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    document.is_some_and(|document| document.hidden())
}

fn address() -> Option<String> {
    let location = web_sys::window()?.location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}{SYNC_PATH}", location.host().ok()?))
}
