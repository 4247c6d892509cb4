//! A simulated world: devices with real documents, sessions and timelines, a real server hub
//! with its rooms and store, wires and disks that fail in every way they can, and one virtual
//! clock. A seed decides everything, so a history can be had again.
//!
//! ```text
//! device: Document, Timeline, Session ── wire (cuts, delays, damages) ── Hub, Rooms ── MemoryStore
//!             └─ Disk (survives)                                     (die with the server)   (survives)
//! ```
//!
//! A history has two parts. First people write while faults strike, and safety must hold at
//! every moment. Then the faults are over, and everything must come together in bounded time.

mod device;
mod disk;
mod faults;
mod judge;
mod nature;
mod person;
mod server;
mod wire;

use palimpsest_core::{DocumentId, Revision};
use palimpsest_server::hub::ConnectionId;
use palimpsest_server::store::{Append, EventStore};

pub use faults::{Counts, Fault};

use crate::graphs::Letters;
use device::Device;
use judge::Judge;
use server::{Answer, Server};
use wire::{End, Wire};

/// The document of every history.
const DOCUMENT: DocumentId = DocumentId([7; 16]);

/// How long the faults last at most, in milliseconds.
const FAULTS_MS: i64 = 90_000;

/// How soon after the last fault all must be well, in milliseconds: a dead connection is
/// noticed after 30 s, the one after it may stand before the server has closed the first.
const HEALING_MS: i64 = 60_000;

type Nature = nature::Nature<Due>;

/// What can be scheduled.
#[derive(Debug)]
enum Due {
    /// Somebody does something.
    Person { device: usize },
    /// A device's alarm rings.
    Wake { device: usize, life: u64 },
    /// A device's animation frame.
    Frame { device: usize, life: u64 },
    /// A device's store is done with a write.
    Stored { device: usize, life: u64 },
    /// A device tries to connect.
    Connect { device: usize, life: u64 },
    /// Somebody starts the app again.
    DeviceStarts { device: usize },
    /// A frame arrives.
    Arrive { number: usize, to: End, frame: Vec<u8>, damaged: bool },
    /// An end learns that its connection is gone.
    Closed { number: usize, end: End },
    /// The server looks after a connection.
    Watch { number: usize },
    /// The server's disk comes to an append.
    Commit { life: u64, id: ConnectionId, append: Append },
    /// The server's store answers.
    Answered { life: u64, id: ConnectionId, document: DocumentId, answer: Answer },
    /// Somebody starts the server again.
    ServerStarts,
}

/// What came of a history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// How often each fault struck.
    pub counts: Counts,
    /// Stands for everything that happened, step by step.
    pub trace: u64,
    /// How many events the document has.
    pub events: u64,
    /// How long it took after the last fault until all was well, in virtual milliseconds.
    pub healing: i64,
}

struct World {
    nature: Nature,
    wire: Wire,
    server: Server,
    devices: Vec<Device>,
    judge: Judge,
    letters: Letters,
    steps_left: usize,
}

/// Lives one history through.
///
/// # Panics
/// If anything does not hold that should.
pub fn history(seed: u64, told: bool) -> Outcome {
    let mut nature = Nature::new(seed, told);
    let count = 2 + nature.random.below(4);
    let server = Server::new(&mut nature);
    let devices = (0..count).map(|index| Device::new(&mut nature, index)).collect();
    let steps_left = count * (8 + nature.random.below(25));
    let mut world = World {
        nature,
        wire: Wire::default(),
        server,
        devices,
        judge: Judge::default(),
        letters: Letters::default(),
        steps_left,
    };
    world.begin();
    world.suffer();
    world.heal()
}

impl World {
    fn begin(&mut self) {
        self.nature.after(0, Due::ServerStarts);
        for device in 0..self.devices.len() {
            self.devices[device].start(&mut self.nature, &mut self.judge);
            let wait = self.nature.millis(1..=3_000);
            self.nature.after(wait, Due::Person { device });
        }
        let first = &mut self.devices[0];
        let now = first.clock(&self.nature);
        let app = first.app.as_mut().expect("it was started");
        let created = app.document.execute(person::create(), now).expect("there is none yet");
        first.absorb(&mut self.nature, &mut self.judge, created);
    }

    /// People write, and faults strike.
    fn suffer(&mut self) {
        let mut watched = 0;
        while self.steps_left > 0 && self.nature.now < FAULTS_MS {
            let due = self.nature.next().expect("people go on");
            self.happen(due);
            if self.nature.now - watched > 1_000 {
                watched = self.nature.now;
                self.judge.watch(&self.server.store);
            }
        }
    }

