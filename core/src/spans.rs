//! The characters of one concurrent stretch of history, in their order: runs of them, called
//! spans, in a B+ tree that finds a place by position and by name in logarithmic time. What
//! the order means, and when a character is there, is the walker's business.
//!
//! Every branch knows for each child how many characters below it are there in the prepare
//! version, in the effect version, and at all (see [`walker`](crate::walker)).

use std::ops::Range;

use crate::units::Units;

/// The most spans in a leaf and children in a branch; both are cut in half when full. Small
/// where assertions are on, so that the small histories of the tests grow tall trees.
const LEAF_SPANS_MAX: usize = if cfg!(debug_assertions) { 4 } else { 32 };
const BRANCH_CHILDREN_MAX: usize = if cfg!(debug_assertions) { 4 } else { 16 };

/// The left origin of what was inserted at the very start.
pub(crate) const START: u64 = u64::MAX;
/// The right parent of what has none.
pub(crate) const NONE: u64 = u64::MAX - 1;

/// The parent of the root.
const NOWHERE: u32 = u32::MAX;

/// A run of characters that stand together and share their fate. The first hangs on
/// `left`; every other on the one before it, with no right parent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) unit: u64,
    pub(crate) len: usize,
    pub(crate) left: u64,
    pub(crate) right: u64,
    /// In the prepare version: 0 not inserted yet, 1 there, n + 1 deleted n times.
    pub(crate) prepare: u32,
    /// In the effect version, which contains every event applied so far: deleted at all.
    pub(crate) deleted: bool,
}

/// A place in the list: in front of the `index`-th span of a leaf, or at the leaf's end. It
/// holds until spans are put in or cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Cursor {
    leaf: u32,
    index: usize,
}

/// Spans in order. There is always at least one leaf.
#[derive(Clone, Debug)]
pub(crate) struct Spans {
    leaves: Vec<Leaf>,
    branches: Vec<Branch>,
    root: u32,
    total: Width,
    /// The leaf that holds a span, by the span's first unit.
    homes: Units<u32>,
}

#[derive(Clone, Debug)]
struct Leaf {
    parent: u32,
    next: u32,
    spans: Vec<Span>,
}

#[derive(Clone, Debug)]
struct Branch {
    parent: u32,
    above_leaves: bool,
    children: Vec<u32>,
    widths: Vec<Width>,
}

/// How many characters some spans have: in the prepare version, in the effect version, at all.
#[derive(Clone, Copy, Default, Debug)]
struct Width {
    prepare: usize,
    effect: usize,
    all: usize,
}

impl Span {
    pub(crate) fn last_unit(&self) -> u64 {
        self.unit + self.len as u64 - 1
    }

    fn prepare_len(&self) -> usize {
        if self.prepare == 1 { self.len } else { 0 }
    }

    pub(crate) fn effect_len(&self) -> usize {
        if self.deleted { 0 } else { self.len }
    }

    fn width(&self) -> Width {
        Width { prepare: self.prepare_len(), effect: self.effect_len(), all: self.len }
    }

    /// Keeps the first `len` characters and returns the others.
    fn cut(&mut self, len: usize) -> Self {
        let unit = self.unit + len as u64;
        let tail = Self { unit, len: self.len - len, left: unit - 1, right: NONE, ..*self };
        self.len = len;
        tail
    }
}

impl Width {
    /// Differences may be negative: they wrap around, and adding them wraps back.
    fn minus(self, other: Self) -> Self {
        Self {
            prepare: self.prepare.wrapping_sub(other.prepare),
            effect: self.effect.wrapping_sub(other.effect),
            all: self.all.wrapping_sub(other.all),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            prepare: self.prepare.wrapping_add(other.prepare),
            effect: self.effect.wrapping_add(other.effect),
            all: self.all.wrapping_add(other.all),
        }
    }
}

fn sum(widths: impl Iterator<Item = Width>) -> Width {
    widths.fold(Width::default(), Width::plus)
}

impl Branch {
    fn place_of(&self, child: u32) -> usize {
        let place = self.children.iter().position(|&known| known == child);
        place.expect("a child's parent has it")
    }
}

