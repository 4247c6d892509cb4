//! Collaborative undo: it takes back what this replica did, all of it, and nothing else,
//! however much others write meanwhile.

use palimpsest_core::{
    Command, CommandError, Document, DocumentId, Event, Intent, ReplicaId, TextChange, Timestamp,
};
use palimpsest_tests::graphs::{self, Letters};
use palimpsest_tests::seeds::{self, Random};

struct Person {
    document: Document,
    now: i64,
    /// Every letter this person put in.
    own: String,
}

impl Person {
    fn new(replica: u64, first: &[Event]) -> Self {
        let replica = ReplicaId(replica);
        let mut document = Document::new(DocumentId([1; 16]), replica, graphs::author(replica));
        document.merge(first.to_vec());
        Self { document, now: 1_760_000_000_000, own: String::new() }
    }

    fn text(&self) -> String {
        self.document.text().to_string()
    }

    fn run(&mut self, command: Command) -> Result<(), CommandError> {
        self.now += 50;
        self.document.execute(command, Timestamp(self.now)).map(drop)
    }

    fn edit(&mut self, change: TextChange, intent: Intent) {
        self.run(Command::EditText { changes: [change].into(), intent }).expect("it fits the text");
    }

    /// Inserts somewhere, or deletes something of this person's own; sometimes both at once.
    fn write(&mut self, random: &mut Random, letters: &mut Letters) {
        let text = self.text();
        let (mut pos, mut delete) = (random.below(text.chars().count() + 1), 0);
        if random.chance(50) {
            let is_own = |pos: &usize| {
                text.chars().nth(*pos).is_some_and(|letter| self.own.contains(letter))
            };
            let own: Vec<usize> = (0..text.chars().count()).filter(is_own).collect();
            if !own.is_empty() {
                pos = *random.pick(&own);
                delete = (pos..).take_while(is_own).take(1 + random.below(3)).count();
            }
        }
        let insert = letters.next(if delete == 0 { 1 } else { 0 } + random.below(3));
        self.own.push_str(&insert);
        let intent = if random.chance(60) { Intent::Typed } else { Intent::Pasted };
        if random.chance(40) {
            // A pause: the next keystroke is another step.
            self.now += 1_000;
        }
        self.edit(TextChange::new(pos, delete, insert), intent);
    }

    fn write_over_anything(&mut self, random: &mut Random, letters: &mut Letters) {
        let len = self.document.text().len();
        let pos = random.below(len + 1);
        let insert = letters.next(random.below(3));
        self.own.push_str(&insert);
        let delete = random.below(4).min(len - pos);
        self.edit(TextChange::new(pos, delete, insert), Intent::Pasted);
    }

    fn undo_all(&mut self) -> usize {
        (0..).take_while(|_| self.run(Command::Undo).is_ok()).count()
    }
}

/// Sends everything from one to the other.
fn send(from: &mut Person, to: &mut Person) {
    from.document.seal();
    let graph = from.document.graph();
    to.document.merge((0..graph.len()).map(|lv| graph.event(lv)).collect());
}

fn created() -> Vec<Event> {
    let mut maker = Person::new(9, &[]);
    let create = Command::CreateDocument { title: "Minutes".into() };
    maker.run(create).expect("there is none yet");
    maker.document.graph().header(0);
    vec![maker.document.graph().event(0)]
}

fn only<'a>(text: &'a str, letters: &'a str) -> impl Iterator<Item = char> + 'a {
    text.chars().filter(move |letter| letters.contains(*letter))
}

