//! Search in all that a document ever said: where words stand now, and where and when they last
//! stood. How the past is kept is the weave's business.

use std::ops::Range;

use crate::event::Revision;
use crate::projection::read_model::{News, ReadModel};
use crate::projection::weave::{Weave, Woven};

/// How many ways in which a text went on from one character are looked at: the newest. More
/// than that many times something else has to have stood right behind it.
const PATHS_MAX: usize = 1_000;

/// A document's text and its whole past, to be searched.
///
/// Words are found if they ever stood side by side in the text at some revision, however they
/// were written and however they were removed: at once, in pieces, or letter by letter.
/// Upper and lower case are the same, letter by letter; so are all ways to part words. Not
/// found are words that only ever stood with something between them, such as the marks of
/// Markdown, and letters that one event wrote and took out again itself.
///
/// # Laws
/// - What is found reads so from the first to the last revision named, where it is said to
///   stand, or did and does again; nothing else is found.
#[derive(Clone, Default, Debug)]
pub struct Search {
    weave: Weave,
    last: u64,
}

/// Where words were found.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Hits {
    /// Where they stand now, in the order of the text.
    pub here: Vec<Hit>,
    /// Where they stood once, those that went last first.
    pub gone: Vec<Hit>,
}

/// A place where words stand or stood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hit {
    /// The first revision that has them there.
    pub brought: Revision,
    /// The last revision that has them there.
    pub last: Revision,
    /// The revision that removed them; `None` if they are still there.
    pub removed: Option<Revision>,
    /// Where they stand at the last revision that has them, in scalars.
    pub range: Range<usize>,
}

/// A match that was found and is not placed yet.
struct Match {
    /// The strand that it starts in, and at which of its characters.
    start: (usize, usize),
    brought: u64,
    /// The revision that removed it, and how long it was then.
    removed: u64,
    len: usize,
}

/// How far the text matches, at some revisions, from one character on.
#[derive(Clone, Debug)]
struct Path {
    revisions: Range<u64>,
    /// How many letters of the words are matched, and over how many characters.
    matched: usize,
    len: usize,
}

/// How many of the characters that were passed stand at some revisions.
struct Standing {
    /// The revisions, ascending, none twice.
    revisions: Vec<u64>,
    /// At each, how many more stand than at the one before.
    more: Vec<isize>,
}

impl Standing {
    fn at(mut revisions: Vec<u64>) -> Self {
        revisions.sort_unstable();
        revisions.dedup();
        let more = vec![0; revisions.len() + 1];
        Self { revisions, more }
    }

    fn pass(&mut self, woven: &Woven<'_>) {
        let at = |revision: u64| self.revisions.partition_point(|&other| other < revision);
        let (born, gone) = (woven.born(), woven.gone());
        let (from, until) = (at(*born.start()), at(*gone.end()));
        if from == until {
            return;
        }
        // At the revisions in the middle all stand, at those on both sides some.
        let (whole, parts) = (at(*born.end()), at(*gone.start()));
        for one in (from..whole.min(until)).chain(parts.max(whole).max(from)..until) {
            let standing = woven.standing(self.revisions[one]) as isize;
            self.more[one] += standing;
            self.more[one + 1] -= standing;
        }
        if whole < parts {
            self.more[whole] += woven.len() as isize;
            self.more[parts] -= woven.len() as isize;
        }
    }

    fn before(&self, revision: u64) -> usize {
        let at = self.revisions.partition_point(|&other| other <= revision);
        self.more[..at].iter().sum::<isize>() as usize
    }
}

impl Search {
    /// Finds words, at most `most` times in what is there and in what is gone.
    pub fn find(&self, words: &str, most: usize) -> Hits {
        let words = folded(words);
        let Some(&first) = words.first() else { return Hits::default() };
        let (mut here, mut gone) = (Vec::new(), Vec::new());
        let mut rest = self.weave.all();
        let mut strand = 0;
        loop {
            let from = rest.clone();
            let Some(woven) = rest.next() else { break };
            for (nth, letter) in woven.text.chars().enumerate() {
                if fold(letter) == first
                    && let Some(found) = self.from(from.clone(), (strand, nth), &words)
                {
                    if Weave::goes_on(found.removed) { &mut here } else { &mut gone }.push(found);
                }
            }
            strand += 1;
        }
        gone.sort_by_key(|found| std::cmp::Reverse(found.removed));
        here.truncate(most);
        gone.truncate(most);
        Hits { here: self.placed_here(&here), gone: self.placed(&gone) }
    }

