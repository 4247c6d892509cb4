//! Laws of the sync session that no story reaches by itself: what it makes of acknowledgements
//! in another order than its own, and of those that it cannot believe.

use palimpsest_core::{
    Access, Acked, AuthorId, Command, Document, DocumentId, Event, EventId, Intent, Message,
    Output, PUSH_EVENTS_MAX, ProtocolError, ReplicaId, Revision, Session, TextChange, Timestamp,
};

const DOCUMENT: DocumentId = DocumentId([7; 16]);
const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// A session that was welcomed, and `events` pending in it, of two replicas in turn.
fn session(events: usize) -> (Session, Vec<EventId>) {
    let mut writers = [1, 2].map(|replica| {
        let mut document = Document::new(DOCUMENT, ReplicaId(replica), AuthorId([1; 16]));
        let title = "Acks".to_owned();
        document.execute(Command::CreateDocument { title }, NOW).expect("it is new");
        document
    });
    let mut pending: Vec<Event> = Vec::new();
    for nth in 0..events {
        let changes = [TextChange::new(0, 0, "x")].into();
        let command = Command::EditText { changes, intent: Intent::Pasted };
        let change = writers[nth % 2].execute(command, NOW).expect("it fits");
        pending.extend(change.events);
    }
    let ids = pending.iter().map(|event| event.header.id).collect();
    let mut session = Session::new(DOCUMENT, ReplicaId(1), Revision(0), pending);
    session.connected(NOW);
    let profiles = Vec::new();
    let (document, head, access) = (DOCUMENT, Revision(0), Access::FULL);
    let welcome = Message::Welcome { document, head, profiles, access };
    session.handle(welcome, NOW).expect("a welcome is due");
    drain(&mut session);
    (session, ids)
}

/// The events that are handed out, in order.
fn drain(session: &mut Session) -> Vec<EventId> {
    let mut ordered = Vec::new();
    while let Some(output) = session.poll(NOW) {
        if let Output::Ordered(batch) = output {
            ordered.extend(batch.into_iter().map(|one| one.event.header.id));
        }
    }
    ordered
}

fn acks(ids: &[EventId], first: u64) -> Message {
    let acks = (first..).zip(ids);
    let acks = acks.map(|(at, &id)| Acked { id, revision: Revision(at), recorded: NOW });
    Message::Ack { document: DOCUMENT, acks: acks.collect() }
}

#[test]
fn acks_are_handed_out_in_their_own_order() {
    let (mut session, mut ids) = session(PUSH_EVENTS_MAX);
    // As if the other replica's work had come first by another way.
    ids.chunks_mut(2).for_each(|pair| pair.reverse());
    let (one, two) = ids.split_at(ids.len() / 3);
    session.handle(acks(one, 1), NOW).expect("they were pushed");
    assert_eq!(drain(&mut session), one);
    session.handle(acks(&ids, 1), NOW).expect("what is known may be said again");
    assert_eq!(drain(&mut session), two);
    assert_eq!(session.ledger().pending, 0);
    assert_eq!(session.head(), Revision(ids.len() as u64));
}

#[test]
fn an_ack_that_cannot_be_believed_changes_nothing() {
    let (mut session, mut ids) = session(10);
    let strange = EventId { replica: ReplicaId(3), counter: 0 };
    ids[5] = strange;
    let error = session.handle(acks(&ids, 1), NOW).expect_err("it was never pushed");
    assert_eq!(error, ProtocolError::NotOurs(strange));
    assert_eq!(drain(&mut session), []);
    assert_eq!((session.ledger().pending, session.head()), (10, Revision(0)));
}
