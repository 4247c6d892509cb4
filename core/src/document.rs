//! The document: the aggregate with two doors, a local command and remote events, and one
//! thing that comes out of both, a [`Change`]. It does no I/O and knows no format.

use std::ops::Range;
use std::slice::from_ref;

use smallvec::{SmallVec, smallvec};

use crate::burst::Burst;
use crate::command::{
    Command, CommandError, Draft, Drafts, State, TextChange, check_changes, decide,
};
use crate::content::Clamped;
use crate::event::{
    AuthorId, CorrelationId, DocumentId, Event, EventId, Header, Intent, ReplicaId, Timestamp,
};
use crate::graph::{Graph, Lv};
use crate::headers;
use crate::patch::{Bias, Patch};
use crate::placed::{Placed, carry_out};
use crate::projection::facts::Facts;
use crate::text::Text;
use crate::undo::{UndoStack, UndoStep};
use crate::walker::{UNKNOWN_LEN, Walker};

/// How many events [`Document::map_pos`] replays at most to bring a position up to date.
pub const MAP_EVENTS_MAX: usize = 10_000;

/// Which door a change came through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// A command of this replica.
    Local,
    /// Events of others, or the log read back.
    Remote,
}

/// What a command or a batch of events came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Events that are complete now, in causal order: append them to the log. A local event
    /// that is still being typed is not among them; see [`Document::open_event`].
    pub events: Vec<Event>,
    /// What happened to the text, to be applied in order.
    pub patches: SmallVec<[Patch; 1]>,
    /// Which door it came through.
    pub origin: Origin,
}

/// One document as one replica sees it.
///
/// # Laws
/// - Replicas that hold the same events have the same text and facts, whatever the order in
///   which the events came, how often, and in which batches.
/// - The text equals [`readable::replay`](crate::readable::replay) of the graph.
#[derive(Clone, Debug)]
pub struct Document {
    id: DocumentId,
    replica: ReplicaId,
    author: AuthorId,
    graph: Graph,
    text: Text,
    facts: Facts,
    undo: UndoStack,
    redo: UndoStack,
    burst: Option<Burst>,
    walker: Walker,
    /// How many events the walker knows of: what comes behind was made here.
    walked: Lv,
}

impl Change {
    fn new(origin: Origin) -> Self {
        Self { events: Vec::new(), patches: SmallVec::new(), origin }
    }

    /// Whether nothing happened.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.patches.is_empty()
    }
}

impl Document {
    /// A document without events. `replica` must never have written before, anywhere.
    pub fn new(id: DocumentId, replica: ReplicaId, author: AuthorId) -> Self {
        Self {
            id,
            replica,
            author,
            graph: Graph::default(),
            text: Text::default(),
            facts: Facts::default(),
            undo: UndoStack::default(),
            redo: UndoStack::default(),
            burst: None,
            walker: Walker::default(),
            walked: 0,
        }
    }

    /// A document of all events of a graph, such as a log that was read.
    pub fn open(id: DocumentId, replica: ReplicaId, author: AuthorId, graph: Graph) -> Self {
        let mut document = Self::new(id, replica, author);
        let all = 0..graph.len();
        let text = &mut document.text;
        let clamped = Walker::default().walk(&graph, from_ref(&all), |step| {
            if let Some((pos, deleted, inserted)) = step.op.map(|op| op.splice(&graph)) {
                text.splice(pos, deleted, &inserted);
            }
        });
        graph.content.facts(all).for_each(|lv| document.facts.apply(&graph, lv));
        document.graph = graph;
        document.graph.content.clamp(clamped);
        document.walker = Walker::new(document.graph.frontier().to_vec(), document.text.len());
        document.walked = document.graph.len();
        document
    }

    /// The local door: does what somebody asks for, or says why not and changes nothing.
    pub fn execute(&mut self, command: Command, now: Timestamp) -> Result<Change, CommandError> {
        let command = match command {
            Command::EditText { mut changes, intent: Intent::Typed }
                if check_changes(self.text.len(), &changes).is_ok()
                    && self.burst.as_mut().is_some_and(|burst| burst.extend(&changes, now)) =>
            {
                let keystroke = changes.pop().expect("only a single change goes on");
                return Ok(self.grow_burst(keystroke));
            }
            command => command,
        };
        let first = self.graph.len();
        let taken = match command {
            Command::Undo => self.undo.pop(),
            Command::Redo => self.redo.pop(),
            _ => None,
        };
        let knows = |id| self.graph.contains(id);
        let state =
            State { text: &self.text, facts: &self.facts, step: taken.as_ref(), knows: &knows };
        let drafts = match decide(&state, &command) {
            Ok(drafts) => drafts,
            Err(refusal) => {
                self.put_back(&command, taken);
                return Err(refusal);
            }
        };
        let burst = match &command {
            Command::EditText { changes, intent: Intent::Typed } if drafts.len() == 1 => {
                Burst::start(changes, now)
            }
            _ => None,
        };
        let mut change = self.seal();
        if let Some(last) = self.record(drafts, now, &mut change) {
            self.remember(&command, last, &change.patches);
        }
        match burst {
            Some(_) => self.burst = burst,
            None => change.events.extend(self.events(first)),
        }
        Ok(change)
    }

