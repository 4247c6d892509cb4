//! The newest events of a document, kept at hand so that relaying them needs no reading. It
//! is a window on the log and never its only copy.
//!
//! They are kept in parcels, which begin and end at the same revisions for everybody. So a parcel
//! becomes bytes once, however many people it is sent to.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, OnceLock};

use palimpsest_core::{
    Acked, DocumentId, Event, EventId, Message, Op, Ordered, PAGE_EVENTS_MAX, Payload, ReplicaId,
    Revision, codec,
};

/// How many bytes of the newest events a room keeps at hand, to relay them without reading
/// them back.
const RECENT_BYTES_MAX: usize = 384 * 1024;
/// No further event goes into a parcel of this many bytes: whoever reads slowly has one parcel
/// waiting, and must be able to take it in a minute.
const PARCEL_BYTES_AIM: usize = 16 * 1024;

/// About what a parcel and its place in the window take beside the events.
const STRETCH_BYTES: usize =
    mem::size_of::<Stretch>() + mem::size_of::<Parcel>() + 6 * ALLOCATION_BYTES;
/// What the allocator needs for itself, each time.
const ALLOCATION_BYTES: usize = 16;

/// Neighbouring revisions, on their way to everybody.
#[derive(Debug)]
pub struct Parcel {
    message: Message,
    frame: OnceLock<Arc<[u8]>>,
}

impl Parcel {
    /// The places of those events that are of `replica`.
    pub(crate) fn places_of(&self, replica: ReplicaId) -> Vec<Acked> {
        let Message::Events { events, .. } = &self.message else { return Vec::new() };
        let own = events.iter().filter(|ordered| ordered.event.header.id.replica == replica);
        own.map(|&Ordered { revision, recorded, ref event }| Acked {
            id: event.header.id,
            revision,
            recorded,
        })
        .collect()
    }

    /// What is sent.
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// The same in bytes, made when they are first asked for.
    pub fn frame(&self) -> Arc<[u8]> {
        self.frame.get_or_init(|| codec::encode_message(&self.message).into()).clone()
    }
}

/// What follows a revision.
pub(crate) enum Following {
    /// A parcel, the same for all, and the revision it ends at.
    Shared(Arc<Parcel>, Revision),
    /// Events that are for one reader alone: it wrote all of them, or stands in a parcel's middle.
    Own(Vec<Ordered>),
    /// It is not at hand.
    Unknown,
}

/// The newest events: neighbouring revisions, up to a number of bytes.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    stretches: VecDeque<Stretch>,
    bytes: usize,
}

/// The events of one parcel.
#[derive(Debug)]
struct Stretch {
    /// As long as nobody has asked for them; then they are in the parcel.
    open: Vec<Ordered>,
    /// About how much memory they take, and how much room on the line at most.
    bytes: usize,
    line_bytes: usize,
    parcel: Option<Arc<Parcel>>,
}

impl Stretch {
    fn events(&self) -> &[Ordered] {
        match self.parcel.as_deref() {
            Some(Parcel { message: Message::Events { events, .. }, .. }) => events,
            _ => &self.open,
        }
    }

    fn first(&self) -> Revision {
        self.events()[0].revision
    }

    fn last(&self) -> Revision {
        let events = self.events();
        events[events.len() - 1].revision
    }

    fn takes_more(&self) -> bool {
        self.parcel.is_none()
            && self.line_bytes < PARCEL_BYTES_AIM
            && self.open.len() < PAGE_EVENTS_MAX
    }

    fn was_written_by(&self, replica: ReplicaId) -> bool {
        self.events().iter().all(|ordered| ordered.event.header.id.replica == replica)
    }

    /// Nothing is added from now on, so that the next parcel begins at the same place for all.
    fn seal(&mut self, document: DocumentId, head: Revision) -> Arc<Parcel> {
        let open = &mut self.open;
        let parcel = self.parcel.get_or_insert_with(|| {
            let mut events = mem::take(open);
            // Nothing is added, and there are as many of these as people write at once.
            events.shrink_to_fit();
            let message = Message::Events { document, events, head };
            Arc::new(Parcel { message, frame: OnceLock::new() })
        });
        parcel.clone()
    }
}

impl Recent {
    /// Adds the next event.
    pub(crate) fn push(&mut self, ordered: Ordered) {
        // Another way into the log than this room would leave a gap; what is known then
        // starts anew after it.
        if self.stretches.back().is_some_and(|last| last.last().0 + 1 != ordered.revision.0) {
            *self = Self::default();
        }
        let line_bytes = line_weight(&ordered.event);
        let mut bytes = weight(&ordered.event) + line_bytes;
        match self.stretches.back_mut().filter(|last| last.takes_more()) {
            Some(last) => {
                last.bytes += bytes;
                last.line_bytes += line_bytes;
                last.open.push(ordered);
            }
            None => {
                bytes += STRETCH_BYTES;
                let open = vec![ordered];
                self.stretches.push_back(Stretch { open, bytes, line_bytes, parcel: None });
            }
        }
        self.bytes += bytes;
        while self.bytes > RECENT_BYTES_MAX
            && let Some(oldest) = self.stretches.pop_front()
        {
            self.bytes -= oldest.bytes;
        }
    }

    /// What follows `sent` for `replica`. `head` is the last revision there is.
    pub(crate) fn after(
        &mut self,
        sent: Revision,
        replica: ReplicaId,
        document: DocumentId,
        head: Revision,
    ) -> Following {
        let next = Revision(sent.0 + 1);
        let place = self.stretches.partition_point(|stretch| stretch.last() < next);
        let Some(stretch) = self.stretches.get_mut(place).filter(|it| it.first() <= next) else {
            return Following::Unknown;
        };
        let (skip, last) = ((next.0 - stretch.first().0) as usize, stretch.last());
        let parcel = stretch.seal(document, head);
        if skip > 0 || stretch.was_written_by(replica) {
            return Following::Own(stretch.events()[skip..].to_vec());
        }
        Following::Shared(parcel, last)
    }
}

/// About how many bytes of memory an event takes.
fn weight(event: &Event) -> usize {
    const FIXED: usize = mem::size_of::<Ordered>() + 3 * ALLOCATION_BYTES;
    let ops = match &event.payload {
        Payload::TextEdited { ops } => ops.len() * mem::size_of::<Op>(),
        _ => 0,
    };
    let parents = mem::size_of::<EventId>() * event.header.parents.len();
    FIXED + parents + ops + event.payload.written()
}

/// How many bytes an event takes on the line at most, but for a few: neighbours say much of it once
/// for all of them, and then it is compressed.
fn line_weight(event: &Event) -> usize {
    const FIXED: usize = 24;
    const OP: usize = 6;
    let ops = match &event.payload {
        Payload::TextEdited { ops } => ops.len() * OP,
        _ => 0,
    };
    FIXED + ops + event.payload.written()
}
