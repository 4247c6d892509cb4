//! One document being written in: who is here, what each of them was told, and what to relay.
//! It decides and keeps no I/O, clock or task: whoever drives it asks
//! the store and brings the answers back, so that a simulation can drive it just as well.
//!
//! Each connection is told the log in order, own events as `Ack` and others' as `Events`,
//! from its own cursor; a slow reader therefore costs a cursor, not a queue. What is not
//! history (cursors, who holds what, names) is kept once per subject, the latest only.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::mem;
use std::sync::Arc;

use palimpsest_core::{
    Access, Acked, AuthorId, DocumentId, Event, Message, Ordered, Presence, Profile, Refusal,
    ReplicaId, Revision, Timestamp,
};
use palimpsest_core::{FRAME_BYTES_MAX, PAGE_BYTES_AIM, PAGE_EVENTS_MAX, PUSH_EVENTS_MAX};

use crate::hub::ConnectionId;
use crate::recent::{Following, Parcel, Recent};
use crate::store::{Append, AppendError, Appended, Limit, Page, ReadError};

/// How long a name is passed on; of a longer one, its beginning.
pub const NAME_SCALARS_MAX: usize = 80;

/// How many replicas' holdings a room remembers. The one that holds least is forgotten
/// first: it says the least.
const HELD_REPLICAS_MAX: usize = 1_000;

/// For whom there is something to [`Room::poll`].
pub type Woken = Vec<ConnectionId>;

/// What a connection gets next.
#[derive(Debug)]
pub enum Next {
    /// This message.
    Send(Message),
    /// The next part of the log, which others are sent as well.
    Relay(Arc<Parcel>),
    /// A page of the log, read from the store after this revision; bring it to `page`.
    Read(Revision),
}

/// One document being written in.
#[derive(Debug)]
pub struct Room {
    document: DocumentId,
    head: Revision,
    seats: BTreeMap<ConnectionId, Seat>,
    held: BTreeMap<ReplicaId, Revision>,
    recent: Recent,
}

/// One connection's place in the room.
#[derive(Debug)]
struct Seat {
    replica: ReplicaId,
    /// What its person may do, as the welcome says.
    access: Access,
    /// The last revision this connection has or was told.
    sent: Revision,
    welcomed: bool,
    reading: bool,
    /// Messages in order, made from one request or one page: never more than that.
    ready: VecDeque<Message>,
    news: News,
    presence: Option<Presence>,
}

/// What is not history: the latest word per subject.
#[derive(Debug, Default)]
struct News {
    held: BTreeMap<ReplicaId, Revision>,
    /// `None` for a replica that left.
    present: BTreeMap<ReplicaId, Option<Presence>>,
    profiles: BTreeMap<AuthorId, Profile>,
}

impl Room {
    /// A room nobody is in yet.
    pub fn new(document: DocumentId) -> Self {
        Self {
            document,
            head: Revision(0),
            seats: BTreeMap::new(),
            held: BTreeMap::new(),
            recent: Recent::default(),
        }
    }

    /// Whether nobody is here.
    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// Takes a connection in: `replica` holds revisions `1..=after`. Joining again starts
    /// the subscription anew. It waits for [`opened`](Self::opened).
    pub fn join(
        &mut self,
        connection: ConnectionId,
        replica: ReplicaId,
        after: Revision,
        access: Access,
    ) {
        let mut news = News { held: self.held.clone(), ..News::default() };
        news.held.remove(&replica);
        for other in self.seats.values().filter(|other| other.replica != replica) {
            if let Some(presence) = &other.presence {
                news.present.insert(other.replica, Some(presence.clone()));
            }
        }
        let seat = Seat {
            replica,
            access,
            sent: after,
            welcomed: false,
            reading: false,
            ready: VecDeque::new(),
            news,
            presence: None,
        };
        self.seats.insert(connection, seat);
    }

