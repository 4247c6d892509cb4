//! Sayings: what each sentence of a text said over time, from when until when, and who took it
//! away. For whoever keeps them where they can be looked up; what is looked for is not known here.

use std::mem;

use crate::event::{AuthorId, Revision};
use crate::patch::{Edit, Patch, scalars};
use crate::projection::read_model::{Deed, News, ReadModel};

/// How long a sentence is at most, in scalars; what has no end before is cut where there is a
/// space. It bounds what one deletion in a text without sentences costs.
pub const SENTENCE_SCALARS_MAX: usize = 400;

/// How many revisions lie between two deletions in one sentence that are still one removal.
const REMOVAL_REVISIONS_MAX: u64 = 64;

/// All sentences of a text, and what became of those that changed.
///
/// A sentence ends with a line, or with a full stop or its like and a space. A saying is kept
/// when something is taken out of its sentence: typing only adds to what a saying says, and a
/// sentence that is deleted key by key is kept as it was before the first of them.
///
/// # Laws
/// - A saying that is gone reads so in the text at its first and at its last revision.
/// - Whatever was taken out of the text is in a saying that is gone.
/// - The sentences that stand are the text.
/// - Taking events in one after the other or all at once, and asking for what changed in between
///   or not, ends in the same sayings.
#[derive(Clone, Default, Debug)]
pub struct Sayings {
    sentences: Vec<Sentence>,
    /// A sentence and where it starts: the one in which was written last.
    at: (usize, usize),
    next: u64,
    authors: Vec<AuthorId>,
    changes: Changed,
}

/// One saying of a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Saying {
    /// Names the sentence within its document: the same for all its sayings.
    pub sentence: u64,
    /// How it reads, without the spaces around it.
    pub text: String,
    /// The first revision at which it reads so.
    pub from: Revision,
    /// The revision that took something out of it, and who made that; `None` if it stands.
    pub removed: Option<(Revision, AuthorId)>,
    /// Who wrote it, whoever wrote most of it first.
    pub authors: Vec<AuthorId>,
}

/// What changed since somebody asked.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Changed {
    /// Sayings that are gone.
    pub gone: Vec<Saying>,
    /// Sentences that no longer read as they did; some of them not at all.
    pub sentences: Vec<u64>,
    /// How those of them read that still stand, in the order of the text.
    pub standing: Vec<Saying>,
}

#[derive(Clone, Debug)]
struct Sentence {
    id: u64,
    text: String,
    /// Who wrote each scalar, as a place in the list of authors.
    by: Vec<u32>,
    /// The last revision that changed it.
    since: u64,
    /// Whether it says something that no saying has.
    grown: bool,
    /// The last revision that took something out of it.
    removal: u64,
    /// Whether it changed since somebody asked.
    changed: bool,
}

/// Who does something, and when.
#[derive(Clone, Copy)]
struct Doing {
    revision: u64,
    author: u32,
}

impl Sentence {
    fn len(&self) -> usize {
        self.by.len()
    }

    /// Where a scalar stands in the text.
    fn byte(&self, nth: usize) -> usize {
        if self.text.len() == self.len() {
            return nth;
        }
        self.text.char_indices().nth(nth).map_or(self.text.len(), |(byte, _)| byte)
    }

    fn touch(&mut self, revision: u64) {
        (self.since, self.changed) = (revision, true);
    }

    /// Whether the next sentence begins after it.
    fn is_ended(&self) -> bool {
        let mut back = self.text.chars().rev();
        let (last, before) = (back.next(), back.next());
        last.is_some_and(|last| ends(before, last))
    }

    /// Where it is to be cut, in scalars.
    fn cuts(&self) -> Vec<usize> {
        let (mut cuts, mut start, mut space, mut before) = (Vec::new(), 0, 0, None);
        for (nth, letter) in self.text.chars().enumerate() {
            if letter.is_whitespace() {
                space = nth + 1;
            }
            let end = nth + 1;
            if ends(before, letter) {
                cuts.push(end);
                start = end;
            } else if end - start == SENTENCE_SCALARS_MAX && end < self.len() {
                let cut = if space > start { space } else { end };
                cuts.push(cut);
                start = cut;
            }
            before = Some(letter);
        }
        cuts.retain(|cut| *cut < self.len());
        cuts
    }

    fn saying(&self, authors: &[AuthorId], removed: Option<(Revision, AuthorId)>) -> Saying {
        let mut shares: Vec<(u32, usize)> = Vec::new();
        for &author in &self.by {
            match shares.iter_mut().find(|(known, _)| *known == author) {
                Some((_, share)) => *share += 1,
                None => shares.push((author, 1)),
            }
        }
        shares.sort_by_key(|&(author, share)| (std::cmp::Reverse(share), author));
        Saying {
            sentence: self.id,
            text: self.text.trim().to_owned(),
            from: Revision(self.since),
            removed,
            authors: shares.into_iter().map(|(author, _)| authors[author as usize]).collect(),
        }
    }
}

