//! Collaborative undo: which patches take back what this replica did, kept fitting while
//! others write. It never takes back what somebody else did.

use std::collections::VecDeque;

use crate::event::EventId;
use crate::patch::{Bias, Edit, Patch};

/// How many steps can be taken back.
pub const UNDO_MAX: usize = 500;
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
    /// What others did since the top, in order; each more than twice as heavy as the next.
    others: Vec<Heavy>,
}

/// A patch that remembers about how much work it is to go through it.
#[derive(Clone, Debug)]
struct Heavy {
    patch: Patch,
    weight: usize,
}

impl Heavy {
    fn new(patch: Patch) -> Self {
        let weight = |edit: &Edit| 16 + edit.deleted.len() + edit.inserted.len();
        let weight = patch.edits().iter().map(weight).sum();
        Self { patch, weight }
    }
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

    /// Somebody else changed the text.
    pub(crate) fn others_changed(&mut self, patch: &Patch) {
        if self.steps.is_empty() || patch.is_empty() {
            return;
        }
        self.others.push(Heavy::new(patch.clone()));
        // Only what is about equally heavy is put together: each patch takes part as often as its
        // weight can double, however many come.
        while let [.., before, last] = &self.others[..]
            && before.weight <= 2 * last.weight
        {
            let both = Heavy::new(before.patch.join(&last.patch));
            self.others.truncate(self.others.len() - 2);
            self.others.push(both);
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

    #[inline]
    pub(crate) fn clear(&mut self) {
        // At every keystroke, and mostly there is nothing.
        if !self.is_empty() {
            self.steps.clear();
            self.others.clear();
        }
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
        let others: Vec<Patch> = self.others.drain(..).map(|heavy| heavy.patch).collect();
        let mut over = Patch::compose_all(&others);
        for step in self.steps.iter_mut().rev() {
            let fitted = step.patch.rebase(&over, Bias::Before);
            over = over.rebase(&step.patch, Bias::After);
            step.patch = fitted;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::ReplicaId;

    #[test]
    fn many_patches_of_others_are_held_as_few_that_do_the_same() {
        let mut stack = UndoStack::default();
        stack.push(EventId { replica: ReplicaId(1), counter: 0 }, Patch::replace(0, "", "mine"));
        let (mut text, mut all, mut state) = ("mine".to_owned(), Vec::new(), 7_u64);
        let mut random = |end: usize| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            (state >> 33) as usize % end
        };
        for nth in 0..2_000 {
            let pos = random(text.len() + 1);
            let end = text.len().min(pos + random(3));
            let inserted = if random(3) == 0 { "" } else { "ab" };
            let patch = Patch::replace(pos, &text[pos..end], inserted);
            text.replace_range(pos..end, inserted);
            stack.others_changed(&patch);
            all.push(patch);
            assert!(stack.others.len() < 30, "{} after {nth}", stack.others.len());
        }
        let held: Vec<Patch> = stack.others.iter().map(|heavy| heavy.patch.clone()).collect();
        assert_eq!(Patch::compose_all(&held), Patch::compose_all(&all));
    }
}