    /// The document's head and profiles were looked up: the welcome can go out. The error is for
    /// the connection to be told; it is no longer in the room then.
    pub fn opened(
        &mut self,
        connection: ConnectionId,
        head: Revision,
        profiles: Vec<Profile>,
    ) -> Result<Woken, (Refusal, String)> {
        self.head = self.head.max(head);
        let (document, head) = (self.document, self.head);
        let Some(seat) = self.seats.get_mut(&connection) else { return Ok(Woken::new()) };
        if seat.sent > head {
            let reason = format!(
                "you hold revision {} and this server has {}: it may have been restored from an \
                 older backup",
                seat.sent.0, head.0
            );
            return Err((Refusal::Unavailable, reason));
        }
        seat.welcomed = true;
        let access = seat.access;
        seat.ready.push_back(Message::Welcome { document, head, profiles, access });
        Ok(vec![connection])
    }

    /// Somebody's access is another one now: they are told in a welcome of its own.
    pub fn access_changed(&mut self, connection: ConnectionId, access: Access) -> Woken {
        let (document, head) = (self.document, self.head);
        let Some(seat) = self.seats.get_mut(&connection) else { return Woken::new() };
        seat.access = access;
        if seat.welcomed {
            let profiles = Vec::new();
            seat.ready.push_back(Message::Welcome { document, head, profiles, access });
        }
        vec![connection]
    }

    /// Lets a connection go; the others learn it, unless its replica is here by another one.
    pub fn leave(&mut self, connection: ConnectionId) -> Woken {
        let Some(gone) = self.seats.remove(&connection) else { return Woken::new() };
        if self.seats.values().any(|seat| seat.replica == gone.replica) {
            return Woken::new();
        }
        self.tell_others(connection, |news| {
            news.present.insert(gone.replica, None);
        })
    }

    /// What to append when a connection sends events, if anything; answer with
    /// [`appended`](Self::appended), even if the connection has gone.
    pub fn push(
        &self,
        events: Vec<Event>,
        now: Timestamp,
    ) -> Result<Option<Append>, (Refusal, String)> {
        if events.len() > PUSH_EVENTS_MAX {
            let reason = format!("{} events at once; the limit is {PUSH_EVENTS_MAX}", events.len());
            return Err((Refusal::TooLarge, reason));
        }
        if events.is_empty() {
            return Ok(None);
        }
        // A few bytes could show as any number of characters; no frame holds more than these.
        let erased = events.iter().map(|event| event.payload.erased_scalars());
        let erased = erased.fold(0, usize::saturating_add);
        if erased > FRAME_BYTES_MAX {
            let reason = format!("{erased} erased characters; the limit is {FRAME_BYTES_MAX}");
            return Err((Refusal::TooLarge, reason));
        }
        Ok(Some(Append { document: self.document, events, now, expected: None, own: None }))
    }

    /// What became of an append. An error is for the connection to be told.
    pub fn appended(
        &mut self,
        connection: ConnectionId,
        outcome: Result<Appended, AppendError>,
    ) -> Result<Woken, (Refusal, String)> {
        let appended = outcome.map_err(|error| (refusal(&error), error.to_string()))?;
        self.head = self.head.max(appended.head);
        for ordered in appended.fresh {
            self.recent.push(ordered);
        }
        if let Some(seat) = self.seats.get_mut(&connection) {
            // A fresh place is told in the stream, by the cursor; so is an old one that the
            // cursor has not reached. Only what the stream has passed must be said again.
            let again: Vec<Acked> = appended
                .placed
                .iter()
                .filter(|placed| !placed.fresh && placed.revision <= seat.sent)
                .map(|p| Acked { id: p.id, revision: p.revision, recorded: p.recorded })
                .collect();
            if !again.is_empty() {
                seat.ready.push_back(Message::Ack { document: self.document, acks: again });
            }
        }
        Ok(self.seats.keys().copied().collect())
    }

    /// Keeps no event at hand any more.
    pub fn forget_recent(&mut self) {
        self.recent = Recent::default();
    }

