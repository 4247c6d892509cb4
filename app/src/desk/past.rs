//! The past of a document, from the store to memory in slices, so that the page stays alive:
//! before it is shown, or behind it when a snapshot shows it first.

use std::rc::Rc;

use palimpsest_core::{Block, Document, Ordered, Past, PastError, Revision};

use super::open::{Open, update};
use super::{Loading, PastState};
use crate::clock;
use crate::storage::{Record, StorageError};

/// How many records are read at first; more when they turn out to be small.
const RECORDS_MIN: u32 = 16;
/// How many records are read at once at most.
const RECORDS_MAX: u32 = 512;
/// Slices of fewer bytes than this make the next slice bigger.
const SLICE_BYTES: usize = 128 * 1024;

/// How long reading goes on before the browser gets its turn.
const WORK_MILLIS_MAX: f64 = 12.0;

/// Where reading ordered events ended.
pub(super) struct Read {
    pub(super) head: Revision,
    /// Whether the store has any.
    pub(super) any: bool,
    /// Why it ended before the store's last event, if it did.
    pub(super) hole: Option<Hole>,
}

/// Ordered events that the store should have and does not: they come from the server again.
pub(super) struct Hole {
    /// The last that is missing; `None` is the last there is.
    pub(super) until: Option<Revision>,
    /// The record that cannot be read, if one stands in their place.
    pub(super) damaged: Option<Record>,
    /// What to tell people.
    pub(super) words: String,
}

impl Read {
    /// The next event is not where it should be: after what was read comes `until`, and before
    /// that nothing, or a record that cannot be read.
    fn ends(self, damage: Option<(Record, String)>, until: Option<Revision>) -> Self {
        let words = match &damage {
            Some((record, why)) => format!(
                "A part of this document's history on this device, from revision {} on, is \
                 damaged ({why}). It is fetched from the server again.",
                record.first.0
            ),
            None => format!(
                "This device lacks the history after revision {}. It is fetched from the server \
                 again.",
                self.head.0
            ),
        };
        let damaged = damage.map(|(record, _)| record);
        Self { hole: Some(Hole { until, damaged, words }), ..self }
    }
}

impl Open {
    /// Reads everything that the store has in order, before anything is shown.
    pub(super) async fn read_whole_past(self: &Rc<Self>) -> Result<Read, StorageError> {
        let mut past = Past::default();
        let read = self.read_records(Revision(0), None, |block| past.take(block)).await?;
        let mut state = self.state.borrow_mut();
        let author = state.document.author();
        let (document, timeline) = Document::of_past(self.id, self.replica, author, past);
        (state.document, state.timeline) = (document, timeline);
        Ok(read)
    }

    /// Reads the past of a document that is shown already.
    pub(super) async fn read_past_behind(self: Rc<Self>) {
        let unread = Revision(self.state.borrow().document.unread() as u64);
        let mut past = Past::default();
        let read = self.read_records(Revision(0), Some(unread), |block| past.take(block)).await;
        let (why, is_of_this_log) = match read {
            Err(error) => (error.to_string(), true),
            Ok(read) => match (read.hole, self.take_past(past)) {
                (_, Ok(())) => {
                    clock::mark("palimpsest:past-read");
                    return update(&self.signals.past, PastState::Read);
                }
                (Some(hole), _) => (hole.words, true),
                (None, Err(error)) => (error.to_string(), false),
            },
        };
        if self.state.borrow().retired {
            return;
        }
        // Without the snapshot the next opening reads what can be read of the log, and the
        // server has the rest.
        let forgotten = self.page.storage.keep_snapshot(self.id, None).await;
        let words = match forgotten {
            Ok(()) => why,
            Err(error) => format!("{why} {error}"),
        };
        update(&self.signals.past, PastState::Failed(words.clone()));
        if is_of_this_log {
            // The text is here and can be written in: only its past cannot be shown.
            return;
        }
        // It is not this document's text at all. What was written in it is stored.
        self.flush();
        update(&self.signals.loading, Loading::Failed(words));
    }