impl Spans {
    /// A list of one span.
    pub(crate) fn new(first: Span) -> Self {
        let total = first.width();
        let mut spans = Vec::with_capacity(LEAF_SPANS_MAX);
        spans.push(first);
        let root =
            Branch { parent: NOWHERE, above_leaves: true, children: vec![0], widths: vec![total] };
        let mut homes = Units::default();
        homes.insert(first.unit, 0);
        Self {
            leaves: vec![Leaf { parent: 0, next: NOWHERE, spans }],
            branches: vec![root],
            root: 0,
            total,
            homes,
        }
    }

    /// How many characters are there in the prepare version.
    pub(crate) fn prepare_len(&self) -> usize {
        self.total.prepare
    }

    /// How many characters are there in the effect version.
    pub(crate) fn effect_len(&self) -> usize {
        self.total.effect
    }

    /// The span in front of a place, if it is in the same leaf; a place that was found by a
    /// position greater than zero has one.
    pub(crate) fn before(&self, at: Cursor) -> Option<&Span> {
        self.leaves[at.leaf as usize].spans.get(at.index.checked_sub(1)?)
    }

    /// The place behind the span at a place.
    pub(crate) fn after(at: Cursor) -> Cursor {
        Cursor { index: at.index + 1, ..at }
    }

    /// The spans from a place on, each with its place.
    pub(crate) fn iter_from(&self, mut at: Cursor) -> impl Iterator<Item = (Cursor, &Span)> {
        std::iter::from_fn(move || {
            loop {
                let leaf = &self.leaves[at.leaf as usize];
                if let Some(span) = leaf.spans.get(at.index) {
                    let here = at;
                    at.index += 1;
                    return Some((here, span));
                }
                if leaf.next == NOWHERE {
                    return None;
                }
                at = Cursor { leaf: leaf.next, index: 0 };
            }
        })
    }

    /// The boundary right behind the `pos`-th character of the prepare version, and how many
    /// characters of the effect version precede it. Cuts a span that it lies in.
    pub(crate) fn boundary(&mut self, pos: usize) -> (Cursor, usize) {
        let (leaf, mut rest, mut effect) = self.descend(pos, |rest, here| rest > here);
        let mut at = Cursor { leaf, index: 0 };
        while rest > 0 {
            let span = &self.leaves[leaf as usize].spans[at.index];
            let here = span.prepare_len();
            if rest < here {
                effect += if span.deleted { 0 } else { rest };
                return (Self::after(self.cut(at, rest)), effect);
            }
            rest -= here;
            effect += span.effect_len();
            at.index += 1;
        }
        (at, effect)
    }

    /// The place of the `pos`-th character (from 0) of the prepare version, which then starts a
    /// span, and how many characters of the effect version precede it.
    pub(crate) fn character(&mut self, pos: usize) -> (Cursor, usize) {
        let (leaf, mut rest, mut effect) = self.descend(pos, |rest, here| rest >= here);
        let mut at = Cursor { leaf, index: 0 };
        loop {
            let span = &self.leaves[leaf as usize].spans[at.index];
            let here = span.prepare_len();
            if rest < here {
                effect += if span.deleted { 0 } else { rest };
                break;
            }
            rest -= here;
            effect += span.effect_len();
            at.index += 1;
        }
        if rest > 0 {
            at = Self::after(self.cut(at, rest));
        }
        (at, effect)
    }

    /// Goes down from the root past every child that `beyond` says the rest of `pos` lies
    /// behind; returns the leaf, the rest and the effect version's characters passed.
    fn descend(&self, pos: usize, beyond: impl Fn(usize, usize) -> bool) -> (u32, usize, usize) {
        let (mut rest, mut effect) = (pos, 0);
        let mut branch = &self.branches[self.root as usize];
        loop {
            let last = branch.children.len() - 1;
            let mut child = 0;
            while child < last && beyond(rest, branch.widths[child].prepare) {
                rest -= branch.widths[child].prepare;
                effect += branch.widths[child].effect;
                child += 1;
            }
            let found = branch.children[child];
            if branch.above_leaves {
                return (found, rest, effect);
            }
            branch = &self.branches[found as usize];
        }
    }

