//! Taking what people wrote out of events that are stored. Places, authors and times stay, and so
//! does what the chain knows of each payload, so that the log is proven still.

use std::ops::RangeInclusive;

use palimpsest_core::{DocumentId, Event, Revision, codec};
use rusqlite::{Connection, params};

use super::writer::from_sqlite;
use super::{AppendError, Commitment, ReadError};

/// How many events are looked at between two writes.
const AT_ONCE: i64 = 1_000;

/// A payload that goes, and what comes in its place.
struct Erasure {
    revision: i64,
    payload: Vec<u8>,
    commitment: Commitment,
}

/// Erases inside the open transaction; returns how many events had something to erase.
pub(super) fn erase(
    connection: &Connection,
    document: DocumentId,
    revisions: &RangeInclusive<Revision>,
) -> Result<usize, AppendError> {
    let sql = |error: rusqlite::Error| from_sqlite(&error);
    erase_all(connection, document, revisions).and_then(|erased| {
        // A title that went is read off the log again.
        let forget = "DELETE FROM summaries WHERE document = ?1";
        connection.execute(forget, [document.0]).map_err(sql)?;
        Ok(erased)
    })
}

fn erase_all(
    connection: &Connection,
    document: DocumentId,
    revisions: &RangeInclusive<Revision>,
) -> Result<usize, AppendError> {
    let sql = |error: rusqlite::Error| from_sqlite(&error);
    let last = i64::try_from(revisions.end().0).unwrap_or(i64::MAX);
    let mut next = i64::try_from(revisions.start().0).unwrap_or(i64::MAX);
    let mut erased = 0;
    loop {
        let found = look(connection, document, next, last)?;
        let Some(end) = found.last().map(|(revision, _)| *revision) else { return Ok(erased) };
        for erasure in found.into_iter().filter_map(|(_, erasure)| erasure) {
            connection
                .prepare_cached(
                    "UPDATE events SET payload = ?3, commitment = ?4
                     WHERE document = ?1 AND revision = ?2",
                )
                .and_then(|mut s| {
                    let commitment = erasure.commitment.to_bytes();
                    s.execute(params![document.0, erasure.revision, erasure.payload, commitment])
                })
                .map_err(sql)?;
            erased += 1;
        }
        next = end + 1;
    }
}

/// Writes the database anew and folds the write-ahead log into it, so that nothing of what was erased
/// is left in pages that are used no more. To be done outside of a transaction.
pub(super) fn scrub(connection: &Connection) {
    let done = connection.execute_batch("VACUUM").and_then(|()| {
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
    });
    match done {
        Ok(0) => {}
        Ok(_) => tracing::warn!(
            "somebody reads: what was erased leaves the disk at the next erasure or stop"
        ),
        Err(error) => tracing::error!(%error, "what was erased may still be on the disk"),
    }
}

/// The next events of the range, and what is to be done about each.
fn look(
    connection: &Connection,
    document: DocumentId,
    next: i64,
    last: i64,
) -> Result<Vec<(i64, Option<Erasure>)>, AppendError> {
    let sql = |error: rusqlite::Error| from_sqlite(&error);
    let mut statement = connection
        .prepare_cached(
            "SELECT revision, header, payload FROM events
             WHERE document = ?1 AND revision BETWEEN ?2 AND ?3 ORDER BY revision LIMIT ?4",
        )
        .map_err(sql)?;
    let mut rows = statement.query(params![document.0, next, last, AT_ONCE]).map_err(sql)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(sql)? {
        let read = || Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let (revision, header, payload): (i64, Vec<u8>, Vec<u8>) = read().map_err(sql)?;
        let event = codec::decode_record(&header, &payload).map_err(|error| {
            let (revision, why) = (Revision(revision.cast_unsigned()), error.to_string());
            AppendError::Corrupt(ReadError::Corrupt { document, revision, why })
        })?;
        let rest = event.payload.erased();
        // What was erased already keeps the commitment to what it was.
        let erasure = (rest != event.payload).then(|| Erasure {
            revision,
            commitment: Commitment::to(&payload),
            payload: codec::encode_record(&Event { payload: rest, ..event }).1,
        });
        found.push((revision, erasure));
    }
    Ok(found)
}
