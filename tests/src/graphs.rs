//! Random graphs of events: small, dense and nasty, with branches, merges, edits at the same
//! place and, if asked for, what only strangers write. How they merge is not known here.

use std::collections::BTreeMap;

use palimpsest_core::{
    Anchor, AuthorId, CorrelationId, Event, EventId, Graph, Header, Intent, Lv, Op, Payload,
    ReplicaId, Revision, Side, Timestamp, readable,
};

use crate::seeds::Random;

/// What a random graph may contain.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// How many events it has at least.
    pub events: usize,
    /// How many replicas write.
    pub replicas: usize,
    /// Whether positions and lengths may reach past the end, parents may be redundant, and
    /// one replica may write on several branches.
    pub hostile: bool,
    /// Whether some events are about titles, names, the archive, or of an unknown kind.
    pub facts: bool,
}

/// A number that no text is as long as, and the greatest that the codec lets through.
const FAR: usize = u32::MAX as usize / 2;

impl Shape {
    /// A shape of up to `events` events, with everything in it.
    pub fn any(random: &mut Random, events: usize) -> Self {
        Self {
            events: 1 + random.below(events),
            replicas: 1 + random.below(4),
            hostile: random.chance(60),
            facts: random.chance(30),
        }
    }
}

/// An event as a test writes it down.
pub fn event(id: EventId, parents: Vec<EventId>, payload: Payload) -> Event {
    let header = Header {
        id,
        parents,
        author: author(id.replica),
        time: Timestamp(1_760_000_000_000 + id.counter as i64 * 1_000),
        intent: Intent::Typed,
        correlation: CorrelationId(id.counter),
        causation: None,
    };
    Event { header, payload }
}

/// The author who writes as a replica.
pub fn author(replica: ReplicaId) -> AuthorId {
    AuthorId([replica.0 as u8; 16])
}

/// An event id.
pub fn id(replica: u64, counter: u64) -> EventId {
    EventId { replica: ReplicaId(replica), counter }
}

/// Letters of which no two are the same, so that a misplaced one is seen. Some are outside
/// the basic plane.
#[derive(Clone, Debug, Default)]
pub struct Letters(u32);

impl Letters {
    /// So many new ones.
    pub fn next(&mut self, count: usize) -> String {
        let mut letter = || {
            let number = self.0;
            self.0 += 1;
            // Every seventh takes two UTF-16 units and four bytes.
            let scalar = if number % 7 == 6 { 0x2_0000 + number } else { 0x4e00 + number };
            char::from_u32(scalar).expect("both blocks are larger than any test")
        };
        (0..count).map(|_| letter()).collect()
    }
}

/// A graph's events in causal order.
pub fn events(random: &mut Random, shape: Shape) -> Vec<Event> {
    let mut growth = Growth {
        shape,
        graph: Graph::default(),
        events: Vec::new(),
        lens: BTreeMap::new(),
        tips: vec![Vec::new()],
        letters: Letters::default(),
    };
    while growth.events.len() < shape.events {
        growth.grow(random);
    }
    growth.events
}

struct Growth {
    shape: Shape,
    graph: Graph,
    events: Vec<Event>,
    /// How long the text is right after an event.
    lens: BTreeMap<EventId, usize>,
    /// The versions that somebody goes on writing from.
    tips: Vec<Vec<EventId>>,
    letters: Letters,
}

impl Growth {
    fn grow(&mut self, random: &mut Random) {
        let tip = self.choose_tip(random);
        let mut parents = self.tips[tip].clone();
        let mut len = self.len_at(&parents);
        // An honest replica writes on one branch: its own.
        let replica = if self.shape.hostile { random.below(self.shape.replicas) } else { tip };
        let replica = ReplicaId(replica as u64 * 3 + 1);
        let id = EventId { replica, counter: self.graph.next_counter(replica) };
        if self.shape.hostile && random.chance(10) && !self.events.is_empty() {
            let ancestors = self.ancestors(&parents);
            if !ancestors.is_empty() {
                parents.push(self.graph.id_of(*random.pick(&ancestors)));
            }
        }
        let payload = if self.shape.facts && random.chance(25) {
            self.fact(random)
        } else {
            let ops = (0..1 + random.below(3)).map(|_| self.op(random, &mut len)).collect();
            Payload::TextEdited { ops }
        };
        self.write(tip, event(id, parents, payload), len);
        if random.chance(30) {
            self.type_on(random, tip, replica);
        }
    }