    /// Who is here of those that made these events.
    pub fn authors_of(&self, events: &[Event]) -> Vec<ConnectionId> {
        let made: BTreeSet<ReplicaId> =
            events.iter().map(|event| event.header.id.replica).collect();
        let here = self.seats.iter().filter(|(_, seat)| made.contains(&seat.replica));
        here.map(|(&connection, _)| connection).collect()
    }

    /// The log grew by another way than a push to this room; what came is read from the store.
    pub fn grew(&mut self, head: Revision) -> Woken {
        self.head = self.head.max(head);
        self.seats.keys().copied().collect()
    }

    /// A connection says that its replica holds everything up to `revision`.
    pub fn held(
        &mut self,
        connection: ConnectionId,
        replica: ReplicaId,
        revision: Revision,
    ) -> Result<Woken, (Refusal, String)> {
        self.must_be(connection, replica)?;
        if revision > self.head {
            let reason = format!("revision {} does not exist yet", revision.0);
            return Err((Refusal::Malformed, reason));
        }
        let known = self.held.entry(replica).or_default();
        if *known >= revision {
            return Ok(Woken::new());
        }
        *known = revision;
        if self.held.len() > HELD_REPLICAS_MAX
            && let Some((&least, _)) = self.held.iter().min_by_key(|(_, revision)| **revision)
        {
            self.held.remove(&least);
        }
        Ok(self.tell_others(connection, |news| {
            news.held.insert(replica, revision);
        }))
    }

    /// A connection says where its author is.
    pub fn present(
        &mut self,
        connection: ConnectionId,
        mut presence: Presence,
    ) -> Result<Woken, (Refusal, String)> {
        self.must_be(connection, presence.replica)?;
        shorten(&mut presence.name);
        if let Some(seat) = self.seats.get_mut(&connection) {
            seat.presence = Some(presence.clone());
        }
        Ok(self.tell_others(connection, |news| {
            news.present.insert(presence.replica, Some(presence.clone()));
        }))
    }

    /// A connection said how an author is called, and that was kept.
    pub fn profile_changed(&mut self, connection: ConnectionId, profile: &Profile) -> Woken {
        self.tell_others(connection, |news| {
            news.profiles.insert(profile.author, profile.clone());
        })
    }

    /// What `connection` gets next, if anything. Answers first, then the log, then news.
    pub fn poll(&mut self, connection: ConnectionId) -> Option<Next> {
        let (document, head) = (self.document, self.head);
        let seat = self.seats.get_mut(&connection)?;
        if let Some(message) = seat.ready.pop_front() {
            return Some(Next::Send(message));
        }
        if !seat.welcomed || seat.reading {
            return None;
        }
        if seat.sent < head {
            return match self.recent.after(seat.sent, seat.replica, document, head) {
                Following::Shared(parcel, last) => {
                    seat.sent = last;
                    // Its own events are in the parcel as well, if they were ordered among
                    // others': to leave them out would mean a parcel of its own for everybody.
                    let acks = parcel.places_of(seat.replica);
                    if !acks.is_empty() {
                        seat.ready.push_back(Message::Ack { document, acks });
                    }
                    Some(Next::Relay(parcel))
                }
                Following::Own(events) => {
                    seat.tell(document, head, events);
                    seat.ready.pop_front().map(Next::Send)
                }
                Following::Unknown => {
                    seat.reading = true;
                    Some(Next::Read(seat.sent))
                }
            };
        }
        seat.news.take(document).map(Next::Send)
    }

    /// The answer to [`Next::Read`]. The error is for the connection to be told; it is read to
    /// no further until it says hello again, which is when the log may have been mended.
    pub fn page(
        &mut self,
        connection: ConnectionId,
        outcome: Result<Page, ReadError>,
    ) -> Result<(), (Refusal, String)> {
        let page = outcome.map_err(|error| (Refusal::Unavailable, error.to_string()))?;
        self.head = self.head.max(page.head);
        let (document, head) = (self.document, self.head);
        if let Some(seat) = self.seats.get_mut(&connection) {
            seat.reading = false;
            // A page asked for by an earlier subscription of this connection answers nothing.
            if page.events.first().is_some_and(|first| first.revision.0 == seat.sent.0 + 1) {
                seat.tell(document, head, page.events);
            }
        }
        Ok(())
    }