    /// Takes a keystroke, which inserts or deletes, into the event being typed.
    fn grow_burst(&mut self, keystroke: TextChange) -> Change {
        let TextChange { pos, delete, insert } = keystroke;
        self.graph.extend_last(pos, delete, &insert);
        let edit = match delete {
            0 => self.text.insert(pos, insert),
            len => self.text.remove(pos, len),
        };
        let event = self.graph.id_of(self.graph.len() - 1);
        self.undo.extend_top(event, &edit);
        Change { events: Vec::new(), patches: smallvec![Patch::from(edit)], origin: Origin::Local }
    }

    /// Turns drafts into events, each on all that is here, and says what they did. Returns the
    /// last one's name.
    fn record(&mut self, drafts: Drafts, now: Timestamp, change: &mut Change) -> Option<EventId> {
        let first = self.graph.next_counter(self.replica);
        let correlation =
            CorrelationId(headers::name(EventId { replica: self.replica, counter: first }));
        let mut last = None;
        for (counter, Draft { payload, intent, causation }) in (first..).zip(drafts) {
            let id = EventId { replica: self.replica, counter };
            let header = Header {
                id,
                parents: Vec::new(),
                author: self.author,
                time: now,
                intent,
                correlation,
                causation,
            };
            let lv = self.graph.append(header, payload);
            let nothing_cut = Clamped::new();
            let pieces = self.graph.content.pieces(lv..lv + 1, &nothing_cut);
            for op in pieces.filter_map(|piece| Placed::as_made(piece.run)) {
                change.patches.push(carry_out(&self.graph, &op, &mut self.text).into());
            }
            self.facts.apply(&self.graph, lv);
            last = Some(id);
        }
        last
    }

    /// Keeps what an undo or redo needs: what was done, and the name of its last event.
    fn remember(&mut self, command: &Command, event: EventId, done: &[Patch]) {
        let inverse = match done {
            [one] => one.invert(),
            many => Patch::compose_all(many).invert(),
        };
        match command {
            Command::Undo => self.redo.push(event, inverse),
            Command::Redo => self.undo.push(event, inverse),
            _ if inverse.is_empty() => {}
            _ => {
                self.undo.push(event, inverse);
                self.redo.clear();
            }
        }
    }

    fn events(&self, from: Lv) -> impl Iterator<Item = Event> {
        (from..self.graph.len()).map(|lv| self.graph.event(lv))
    }

    /// A refused undo or redo can be asked for again.
    fn put_back(&mut self, command: &Command, taken: Option<UndoStep>) {
        let Some(UndoStep { event, patch }) = taken else { return };
        match command {
            Command::Redo => self.redo.push(event, patch),
            _ => self.undo.push(event, patch),
        }
    }

    /// The remote door: takes events in, in any order, any number of times. Events whose
    /// parents are missing wait inside for them. The change holds what is new here; an event
    /// being typed is completed first and stands at its head.
    pub fn merge(&mut self, events: Vec<Event>) -> Change {
        let news: Vec<_> =
            events.into_iter().filter(|event| !self.graph.contains(event.header.id)).collect();
        if news.is_empty() {
            return Change::new(Origin::Remote);
        }
        let mut change = self.seal();
        change.origin = Origin::Remote;
        let first = self.graph.len();
        change.patches = self.integrate(news);
        for patch in &change.patches {
            self.undo.others_changed(patch);
            self.redo.others_changed(patch);
        }
        change.events.extend(self.events(first));
        change
    }