    fn write(&mut self, tip: usize, event: Event, len: usize) {
        let id = event.header.id;
        self.graph.add(event.clone());
        self.events.push(event);
        self.lens.insert(id, len);
        self.tips[tip] = vec![id];
    }

    /// Some keystrokes one after the other, an event each, most of which go on where the one
    /// before ended.
    fn type_on(&mut self, random: &mut Random, tip: usize, replica: ReplicaId) {
        let mut len = self.len_at(&self.tips[tip]);
        let mut caret = random.below(len + if self.shape.hostile { 3 } else { 1 });
        let mut what = random.below(3);
        for _ in 0..random.below(7) {
            if random.chance(15) {
                what = random.below(3);
            }
            let op = match what {
                1 if caret > 0 && caret <= len => {
                    caret -= 1;
                    Op::Delete { pos: caret, len: 1 }
                }
                2 if caret < len || self.shape.hostile => Op::Delete { pos: caret, len: 1 },
                _ => {
                    caret += 1;
                    Op::Insert { pos: caret - 1, text: self.letters.next(1) }
                }
            };
            len = match op {
                Op::Delete { pos, .. } => len - usize::from(pos < len),
                _ => len + 1,
            };
            let id = EventId { replica, counter: self.graph.next_counter(replica) };
            let payload = Payload::TextEdited { ops: vec![op] };
            self.write(tip, event(id, self.tips[tip].clone(), payload), len);
        }
    }

    /// Which branch to write on, after a fork or a merge perhaps.
    fn choose_tip(&mut self, random: &mut Random) -> usize {
        let tips_max = if self.shape.hostile { 4 } else { self.shape.replicas };
        let tip = random.below(self.tips.len());
        match random.below(10) {
            0..4 if self.tips.len() < tips_max => {
                let start = match random.below(3) {
                    0 => Vec::new(),
                    1 => self.tips[tip].clone(),
                    _ if self.events.is_empty() => Vec::new(),
                    _ => vec![random.pick(&self.events).header.id],
                };
                self.tips.push(start);
                self.tips.len() - 1
            }
            4..6 => {
                // Takes in another branch, or all of them.
                let others = match random.below(10) {
                    0..3 => self.tips.concat(),
                    // Or only a part of it: what has arrived by now.
                    3..7 if !self.events.is_empty() => vec![random.pick(&self.events).header.id],
                    _ => random.pick(&self.tips).clone(),
                };
                let version = [self.tips[tip].clone(), others].concat();
                self.tips[tip] = self.heads(&version);
                tip
            }
            _ => tip,
        }
    }

    fn heads(&self, version: &[EventId]) -> Vec<EventId> {
        let lvs = version.iter().filter_map(|&id| self.graph.lv_of(id)).collect();
        self.graph.ids_of(&self.graph.heads_of(lvs))
    }

    fn ancestors(&self, version: &[EventId]) -> Vec<Lv> {
        let lvs = version.iter().filter_map(|&id| self.graph.lv_of(id)).collect();
        let (ancestors, _) = self.graph.diff(&self.graph.heads_of(lvs), &[]);
        ancestors.into_iter().rev().flatten().collect()
    }

    /// The text's length at a version. Where one replica wrote on several branches a part of
    /// the graph is no graph, and the longest branch has to do.
    fn len_at(&self, version: &[EventId]) -> usize {
        if let [one] = version {
            return self.lens[one];
        }
        let mut part = Graph::default();
        let ancestors = self.ancestors(version);
        for &lv in &ancestors {
            part.add(self.graph.event(lv));
        }
        if part.len() == ancestors.len() {
            return readable::replay(&part).chars().count();
        }
        version.iter().map(|id| self.lens[id]).max().unwrap_or(0)
    }

