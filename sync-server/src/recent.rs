//! The newest events of a document, kept at hand so that relaying them needs no reading. It
//! is a window on the log and never its only copy.

use std::collections::VecDeque;
use std::mem;

use palimpsest_core::{Event, EventId, Op, Ordered, PAGE_EVENTS_MAX, Payload, Revision};

/// How many bytes of the newest events a room keeps at hand, to relay them without reading
/// them back.
const RECENT_BYTES_MAX: usize = 256 * 1024;

/// The newest events: neighbouring revisions, up to a number of bytes.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    events: VecDeque<Ordered>,
    bytes: usize,
}

impl Recent {
    /// Adds the next event.
    pub(crate) fn push(&mut self, ordered: Ordered) {
        // Another way into the log than this room would leave a gap; what is known then
        // starts anew after it.
        if self.events.back().is_some_and(|last| last.revision.0 + 1 != ordered.revision.0) {
            *self = Self::default();
        }
        self.bytes += weight(&ordered.event);
        self.events.push_back(ordered);
        while self.bytes > RECENT_BYTES_MAX
            && let Some(oldest) = self.events.pop_front()
        {
            self.bytes -= weight(&oldest.event);
        }
    }

    /// What follows `sent`, or nothing if that is not all at hand.
    pub(crate) fn after(&self, sent: Revision) -> Vec<Ordered> {
        match self.events.front() {
            Some(first) if first.revision.0 <= sent.0 + 1 => {
                let skip = (sent.0 + 1 - first.revision.0) as usize;
                self.events.iter().skip(skip).take(PAGE_EVENTS_MAX).cloned().collect()
            }
            _ => Vec::new(),
        }
    }
}

/// About how many bytes an event takes.
fn weight(event: &Event) -> usize {
    const FIXED: usize = 160;
    let content = match &event.payload {
        Payload::TextEdited { ops } => ops.iter().map(op_weight).sum(),
        Payload::DocumentCreated { title } | Payload::TitleChanged { title } => title.len(),
        Payload::FolderChanged { folder } => folder.len(),
        Payload::VersionNamed { name, .. } => name.len(),
        Payload::CommentAdded { text, .. }
        | Payload::CommentEdited { text, .. }
        | Payload::CommentReplied { text, .. } => text.len(),
        Payload::Unknown { bytes, .. } => bytes.len(),
        Payload::DocumentArchived
        | Payload::DocumentRestored
        | Payload::CommentResolved { .. }
        | Payload::CommentReopened { .. }
        | Payload::CommentDeleted { .. } => 0,
    };
    FIXED + mem::size_of::<EventId>() * event.header.parents.len() + content
}

fn op_weight(op: &Op) -> usize {
    let text = match op {
        Op::Insert { text, .. } => text.len(),
        Op::Delete { .. } | Op::ErasedInsert { .. } => 0,
    };
    mem::size_of::<Op>() + text
}
