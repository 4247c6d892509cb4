//! Statistics: how long a text is in several measures, and how much of it is whose. When it was
//! written is a matter of `activity`.

use crate::event::{AuthorId, Revision};
use crate::graph::Graph;
use crate::projection::activity::Share;
use crate::projection::authorship::Authorship;
use crate::projection::read_model::{Deed, News, ReadModel};
use crate::projection::timeline::Timeline;
use crate::text::Text;

/// How many words people read in a minute: the mean for English non-fiction (Brysbaert 2019, a
/// review of 190 studies).
pub const READING_WORDS_PER_MINUTE: usize = 238;

/// How long a text is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// What stands between spaces and has a letter or a digit in it, so that the marks of
    /// Markdown are no words. Where words are not parted, as in Chinese and Japanese, every
    /// character is one.
    pub words: usize,
    /// Scalars, line breaks included.
    pub characters: usize,
    /// Lines; a text without a line break has one.
    pub lines: usize,
    /// How long it takes to read, in seconds.
    pub reading_seconds: usize,
}

/// What an author did for a document.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Contribution {
    /// Their events, and what these inserted and deleted.
    pub share: Share,
    /// Scalars of theirs that are still there.
    pub standing: usize,
}

/// Who did how much.
///
/// # Laws
/// - The standing scalars of all authors together are the text.
/// - What was inserted and deleted is what [`Moment`](crate::Moment) says of each revision.
#[derive(Clone, Default, Debug)]
pub struct Contributions {
    authorship: Authorship,
    by_author: Vec<(AuthorId, Contribution)>,
}

/// Counts a text. Costs as much as reading it.
pub fn counts(text: &Text) -> Counts {
    let mut counts = Counts { lines: 1, ..Counts::default() };
    // Whether the word that is being read was counted already.
    let mut counted = false;
    for chunk in text.chunks() {
        for letter in chunk.chars() {
            counts.characters += 1;
            counts.lines += usize::from(letter == '\n');
            if letter.is_whitespace() {
                counted = false;
            } else if is_word(letter) {
                counts.words += 1;
                counted = false;
            } else if !counted && letter.is_alphanumeric() {
                counts.words += 1;
                counted = true;
            }
        }
    }
    counts.reading_seconds = counts.words * 60 / READING_WORDS_PER_MINUTE;
    counts
}

/// Whether a character stands for a word: kana and ideographs.
fn is_word(letter: char) -> bool {
    matches!(letter, '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{2_0000}'..='\u{3_ffff}')
}

impl Contributions {
    /// The authors in the order in which they first did something, and what each did.
    pub fn by_author(&self) -> &[(AuthorId, Contribution)] {
        &self.by_author
    }

    /// Who wrote what; it is needed to count, and need not be followed beside.
    pub fn authorship(&self) -> &Authorship {
        &self.authorship
    }

    fn of(&mut self, author: AuthorId) -> &mut Contribution {
        let known = self.by_author.iter().position(|(known, _)| *known == author);
        let at = known.unwrap_or_else(|| {
            self.by_author.push((author, Contribution::default()));
            self.by_author.len() - 1
        });
        &mut self.by_author[at].1
    }

    fn take(&mut self, timeline: &Timeline, graph: &Graph, deed: &Deed<'_>) {
        let gone: Vec<_> = self.authorship.written(deed.pos..deed.pos + deed.deleted).collect();
        for written in gone {
            let len = written.range.len();
            let Revision(first) = written.revision;
            let several = if written.keystrokes { len } else { 1 };
            let places = first as usize - 1..first as usize - 1 + several;
            for (own, author) in timeline.authors_of(graph, places) {
                self.of(author).standing -= if written.keystrokes { own.len() } else { len };
            }
        }
        self.authorship.apply(deed);
        let len = deed.inserted_len();
        if len > 0 {
            let first = deed.revision.0 as usize - 1;
            for (own, author) in timeline.authors_of(graph, first..first + deed.revisions) {
                let own = if deed.revisions > 1 { own.len() } else { len };
                self.of(author).standing += own;
            }
        }
    }
}

impl ReadModel for Contributions {
    fn extend(&mut self, news: &News<'_>) {
        let bounds = [news.places.start, news.places.end];
        news.timeline.tally(news.graph, &bounds, |_, author, share| {
            self.of(author).share.add(share);
        });
        news.deeds().for_each(|deed| self.take(news.timeline, news.graph, &deed));
    }
}