    /// The place of the span that holds a unit, and the unit's offset in it.
    ///
    /// # Panics
    /// If no span holds it: only units that were put in are asked for.
    fn locate(&self, unit: u64) -> (Cursor, usize) {
        let home = self.homes.at_or_before(unit);
        let (first, leaf) = home.expect("an applied unit stands somewhere");
        let spans = &self.leaves[leaf as usize].spans;
        let index = spans.iter().position(|span| span.unit == first);
        let index = index.expect("a span's home has it");
        (Cursor { leaf, index }, (unit - first) as usize)
    }

    /// The place of a unit, which then starts a span.
    pub(crate) fn start_at(&mut self, unit: u64) -> Cursor {
        match self.locate(unit) {
            (at, 0) => at,
            (at, offset) => Self::after(self.cut(at, offset)),
        }
    }

    /// How many characters, there or not, precede a unit: comparing ranks compares places.
    pub(crate) fn rank(&self, unit: u64) -> usize {
        let (at, offset) = self.locate(unit);
        self.count_before(at, |width| width.all) + offset
    }

    /// How many characters of the effect version precede a place.
    pub(crate) fn effect_before(&self, at: Cursor) -> usize {
        self.count_before(at, |width| width.effect)
    }

    fn count_before(&self, at: Cursor, count: impl Fn(Width) -> usize) -> usize {
        let leaf = &self.leaves[at.leaf as usize];
        let mut all: usize = leaf.spans[..at.index].iter().map(|span| count(span.width())).sum();
        let (mut child, mut parent) = (at.leaf, leaf.parent);
        while parent != NOWHERE {
            let branch = &self.branches[parent as usize];
            let place = branch.place_of(child);
            all += branch.widths[..place].iter().map(|&width| count(width)).sum::<usize>();
            (child, parent) = (parent, branch.parent);
        }
        all
    }

    /// Changes the fate of a span; its unit stays.
    pub(crate) fn change(&mut self, at: Cursor, change: impl FnOnce(&mut Span)) {
        let span = &mut self.leaves[at.leaf as usize].spans[at.index];
        let before = span.width();
        change(span);
        let difference = span.width().minus(before);
        self.widen(at.leaf, difference);
    }

    /// Changes all characters of some units, cutting spans at both ends. Units that follow each
    /// other mostly stand side by side.
    pub(crate) fn change_all(&mut self, mut units: Range<u64>, change: impl Fn(&mut Span)) {
        while units.start < units.end {
            let at = self.start_at(units.start);
            let at = self.cut(at, (units.end - units.start) as usize);
            let mut difference = Width::default();
            for span in &mut self.leaves[at.leaf as usize].spans[at.index..] {
                let goes_on =
                    span.unit == units.start && units.end - units.start >= span.len as u64;
                if !goes_on {
                    break;
                }
                let before = span.width();
                change(span);
                difference = difference.plus(span.width().minus(before));
                units.start += span.len as u64;
            }
            self.widen(at.leaf, difference);
        }
    }

    /// Makes the span in front of a place longer by characters that were typed on from it.
    pub(crate) fn lengthen_before(&mut self, at: Cursor, len: usize) {
        self.change(Cursor { index: at.index - 1, ..at }, |span| span.len += len);
    }

    /// Puts a span in at a place.
    pub(crate) fn insert(&mut self, at: Cursor, span: Span) {
        let at = self.make_room(at);
        self.leaves[at.leaf as usize].spans.insert(at.index, span);
        self.homes.insert(span.unit, at.leaf);
        self.widen(at.leaf, span.width());
    }

    /// Cuts the span at a place after `len` characters, if it is longer. Returns its place,
    /// which may be another now; the rest is right behind it, in the same leaf.
    pub(crate) fn cut(&mut self, at: Cursor, len: usize) -> Cursor {
        if len == 0 || len >= self.leaves[at.leaf as usize].spans[at.index].len {
            return at;
        }
        let behind = self.make_room(Self::after(at));
        let at = Cursor { index: behind.index - 1, ..behind };
        let spans = &mut self.leaves[at.leaf as usize].spans;
        let rest = spans[at.index].cut(len);
        spans.insert(behind.index, rest);
        self.homes.insert(rest.unit, at.leaf);
        at
    }

