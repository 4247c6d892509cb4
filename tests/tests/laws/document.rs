//! Replicas that hold the same events are equal, whatever the order in which the events came,
//! how often and in which batches; and what a replica makes, others can take in.

use palimpsest_core::{
    Changes, Command, CommandError, Document, DocumentId, Event, EventId, Intent, ReplicaId,
    TextChange, Timestamp, readable,
};
use palimpsest_tests::graphs::{self, Letters, Shape};
use palimpsest_tests::seeds::{self, Random};

fn document(replica: u64) -> Document {
    let replica = ReplicaId(replica);
    Document::new(DocumentId([1; 16]), replica, graphs::author(replica))
}

/// All that two replicas with the same events must agree on.
fn state(document: &Document) -> impl PartialEq + std::fmt::Debug + use<> {
    let names: Vec<(EventId, String)> =
        document.facts().names().map(|(id, name)| (id, name.to_owned())).collect();
    (
        document.text().to_string(),
        (
            format!("{} in {}", document.title(), document.facts().folder()),
            document.archived(),
            document.created(),
            names,
        ),
        (document.frontier(), document.version_vector().collect::<Vec<_>>()),
    )
}

#[test]
fn arrival_makes_no_difference() {
    seeds::check(2_500, |random| {
        let shape = Shape { facts: random.chance(70), ..Shape::any(random, 14) };
        let events = graphs::events(random, shape);
        let mut first = document(98);
        first.merge(events.clone());
        // Any order at all, so that some wait for their parents; some twice; in batches.
        let mut arriving = events.clone();
        for _ in 0..random.below(6) {
            arriving.push(random.pick(&events).clone());
        }
        random.shuffle(&mut arriving);
        let mut second = document(99);
        let mut merged = Vec::new();
        while !arriving.is_empty() {
            let batch = arriving.split_off(arriving.len() - (1 + random.below(arriving.len())));
            let before = second.graph().len();
            let change = second.merge(batch);
            assert_eq!(change.events.len(), second.graph().len() - before);
            merged.extend(change.events);
        }
        assert_eq!(second.parked(), 0);
        assert_eq!(state(&first), state(&second), "{events:#?}");
        let mut named: Vec<EventId> = merged.iter().map(|event| event.header.id).collect();
        named.sort_unstable();
        named.dedup();
        assert_eq!(named.len(), events.len(), "each event is told as new once");
        assert_eq!(merged.len(), events.len(), "each event is told as new once");
    });
}

#[test]
fn merging_again_does_nothing() {
    seeds::check(300, |random| {
        let shape = Shape::any(random, 12);
        let events = graphs::events(random, shape);
        let mut document = document(99);
        document.merge(events.clone());
        let before = state(&document);
        let change = document.merge(events);
        assert!(change.is_empty());
        assert_eq!(state(&document), before);
    });
}

/// A command as a person might give it.
pub(super) fn command(random: &mut Random, document: &Document, letters: &mut Letters) -> Command {
    let len = document.text().len();
    let edit = |changes, intent| Command::EditText { changes, intent };
    match random.below(20) {
        0..9 => {
            let pos = random.below(len + 1);
            let delete = if random.chance(30) { random.below(4).min(len - pos) } else { 0 };
            edit(
                [TextChange::new(pos, delete, letters.next(random.below(4)))].into(),
                Intent::Typed,
            )
        }
        9..12 => {
            let (mut changes, mut end) = (Changes::new(), 0);
            for _ in 0..1 + random.below(3) {
                let pos = end + random.below(len - end + 1);
                let delete = random.below(4).min(len - pos);
                changes.push(TextChange::new(pos, delete, letters.next(random.below(3))));
                end = pos + delete;
            }
            edit(changes, Intent::Pasted)
        }
        12..15 => Command::Undo,
        15..17 => Command::Redo,
        17 if random.chance(50) => Command::MoveToFolder { folder: letters.next(2) },
        17 => Command::ChangeTitle { title: letters.next(2) },
        18 => Command::NameVersion { name: letters.next(1), moment: document.frontier()[0] },
        _ => {
            let text = palimpsest_core::Text::from(letters.next(random.below(5)).as_str());
            Command::RestoreVersion { revision: graphs::revision(1), text }
        }
    }
}

