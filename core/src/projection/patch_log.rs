//! A long list of patches in columns: one buffer for all their text, a row for each edit.
//! It stores and gives back; what the patches are for is the timeline's business.

use crate::patch::{Edit, Patch};

/// Patches by index.
#[derive(Clone, Debug)]
pub(super) struct PatchLog {
    rows: Vec<Row>,
    /// Where each patch's rows start, and one entry for the end.
    starts: Vec<u32>,
    /// What each edit deleted and then what it inserted, in the order of the rows.
    texts: String,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    pos: u32,
    text: u32,
    deleted_bytes: u32,
    inserted_bytes: u32,
}

impl Default for PatchLog {
    fn default() -> Self {
        Self { rows: Vec::new(), starts: vec![0], texts: String::new() }
    }
}

impl PatchLog {
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn push(&mut self, patch: &Patch) {
        for edit in patch.edits() {
            let text = self.texts.len() as u32;
            self.texts.push_str(&edit.deleted);
            self.texts.push_str(&edit.inserted);
            self.rows.push(Row {
                pos: edit.pos as u32,
                text,
                deleted_bytes: edit.deleted.len() as u32,
                inserted_bytes: edit.inserted.len() as u32,
            });
        }
        self.starts.push(self.rows.len() as u32);
    }

    /// Forgets all patches from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        if len >= self.len() {
            return;
        }
        let rows = self.starts[len] as usize;
        if let Some(row) = self.rows.get(rows) {
            self.texts.truncate(row.text as usize);
        }
        self.rows.truncate(rows);
        self.starts.truncate(len + 1);
    }

    pub(super) fn get(&self, index: usize) -> Patch {
        let rows = &self.rows[self.starts[index] as usize..self.starts[index + 1] as usize];
        let edits = rows.iter().map(|row| {
            let texts = &self.texts[row.text as usize..];
            let (deleted, texts) = texts.split_at(row.deleted_bytes as usize);
            let inserted = &texts[..row.inserted_bytes as usize];
            Edit { pos: row.pos as usize, deleted: deleted.into(), inserted: inserted.into() }
        });
        Patch::from_edits(edits).expect("a stored patch was a patch")
    }
}
