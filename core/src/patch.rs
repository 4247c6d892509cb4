//! Patches: edits at their final place, and the algebra over them. The only currency
//! after the walker; nothing here knows where a patch came from.
//!
//! Positions are boundaries in Unicode scalar values: `0` is before the first scalar and
//! the text's length is after the last. They speak of the text *before* the patch, as a
//! CodeMirror `ChangeSet` does, so the edits of one patch do not shift one another.

use std::fmt;

use ecow::EcoString;
use smallvec::SmallVec;

/// One replaced stretch of text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// Where it starts, in the text before the patch.
    pub pos: usize,
    /// What stood there. Kept, so that every patch can be turned round.
    pub deleted: EcoString,
    /// What stands there now.
    pub inserted: EcoString,
}

/// A change from one text to the next: edits sorted by position, with at least one kept
/// scalar between neighbours.
///
/// # Laws
/// With `apply` as in [`Text::apply`](crate::Text::apply), for patches that fit their texts:
/// - `apply(apply(t, p), p.invert()) == t`
/// - `apply(t, p.compose(q)) == apply(apply(t, p), q)`
/// - `map_pos` never decreases, and `Before <= After`
/// - `apply(apply(t, p), q.rebase(p, b))` contains every scalar `p` inserted, whatever `q`
///   deletes, and equals `apply(apply(t, q), p.rebase(q, !b))`
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Patch {
    edits: Edits,
}

/// A keystroke is a patch of one edit, and patches are kept by the thousand.
type Edits = SmallVec<[Edit; 1]>;

/// The side of an insertion that a position at its very place ends up on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bias {
    /// Stays in front of what is inserted.
    Before,
    /// Moves behind what is inserted.
    After,
}

impl Edit {
    /// The first position after what this edit deletes, in the text before the patch.
    pub fn end(&self) -> usize {
        self.pos + scalars(&self.deleted)
    }
}

impl Patch {
    /// The patch that changes nothing.
    pub fn empty() -> Self {
        Self { edits: Edits::new() }
    }

    /// A patch of one edit, which must do something.
    #[inline]
    pub(crate) fn of(edit: Edit) -> Self {
        Self { edits: Edits::from_buf([edit]) }
    }

    /// A patch of one edit.
    pub fn replace(
        pos: usize,
        deleted: impl Into<EcoString>,
        inserted: impl Into<EcoString>,
    ) -> Self {
        Self::from(Edit { pos, deleted: deleted.into(), inserted: inserted.into() })
    }

    /// A patch of several edits; `None` if they are not sorted or overlap. Neighbours that
    /// touch become one edit, edits that do nothing are dropped.
    pub fn from_edits(edits: impl IntoIterator<Item = Edit>) -> Option<Self> {
        let mut builder = Builder::default();
        let mut end = 0;
        for edit in edits {
            builder.keep(edit.pos.checked_sub(end)?);
            builder.delete(&edit.deleted);
            builder.insert(&edit.inserted);
            end = edit.end();
        }
        Some(builder.finish().without_idle_edits())
    }

    /// The edits, first to last.
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// Whether the patch changes nothing.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// How many scalars it inserts.
    pub fn inserted(&self) -> usize {
        self.edits.iter().map(|edit| scalars(&edit.inserted)).sum()
    }

    /// How many scalars it deletes.
    pub fn deleted(&self) -> usize {
        self.edits.iter().map(|edit| scalars(&edit.deleted)).sum()
    }

    /// The patch that takes the new text back to the old one.
    pub fn invert(&self) -> Self {
        let mut shift = Shift::default();
        let edits = self
            .edits
            .iter()
            .map(|edit| {
                let pos = shift.map(edit.pos);
                shift.pass(edit);
                Edit { pos, deleted: edit.inserted.clone(), inserted: edit.deleted.clone() }
            })
            .collect();
        Self { edits }
    }

    /// One patch that does this one and then `next`. What this one inserted and `next`
    /// deletes does not appear in the result at all.
    pub fn compose(&self, next: &Self) -> Self {
        self.join(next).without_idle_edits()
    }

    /// [`compose`](Self::compose), with edits that put back what they delete: only those who
    /// see the last patch may tell that they do nothing, or the grouping would show.
    pub(crate) fn join(&self, next: &Self) -> Self {
        if self.is_empty() {
            return next.clone();
        }
        let mut first = Output::new(&self.edits);
        let mut builder = Builder::default();
        let mut pos = 0;
        for edit in &next.edits {
            first.pass(edit.pos - pos, None, &mut builder);
            builder.insert(&edit.inserted);
            first.pass(scalars(&edit.deleted), Some(&edit.deleted), &mut builder);
            pos = edit.end();
        }
        first.pass_rest(&mut builder);
        builder.finish()
    }

