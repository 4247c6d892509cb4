//! Collaborative undo: which patches take back what this replica did, kept fitting while
//! others write. It never takes back what somebody else did.

use std::collections::VecDeque;

use crate::event::EventId;
use crate::patch::{Bias, Edit, Patch};

/// How many steps can be taken back.
pub const UNDO_MAX: usize = 500;
/// How many patches of others are held before they are composed into one.
const OTHERS_MAX: usize = 256;

/// One step: the event it takes back and the patch that does so.
#[derive(Clone, Debug)]
pub(crate) struct UndoStep {
    pub(crate) event: EventId,
    pub(crate) patch: Patch,
}

/// A stack of steps of which the top fits the present text, the one below it the text after
/// the top was taken, and so on; patches of others that came since are folded in when
/// somebody looks.
#[derive(Clone, Debug, Default)]
pub(crate) struct UndoStack {
    steps: VecDeque<UndoStep>,
    others: Vec<Patch>,
}

impl UndoStack {
    pub(crate) fn push(&mut self, event: EventId, patch: Patch) {
        if patch.is_empty() {
            return;
        }
        self.fold();
        self.steps.push_back(UndoStep { event, patch });
        if self.steps.len() > UNDO_MAX {
            self.steps.pop_front();
        }
    }

    /// Makes the top step also take back a keystroke that came right after it, for a growing
    /// burst.
    pub(crate) fn extend_top(&mut self, event: EventId, keystroke: &Edit) {
        self.fold();
        match self.steps.back_mut().filter(|step| step.event == event) {
            Some(step) => step.patch.take_back_also(keystroke),
            None => self.push(event, Patch::from(keystroke.clone()).invert()),
        }
    }

    /// Somebody else changed the text.
    pub(crate) fn others_changed(&mut self, patch: &Patch) {
        if self.steps.is_empty() || patch.is_empty() {
            return;
        }
        self.others.push(patch.clone());
        if self.others.len() == OTHERS_MAX {
            self.others = vec![Patch::compose_all(&self.others)];
        }
    }

    /// The topmost step that still does something.
    pub(crate) fn pop(&mut self) -> Option<UndoStep> {
        self.fold();
        while let Some(step) = self.steps.pop_back() {
            if !step.patch.is_empty() {
                return Some(step);
            }
        }
        None
    }

    pub(crate) fn clear(&mut self) {
        self.steps.clear();
        self.others.clear();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    fn fold(&mut self) {
        if self.others.is_empty() {
            return;
        }
        // Each step below speaks of the text after the steps above it were taken, so the
        // others' patch is carried down through them.
        let mut over = Patch::compose_all(&std::mem::take(&mut self.others));
        for step in self.steps.iter_mut().rev() {
            let fitted = step.patch.rebase(&over, Bias::Before);
            over = over.rebase(&step.patch, Bias::After);
            step.patch = fitted;
        }
    }
}
