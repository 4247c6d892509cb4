//! Stories of people who write together, in a small notation, told to real documents. Which
//! stories there are is not said here.
//!
//! ```text
//! ana: type 0 'hello'      jonas: paste 3 'x'     mia: delete 2 4     ana: replace 0 5 'bye'
//! ana: undo                ana: redo              ana: rename 'Plan'  ana: archive
//! ana: bring back          ana: name 'Draft'      ana: go to 3        mia: opens
//! jonas: leave / return    ana: pause             (the next key is another burst)
//! sync                     (everybody who is here exchanges everything, in this order)
//! ana sees 'text'          expect 'text'          title 'Plan'        archived / not archived
//! ana: undo fails          revision 3 is 'text'   names 'Draft@4'
//! ```
//!
//! Lines, or parts between bars, are steps. A text is quoted; `\n` is a line break. Whoever is
//! named for the first time opens the document then. Everybody ends online, synced and equal.

use std::collections::BTreeMap;

use palimpsest_core::{
    AuthorId, Command, CommandError, Document, DocumentId, Event, Intent, Ordered, ReplicaId,
    Revision, Text, TextChange, Timeline, Timestamp, readable,
};

/// The people of the stories, in the order of their replica ids, which decides between what
/// they insert at one place.
const PEOPLE: [&str; 4] = ["ana", "jonas", "mia", "zoe"];

struct Person {
    document: Document,
    timeline: Timeline,
    view: Text,
    /// Sealed and not yet in the log.
    unsent: Vec<Event>,
    here: bool,
}

struct Story {
    people: BTreeMap<usize, Person>,
    log: Vec<Ordered>,
    now: i64,
}

/// Tells a story.
///
/// # Panics
/// If it goes another way than it says, or makes no sense.
#[track_caller]
pub fn check(story: &str) {
    let mut told = Story { people: BTreeMap::new(), log: Vec::new(), now: 1_760_000_000_000 };
    told.create();
    for step in story.split(['\n', '|']).map(str::trim).filter(|step| !step.is_empty()) {
        if let Err(why) = told.step(step) {
            panic!("at `{step}`: {why}");
        }
    }
    if let Err(why) = told.end() {
        panic!("in the end: {why}");
    }
}

type Outcome = Result<(), String>;

impl Story {
    fn create(&mut self) {
        let create = Command::CreateDocument { title: "Minutes".into() };
        self.command(0, create).expect("there is none yet");
        self.sync();
    }

    fn person(&mut self, number: usize) -> &mut Person {
        let log = &self.log;
        self.people.entry(number).or_insert_with(|| {
            let replica = ReplicaId(number as u64 + 1);
            let author = AuthorId([number as u8 + 1; 16]);
            let mut person = Person {
                document: Document::new(DocumentId([5; 16]), replica, author),
                timeline: Timeline::new(),
                view: Text::default(),
                unsent: Vec::new(),
                here: true,
            };
            person.receive(log);
            person
        })
    }

    fn step(&mut self, step: &str) -> Outcome {
        let somebody = step.split_once(": ").filter(|(name, _)| !name.contains(' '));
        if let Some((name, action)) = somebody {
            return self.act(number_of(name)?, action.trim());
        }
        if let Some((name, text)) = step.split_once(" sees ") {
            let (text, person) = (quoted(text)?, self.person(number_of(name)?));
            return same("the text", &person.document.text().to_string(), &text);
        }
        let (word, rest) = step.split_once(' ').unwrap_or((step, ""));
        match word {
            "sync" => {
                self.sync();
                Ok(())
            }
            "expect" => {
                let text = quoted(rest)?;
                let mut texts = self.people.values().filter(|person| person.here);
                texts.try_for_each(|person| {
                    same("the text", &person.document.text().to_string(), &text)
                })
            }
            "title" => same("the title", self.person(0).document.title(), &quoted(rest)?),
            "archived" | "not" => {
                same("archived", &self.person(0).document.archived(), &(word == "archived"))
            }
            "names" => {
                let names = self.person(0);
                let names = names.timeline.markers(names.document.graph()).into_iter();
                let names: Vec<_> =
                    names.map(|marker| format!("{}@{}", marker.name, marker.revision.0)).collect();
                same("the names", &names.join(" "), &quoted(rest)?)
            }
            "revision" => {
                let (number, text) = rest.split_once(" is ").ok_or("which text?")?;
                let (revision, text) = (Revision(parsed(number)?), quoted(text)?);
                let texts = self.people.values().filter(|person| person.here);
                let mut shown = texts.map(|person| person.timeline.text_at(revision).to_string());
                shown.try_for_each(|shown| same("the text then", &shown, &text))
            }
            _ => Err("this is no step of a story".into()),
        }
    }