    fn without_idle_edits(mut self) -> Self {
        self.edits.retain(|edit| edit.deleted != edit.inserted);
        self
    }

    /// Composes a sequence in balanced halves, so that a thousand small patches cost
    /// `n log n`, not `n²`.
    pub fn compose_all(patches: &[Self]) -> Self {
        let mut all = Self::join_all(patches).without_idle_edits();
        all.edits.shrink_to_fit();
        all
    }

    fn join_all(patches: &[Self]) -> Self {
        match patches {
            [] => Self::empty(),
            [one] => one.clone(),
            many => {
                let (left, right) = many.split_at(many.len() / 2);
                Self::join_all(left).join(&Self::join_all(right))
            }
        }
    }

    /// Where a position of the old text lies in the new one. A position inside a deleted
    /// stretch moves to its start (`Before`) or behind what replaced it (`After`).
    pub fn map_pos(&self, pos: usize, bias: Bias) -> usize {
        let mut shift = Shift::default();
        for edit in &self.edits {
            let end = edit.end();
            if pos < edit.pos {
                break;
            }
            let is_insertion = end == edit.pos;
            if pos < end || (is_insertion && pos == end && bias == Bias::Before) {
                let start = shift.map(edit.pos);
                let stays = pos == edit.pos || bias == Bias::Before;
                return if stays { start } else { start + scalars(&edit.inserted) };
            }
            shift.pass(edit);
        }
        shift.map(pos)
    }

    /// This patch, made to fit the text after `over`, when both were made for the same
    /// text. What `over` deleted is not deleted again, and what it inserted is kept even in
    /// the middle of a stretch that this patch deletes; `bias` says on which side of an
    /// insertion of `over` an insertion of this patch at the very same place goes.
    pub fn rebase(&self, over: &Self, bias: Bias) -> Self {
        let mut builder = Builder::default();
        let mut kept_to = 0;
        for edit in &self.edits {
            let start = over.place_beside(edit.pos, bias).max(kept_to);
            builder.keep(start - kept_to);
            builder.insert(&edit.inserted);
            kept_to = start;
            for (offset, piece) in over.survivors(edit) {
                let pos = over.map_pos(offset, Bias::After);
                builder.keep(pos - kept_to);
                builder.delete(piece);
                kept_to = pos + scalars(piece);
            }
        }
        builder.finish().without_idle_edits()
    }

    /// Where something of another patch goes that stands at `pos` in the same old text. At the
    /// very place where an edit of this patch starts `bias` decides; inside what this patch
    /// deletes it goes behind what stands there now. Both patches so agree on who is first.
    fn place_beside(&self, pos: usize, bias: Bias) -> usize {
        let mut shift = Shift::default();
        for edit in &self.edits {
            if pos < edit.pos || (pos == edit.pos && bias == Bias::Before) {
                break;
            }
            if pos < edit.end() {
                return shift.map(edit.pos) + scalars(&edit.inserted);
            }
            shift.pass(edit);
        }
        shift.map(pos)
    }

    /// The pieces of `edit.deleted` that this patch leaves standing, each with its place in
    /// the old text, cut also where this patch inserts into them.
    fn survivors<'e>(&self, edit: &'e Edit) -> Vec<(usize, &'e str)> {
        let mut pieces = Vec::new();
        let mut rest = edit.deleted.as_str();
        let mut pos = edit.pos;
        for cut in &self.edits {
            let end = cut.end();
            if rest.is_empty() || end < pos {
                continue;
            }
            if cut.pos > pos {
                let (head, tail) = split(rest, cut.pos - pos);
                pieces.push((pos, head));
                pos += scalars(head);
                rest = tail;
            }
            if end > pos {
                let (gone, tail) = split(rest, end - pos);
                pos += scalars(gone);
                rest = tail;
            }
        }
        if !rest.is_empty() {
            pieces.push((pos, rest));
        }
        pieces
    }
}

impl From<Edit> for Patch {
    fn from(edit: Edit) -> Self {
        if edit.deleted == edit.inserted { Self::empty() } else { Self::of(edit) }
    }
}

impl fmt::Debug for Patch {
    /// Reads as a notation: `@3 -"old" +"new"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut list = f.debug_list();
        for edit in &self.edits {
            list.entry(&format_args!("@{} -{:?} +{:?}", edit.pos, edit.deleted, edit.inserted));
        }
        list.finish()
    }
}

/// How far positions have moved after the edits passed so far.
#[derive(Default)]
struct Shift {
    inserted: usize,
    deleted: usize,
}

