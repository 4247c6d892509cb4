//! Siblings, where they are many: inserts that hang on the same character and have the same right
//! parent, in the order in which they stand. Whoever comes to them need not look at each: a thousand
//! people who write at one place would cost a million looks.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::EventId;

/// As many are looked through one by one. Few where assertions are on, so that the small histories
/// of the tests have many.
pub(crate) const FEW: usize = if cfg!(debug_assertions) { 2 } else { 16 };

/// The character that an insert hangs on, and its right parent.
pub(crate) type Parents = (u64, u64);

/// What siblings are sorted by: the event that made one, and its unit.
pub(crate) type Name = (EventId, u64);

/// The siblings of some parents, all of them or none.
#[derive(Clone, Default, Debug)]
pub(crate) struct Siblings(BTreeMap<Parents, BTreeSet<Name>>);

impl Siblings {
    /// Whether the children of these are kept.
    pub(crate) fn keeps(&self, parents: Parents) -> bool {
        !self.0.is_empty() && self.0.contains_key(&parents)
    }

    /// The unit of the last sibling that stands before one of this name.
    pub(crate) fn last_before(&self, parents: Parents, name: Name) -> Option<u64> {
        self.0.get(&parents)?.range(..name).next_back().map(|&(_, unit)| unit)
    }

    /// Keeps the children of these from now on; `all` are those that are there.
    pub(crate) fn keep(&mut self, parents: Parents, all: BTreeSet<Name>) {
        self.0.insert(parents, all);
    }

    /// One more came.
    pub(crate) fn add(&mut self, parents: Parents, name: Name) {
        if let Some(kept) = self.0.get_mut(&parents) {
            kept.insert(name);
        }
    }

    /// Parents are not what they were.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }
}
