//! Search: every sentence of every document that stands or stood, with who wrote it, from when
//! until when it read so, and who took it away. Which sentences those are is core's to say.

use palimpsest_core::Graph;
use std::collections::BTreeMap;

use palimpsest_core::{AuthorId, Changed, DocumentId, Revision, Saying, Timeline, Timestamp};
use rusqlite::{Connection, Row, params};

use super::Entry;
use super::catalogue::{from_bytes, to_bytes};

pub(super) const TABLES: &str = "
    CREATE TABLE sayings (
        id         INTEGER PRIMARY KEY,
        document   BLOB    NOT NULL,
        sentence   INTEGER NOT NULL,
        text       TEXT    NOT NULL,
        first      INTEGER NOT NULL,
        first_at   INTEGER NOT NULL,
        authors    BLOB    NOT NULL,
        -- Nothing of these while it stands.
        removed    INTEGER,
        removed_at INTEGER,
        removed_by BLOB
    ) STRICT;
    CREATE INDEX sayings_of ON sayings (document, sentence, removed);

    CREATE VIRTUAL TABLE words USING fts5 (
        text, content = 'sayings', content_rowid = 'id',
        tokenize = 'unicode61 remove_diacritics 2'
    );
    -- What is deleted leaves the index at once, and not when it is next put in order.
    INSERT INTO words (words, rank) VALUES ('secure-delete', 1);
    CREATE TRIGGER words_in AFTER INSERT ON sayings BEGIN
        INSERT INTO words (rowid, text) VALUES (new.id, new.text);
    END;
    CREATE TRIGGER words_out AFTER DELETE ON sayings BEGIN
        INSERT INTO words (words, rowid, text) VALUES ('delete', old.id, old.text);
    END;
";

/// How many sayings are weighed at most for one answer.
const WEIGHED_MAX: usize = 5_000;

/// A sentence that was found, as it read when it last had what was looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// Where.
    pub document: DocumentId,
    /// How it reads.
    pub text: String,
    /// The first revision at which it reads so, and when that was made.
    pub first: (Revision, Timestamp),
    /// Who wrote it, whoever wrote most of it first.
    pub authors: Vec<AuthorId>,
    /// Who took something out of it, when; `None` if it stands.
    pub removed: Option<Removed>,
}

/// The end of a sentence that was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Removed {
    /// The revision that did it: the one before has the sentence as it was found.
    pub revision: Revision,
    /// When, by the clock of who did it.
    pub at: Timestamp,
    /// Who.
    pub by: AuthorId,
}

impl Found {
    /// The last revision at which it reads so; `None` if it stands.
    pub fn last(&self) -> Option<Revision> {
        self.removed.map(|removed| Revision(removed.revision.0 - 1))
    }

    /// The address of the last moment at which it reads so.
    pub fn link(&self) -> String {
        super::link(self.document, self.last())
    }
}

/// What a search comes to.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Answer {
    /// The sentences, the best first.
    pub found: Vec<Found>,
    /// What the catalogue says of their documents.
    pub entries: BTreeMap<DocumentId, Entry>,
    /// How those who take part in these documents are called.
    pub names: BTreeMap<(DocumentId, AuthorId), String>,
    /// How many events of the store were not looked at yet.
    pub behind: u64,
}

