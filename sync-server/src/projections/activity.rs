//! Activity: how much each author wrote in each document on each day, by the server's clock and
//! in UTC. What the author did counts, not what became of it.

use std::collections::BTreeMap;

use palimpsest_core::{AuthorId, DocumentId, Op, Ordered, Payload};
use rusqlite::{Connection, params};

pub(super) const TABLES: &str = "
    CREATE TABLE activity (
        document BLOB    NOT NULL,
        author   BLOB    NOT NULL,
        day      INTEGER NOT NULL,
        events   INTEGER NOT NULL,
        inserted INTEGER NOT NULL,
        deleted  INTEGER NOT NULL,
        PRIMARY KEY (document, author, day)
    ) WITHOUT ROWID, STRICT;
";

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What one author did in one document on one day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Day {
    /// Where.
    pub document: DocumentId,
    /// Who.
    pub author: AuthorId,
    /// When, in days since 1970.
    pub day: i64,
    /// How many events.
    pub events: u64,
    /// How many scalars these inserted.
    pub inserted: u64,
    /// How many they deleted.
    pub deleted: u64,
}

/// Adds what some events did.
pub(super) fn write(
    connection: &Connection,
    document: DocumentId,
    events: &[Ordered],
) -> rusqlite::Result<()> {
    let mut days: BTreeMap<(AuthorId, i64), [i64; 3]> = BTreeMap::new();
    for ordered in events {
        let day = ordered.recorded.0.div_euclid(DAY_MS);
        let sums = days.entry((ordered.event.header.author, day)).or_default();
        sums[0] += 1;
        let Payload::TextEdited { ops } = &ordered.event.payload else { continue };
        for op in ops {
            let which = match op {
                Op::Insert { .. } | Op::ErasedInsert { .. } => 1,
                Op::Delete { .. } => 2,
            };
            sums[which] = sums[which].saturating_add_unsigned(op.len() as u64);
        }
    }
    let mut statement = connection.prepare_cached(
        "INSERT INTO activity VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (document, author, day) DO UPDATE SET
             events = events + ?4,
             inserted = min(inserted, 9223372036854775807 - ?5) + ?5,
             deleted = min(deleted, 9223372036854775807 - ?6) + ?6",
    )?;
    for ((author, day), [count, inserted, deleted]) in days {
        statement.execute(params![document.0, author.0, day, count, inserted, deleted])?;
    }
    Ok(())
}

pub(super) fn clear(connection: &Connection, document: DocumentId) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM activity WHERE document = ?1", [document.0])?;
    Ok(())
}

/// What was done from a day on, by document, author and day.
pub(super) fn days(connection: &Connection, from: i64) -> rusqlite::Result<Vec<Day>> {
    connection
        .prepare_cached("SELECT * FROM activity WHERE day >= ?1 ORDER BY document, author, day")?
        .query_map([from], |row| {
            let number =
                |column| Ok::<_, rusqlite::Error>(row.get::<_, i64>(column)?.cast_unsigned());
            Ok(Day {
                document: DocumentId(row.get(0)?),
                author: AuthorId(row.get(1)?),
                day: row.get(2)?,
                events: number(3)?,
                inserted: number(4)?,
                deleted: number(5)?,
            })
        })?
        .collect()
}