    /// The last revision `connection` was sent, and how many there are after it.
    pub(crate) fn behind(&self, connection: ConnectionId) -> Option<(Revision, u64)> {
        let sent = self.seats.get(&connection)?.sent;
        Some((sent, self.head.0.saturating_sub(sent.0)))
    }

    /// How much to read for one [`Next::Read`].
    pub fn page_limit() -> Limit {
        Limit { events: PAGE_EVENTS_MAX, bytes: PAGE_BYTES_AIM }
    }

    fn must_be(
        &self,
        connection: ConnectionId,
        replica: ReplicaId,
    ) -> Result<(), (Refusal, String)> {
        match self.seats.get(&connection) {
            Some(seat) if seat.replica != replica => {
                let reason = format!("this socket speaks for replica {}", seat.replica);
                Err((Refusal::Malformed, reason))
            }
            _ => Ok(()),
        }
    }

    fn tell_others(&mut self, connection: ConnectionId, mut tell: impl FnMut(&mut News)) -> Woken {
        let others = self.seats.iter_mut().filter(|(other, _)| **other != connection);
        others
            .map(|(&other, seat)| {
                tell(&mut seat.news);
                other
            })
            .collect()
    }
}

impl Seat {
    /// Puts the next events of the log into messages, in order of revision: a run of the
    /// seat's own events is an `Ack`, a run of others' is `Events`.
    fn tell(&mut self, document: DocumentId, head: Revision, events: Vec<Ordered>) {
        let (mut acks, mut others) = (Vec::new(), Vec::new());
        for ordered in events {
            assert_eq!(ordered.revision.0, self.sent.0 + 1, "the stream has no gaps");
            self.sent = ordered.revision;
            let Ordered { revision, recorded, event } = &ordered;
            if event.header.id.replica == self.replica {
                acks.push(Acked { id: event.header.id, revision: *revision, recorded: *recorded });
                if !others.is_empty() {
                    let events = mem::take(&mut others);
                    self.ready.push_back(Message::Events { document, events, head });
                }
            } else {
                others.push(ordered);
                if !acks.is_empty() {
                    let acks = mem::take(&mut acks);
                    self.ready.push_back(Message::Ack { document, acks });
                }
            }
        }
        if !acks.is_empty() {
            self.ready.push_back(Message::Ack { document, acks });
        }
        if !others.is_empty() {
            self.ready.push_back(Message::Events { document, events: others, head });
        }
    }
}

impl News {
    fn take(&mut self, document: DocumentId) -> Option<Message> {
        if let Some((_, profile)) = self.profiles.pop_first() {
            return Some(Message::ProfileChanged { document, profile });
        }
        if let Some((replica, present)) = self.present.pop_first() {
            return Some(match present {
                Some(presence) => Message::Present { document, presence },
                None => Message::Left { document, replica },
            });
        }
        let (replica, revision) = self.held.pop_first()?;
        Some(Message::Held { document, replica, revision })
    }
}

/// A profile as it is kept and passed on.
pub(crate) fn short(mut profile: Profile) -> Profile {
    shorten(&mut profile.name);
    profile
}

fn shorten(name: &mut String) {
    if let Some((end, _)) = name.char_indices().nth(NAME_SCALARS_MAX) {
        name.truncate(end);
    }
}

fn refusal(error: &AppendError) -> Refusal {
    match error {
        AppendError::IdConflict { .. } => Refusal::IdConflict,
        AppendError::MissingParent { .. } => Refusal::MissingParents,
        AppendError::NotOwn { .. } => Refusal::NotAllowed,
        AppendError::TooLarge { .. } => Refusal::TooLarge,
        AppendError::Exists(_)
        | AppendError::WrongExpected { .. }
        | AppendError::LogFull { .. }
        | AppendError::Full
        | AppendError::Corrupt(_)
        | AppendError::Unavailable(_)
        | AppendError::Unknown(_) => Refusal::Unavailable,
    }
}