    /// Both doors lead here: graph first, then text and facts.
    fn integrate(&mut self, events: Vec<Event>) -> SmallVec<[Patch; 1]> {
        let first = self.graph.len();
        self.walker.pass(self.walked..first, self.text.len());
        for event in events {
            self.graph.add(event);
        }
        let new = first..self.graph.len();
        self.walked = new.end;
        let mut patches = SmallVec::new();
        let clamped = self.walker.walk(&self.graph, from_ref(&new), |step| {
            if let Some(op) = step.op {
                patches.push(Patch::from(carry_out(&self.graph, &op, &mut self.text)));
            }
        });
        self.graph.content.clamp(clamped);
        for lv in self.graph.content.facts(new) {
            self.facts.apply(&self.graph, lv);
        }
        patches
    }

    /// Completes the event being typed, if there is one.
    pub fn seal(&mut self) -> Change {
        let mut change = Change::new(Origin::Local);
        if self.burst.take().is_some() {
            change.events.push(self.graph.event(self.graph.len() - 1));
        }
        change
    }

    /// Completes the event being typed if its time is up.
    pub fn poll(&mut self, now: Timestamp) -> Change {
        match self.burst.as_ref() {
            Some(burst) if burst.deadline() <= now || burst.is_over(now) => self.seal(),
            _ => Change::new(Origin::Local),
        }
    }

    /// When [`Document::poll`] has to be called; `None` while nothing is being typed.
    pub fn burst_deadline(&self) -> Option<Timestamp> {
        self.burst.as_ref().map(Burst::deadline)
    }

    /// The event being typed, as it stands. Its id is final, its ops may still grow.
    pub fn open_event(&self) -> Option<Event> {
        self.burst.as_ref().map(|_| self.graph.event(self.graph.len() - 1))
    }

    /// Which document it is.
    pub fn id(&self) -> DocumentId {
        self.id
    }

    /// Under which replica this process writes.
    pub fn replica(&self) -> ReplicaId {
        self.replica
    }

    /// Who writes here.
    pub fn author(&self) -> AuthorId {
        self.author
    }

    /// The text as it is now.
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// The title as it is now; empty before the document was created.
    pub fn title(&self) -> &str {
        self.facts.title()
    }

    /// Whether it was put away.
    pub fn archived(&self) -> bool {
        self.facts.archived()
    }

    /// When it was created, by its creator's clock.
    pub fn created(&self) -> Option<Timestamp> {
        self.facts.created()
    }

    /// All facts that are not text.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Its events.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The present version: the events nobody has built on yet.
    pub fn frontier(&self) -> Vec<EventId> {
        self.graph.ids_of(self.graph.frontier())
    }

    /// Whether an event is here.
    pub fn contains(&self, id: EventId) -> bool {
        self.graph.contains(id)
    }

    /// An event as its author made it.
    pub fn event(&self, id: EventId) -> Option<Event> {
        self.graph.lv_of(id).map(|lv| self.graph.event(lv))
    }

    /// How many events wait for others that are not here yet.
    pub fn parked(&self) -> usize {
        self.graph.parked()
    }

    /// Where a position of the text at some version is now. `None` if the version is not
    /// known here, or too far back to replay for the sake of a caret.
    pub fn map_pos(&self, pos: usize, version: &[EventId], bias: Bias) -> Option<usize> {
        let version: Option<Vec<Lv>> = version.iter().map(|&id| self.graph.lv_of(id)).collect();
        let version = self.graph.heads_of(version?);
        let (_, since) = self.graph.diff(&version, self.graph.frontier());
        if since.iter().map(Range::len).sum::<usize>() > MAP_EVENTS_MAX {
            return None;
        }
        let since: Vec<Range<Lv>> = since.into_iter().rev().collect();
        let mut pos = pos;
        Walker::new(version, UNKNOWN_LEN).walk(&self.graph, &since, |step| {
            pos = step.op.map_or(pos, |op| map_over(pos, &op, bias));
        });
        Some(pos.min(self.text.len()))
    }

    /// Whether there is something to undo.
    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Whether there is something to redo.
    pub fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }

    /// The replicas that wrote in this document, and how many events of each are here: the
    /// version vector.
    pub fn version_vector(&self) -> impl Iterator<Item = (ReplicaId, u64)> {
        self.graph.replicas().map(|replica| (replica, self.graph.next_counter(replica)))
    }
}

fn map_over(pos: usize, op: &Placed, bias: Bias) -> usize {
    match *op {
        Placed::Insert { pos: at, run } if at < pos || (at == pos && bias == Bias::After) => {
            pos + run.len as usize
        }
        Placed::Insert { .. } => pos,
        Placed::Delete { pos: at, len, .. } if at < pos => pos - len.min(pos - at),
        Placed::Delete { .. } => pos,
    }
}
