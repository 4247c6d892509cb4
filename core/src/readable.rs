//! The Eg-walker once more, as readable as it can be made: every character its own item,
//! every event replayed from the very first. Slow on purpose and kept for ever, as the
//! oracle that [`walker`](crate::walker) is tested against, and whatever else needs to know what
//! became of each character; only tests use it.

use crate::event::{ERASED, EventId, Op, Payload};
use crate::graph::{Graph, Lv};

/// Names a character: the event that inserted it, and which one of that event's units it is.
type CharId = (EventId, usize);

/// A character that was ever inserted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Character {
    /// The event that inserted it.
    pub by: Lv,
    /// The character itself.
    pub character: char,
    /// Every event that deleted it.
    pub deleted_by: Vec<Lv>,
}

#[derive(Clone)]
struct Item {
    id: CharId,
    character: char,
    /// The character it was typed after; `None` at the very start.
    left: Option<CharId>,
    /// The character that came next when it was typed, if that one hangs on `left` too.
    right: Option<CharId>,
    /// 0 not inserted yet, 1 there, n + 1 deleted n times: at the parents of the current event.
    prepare: u32,
    by: Lv,
    deleted_by: Vec<Lv>,
}

/// The text that a graph stands for, by replaying all of it.
pub fn replay(graph: &Graph) -> String {
    let standing = characters(graph).into_iter().filter(|one| one.deleted_by.is_empty());
    standing.map(|one| one.character).collect()
}

/// Every character that any event inserted, in the order of the text, by replaying all of it.
pub fn characters(graph: &Graph) -> Vec<Character> {
    let mut replay = Replay { graph, items: Vec::new(), version: Vec::new(), targets: Vec::new() };
    (0..graph.len()).for_each(|lv| replay.apply(lv));
    let whole = |Item { by, character, deleted_by, .. }| Character { by, character, deleted_by };
    replay.items.into_iter().map(whole).collect()
}

struct Replay<'g> {
    graph: &'g Graph,
    items: Vec<Item>,
    version: Vec<Lv>,
    /// For each event, the characters it inserted or deleted.
    targets: Vec<Vec<CharId>>,
}

impl Replay<'_> {
    fn apply(&mut self, lv: Lv) {
        let parents = self.graph.parents(lv);
        let (retreat, advance) = self.graph.diff(&self.version, &parents);
        for lv in retreat.into_iter().flatten() {
            self.targets[lv].clone().iter().for_each(|&id| self.item(id).prepare -= 1);
        }
        for lv in advance.into_iter().rev().flatten() {
            self.targets[lv].clone().iter().for_each(|&id| self.item(id).prepare += 1);
        }
        self.version = vec![lv];
        self.targets.push(Vec::new());
        let event = self.graph.event(lv);
        let Payload::TextEdited { ops } = event.payload else { return };
        for op in ops {
            match op {
                Op::Insert { pos, text } => self.insert_text(lv, pos, text.chars()),
                Op::ErasedInsert { pos, len } => {
                    self.insert_text(lv, pos, std::iter::repeat_n(ERASED, len));
                }
                Op::Delete { pos, len } => {
                    for _ in 0..len.min(self.visible_len().saturating_sub(pos)) {
                        self.delete(lv, pos);
                    }
                }
            }
        }
    }

    fn item(&mut self, id: CharId) -> &mut Item {
        let index = self.index_of(id);
        &mut self.items[index]
    }

    fn index_of(&self, id: CharId) -> usize {
        self.items.iter().position(|item| item.id == id).expect("the item was applied before")
    }

    fn visible_len(&self) -> usize {
        self.items.iter().filter(|item| item.prepare == 1).count()
    }

    fn insert_text(&mut self, lv: Lv, pos: usize, text: impl Iterator<Item = char>) {
        let pos = pos.min(self.visible_len());
        for (offset, character) in text.enumerate() {
            self.insert(lv, pos + offset, character);
        }
    }

    fn insert(&mut self, lv: Lv, pos: usize, character: char) {
        let id = (self.graph.id_of(lv), self.targets[lv].len());
        self.targets[lv].push(id);
        let start = if pos == 0 { 0 } else { self.index_of_visible(pos - 1) + 1 };
        let left = start.checked_sub(1).map(|index| self.items[index].id);
        let next = self.items[start..].iter().find(|item| item.prepare > 0);
        let right = next.filter(|next| next.left == left).map(|next| next.id);
        let item = Item { id, character, left, right, prepare: 1, by: lv, deleted_by: Vec::new() };
        let index = self.integrate(&item, start);
        self.items.insert(index, item);
    }

    fn integrate(&self, new: &Item, start: usize) -> usize {
        let left_of = |item: &Item| item.left.map(|id| self.index_of(id));
        let right_of = |item: &Item| item.right.map_or(usize::MAX, |id| self.index_of(id));
        let (mut index, mut scanning) = (start, false);
        for scan in start..self.items.len() {
            let other = &self.items[scan];
            if other.prepare > 0 || left_of(other) < left_of(new) {
                break;
            }
            if left_of(other) == left_of(new) {
                if right_of(other) == right_of(new) && new.id < other.id {
                    break;
                }
                scanning = right_of(other) < right_of(new);
            }
            if !scanning {
                index = scan + 1;
            }
        }
        index
    }

    fn delete(&mut self, lv: Lv, pos: usize) {
        let index = self.index_of_visible(pos);
        let item = &mut self.items[index];
        item.prepare = 2;
        item.deleted_by.push(lv);
        self.targets[lv].push(item.id);
    }

    fn index_of_visible(&self, pos: usize) -> usize {
        let mut visible = self.items.iter().enumerate().filter(|(_, item)| item.prepare == 1);
        visible.nth(pos).expect("the position was checked").0
    }
}