    /// The faults are over; all must come together.
    fn heal(mut self) -> Outcome {
        self.nature.weather.calm_down();
        self.nature.tell(format_args!("the faults are over"));
        let start = self.nature.now;
        self.devices.iter_mut().for_each(|device| device.offline_until = start);
        loop {
            let head = self.server.store.head(DOCUMENT).expect("memory can be read");
            let head = head.map_or(Revision(0), |head| head.revision);
            let others = self.devices.len() - 1;
            if self.devices.iter().all(|device| device.is_settled(head, others)) {
                break;
            }
            let due =
                self.nature.next().expect("as long as something is not well, something is due");
            self.happen(due);
            assert!(
                self.nature.now - start < HEALING_MS,
                "not well {HEALING_MS} ms after the last fault, the head is {}: {:#?}",
                head.0,
                self.devices.iter().map(Device::standing).collect::<Vec<_>>()
            );
        }
        let healing = self.nature.now - start;
        self.judge.conclude(&mut self.nature.random, &self.server.store, &self.devices);
        let events = self.devices[0].disk.ordered.len() as u64;
        self.nature.tell(format_args!("all is well"));
        Outcome {
            counts: self.nature.counts.clone(),
            trace: self.nature.trace_hash(),
            events,
            healing,
        }
    }

    fn happen(&mut self, due: Due) {
        let Self { nature, wire, server, devices, judge, .. } = self;
        match due {
            Due::Person { device } => self.person(device),
            Due::Wake { device, life } if devices[device].life == life => {
                devices[device].wake(nature, wire, judge);
            }
            Due::Frame { device, life } if devices[device].life == life => {
                devices[device].frame(nature);
            }
            Due::Stored { device, life } if devices[device].life == life => {
                devices[device].write_over(nature, wire, judge);
            }
            Due::Wake { .. } | Due::Frame { .. } | Due::Stored { .. } => {}
            Due::Connect { device, life } => self.connect(device, life),
            Due::DeviceStarts { device } => devices[device].start(nature, judge),
            Due::Arrive { number, to: End::Server, frame, damaged } => {
                server.arrive(nature, wire, number, &frame, damaged);
            }
            Due::Arrive { number, to: End::Client, frame, damaged } => {
                let device = wire.get(number).device;
                if devices[device].uses(number) {
                    devices[device].arrive(nature, wire, judge, (&frame, damaged));
                }
            }
            Due::Closed { number, end: End::Client } => {
                let device = wire.get(number).device;
                if devices[device].uses(number) {
                    devices[device].disconnected(nature, wire, judge);
                }
            }
            Due::Closed { number, end: End::Server } => server.closed(nature, wire, number),
            Due::Watch { number } => server.watch(nature, wire, number),
            Due::Commit { life, id, append } => server.commit(nature, wire, (life, id), append),
            Due::Answered { life, id, document, answer } => {
                server.answered(nature, wire, (life, id), document, answer);
            }
            Due::ServerStarts => server.start(nature),
        }
    }

    fn connect(&mut self, device: usize, life: u64) {
        let Self { nature, wire, server, devices, judge, .. } = self;
        let one = &mut devices[device];
        if one.life != life || one.app.is_none() || one.is_connected() {
            return;
        }
        let accepted = if one.offline_until > nature.now { None } else { server.accept() };
        let Some(accepted) = accepted else {
            let pause = nature.millis(300..=2_000);
            nature.after(pause, Due::Connect { device, life });
            return;
        };
        let number = wire.connect(device, accepted, nature.now);
        nature.tell(format_args!("device {device}: connected as {:?}", accepted.1));
        nature.after(60_000, Due::Watch { number });
        one.connected(nature, wire, judge, number);
    }

    /// Somebody does something, and something may happen to them.
    fn person(&mut self, device: usize) {
        let Self { nature, wire, server, devices, judge, letters, steps_left } = self;
        if nature.weather.is_calm() {
            return;
        }
        *steps_left = steps_left.saturating_sub(1);
        let one = &mut devices[device];
        let mut pause = nature.millis(100..=1_500);
        if let Some(app) = &mut one.app {
            let (command, then) = person::step(nature, app, letters);
            pause = then;
            nature.tell(format_args!("device {device}: {command:?}"));
            let now = one.clock(nature);
            let app = one.app.as_mut().expect("it runs");
            match app.document.execute(command, now) {
                Ok(change) => one.absorb(nature, judge, change),
                Err(error) => assert!(person::may_be_refused(&error), "{error}"),
            }
            if nature.random.chance(30) {
                one.present(nature);
            }
            one.drain(nature, wire, judge);
        }
        if nature.strikes(Fault::ClientCrash) {
            one.crash(nature, wire, judge);
        }
        if nature.strikes(Fault::ClockJump) {
            let millis = nature.millis(-7_200_000..=7_200_000);
            match nature.random.chance(75) {
                true => one.jump(millis),
                false => server.jump(millis),
            }
        }
        if nature.strikes(Fault::Partition) {
            one.offline_until = nature.now + nature.millis(500..=20_000);
            one.lose_network(nature, wire);
        }
        if nature.strikes(Fault::ServerCrash) {
            server.crash(nature, wire);
        }
        nature.after(pause, Due::Person { device });
    }
}