    fn op(&mut self, random: &mut Random, len: &mut usize) -> Op {
        let beyond = self.shape.hostile && random.chance(12);
        let mut pos =
            if random.chance(40) { random.below(3).min(*len) } else { random.below(*len + 1) };
        if beyond {
            pos = if random.chance(20) { FAR } else { pos + random.below(6) };
        }
        let real = pos.min(*len);
        match random.below(10) {
            0..4 => {
                let wanted = if beyond && random.chance(20) { FAR } else { random.below(5) };
                let gone = wanted.min(*len - real);
                *len -= gone;
                Op::Delete { pos, len: if beyond { wanted } else { gone } }
            }
            4 if self.shape.hostile && random.chance(30) => {
                let count = random.below(4);
                *len += count;
                Op::ErasedInsert { pos, len: count }
            }
            _ => {
                let count = if random.chance(5) { 0 } else { 1 + random.below(3) };
                *len += count;
                Op::Insert { pos, text: self.letters.next(count) }
            }
        }
    }

    fn fact(&self, random: &mut Random) -> Payload {
        let word = |random: &mut Random| format!("Title {}", random.below(9));
        match random.below(12) {
            0 => Payload::DocumentCreated { title: word(random) },
            1 => Payload::TitleChanged { title: word(random) },
            2 if !self.events.is_empty() => {
                let name = if random.chance(25) { String::new() } else { word(random) };
                Payload::VersionNamed { name, moment: random.pick(&self.events).header.id }
            }
            3 => Payload::DocumentArchived,
            4 => Payload::DocumentRestored,
            5 if random.chance(50) => Payload::FolderChanged { folder: word(random) },
            5 => Payload::Unknown { kind: 900, bytes: random.bytes::<5>().to_vec() },
            _ => self.about_comments(random),
        }
    }

    /// Something about a passage or a comment, which may well not be there.
    fn about_comments(&self, random: &mut Random) -> Payload {
        let is_fact = |event: &&Event| !matches!(event.payload, Payload::TextEdited { .. });
        let facts: Vec<_> = self.events.iter().filter(is_fact).map(|e| e.header.id).collect();
        let target = if facts.is_empty() { id(1, 0) } else { *random.pick(&facts) };
        let text = format!("Remark {}", random.below(9));
        let anchor = |random: &mut Random, sides: [Side; 2]| {
            let stranger = self.events.is_empty() || random.chance(5);
            let event = if stranger { id(9_999, 3) } else { random.pick(&self.events).header.id };
            let side = sides[usize::from(random.chance(10))];
            Anchor { event, offset: random.below(3), side }
        };
        match random.below(10) {
            0..4 => {
                let start = anchor(random, [Side::Front, Side::Back]);
                let end = anchor(random, [Side::Back, Side::Front]);
                Payload::CommentAdded { start, end, text }
            }
            4 | 5 => Payload::CommentReplied { thread: target, text },
            6 => Payload::CommentEdited { comment: target, text },
            7 => Payload::CommentResolved { thread: target },
            8 => Payload::CommentReopened { thread: target },
            _ => Payload::CommentDeleted { comment: target },
        }
    }
}

/// The same events in another causal order, as a server might have met them.
pub fn reorder(random: &mut Random, events: &[Event]) -> Vec<Event> {
    let mut waiting: Vec<Event> = events.to_vec();
    let mut graph = Graph::default();
    let mut order = Vec::with_capacity(events.len());
    while !waiting.is_empty() {
        let ready = |event: &Event| {
            let Header { id, parents, .. } = &event.header;
            graph.next_counter(id.replica) == id.counter
                && parents.iter().all(|&parent| graph.contains(parent))
        };
        let places: Vec<_> = (0..waiting.len()).filter(|&at| ready(&waiting[at])).collect();
        let event = waiting.remove(*random.pick(&places));
        graph.add(event.clone());
        order.push(event);
    }
    order
}

/// When a server that met them in this order might have recorded the events.
pub fn recorded(random: &mut Random, count: usize) -> Vec<Timestamp> {
    let mut now = 1_760_000_000_000;
    let mut next = || {
        now += random.within(0..=3);
        Timestamp(now)
    };
    (0..count).map(|_| next()).collect()
}

/// Revision `number`.
pub fn revision(number: usize) -> Revision {
    Revision(number as u64)
}