    fn take_past(self: &Rc<Self>, past: Past) -> Result<(), PastError> {
        let (change, behind) = {
            let mut state = self.state.borrow_mut();
            let state = &mut *state;
            if state.retired {
                return Ok(());
            }
            let (change, timeline) = state.document.read_past(past)?;
            state.timeline = timeline;
            let behind = std::mem::take(&mut state.behind);
            state.timeline.extend(state.document.graph(), &behind);
            state.timeline_stale = true;
            (change, behind)
        };
        self.absorb(change);
        {
            // Among what waited for the past are events that have their place.
            let mut state = self.state.borrow_mut();
            for (id, _) in &behind {
                state.unordered.remove(id);
            }
        }
        self.publish();
        Ok(())
    }

    /// Reads the records of ordered events after `from`, up to `until` or the last, and hands
    /// on what is in them, in order and without gaps.
    pub(super) async fn read_records(
        self: &Rc<Self>,
        from: Revision,
        until: Option<Revision>,
        mut take: impl FnMut(Block) -> Result<(), PastError>,
    ) -> Result<Read, StorageError> {
        let storage = &self.page.storage;
        let last = storage.last_ordered(self.id).await?;
        let mut read = Read { head: from, any: last.is_some(), hole: None };
        // The last batch's length is not worth decoding it twice.
        let total = last.map_or(0, |record| usize::try_from(record.first.0).unwrap_or(usize::MAX));
        let mut next = Revision(from.0 + 1);
        let mut limit = RECORDS_MIN;
        let mut since = clock::elapsed();
        // A record that cannot be read is no loss if the next one goes on where the one before
        // ended: it was replaced.
        let mut damage = None;
        loop {
            let records = storage.ordered(self.id, next, limit).await?;
            let Some(last) = records.last() else {
                return Ok(if damage.is_some() { read.ends(damage, None) } else { read });
            };
            next = Revision(last.first.0 + 1);
            if records.iter().map(|record| record.bytes.len()).sum::<usize>() < SLICE_BYTES {
                limit = (limit * 2).min(RECORDS_MAX);
            }
            for record in records {
                if until.is_some_and(|until| record.first > until) {
                    return Ok(if damage.is_some() { read.ends(damage, until) } else { read });
                }
                let block = match record.decode() {
                    Ok(block) => block,
                    Err(error) => {
                        damage.get_or_insert((record, error));
                        continue;
                    }
                };
                let block = within(block, read.head, until.unwrap_or(Revision(u64::MAX)));
                let Some((first, _)) = block.revisions() else { continue };
                if first.0 != read.head.0 + 1 {
                    return Ok(read.ends(damage, Some(Revision(first.0 - 1))));
                }
                damage = None;
                for slice in block.slices() {
                    let last = slice.revisions().map_or(read.head, |(_, last)| last);
                    if let Err(error) = take(slice) {
                        damage = Some((record, error.to_string()));
                        break;
                    }
                    read.head = last;
                    if clock::elapsed() - since > WORK_MILLIS_MAX {
                        self.tell_progress(read.head, total);
                        clock::breathe().await;
                        since = clock::elapsed();
                    }
                }
            }
        }
    }

    fn tell_progress(&self, head: Revision, total: usize) {
        if self.is_loading() {
            let done = usize::try_from(head.0).unwrap_or(usize::MAX);
            let total = total.max(done);
            update(&self.signals.loading, Loading::Reading { done, total });
        }
    }
}

/// The events of a block after one revision and up to another. Batches overlap where a damaged
/// one was replaced.
fn within(block: Block, after: Revision, until: Revision) -> Block {
    let whole = |(first, last): (Revision, Revision)| first > after && last <= until;
    if block.revisions().is_none_or(whole) {
        return block;
    }
    let wanted: Vec<Ordered> =
        block.ordered().filter(|one| after < one.revision && one.revision <= until).collect();
    Block::from_ordered(&wanted)
}