/// Several people work in real documents and exchange what is sealed whenever they like.
#[test]
fn people_who_exchange_everything_read_the_same() {
    seeds::check(600, |random| {
        let mut letters = Letters::default();
        let mut now = 1_760_000_000_000;
        let mut documents: Vec<Document> = (1..=2 + random.below(2) as u64).map(document).collect();
        let created = documents[0]
            .execute(Command::CreateDocument { title: "Minutes".into() }, Timestamp(now))
            .expect("there is none yet");
        let mut sealed: Vec<Event> = created.events;
        let first = sealed.clone();
        let mut views: Vec<palimpsest_core::Text> = Vec::new();
        for document in &mut documents {
            document.merge(first.clone());
            views.push(document.text().clone());
        }
        for _ in 0..40 {
            now += random.within(0..=400);
            let who = random.below(documents.len());
            let (document, view) = (&mut documents[who], &mut views[who]);
            let change = match random.below(10) {
                0..6 => {
                    let command = command(random, document, &mut letters);
                    match document.execute(command, Timestamp(now)) {
                        Ok(change) => change,
                        Err(
                            CommandError::NothingToUndo
                            | CommandError::NothingToRedo
                            | CommandError::NothingToRestore,
                        ) => continue,
                        Err(error) => panic!("{error}"),
                    }
                }
                6..8 => document.poll(Timestamp(now)),
                _ => {
                    let mut some = sealed.clone();
                    random.shuffle(&mut some);
                    some.truncate(random.below(some.len() + 1));
                    document.merge(some)
                }
            };
            for patch in &change.patches {
                assert!(view.fits(patch));
                view.apply(patch);
            }
            assert_eq!(view, document.text(), "the patches say all that happened");
            assert_eq!(document.text().to_string(), readable::replay(document.graph()));
            sealed.extend(change.events);
        }
        for document in &mut documents {
            sealed.extend(document.seal().events);
        }
        for document in &mut documents {
            document.merge(sealed.clone());
            assert_eq!(document.parked(), 0);
        }
        let (first, others) = documents.split_first().expect("there are two at least");
        others.iter().for_each(|other| assert_eq!(state(first), state(other)));
    });
}

#[test]
fn a_refused_command_changes_nothing() {
    seeds::check(300, |random| {
        let mut document = document(1);
        let now = Timestamp(1_760_000_000_000);
        let create = Command::CreateDocument { title: "Minutes".into() };
        document.execute(create.clone(), now).expect("there is none yet");
        let text = Letters::default().next(random.below(5));
        let insert = |pos, text: &str| Command::EditText {
            changes: [TextChange::new(pos, 0, text)].into(),
            intent: Intent::Typed,
        };
        document.execute(insert(0, &text), now).expect("it fits");
        let before = (state(&document), document.open_event(), document.can_undo());
        let len = document.text().len();
        let overlapping = vec![TextChange::new(1, 0, "a"), TextChange::new(0, 0, "b")].into();
        let refused = [
            create,
            insert(len + 1, "x"),
            Command::EditText {
                changes: [TextChange::new(len, usize::MAX, "")].into(),
                intent: Intent::Typed,
            },
            Command::EditText { changes: overlapping, intent: Intent::Pasted },
            Command::RestoreDocument,
            Command::Redo,
            Command::ChangeTitle { title: "t".repeat(301) },
            Command::NameVersion { name: "n".into(), moment: graphs::id(77, 0) },
            Command::RestoreVersion {
                revision: graphs::revision(1),
                text: document.text().clone(),
            },
        ];
        for command in refused {
            document.execute(command, now).expect_err("it makes no sense");
            assert_eq!((state(&document), document.open_event(), document.can_undo()), before);
        }
    });
}