    /// Cuts the list's last span so that the effect version has `effect_len` characters, and
    /// returns the span's unit if nothing is left of it.
    pub(crate) fn shorten_last(&mut self, unit: u64, effect_len: usize) -> Option<u64> {
        let excess = self.total.effect - effect_len;
        let (first, leaf) =
            self.homes.at_or_before(u64::MAX).filter(|&(first, _)| first >= unit)?;
        let (at, _) = self.locate(first);
        let mut left = 0;
        self.change(at, |span| {
            span.len -= excess;
            left = span.len;
        });
        if left > 0 {
            return None;
        }
        self.homes.remove(first);
        self.leaves[leaf as usize].spans.remove(at.index);
        Some(first)
    }

    /// Whoever has the character of a unit as the right parent has none any more.
    pub(crate) fn forget_right(&mut self, unit: u64) {
        let spans = self.leaves.iter_mut().flat_map(|leaf| &mut leaf.spans);
        spans.filter(|span| span.right == unit).for_each(|span| span.right = NONE);
    }

    /// Halves the leaf of a place if it is full; returns the place as it is then. A place
    /// between the halves is the end of the first, so that what precedes it stays with it.
    fn make_room(&mut self, at: Cursor) -> Cursor {
        let leaf = &mut self.leaves[at.leaf as usize];
        if leaf.spans.len() < LEAF_SPANS_MAX {
            return at;
        }
        let half = LEAF_SPANS_MAX / 2;
        let mut moved = Vec::with_capacity(LEAF_SPANS_MAX);
        moved.extend(leaf.spans.drain(half..));
        let parent = leaf.parent;
        let new = self.leaves.len() as u32;
        let next = std::mem::replace(&mut self.leaves[at.leaf as usize].next, new);
        for span in &moved {
            self.homes.insert(span.unit, new);
        }
        let width = sum(moved.iter().map(Span::width));
        self.leaves.push(Leaf { parent, next, spans: moved });
        self.adopt(parent, at.leaf, new, width);
        if at.index <= half { at } else { Cursor { leaf: new, index: at.index - half } }
    }

    /// Makes `new`, which takes `width` over from `child`, the child behind it.
    fn adopt(&mut self, parent: u32, child: u32, new: u32, width: Width) {
        let branch = &mut self.branches[parent as usize];
        let place = branch.place_of(child);
        branch.widths[place] = branch.widths[place].minus(width);
        branch.children.insert(place + 1, new);
        branch.widths.insert(place + 1, width);
        if branch.children.len() > BRANCH_CHILDREN_MAX {
            self.halve(parent);
        }
    }

    fn halve(&mut self, id: u32) {
        let new = self.branches.len() as u32;
        let branch = &mut self.branches[id as usize];
        let half = branch.children.len() / 2;
        let (children, widths) = (branch.children.split_off(half), branch.widths.split_off(half));
        let (parent, above_leaves) = (branch.parent, branch.above_leaves);
        for &child in &children {
            if above_leaves {
                self.leaves[child as usize].parent = new;
            } else {
                self.branches[child as usize].parent = new;
            }
        }
        let width = sum(widths.iter().copied());
        self.branches.push(Branch { parent, above_leaves, children, widths });
        if parent != NOWHERE {
            self.adopt(parent, id, new, width);
            return;
        }
        self.root = self.branches.len() as u32;
        self.branches[id as usize].parent = self.root;
        self.branches[new as usize].parent = self.root;
        self.branches.push(Branch {
            parent: NOWHERE,
            above_leaves: false,
            children: vec![id, new],
            widths: vec![self.total.minus(width), width],
        });
    }

    /// Carries a difference in width up to the root.
    fn widen(&mut self, leaf: u32, difference: Width) {
        self.total = self.total.plus(difference);
        let (mut child, mut parent) = (leaf, self.leaves[leaf as usize].parent);
        while parent != NOWHERE {
            let branch = &mut self.branches[parent as usize];
            let place = branch.place_of(child);
            branch.widths[place] = branch.widths[place].plus(difference);
            (child, parent) = (parent, branch.parent);
        }
    }
}
