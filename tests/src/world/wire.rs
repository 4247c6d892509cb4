//! The wires between devices and the server: connections that keep their frames in order, as
//! TCP does, and can do everything else wrong. What is in a frame is not known here.

use palimpsest_server::hub::ConnectionId;

use super::faults::Fault;
use super::{Due, Nature};

/// One end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// A device's.
    Client,
    /// The server's.
    Server,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    /// Whose it is.
    pub(super) device: usize,
    /// What the server calls it, and in which of its lives.
    pub(super) server: (u64, ConnectionId),
    /// Whether the device's end is open.
    pub(super) client_open: bool,
    /// Whether the server's end is open.
    pub(super) server_open: bool,
    /// When the server last heard of it.
    pub(super) heard: i64,
    /// Whether the server ever got a frame on it.
    spoke: bool,
    up: Lane,
    down: Lane,
}

/// One direction: frames arrive in order, the next one not before `free`.
#[derive(Debug, Default)]
struct Lane {
    free: i64,
    dead: bool,
}

/// All connections there ever were; a later one has a greater number.
#[derive(Debug, Default)]
pub(super) struct Wire {
    connections: Vec<Connection>,
}

impl Wire {
    /// A new connection's number.
    pub(super) fn connect(
        &mut self,
        device: usize,
        server: (u64, ConnectionId),
        now: i64,
    ) -> usize {
        self.connections.push(Connection {
            device,
            server,
            client_open: true,
            server_open: true,
            heard: now,
            spoke: false,
            up: Lane::default(),
            down: Lane::default(),
        });
        self.connections.len() - 1
    }

    /// A connection by its number.
    pub(super) fn get(&mut self, number: usize) -> &mut Connection {
        &mut self.connections[number]
    }

    /// The number of the connection that the server calls so.
    pub(super) fn number_of(&self, server: (u64, ConnectionId)) -> usize {
        let place = self.connections.iter().rposition(|one| one.server == server);
        place.expect("the server knows only connections that were made")
    }

    /// Whether a newer connection of the same device has been heard of by the server.
    fn is_overtaken(&self, number: usize) -> bool {
        let device = self.connections[number].device;
        self.connections[number + 1..].iter().any(|one| one.device == device && one.spoke)
    }

    /// Sends a frame from one end to the other.
    pub(super) fn send(&mut self, nature: &mut Nature, number: usize, from: End, frame: Vec<u8>) {
        if nature.strikes(Fault::Cut) {
            self.silence(number);
        }
        if nature.strikes(Fault::HalfOpen) {
            // One end is told that it is over; what it sent before may still arrive.
            let told = if nature.random.chance(50) { End::Client } else { End::Server };
            self.silence(number);
            nature.after(0, Due::Closed { number, end: told });
        }
        if nature.strikes(Fault::Broken) {
            self.break_off(nature, number);
        }
        let mut delay = nature.millis(1..=60);
        if nature.strikes(Fault::Delay) {
            delay += nature.millis(100..=6_000);
        }
        let connection = self.get(number);
        let (lane, to) = match from {
            End::Client => (&mut connection.up, End::Server),
            End::Server => (&mut connection.down, End::Client),
        };
        if lane.dead {
            return;
        }
        lane.free = lane.free.max(nature.now + delay);
        let wait = lane.free - nature.now;
        if nature.strikes(Fault::Duplicate) {
            nature.after(wait, Due::Arrive { number, to, frame: frame.clone(), damaged: false });
        }
        let (frame, damaged) = damage(nature, frame);
        nature.after(wait, Due::Arrive { number, to, frame, damaged });
    }

    /// Ends a connection so that both ends learn of it, perhaps before what is under way.
    pub(super) fn break_off(&mut self, nature: &mut Nature, number: usize) {
        for end in [End::Client, End::Server] {
            let wait = nature.millis(0..=200);
            nature.after(wait, Due::Closed { number, end });
        }
        self.silence(number);
    }

    /// A connection swallows everything from now on. What is under way still arrives.
    pub(super) fn silence(&mut self, number: usize) {
        let connection = self.get(number);
        connection.up.dead = true;
        connection.down.dead = true;
    }

    /// One end closes; the other learns of it behind what was sent before.
    pub(super) fn close(&mut self, nature: &mut Nature, number: usize, by: End) {
        let connection = self.get(number);
        let (was_open, lane, other) = match by {
            End::Client => (&mut connection.client_open, &mut connection.up, End::Server),
            End::Server => (&mut connection.server_open, &mut connection.down, End::Client),
        };
        if !std::mem::replace(was_open, false) || lane.dead {
            return;
        }
        let wait = (lane.free - nature.now).max(0) + 1;
        nature.after(wait, Due::Closed { number, end: other });
    }

    /// The server is gone. Where its machine answers, the other ends learn of it at once;
    /// where that is gone too they learn nothing.
    pub(super) fn server_died(&mut self, nature: &mut Nature, life: u64) {
        let machine_answers = nature.random.chance(70);
        for number in 0..self.connections.len() {
            let connection = &mut self.connections[number];
            if connection.server.0 != life || !connection.server_open {
                continue;
            }
            connection.server_open = false;
            connection.up.dead = true;
            connection.down.dead = true;
            if machine_answers {
                let wait = nature.millis(1..=300);
                nature.after(wait, Due::Closed { number, end: End::Client });
            }
        }
    }

    /// The server hears a frame on a connection.
    pub(super) fn heard(&mut self, nature: &mut Nature, number: usize) {
        if self.is_overtaken(number) {
            nature.count(Fault::Overtaken);
        }
        let connection = self.get(number);
        (connection.heard, connection.spoke) = (nature.now, true);
    }
}

/// Damages a frame perhaps, and says so: a damaged frame must never be taken for another one.
fn damage(nature: &mut Nature, mut frame: Vec<u8>) -> (Vec<u8>, bool) {
    if nature.strikes(Fault::Truncated) {
        frame.truncate(nature.random.below(frame.len()));
        return (frame, true);
    }
    if nature.strikes(Fault::BitFlipped) {
        let bit = nature.random.below(frame.len() * 8);
        frame[bit / 8] ^= 1 << (bit % 8);
        return (frame, true);
    }
    (frame, false)
}