    /// The words from one character on, at whatever revisions they read so.
    fn from<'w>(
        &self,
        strands: impl Iterator<Item = Woven<'w>>,
        start: (usize, usize),
        words: &[char],
    ) -> Option<Match> {
        let (mut paths, mut found): (Vec<Path>, Option<Match>) = (Vec::new(), None);
        let mut done = |path: &Path| {
            let Range { start: brought, end: removed } = path.revisions;
            let found = found.get_or_insert(Match { start, brought, removed, len: path.len });
            found.brought = found.brought.min(brought);
            if removed > found.removed {
                (found.removed, found.len) = (removed, path.len);
            }
        };
        let mut skipped = start.1;
        for (strand, woven) in strands.enumerate() {
            if strand > 0 && !paths.iter().any(|path| overlap(&path.revisions, &woven.lives())) {
                continue;
            }
            for (nth, letter) in woven.text.chars().enumerate().skip(skipped) {
                let life = woven.life(nth);
                if life.is_empty() {
                    continue;
                }
                if strand == 0 && nth == start.1 {
                    paths.push(Path { revisions: life.clone(), matched: 0, len: 0 });
                }
                pass(&mut paths, &life, letter, words, &mut done);
                if paths.is_empty() {
                    return found;
                }
            }
            skipped = 0;
        }
        found
    }

    /// What is there, placed on one way through the weave.
    fn placed_here(&self, matches: &[Match]) -> Vec<Hit> {
        let mut matches = matches.iter().peekable();
        let (mut hits, mut pos) = (Vec::new(), 0);
        for (strand, woven) in self.weave.all().enumerate() {
            while let Some(found) = matches.next_if(|found| found.start.0 == strand) {
                // All of a strand goes on, or none of it.
                hits.push(self.hit(found, pos + found.start.1));
            }
            pos += woven.standing(self.last);
        }
        hits
    }

    /// What is gone, all placed on one way through the weave.
    fn placed(&self, matches: &[Match]) -> Vec<Hit> {
        let mut standing = Standing::at(matches.iter().map(|found| found.removed - 1).collect());
        let mut order: Vec<usize> = (0..matches.len()).collect();
        order.sort_by_key(|&at| matches[at].start);
        let mut order = order.into_iter().peekable();
        let mut hits: Vec<Option<Hit>> = vec![None; matches.len()];
        for (strand, woven) in self.weave.all().enumerate() {
            while let Some(at) = order.next_if(|&at| matches[at].start.0 == strand) {
                let (found, last) = (&matches[at], matches[at].removed - 1);
                let own = (0..found.start.1).filter(|&nth| woven.life(nth).contains(&last));
                hits[at] = Some(self.hit(found, standing.before(last) + own.count()));
            }
            if order.peek().is_none() {
                break;
            }
            standing.pass(&woven);
        }
        hits.into_iter().flatten().collect()
    }

    fn hit(&self, found: &Match, pos: usize) -> Hit {
        let goes_on = Weave::goes_on(found.removed);
        Hit {
            brought: Revision(found.brought),
            last: Revision(if goes_on { self.last } else { found.removed - 1 }),
            removed: (!goes_on).then_some(Revision(found.removed)),
            range: pos..pos + found.len,
        }
    }
}

/// Takes the next character, which stands at the revisions of its life, into all paths. These
/// are sorted and have no revision in common.
fn pass(
    paths: &mut Vec<Path>,
    life: &Range<u64>,
    letter: char,
    words: &[char],
    done: &mut impl FnMut(&Path),
) {
    let from = paths.partition_point(|path| path.revisions.end <= life.start);
    let until = paths.partition_point(|path| path.revisions.start < life.end);
    if from >= until {
        return;
    }
    let mut kept = Vec::with_capacity(until - from + 2);
    for path in &paths[from..until] {
        let Range { start, end } = path.revisions;
        let met = start.max(life.start)..end.min(life.end);
        // Before and after the character's life the text goes on without it.
        let part = |revisions: Range<u64>| Path { revisions, ..path.clone() };
        kept.extend((start < met.start).then(|| part(start..met.start)));
        if let Some(matched) = matched(words, path.matched, letter) {
            let longer = Path { revisions: met.clone(), matched, len: path.len + 1 };
            if matched == words.len() {
                done(&longer);
            } else {
                kept.push(longer);
            }
        }
        kept.extend((met.end < end).then(|| part(met.end..end)));
    }
    paths.splice(from..until, kept);
    let excess = paths.len().saturating_sub(PATHS_MAX);
    paths.drain(..excess);
}

/// How many letters of the words are matched with one more character; `None` if it does not fit.
fn matched(words: &[char], matched: usize, letter: char) -> Option<usize> {
    let letter = fold(letter);
    if words[matched] == letter {
        return Some(matched + 1);
    }
    // Any number of spaces and line breaks part words.
    (letter == ' ' && matched > 0 && words[matched - 1] == ' ').then_some(matched)
}

fn overlap(one: &Range<u64>, other: &Range<u64>) -> bool {
    one.start < other.end && other.start < one.end
}

/// Words as they are compared.
fn folded(words: &str) -> Vec<char> {
    let mut folded: Vec<char> = Vec::new();
    for letter in words.trim().chars().map(fold) {
        if letter != ' ' || folded.last() != Some(&' ') {
            folded.push(letter);
        }
    }
    folded
}

/// A letter as it is compared: always one for one, so that positions stay what they are.
fn fold(letter: char) -> char {
    match letter {
        _ if letter.is_ascii_alphanumeric() => letter.to_ascii_lowercase(),
        _ if letter.is_whitespace() => ' ',
        // The only letter whose lower case is two, and the one that has two lower cases.
        'İ' => 'i',
        'ς' => 'σ',
        _ => letter.to_lowercase().next().unwrap_or(letter),
    }
}

impl ReadModel for Search {
    fn extend(&mut self, news: &News<'_>) {
        self.weave.extend(news);
        self.last = news.places.end as u64;
    }
}