    fn act(&mut self, number: usize, action: &str) -> Outcome {
        let (action, fails) = match action.strip_suffix(" fails") {
            Some(action) => (action, true),
            None => (action, false),
        };
        let (verb, rest) = action.split_once(' ').unwrap_or((action, ""));
        let (place, quote) = rest.split_at(rest.find('\'').unwrap_or(rest.len()));
        let mut numbers = Vec::new();
        for word in place.split_whitespace().filter(|word| *word != "to" && *word != "back") {
            numbers.push(parsed(word)? as usize);
        }
        let text = if quote.is_empty() { String::new() } else { quoted(quote)? };
        let edit = |delete, intent| {
            let pos = *numbers.first().ok_or("where?")?;
            let changes = [TextChange::new(pos, delete, text.clone())].into();
            Ok::<_, String>(Command::EditText { changes, intent })
        };
        let second = numbers.get(1).copied().ok_or("how many?");
        let command = match verb {
            "type" => edit(0, Intent::Typed)?,
            "paste" => edit(0, Intent::Pasted)?,
            "delete" => edit(second?, Intent::Typed)?,
            "replace" => edit(second?, Intent::Replaced)?,
            "undo" => Command::Undo,
            "redo" => Command::Redo,
            "rename" => Command::ChangeTitle { title: text },
            "archive" => Command::ArchiveDocument,
            "bring" => Command::RestoreDocument,
            "name" => {
                let moment = self.log.last().ok_or("nothing is ordered yet")?.event.header.id;
                Command::NameVersion { name: text, moment }
            }
            "go" => {
                let revision = Revision(*numbers.first().ok_or("where to?")? as u64);
                let text = self.person(number).timeline.text_at(revision);
                Command::RestoreVersion { revision, text }
            }
            "opens" => {
                self.person(number);
                return Ok(());
            }
            "leave" | "return" => {
                self.person(number).here = verb == "return";
                return Ok(());
            }
            "pause" => {
                self.now += 2_000;
                let now = Timestamp(self.now);
                let person = self.person(number);
                let change = person.document.poll(now);
                person.absorb(change);
                return Ok(());
            }
            _ => return Err(format!("nobody can {verb}")),
        };
        match (self.command(number, command), fails) {
            (Ok(()), false) | (Err(_), true) => Ok(()),
            (Ok(()), true) => Err("it should have failed".into()),
            (Err(error), false) => Err(error.to_string()),
        }
    }

    fn command(&mut self, number: usize, command: Command) -> Result<(), CommandError> {
        self.now += 40;
        let now = Timestamp(self.now);
        let person = self.person(number);
        let change = person.document.execute(command, now)?;
        person.absorb(change);
        Ok(())
    }

    /// What everybody here has made is put in order, and everybody here takes it in.
    fn sync(&mut self) {
        for person in self.people.values_mut().filter(|person| person.here) {
            let change = person.document.seal();
            person.absorb(change);
            for event in std::mem::take(&mut person.unsent) {
                let revision = Revision(self.log.len() as u64 + 1);
                self.log.push(Ordered { revision, recorded: Timestamp(self.now), event });
            }
        }
        for person in self.people.values_mut().filter(|person| person.here) {
            person.receive(&self.log);
        }
    }

    fn end(mut self) -> Outcome {
        self.people.values_mut().for_each(|person| person.here = true);
        self.sync();
        let mut people = self.people.into_values();
        let first = people.next().ok_or("nobody was there")?;
        same("the readable replay", &readable::replay(first.document.graph()), &first.text())?;
        for other in people {
            same("the text", &other.text(), &first.text())?;
            same("the title", other.document.title(), first.document.title())?;
            same("archived", &other.document.archived(), &first.document.archived())?;
            for revision in (0..=self.log.len() as u64).map(Revision) {
                let texts = [&other, &first].map(|one| one.timeline.text_at(revision).to_string());
                same("a text of the past", &texts[0], &texts[1])?;
            }
        }
        Ok(())
    }
}

impl Person {
    fn absorb(&mut self, change: palimpsest_core::Change) {
        for patch in &change.patches {
            assert!(self.view.fits(patch), "{patch:?} does not fit what is shown");
            self.view.apply(patch);
        }
        assert_eq!(self.view, *self.document.text());
        let own = self.document.replica();
        self.unsent.extend(change.events.into_iter().filter(|one| one.header.id.replica == own));
    }

    fn receive(&mut self, log: &[Ordered]) {
        let news = &log[self.timeline.head().0 as usize..];
        let change = self.document.merge(news.iter().map(|one| one.event.clone()).collect());
        self.absorb(change);
        let places: Vec<_> = news.iter().map(|one| (one.event.header.id, one.recorded)).collect();
        self.timeline.extend(self.document.graph(), &places);
        self.timeline.settle(self.document.graph());
    }

    fn text(&self) -> String {
        self.document.text().to_string()
    }
}

fn number_of(name: &str) -> Result<usize, String> {
    let place = PEOPLE.iter().position(|other| *other == name);
    place.ok_or_else(|| format!("nobody is called {name}"))
}

fn quoted(text: &str) -> Result<String, String> {
    let inside = text.trim().strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    Ok(inside.ok_or("a text stands in quotes")?.replace("\\n", "\n"))
}

fn parsed(number: &str) -> Result<u64, String> {
    number.trim().parse().map_err(|_| format!("{number:?} is no number"))
}

fn same<T: PartialEq + std::fmt::Debug + ?Sized>(what: &str, found: &T, expected: &T) -> Outcome {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what} is {found:?}, not {expected:?}"))
}
