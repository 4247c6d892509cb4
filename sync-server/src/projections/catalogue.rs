//! The catalogue: what each document is called, where it is, how large, and who wrote in it. What
//! it says is in `search`.

use palimpsest_core::{AuthorId, DocumentId, Revision, Timestamp, counts, name_of};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::reading::Reading;

pub(super) const TABLES: &str = "
    CREATE TABLE catalogue (
        document   BLOB    NOT NULL PRIMARY KEY,
        revision   INTEGER NOT NULL,
        title      TEXT    NOT NULL,
        begins     TEXT    NOT NULL,
        folder     TEXT    NOT NULL,
        archived   INTEGER NOT NULL,
        characters INTEGER NOT NULL,
        words      INTEGER NOT NULL,
        lines      INTEGER NOT NULL,
        authors    BLOB    NOT NULL,
        updated_at INTEGER NOT NULL,
        updated_by BLOB    NOT NULL
    ) WITHOUT ROWID, STRICT;
";

/// What the catalogue says of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Which one.
    pub document: DocumentId,
    /// How many events it has: the revision that all of this is true for.
    pub revision: Revision,
    /// The title that somebody gave it; empty if nobody did.
    pub title: String,
    /// What its text begins with: what it is called as long as it has no title.
    pub begins: String,
    /// The folder that it is in; empty if it is in none.
    pub folder: String,
    /// Whether it was put away.
    pub archived: bool,
    /// How many scalars its text has.
    pub characters: u64,
    /// How many words.
    pub words: u64,
    /// How many lines.
    pub lines: u64,
    /// Who ever wrote in it, in the order in which they first did.
    pub authors: Vec<AuthorId>,
    /// When its last event was recorded, and who made it.
    pub updated: (Timestamp, AuthorId),
}

impl Entry {
    /// What it is called.
    pub fn name(&self) -> &str {
        if self.title.trim().is_empty() { &self.begins } else { &self.title }
    }
}

/// Writes down what a document is by now.
pub(super) fn write(connection: &Connection, reading: &Reading) -> rusqlite::Result<()> {
    let document = &reading.document;
    let Some(last) = reading.timeline.moment(document.graph(), reading.head()) else {
        return Ok(());
    };
    let size = counts(document.text());
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO catalogue VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            document.id().0,
            reading.head().0.cast_signed(),
            document.title(),
            name_of(document.text()),
            document.facts().folder(),
            document.archived(),
            size.characters as i64,
            size.words as i64,
            size.lines as i64,
            to_bytes(reading.timeline.authors()),
            last.recorded.0,
            last.author.0,
        ])?;
    Ok(())
}

pub(super) fn clear(connection: &Connection, document: DocumentId) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM catalogue WHERE document = ?1", [document.0])?;
    Ok(())
}

/// What is known of a document.
pub(super) fn entry(
    connection: &Connection,
    document: DocumentId,
) -> rusqlite::Result<Option<Entry>> {
    connection
        .prepare_cached("SELECT * FROM catalogue WHERE document = ?1")?
        .query_row([document.0], read)
        .optional()
}

/// What is known of all documents, by id.
pub(super) fn entries(connection: &Connection) -> rusqlite::Result<Vec<Entry>> {
    connection.prepare_cached("SELECT * FROM catalogue")?.query_map([], read)?.collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let number =
        |column: usize| Ok::<_, rusqlite::Error>(row.get::<_, i64>(column)?.cast_unsigned());
    Ok(Entry {
        document: DocumentId(row.get(0)?),
        revision: Revision(number(1)?),
        title: row.get(2)?,
        begins: row.get(3)?,
        folder: row.get(4)?,
        archived: row.get(5)?,
        characters: number(6)?,
        words: number(7)?,
        lines: number(8)?,
        authors: from_bytes(row.get_ref(9)?.as_blob()?),
        updated: (Timestamp(row.get(10)?), AuthorId(row.get(11)?)),
    })
}

/// Authors as a column keeps them.
pub(super) fn to_bytes(authors: &[AuthorId]) -> Vec<u8> {
    authors.iter().flat_map(|author| author.0).collect()
}

/// The other direction.
pub(super) fn from_bytes(bytes: &[u8]) -> Vec<AuthorId> {
    bytes.as_chunks().0.iter().map(|bytes| AuthorId(*bytes)).collect()
}