impl Shift {
    fn map(&self, pos: usize) -> usize {
        pos + self.inserted - self.deleted
    }

    fn pass(&mut self, edit: &Edit) {
        self.inserted += scalars(&edit.inserted);
        self.deleted += scalars(&edit.deleted);
    }
}

/// Puts a patch together from left to right, merging edits that touch.
#[derive(Default)]
struct Builder {
    edits: Edits,
    pos: usize,
    deleted: EcoString,
    inserted: EcoString,
}

impl Builder {
    fn keep(&mut self, len: usize) {
        if len > 0 {
            self.flush();
            self.pos += len;
        }
    }

    fn delete(&mut self, text: &str) {
        self.deleted.push_str(text);
    }

    fn insert(&mut self, text: &str) {
        self.inserted.push_str(text);
    }

    fn flush(&mut self) {
        let deleted = std::mem::take(&mut self.deleted);
        let inserted = std::mem::take(&mut self.inserted);
        let pos = self.pos;
        self.pos += scalars(&deleted);
        if !deleted.is_empty() || !inserted.is_empty() {
            self.edits.push(Edit { pos, deleted, inserted });
        }
    }

    fn finish(mut self) -> Patch {
        self.flush();
        Patch { edits: self.edits }
    }
}

/// Reads off the text that a patch leaves, stretch by stretch, without having that text:
/// kept stretches are only lengths.
struct Output<'a> {
    edits: std::slice::Iter<'a, Edit>,
    /// Kept scalars before the next edit; `None` once the last edit has been passed.
    kept: Option<usize>,
    next: Option<&'a Edit>,
    inserted: &'a str,
}

impl<'a> Output<'a> {
    fn new(edits: &'a [Edit]) -> Self {
        let mut edits = edits.iter();
        let next = edits.next();
        Self { edits, kept: next.map(|edit| edit.pos), next, inserted: "" }
    }

    /// Passes `len` scalars: kept as they are, or deleted when their text is given.
    fn pass(&mut self, mut len: usize, deleting: Option<&str>, builder: &mut Builder) {
        let mut text = deleting.unwrap_or("");
        while len > 0 {
            if !self.inserted.is_empty() {
                let (head, tail) = split(self.inserted, len);
                let taken = scalars(head);
                match deleting {
                    Some(_) => text = split(text, taken).1,
                    None => builder.insert(head),
                }
                self.inserted = tail;
                len -= taken;
            } else if self.kept == Some(0) {
                self.enter(builder);
            } else {
                let taken = self.kept.map_or(len, |kept| kept.min(len));
                match deleting {
                    Some(_) => {
                        let (head, tail) = split(text, taken);
                        builder.delete(head);
                        text = tail;
                    }
                    None => builder.keep(taken),
                }
                self.kept = self.kept.map(|kept| kept - taken);
                len -= taken;
            }
        }
    }

    fn enter(&mut self, builder: &mut Builder) {
        if let Some(edit) = self.next {
            builder.delete(&edit.deleted);
            self.inserted = &edit.inserted;
            self.next = self.edits.next();
            self.kept = self.next.map(|next| next.pos - edit.end());
        }
    }

    fn pass_rest(&mut self, builder: &mut Builder) {
        loop {
            builder.insert(self.inserted);
            self.inserted = "";
            match self.kept {
                Some(kept) => {
                    builder.keep(kept);
                    self.kept = Some(0);
                    self.enter(builder);
                }
                None => return,
            }
        }
    }
}

/// How many Unicode scalar values a text has.
#[inline]
pub(crate) fn scalars(text: &str) -> usize {
    // A keystroke, mostly.
    if text.len() < 2 { text.len() } else { text.chars().count() }
}

/// A text to keep. A single letter, as a keystroke has it, is no matter of copying.
#[inline]
pub(crate) fn letters(text: &str) -> EcoString {
    match text.get(..1) {
        Some(letter) if text.len() == 1 => EcoString::inline(letter),
        _ => EcoString::from(text),
    }
}

/// Adds text to a buffer; a single letter likewise.
#[inline]
pub(crate) fn push_letters(buffer: &mut String, text: &str) {
    match text.as_bytes() {
        [letter] => buffer.push(char::from(*letter)),
        _ => buffer.push_str(text),
    }
}

/// Cuts behind the first `len` scalars, or at the end if there are fewer.
pub(crate) fn split(text: &str, len: usize) -> (&str, &str) {
    // Most text is ASCII, which is seen many bytes at a time.
    let at = match text.as_bytes().get(..len) {
        Some(bytes) if bytes.is_ascii() => len,
        _ => ropey::str_utils::char_to_byte_idx(text, len),
    };
    text.split_at(at)
}