/// Writes down what changed in the sentences of a document.
pub(super) fn write(
    connection: &Connection,
    document: DocumentId,
    changed: &Changed,
    timeline: &Timeline,
    graph: &Graph,
) -> rusqlite::Result<()> {
    let mut drop_standing = connection.prepare_cached(
        "DELETE FROM sayings WHERE document = ?1 AND sentence = ?2 AND removed IS NULL",
    )?;
    for sentence in &changed.sentences {
        drop_standing.execute(params![document.0, sentence.cast_signed()])?;
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO sayings
         (document, sentence, text, first, first_at, authors, removed, removed_at, removed_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    let time = |revision| timeline.moment(graph, revision).map_or(0, |moment| moment.time.0);
    for Saying { sentence, text, from, removed, authors } in
        changed.gone.iter().chain(&changed.standing)
    {
        insert.execute(params![
            document.0,
            sentence.cast_signed(),
            text,
            from.0.cast_signed(),
            time(*from),
            to_bytes(authors),
            removed.map(|(revision, _)| revision.0.cast_signed()),
            removed.map(|(revision, _)| time(revision)),
            removed.map(|(_, author)| author.0),
        ])?;
    }
    Ok(())
}

pub(super) fn clear(connection: &Connection, document: DocumentId) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM sayings WHERE document = ?1", [document.0])?;
    Ok(())
}

/// Finds sentences that have all words, the best first. Of one sentence only the last saying that
/// has them is found: the one that stands, if it has.
///
/// With `within`, only those of these documents, the newest first: how well a sentence fits depends
/// on how often its words are in all documents, which would tell what is in the others.
pub(super) fn find(
    connection: &Connection,
    words: &str,
    limit: usize,
    within: Option<&[DocumentId]>,
) -> rusqlite::Result<Vec<Found>> {
    let Some(matching) = matching(words) else { return Ok(Vec::new()) };
    if let Some(within) = within {
        return find_within(connection, &matching, limit, within);
    }
    let sql = format!(
        "WITH weighed AS MATERIALIZED (
             SELECT rowid AS id, rank AS score FROM words WHERE words MATCH ?1
             ORDER BY rank LIMIT {WEIGHED_MAX})
         SELECT document, text, first, first_at, authors, removed, removed_at, removed_by, score,
                max(coalesce(removed, 9223372036854775807))
         FROM weighed JOIN sayings USING (id)
         GROUP BY document, sentence ORDER BY score, document, sentence"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    statement.query_map([matching], read)?.take(limit).collect()
}

fn find_within(
    connection: &Connection,
    matching: &str,
    limit: usize,
    within: &[DocumentId],
) -> rusqlite::Result<Vec<Found>> {
    let mut statement = connection.prepare_cached(
        "SELECT document, sayings.text, first, first_at, authors, removed, removed_at, removed_by,
                max(coalesce(removed, 9223372036854775807))
         FROM words JOIN sayings ON sayings.id = words.rowid
         WHERE words MATCH ?1 AND document = ?2
         GROUP BY sentence ORDER BY first_at DESC, sentence LIMIT ?3",
    )?;
    let mut found = Vec::new();
    for document in within {
        let asked = params![matching, document.0, limit as i64];
        for one in statement.query_map(asked, read)? {
            found.push(one?);
        }
    }
    found.sort_by_key(|one: &Found| std::cmp::Reverse(one.first.1));
    found.truncate(limit);
    Ok(found)
}

/// Every saying of a document, in an order that follows from what they say.
pub(super) fn sayings(
    connection: &Connection,
    document: DocumentId,
) -> rusqlite::Result<Vec<Found>> {
    connection
        .prepare_cached(
            "SELECT document, text, first, first_at, authors, removed, removed_at, removed_by
             FROM sayings WHERE document = ?1 ORDER BY removed, sentence, first, text",
        )?
        .query_map([document.0], read)?
        .collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Found> {
    let number = |column| Ok::<_, rusqlite::Error>(row.get::<_, i64>(column)?.cast_unsigned());
    let removed = match row.get::<_, Option<i64>>(5)? {
        None => None,
        Some(revision) => Some(Removed {
            revision: Revision(revision.cast_unsigned()),
            at: Timestamp(row.get(6)?),
            by: AuthorId(row.get(7)?),
        }),
    };
    Ok(Found {
        document: DocumentId(row.get(0)?),
        text: row.get(1)?,
        first: (Revision(number(2)?), Timestamp(row.get(3)?)),
        authors: from_bytes(row.get_ref(4)?.as_blob()?),
        removed,
    })
}

/// What somebody looks for, as the index is asked: every word has to be there; words in quotes
/// stand side by side; a word that ends with a star may go on. `None` if there is no word.
fn matching(words: &str) -> Option<String> {
    let mut asked = Vec::new();
    for (nth, part) in words.split('"').enumerate() {
        let in_quotes = nth % 2 == 1;
        let phrases: Vec<&str> =
            if in_quotes { vec![part] } else { part.split_whitespace().collect() };
        for phrase in phrases {
            let (phrase, goes_on) = match phrase.strip_suffix('*') {
                Some(phrase) if !in_quotes => (phrase, "*"),
                _ => (phrase, ""),
            };
            // The index takes no word that has a zero in it for the end of what is asked.
            let phrase = phrase.replace('\0', " ");
            if phrase.chars().any(char::is_alphanumeric) {
                asked.push(format!("\"{phrase}\"{goes_on}"));
            }
        }
    }
    (!asked.is_empty()).then(|| asked.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_somebody_types_is_a_question() {
        let rows = [
            ("budget", Some("\"budget\"")),
            ("  the Budget  ", Some("\"the\" \"Budget\"")),
            ("\"the budget\" ten", Some("\"the budget\" \"ten\"")),
            ("bud*", Some("\"bud\"*")),
            ("AND OR NEAR(a)", Some("\"AND\" \"OR\" \"NEAR(a)\"")),
            ("un\"closed", Some("\"un\" \"closed\"")),
            ("text:x -y ^z {", Some("\"text:x\" \"-y\" \"^z\"")),
            ("\"\" * ?", None),
            ("", None),
        ];
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(TABLES).unwrap();
        for (words, expected) in rows {
            assert_eq!(matching(words).as_deref(), expected, "{words}");
            assert_eq!(find(&connection, words, 9, None).unwrap(), [], "{words}");
            let within = Some(&[DocumentId([1; 16])][..]);
            assert_eq!(find(&connection, words, 9, within).unwrap(), [], "{words}");
        }
    }
}