/// Whether there is anything in a text that somebody could look for.
fn says_something(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Whether a sentence ends with a letter that comes after another.
fn ends(before: Option<char>, letter: char) -> bool {
    match letter {
        '\n' | '。' | '！' | '？' => true,
        _ => letter.is_whitespace() && matches!(before, Some('.' | '!' | '?' | '…')),
    }
}

impl Sayings {
    /// What changed since this was asked last.
    pub fn changed(&mut self) -> Changed {
        let mut changed = mem::take(&mut self.changes);
        for sentence in self.sentences.iter_mut().filter(|sentence| sentence.changed) {
            sentence.changed = false;
            changed.sentences.push(sentence.id);
            if says_something(&sentence.text) {
                changed.standing.push(sentence.saying(&self.authors, None));
            }
        }
        changed
    }

    /// The number of an author, who may be new.
    fn author(&mut self, author: AuthorId) -> u32 {
        let known = self.authors.iter().rposition(|known| *known == author);
        known.unwrap_or_else(|| {
            self.authors.push(author);
            self.authors.len() - 1
        }) as u32
    }

    /// The sentence that the scalar at a position is in, and where it starts; past the end, one
    /// after the last.
    fn find(&mut self, pos: usize) -> (usize, usize) {
        let (mut at, mut start) = self.at;
        while at > 0 && start > pos {
            at -= 1;
            start -= self.sentences[at].len();
        }
        while let Some(sentence) = self.sentences.get(at)
            && start + sentence.len() <= pos
        {
            start += sentence.len();
            at += 1;
        }
        (at, start)
    }

    fn insert(&mut self, doing: Doing, pos: usize, text: &str) {
        let (mut at, mut start) = self.find(pos);
        // What is written behind a sentence that has no end yet goes on in it.
        if pos == start && at > 0 && !self.sentences[at - 1].is_ended() {
            at -= 1;
            start -= self.sentences[at].len();
        }
        if at == self.sentences.len() {
            let (id, revision) = (self.new_id(), doing.revision);
            self.sentences.push(Sentence::new(id, revision));
        }
        let sentence = &mut self.sentences[at];
        let (nth, byte) = (pos - start, sentence.byte(pos - start));
        sentence.text.insert_str(byte, text);
        let written = std::iter::repeat_n(doing.author, scalars(text));
        sentence.by.splice(nth..nth, written);
        sentence.grown = true;
        sentence.touch(doing.revision);
        self.at = (at, start);
        let plain = text.chars().all(char::is_alphanumeric);
        self.settle(at, doing, !plain);
    }

    fn remove(&mut self, doing: Doing, pos: usize, mut len: usize) {
        let (first, start) = self.find(pos);
        self.at = (first, start);
        let (mut at, mut nth) = (first, pos - start);
        while len > 0 && at < self.sentences.len() {
            let sentence = &mut self.sentences[at];
            let taken = len.min(sentence.len() - nth);
            let bytes = sentence.byte(nth)..sentence.byte(nth + taken);
            sentence.text.replace_range(bytes, "");
            sentence.by.drain(nth..nth + taken);
            sentence.touch(doing.revision);
            len -= taken;
            nth = 0;
            if sentence.len() == 0 {
                self.changes.sentences.push(sentence.id);
                // Those that went whole are taken out together below.
            }
            at += 1;
        }
        let end = at;
        let kept: Vec<Sentence> =
            self.sentences.drain(first..end).filter(|sentence| sentence.len() > 0).collect();
        let rest = kept.len();
        self.sentences.splice(first..first, kept);
        if let Some(before) = first.checked_sub(1)
            && !self.sentences[before].is_ended()
        {
            self.at = (before, start - self.sentences[before].len());
            self.settle(before, doing, true);
        } else if rest > 0 {
            self.settle(first, doing, true);
        }
    }

    /// Keeps how sentences read of which something is about to be taken out.
    fn keep(&mut self, doing: Doing, pos: usize, len: usize) {
        let removed = Some((Revision(doing.revision), self.authors[doing.author as usize]));
        let (mut at, mut start) = self.find(pos);
        while let Some(sentence) = self.sentences.get_mut(at).filter(|_| start < pos + len) {
            let goes_on = doing.revision - sentence.removal <= REMOVAL_REVISIONS_MAX;
            let is_new = mem::take(&mut sentence.grown) || !goes_on;
            sentence.removal = doing.revision;
            if is_new && says_something(&sentence.text) {
                self.changes.gone.push(sentence.saying(&self.authors, removed));
            }
            start += sentence.len();
            at += 1;
        }
    }

    /// Joins and cuts sentences, from one that changed on, until each is one.
    fn settle(&mut self, at: usize, doing: Doing, look: bool) {
        let Doing { revision, .. } = doing;
        let mut look = look || self.sentences[at].len() > SENTENCE_SCALARS_MAX;
        while at + 1 < self.sentences.len()
            && !self.sentences[at].is_ended()
            && self.sentences[at].len() + self.sentences[at + 1].len() <= SENTENCE_SCALARS_MAX
        {
            let next = self.sentences.remove(at + 1);
            let sentence = &mut self.sentences[at];
            sentence.text.push_str(&next.text);
            sentence.by.extend(next.by);
            sentence.grown = true;
            sentence.touch(revision);
            self.changes.sentences.push(next.id);
            look = true;
        }
        let cuts = if look { self.sentences[at].cuts() } else { Vec::new() };
        let mut parts = Vec::with_capacity(cuts.len());
        for cut in cuts.into_iter().rev() {
            let sentence = &mut self.sentences[at];
            let text = sentence.text.split_off(sentence.byte(cut));
            let by = sentence.by.split_off(cut);
            sentence.touch(revision);
            parts.push((text, by));
        }
        let Sentence { grown, removal, .. } = self.sentences[at];
        let parts: Vec<Sentence> = parts
            .into_iter()
            .rev()
            .map(|(text, by)| {
                let id = self.new_id();
                Sentence { text, by, grown, removal, ..Sentence::new(id, revision) }
            })
            .collect();
        self.sentences.splice(at + 1..at + 1, parts);
    }

    fn new_id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Takes in one event, whose edits speak of the text before it.
    fn take(&mut self, doing: Doing, edits: &[Edit]) {
        // First what stood is kept: what one edit does must not be seen by another.
        for edit in edits.iter().filter(|edit| !edit.deleted.is_empty()) {
            self.keep(doing, edit.pos, edit.end() - edit.pos);
        }
        for edit in edits.iter().rev() {
            if !edit.deleted.is_empty() {
                self.remove(doing, edit.pos, edit.end() - edit.pos);
            }
            if !edit.inserted.is_empty() {
                self.insert(doing, edit.pos, &edit.inserted);
            }
        }
    }

    /// The same for keys, one by one, so that it does not matter how many are told together.
    fn take_keys(&mut self, deed: &Deed<'_>, authors: impl Fn(u64) -> AuthorId) {
        let first = deed.revision.0;
        let doing = |own: &mut Self, nth: usize| {
            let revision = first + nth as u64;
            Doing { revision, author: own.author(authors(revision)) }
        };
        for nth in 0..deed.deleted {
            let doing = doing(self, nth);
            let place = if deed.backwards { deed.deleted - 1 - nth } else { 0 };
            self.keep(doing, deed.pos + place, 1);
            self.remove(doing, deed.pos + place, 1);
        }
        let mut letters = [0; 4];
        for (nth, letter) in deed.inserted.chars().enumerate() {
            let doing = doing(self, nth);
            self.insert(doing, deed.pos + nth, letter.encode_utf8(&mut letters));
        }
    }
}

/// What an event did, told in the one way there is: what it did piece by piece may be told in
/// several. What it deleted is told by its length.
fn edits_of(deeds: &[Deed<'_>]) -> Patch {
    let patch = |deed: &Deed<'_>| {
        let deleted = "\0".repeat(deed.deleted).into();
        Patch::of(Edit { pos: deed.pos, deleted, inserted: deed.inserted.into() })
    };
    Patch::compose_all(&deeds.iter().map(patch).collect::<Vec<_>>())
}

impl Sentence {
    fn new(id: u64, since: u64) -> Self {
        let (text, by) = Default::default();
        Self { id, text, by, since, grown: true, removal: 0, changed: true }
    }
}

impl ReadModel for Sayings {
    fn extend(&mut self, news: &News<'_>) {
        let stretches = news.timeline.authors_of(news.graph, news.places.clone());
        let stretches: Vec<_> = stretches.collect();
        let author = |revision: u64| {
            let place = revision as usize - 1;
            let at = stretches.partition_point(|(places, _)| places.end <= place);
            stretches[at].1
        };
        let deeds: Vec<Deed<'_>> = news.deeds().collect();
        for event in deeds.chunk_by(|one, next| one.last() == next.last()) {
            if let [keys] = event
                && keys.revisions > 1
            {
                self.take_keys(keys, author);
                continue;
            }
            let revision = event[0].revision.0;
            let doing = Doing { revision, author: self.author(author(revision)) };
            self.take(doing, edits_of(event).edits());
        }
    }
}