#[test]
fn undo_never_removes_what_others_wrote() {
    seeds::check(2_500, |random| {
        let (mut letters, first) = (Letters::default(), created());
        let (mut ana, mut jonas) = (Person::new(1, &first), Person::new(2, &first));
        for _ in 0..24 {
            match random.below(10) {
                0..3 => ana.write(random, &mut letters),
                3..6 => drop(ana.run(Command::Undo)),
                6 => drop(ana.run(Command::Redo)),
                7 => jonas.write(random, &mut letters),
                8 => send(&mut jonas, &mut ana),
                _ => send(&mut ana, &mut jonas),
            }
            let theirs: Vec<char> = only(&ana.text(), &jonas.own).collect();
            let known: Vec<char> = {
                // What of Jonas's is in Ana's text can only be removed by Jonas.
                let mut only_jonas = Person::new(3, &first);
                let graph = ana.document.graph();
                let all = (0..graph.len()).map(|lv| graph.event(lv));
                only_jonas.document.merge(all.collect());
                only(&only_jonas.text(), &jonas.own).collect()
            };
            assert_eq!(theirs, known);
        }
        send(&mut jonas, &mut ana);
        let before: Vec<char> = only(&ana.text(), &jonas.own).collect();
        ana.undo_all();
        let after: Vec<char> = only(&ana.text(), &jonas.own).collect();
        assert_eq!(before, after, "all that Jonas wrote is there, in its order");
        let others = |letter: char| jonas.own.contains(letter);
        assert!(ana.text().chars().all(others), "nothing of Ana's is left: {}", ana.text());
    });
}

#[test]
fn undoing_all_and_redoing_all_leads_back() {
    seeds::check(800, |random| {
        let (mut letters, first) = (Letters::default(), created());
        let mut ana = Person::new(1, &first);
        let mut texts = vec![ana.text()];
        for _ in 0..12 {
            ana.now += 1_000;
            ana.write_over_anything(random, &mut letters);
            if ana.text() != texts[texts.len() - 1] {
                texts.push(ana.text());
            }
        }
        for text in texts.iter().rev().skip(1) {
            assert!(ana.document.can_undo());
            ana.run(Command::Undo).expect("it was done");
            assert_eq!(ana.text(), *text);
        }
        assert_eq!(ana.run(Command::Undo), Err(CommandError::NothingToUndo));
        for text in &texts[1..] {
            assert!(ana.document.can_redo());
            ana.run(Command::Redo).expect("it was undone");
            assert_eq!(ana.text(), *text);
        }
        assert_eq!(ana.run(Command::Redo), Err(CommandError::NothingToRedo));
    });
}

#[test]
fn undo_stays_possible_whatever_others_do() {
    seeds::check(1_500, |random| {
        let (mut letters, first) = (Letters::default(), created());
        let (mut ana, mut jonas) = (Person::new(1, &first), Person::new(2, &first));
        for _ in 0..20 {
            match random.below(8) {
                0..3 => ana.write_over_anything(random, &mut letters),
                3 => jonas.write_over_anything(random, &mut letters),
                4 => send(&mut jonas, &mut ana),
                5 => send(&mut ana, &mut jonas),
                6 => drop(ana.run(Command::Undo)),
                _ => drop(ana.run(Command::Redo)),
            }
        }
        send(&mut jonas, &mut ana);
        let steps = ana.undo_all();
        assert!(!only(&ana.text(), &ana.own).any(|_| true) || jonas_kept_it(&ana, &jonas));
        for _ in 0..steps {
            ana.run(Command::Redo).expect("as often as it was undone");
        }
        send(&mut ana, &mut jonas);
        assert_eq!(ana.text(), jonas.text());
    });
}

/// Whether what is left of Ana's letters is there because Jonas brought it back.
fn jonas_kept_it(ana: &Person, jonas: &Person) -> bool {
    only(&ana.text(), &ana.own).all(|letter| jonas.own.contains(letter))
}

#[test]
fn a_new_edit_ends_redoing() {
    let first = created();
    let mut ana = Person::new(1, &first);
    ana.edit(TextChange::new(0, 0, "a"), Intent::Pasted);
    ana.run(Command::Undo).expect("it was done");
    ana.edit(TextChange::new(0, 0, "b"), Intent::Pasted);
    assert_eq!(ana.run(Command::Redo), Err(CommandError::NothingToRedo));
    assert_eq!(ana.text(), "b");
}

#[test]
fn typing_is_taken_back_burst_by_burst() {
    let first = created();
    let mut ana = Person::new(1, &first);
    for (pos, key) in ["h", "e", "y"].into_iter().enumerate() {
        ana.edit(TextChange::new(pos, 0, key), Intent::Typed);
    }
    ana.now += 1_000;
    ana.edit(TextChange::new(3, 0, "!"), Intent::Typed);
    ana.run(Command::Undo).expect("it was typed");
    assert_eq!(ana.text(), "hey");
    ana.run(Command::Undo).expect("it was typed");
    assert_eq!(ana.text(), "");
}
