//! The document: the aggregate with two doors, a local command and remote events, and one
//! thing that comes out of both, a [`Change`]. It does no I/O and knows no format.

use std::ops::Range;
use std::slice::from_ref;

use ecow::EcoString;
use smallvec::SmallVec;

use crate::block::Block;
use crate::burst::Burst;
use crate::command::{
    Changes, Command, CommandError, Draft, Drafts, State, TextChange, decide, is_allowed,
    is_one_event,
};
use crate::content::Clamped;
use crate::event::{
    AuthorId, CorrelationId, DocumentId, Event, EventId, Header, Intent, ReplicaId, Timestamp,
};
use crate::graph::{Graph, Lv};
use crate::headers;
use crate::past::{Past, PastError};
use crate::patch::{Bias, Edit, Patch, scalars};
use crate::placed::{Carrying, Placed, Step, Writing};
use crate::projection::facts::Facts;
use crate::projection::name::called;
use crate::projection::timeline::Timeline;
use crate::snapshot::Snapshot;
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
    /// What happened to the text, to be applied in order. An event is one patch, mostly.
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
    /// The event being typed: its header, and what is typed into it.
    open: Option<(Header, Burst)>,
    walker: Walker,
    /// How many events the walker knows of: what comes behind was made here.
    walked: Lv,
    /// The text that it was opened with, while the events before are unread.
    opened_with: Option<Text>,
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
            open: None,
            walker: Walker::default(),
            walked: 0,
            opened_with: None,
        }
    }

    /// A document whose past is read later: [`Document::read_past`]. It can be edited at once,
    /// and merges whatever was made on all that the snapshot stands for; everything else waits.
    pub fn resume(
        id: DocumentId,
        replica: ReplicaId,
        author: AuthorId,
        snapshot: Snapshot,
    ) -> Self {
        let Snapshot { base, created, title, archived, text } = snapshot;
        let mut document = Self::new(id, replica, author);
        document.graph = Graph::beyond(base);
        document.facts = Facts::known(&document.graph, created, &title, archived);
        document.walker = Walker::new(document.graph.frontier().to_vec(), text.len());
        document.walked = document.graph.len();
        document.opened_with = Some(text.clone());
        document.text = text;
        document
    }

    /// A document of a whole past, and its timeline.
    pub fn of_past(
        id: DocumentId,
        replica: ReplicaId,
        author: AuthorId,
        past: Past,
    ) -> (Self, Timeline) {
        let mut document = Self::new(id, replica, author);
        let Past { graph, timeline } = past;
        let (text, facts) = timeline.state_at_head();
        (document.text, document.facts) = (text.into_rope(), facts.clone());
        document.walker = Walker::new(graph.frontier().to_vec(), document.text.len());
        document.walked = graph.len();
        document.graph = graph;
        (document, timeline)
    }

    /// Takes in the past that a document was opened without, and returns what that came to:
    /// an event that was being typed is complete, and those that waited for the past are here.
    /// The timeline is that of the past alone.
    ///
    /// # Errors
    /// If it is another past than the one that the snapshot stood for. The document stays as
    /// it is.
    pub fn read_past(&mut self, past: Past) -> Result<(Change, Timeline), PastError> {
        let Past { graph: past, timeline } = past;
        let (text, _) = timeline.state_at_head();
        let fits = past.as_base() == *self.graph.base() && Some(&text) == self.opened_with.as_ref();
        if !fits {
            return Err(PastError::Other);
        }
        let mut change = self.seal();
        let (unread, version) = (past.len(), past.frontier().to_vec());
        let mut before = std::mem::replace(&mut self.graph, past);
        let own = Block::of(&before, unread..before.len());
        let parked = before.take_parked();
        self.graph.add_block(own);
        let len = self.opened_with.take().map_or(0, |text| text.len());
        // What was clamped is found again; nothing moves.
        let mut walker = Walker::new(version, len);
        let own = unread..self.graph.len();
        let clamped = walker.walk(&self.graph, from_ref(&own), |_| {});
        self.graph.content.replayed(clamped);
        (self.walker, self.walked) = (walker, own.end);
        self.facts = Facts::default();
        for lv in self.graph.content.facts(0..own.end) {
            self.facts.apply(&self.graph, lv);
        }
        let later = self.merge(parked);
        change.events.extend(later.events);
        change.patches.extend(later.patches);
        change.origin = Origin::Remote;
        Ok((change, timeline))
    }

    /// What the document is now, for [`Document::resume`].
    ///
    /// # Panics
    /// If an event is still being typed.
    pub fn snapshot(&self) -> Snapshot {
        assert!(self.open.is_none(), "an event that is being typed is in no log yet");
        Snapshot::of(&self.graph, &self.text, &self.facts)
    }

    /// How many events are not read yet: the first of its log.
    pub fn unread(&self) -> usize {
        self.graph.unread()
    }

    /// A document of all events of a graph, such as a log that was read.
    pub fn open(id: DocumentId, replica: ReplicaId, author: AuthorId, graph: Graph) -> Self {
        let mut document = Self::new(id, replica, author);
        let all = 0..graph.len();
        let mut writing = Writing::default();
        let clamped = Walker::default().walk_by_branch(&graph, from_ref(&all), |step| {
            if let Some(op) = step.op {
                writing.take(&graph, &op);
            }
        });
        document.text = writing.finish(&graph);
        graph.content.facts(all).for_each(|lv| document.facts.apply(&graph, lv));
        document.graph = graph;
        document.graph.content.replayed(clamped);
        document.walker = Walker::new(document.graph.frontier().to_vec(), document.text.len());
        document.walked = document.graph.len();
        document
    }

    /// The local door: does what somebody asks for, or says why not and changes nothing.
    pub fn execute(&mut self, command: Command, now: Timestamp) -> Result<Change, CommandError> {
        // What is typed is mostly one keystroke, which either goes on in the event being typed
        // or begins the next; everything else is weighed as any command is.
        let typed = |changes| Command::EditText { changes, intent: Intent::Typed };
        match command {
            Command::EditText { changes, intent: Intent::Typed } => match changes.into_inner() {
                Ok([key]) => {
                    let len = scalars(&key.insert);
                    let allowed = is_allowed(self.text.len(), &key, len);
                    if allowed && self.burst().is_some_and(|burst| burst.goes_on(&key, len, now)) {
                        self.graph.extend_last(key.pos, key.delete, &key.insert);
                        let patches = self.strike(key, len, now);
                        return Ok(Change { events: Vec::new(), patches, origin: Origin::Local });
                    }
                    if allowed && is_one_event(&key, len) && self.facts.can_be_written() {
                        return Ok(self.begin_event(key, len, now));
                    }
                    self.obey(typed(Changes::from_buf([key])), now)
                }
                Err(changes) => self.obey(typed(changes), now),
            },
            command => self.obey(command, now),
        }
    }

    /// Begins an event with a change of the text, which inserts `len` scalars: a keystroke may
    /// grow, much text at once is complete.
    fn begin_event(&mut self, key: TextChange, len: usize, now: Timestamp) -> Change {
        let mut change = self.seal();
        let counter = self.graph.next_counter(self.replica);
        let id = EventId { replica: self.replica, counter };
        let correlation = CorrelationId(headers::name(id));
        let mut header = self.header(id, Intent::Typed, correlation, None, now);
        header.parents = self.frontier();
        self.graph.append_typed(&header, key.pos, key.delete, &key.insert);
        let burst = Burst::start(key.pos, now);
        self.open = Some((header, burst));
        change.patches = self.strike(key, len, now);
        if self.burst().is_some_and(Burst::is_full) {
            change.events.extend(self.seal().events);
        }
        change
    }

    /// Carries out a keystroke that the graph knows of; it inserts `len` scalars. Inlined, so
    /// that the patch is put together where it is handed over: moving it there took longer.
    #[inline(always)]
    fn strike(&mut self, key: TextChange, len: usize, now: Timestamp) -> SmallVec<[Patch; 1]> {
        let TextChange { pos, delete, insert: inserted } = key;
        let deleted = match delete {
            0 => EcoString::new(),
            _ => self.text.take_out(pos..pos + delete),
        };
        self.text.splice(pos, delete, &inserted);
        if let Some((_, burst)) = &mut self.open {
            burst.add(pos, &deleted, delete, len, now);
        }
        let is_idle = if delete == 0 { len == 0 } else { deleted == inserted };
        if is_idle {
            return SmallVec::new();
        }
        self.redo.clear();
        SmallVec::from_buf([Patch::of(Edit { pos, deleted, inserted })])
    }

    /// The long way, for every command.
    fn obey(&mut self, command: Command, now: Timestamp) -> Result<Change, CommandError> {
        let first = self.graph.len();
        let taken = match command {
            Command::Undo => {
                self.keep_step();
                self.undo.pop()
            }
            Command::Redo => self.redo.pop(),
            _ => None,
        };
        let state = State {
            text: &self.text,
            facts: &self.facts,
            step: taken.as_ref(),
            graph: &self.graph,
            author: self.author,
        };
        let drafts = match decide(&state, &command) {
            Ok(drafts) => drafts,
            Err(refusal) => {
                self.put_back(&command, taken);
                return Err(refusal);
            }
        };
        let mut change = self.seal();
        if let Some(last) = self.record(drafts, now, &mut change) {
            self.remember(&command, last, &change.patches);
        }
        change.events.extend(self.events(first));
        Ok(change)
    }

    /// Turns drafts into events, each on all that is here, and says what they did. Returns the
    /// last one's name.
    fn record(&mut self, drafts: Drafts, now: Timestamp, change: &mut Change) -> Option<EventId> {
        let first = self.graph.next_counter(self.replica);
        let correlation =
            CorrelationId(headers::name(EventId { replica: self.replica, counter: first }));
        let (mut last, mut carrying) = (None, Carrying::default());
        for (counter, Draft { payload, intent, causation }) in (first..).zip(drafts) {
            let id = EventId { replica: self.replica, counter };
            last = Some(id);
            let header = self.header(id, intent, correlation, causation, now);
            let lv = self.graph.append(header, payload);
            let nothing_cut = Clamped::new();
            for piece in self.graph.content.pieces(lv..lv + 1, &nothing_cut) {
                let step = Step { events: lv..lv + 1, op: Placed::as_made(piece.run) };
                carrying.take(&self.graph, step, &mut self.text);
            }
            self.facts.apply(&self.graph, lv);
        }
        change.patches.extend(carrying.finish());
        last
    }

    /// The header of an event of this replica, without what it was made on.
    fn header(
        &self,
        id: EventId,
        intent: Intent,
        correlation: CorrelationId,
        causation: Option<EventId>,
        time: Timestamp,
    ) -> Header {
        let author = self.author;
        Header { id, parents: Vec::new(), author, time, intent, correlation, causation }
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
        self.graph.events(from..self.graph.len())
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
        let first = self.graph.len();
        let mut change = self.take_in(|graph| {
            for event in news {
                graph.add(event);
            }
        });
        change.events.extend(self.events(first));
        change
    }

    /// The remote door for a block: does what [`Document::merge`] does with its events, in a
    /// fraction of the time if there are many. The change does not name them again: whoever
    /// has the block has them.
    pub fn merge_block(&mut self, block: Block) -> Change {
        if block.is_in(&self.graph) {
            return Change::new(Origin::Remote);
        }
        self.take_in(|graph| {
            graph.add_block(block);
        })
    }

    /// Lets others' events into the graph, then changes text and facts.
    fn take_in(&mut self, add: impl FnOnce(&mut Graph)) -> Change {
        let mut change = self.seal();
        change.origin = Origin::Remote;
        let first = self.graph.len();
        self.walker.pass(self.walked..first, self.text.len());
        add(&mut self.graph);
        let new = first..self.graph.len();
        self.walked = new.end;
        let mut carrying = Carrying::default();
        let clamped = self.walker.walk_by_branch(&self.graph, from_ref(&new), |step| {
            carrying.take(&self.graph, step, &mut self.text);
        });
        change.patches = carrying.finish();
        self.graph.content.replayed(clamped);
        for lv in self.graph.content.facts(new) {
            self.facts.apply(&self.graph, lv);
        }
        for patch in &change.patches {
            self.undo.others_changed(patch);
            self.redo.others_changed(patch);
        }
        change
    }

    /// Completes the event being typed, if there is one.
    pub fn seal(&mut self) -> Change {
        let mut change = Change::new(Origin::Local);
        self.keep_step();
        if let Some((header, _)) = self.open.take() {
            let payload = self.graph.content.payload(self.graph.len() - 1);
            change.events = vec![Event { header, payload }];
        }
        change
    }

    /// What the event being typed came to so far becomes a step that can be taken back.
    fn keep_step(&mut self) {
        if let Some((header, burst)) = &mut self.open {
            self.undo.push(header.id, burst.take_back(&self.text));
        }
    }

    /// Completes the event being typed if its time is up.
    pub fn poll(&mut self, now: Timestamp) -> Change {
        match self.burst() {
            Some(burst) if burst.deadline() <= now || burst.is_over(now) => self.seal(),
            _ => Change::new(Origin::Local),
        }
    }

    /// When [`Document::poll`] has to be called; `None` while nothing is being typed.
    pub fn burst_deadline(&self) -> Option<Timestamp> {
        self.burst().map(Burst::deadline)
    }

    /// The event being typed, as it stands. Its id is final, its ops may still grow.
    pub fn open_event(&self) -> Option<Event> {
        self.open.as_ref().map(|_| self.graph.event(self.graph.len() - 1))
    }

    fn burst(&self) -> Option<&Burst> {
        self.open.as_ref().map(|(_, burst)| burst)
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

    /// What it is called: its title, or what its text begins with as long as it has none.
    pub fn name(&self) -> String {
        called(self.title(), &self.text)
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
        let version = self.graph.version_of(version)?;
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
        !self.undo.is_empty() || self.burst().is_some_and(Burst::did_something)
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
