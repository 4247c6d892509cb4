//! Placed ops, what the walker makes of events: where something lands in the merged text, and
//! carrying it out there.

use std::borrow::Cow;
use std::ops::Range;

use smallvec::SmallVec;

use crate::delta::Delta;
use crate::graph::{Graph, Lv};
use crate::patch::Patch;
use crate::run::{Kind, Run};
use crate::text::Text;

/// One op at its final place, in the text after all placed ops before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    /// The run's text goes in at `pos`.
    Insert { pos: usize, run: Run },
    /// `len` scalars from `pos` go; `backwards` if the last of them goes first.
    Delete { pos: usize, len: usize, backwards: bool },
}

/// What some events come to. Together they do one op: one event, or one keystroke each. An
/// event of several ops has several steps in a row, and one that does nothing to the text has
/// one without an op.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) events: Range<Lv>,
    pub(crate) op: Option<Placed>,
}

impl Placed {
    /// What an op comes to that was made on the whole present text; `None` if it is empty.
    pub(crate) fn as_made(run: Run) -> Option<Self> {
        let (pos, len) = (run.low(), run.len as usize);
        match run.inserts() {
            _ if len == 0 => None,
            true => Some(Self::Insert { pos, run }),
            false => Some(Self::Delete { pos, len, backwards: run.kind == Kind::Backspace }),
        }
    }

    /// Where it is, how many scalars go there and what comes.
    pub(crate) fn splice<'g>(&self, graph: &'g Graph) -> (usize, usize, Cow<'g, str>) {
        match *self {
            Self::Insert { pos, run } => (pos, 0, graph.content.text(&run)),
            Self::Delete { pos, len, .. } => (pos, len, "".into()),
        }
    }
}

/// How many patches of one event are held before they become one.
const PATCHES_MAX: usize = 64;

/// Carries steps out on a text and gathers patches, which also know what was deleted. An event of
/// several ops comes to one patch, unless it has a great many.
#[derive(Default)]
pub(crate) struct Carrying {
    patches: SmallVec<[Patch; 1]>,
    /// The events of the last step, and where their patches begin.
    events: Range<Lv>,
    own: usize,
}

impl Carrying {
    /// Carries a step out.
    pub(crate) fn take(&mut self, graph: &Graph, step: Step, text: &mut Text) {
        if step.events != self.events {
            self.fold();
            self.events = step.events;
        }
        let edit = match step.op {
            Some(Placed::Insert { pos, run }) => text.insert(pos, graph.content.text(&run).into()),
            Some(Placed::Delete { pos, len, .. }) => text.remove(pos, len),
            None => return,
        };
        self.patches.push(edit.into());
        if self.patches.len() - self.own >= PATCHES_MAX {
            self.fold();
        }
    }

    /// The patches of the event at hand become one.
    fn fold(&mut self) {
        if self.patches.len() - self.own > 1 {
            let one = Patch::compose_all(&self.patches[self.own..]);
            self.patches.truncate(self.own);
            self.patches.extend((!one.is_empty()).then_some(one));
        }
        self.own = self.patches.len();
    }

    /// All patches, in order.
    pub(crate) fn finish(mut self) -> SmallVec<[Patch; 1]> {
        self.fold();
        self.patches
    }
}

/// How many pieces of a text are put together before it is written.
const PIECES_MAX: usize = if cfg!(debug_assertions) { 8 } else { 1_024 };

/// A text while many placed ops are carried out on it, of which nobody asks what they deleted.
#[derive(Default)]
pub(crate) struct Writing {
    text: Text,
    since: Delta,
}

impl Writing {
    /// Carries an op out.
    pub(crate) fn take(&mut self, graph: &Graph, placed: &Placed) {
        let inserted = graph.content.kept();
        match *placed {
            // Its text is not among what was inserted.
            Placed::Insert { pos, run } if run.kind == Kind::Erased => {
                self.write(graph);
                self.text.splice(pos, 0, &graph.content.text(&run));
                self.since = Delta::of_nothing(self.text.len());
            }
            Placed::Insert { pos, run } => self.since.insert(pos, &run, inserted),
            Placed::Delete { pos, len, .. } => self.since.remove(pos, len, inserted),
        }
        if self.since.pieces() > PIECES_MAX {
            self.write(graph);
        }
    }

    fn write(&mut self, graph: &Graph) {
        self.text = self.since.carry_out(&self.text, graph.content.kept());
        self.since = Delta::of_nothing(self.text.len());
    }

    /// The text.
    pub(crate) fn finish(mut self, graph: &Graph) -> Text {
        self.write(graph);
        self.text.into_rope()
    }
}

/// Emits steps, and one without an op for events that do nothing to the text.
pub(crate) struct Telling<'e, E> {
    told: Lv,
    emit: &'e mut E,
}

impl<'e, E: FnMut(Step)> Telling<'e, E> {
    /// Everything before `told` is told of.
    pub(crate) fn new(told: Lv, emit: &'e mut E) -> Self {
        Self { told, emit }
    }

    pub(crate) fn tell(&mut self, events: Range<Lv>, op: Option<Placed>) {
        self.finish(events.start);
        if op.is_some() || events.end > self.told {
            self.told = events.end;
            (self.emit)(Step { events, op });
        }
    }

    /// Everything before `end` is told of.
    pub(crate) fn finish(&mut self, end: Lv) {
        if self.told < end {
            (self.emit)(Step { events: self.told..end, op: None });
            self.told = end;
        }
    }
}
