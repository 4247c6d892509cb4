//! The file that the read side is kept in: its tables, its checkpoints, and what was put aside.
//! What is in the tables of each projection is that projection's matter.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use palimpsest_core::{DocumentId, Revision, Timestamp};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};

use super::{Checkpoint, Projection, activity, catalogue, search};
use crate::store::Chain;

/// The form of the tables. A file of another form is thrown away: all of it is in the logs.
const FORM: i64 = 2;

const TABLES: &str = "
    CREATE TABLE checkpoints (
        projection TEXT    NOT NULL,
        document   BLOB    NOT NULL,
        revision   INTEGER NOT NULL,
        chain      BLOB    NOT NULL,
        PRIMARY KEY (projection, document)
    ) WITHOUT ROWID, STRICT;

    -- Documents that a projection could not take in, and why.
    CREATE TABLE dead_letters (
        projection TEXT    NOT NULL,
        document   BLOB    NOT NULL,
        revision   INTEGER NOT NULL,
        error      TEXT    NOT NULL,
        at         INTEGER NOT NULL,
        PRIMARY KEY (projection, document)
    ) WITHOUT ROWID, STRICT;
";

/// A document that a projection has put aside. It is tried again when that is rebuilt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeadLetter {
    /// Who put it aside.
    pub projection: Projection,
    /// Which document.
    pub document: DocumentId,
    /// The last revision that was taken in, 0 if none was.
    pub revision: Revision,
    /// Why, in a sentence.
    pub error: String,
    /// When.
    pub at: Timestamp,
}

/// Opens the file for writing. One that is damaged, or of another form, is begun anew.
pub(super) fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    match open_checked(path) {
        Ok(connection) => Ok(connection),
        Err(error) if is_lost(&error) => {
            tracing::warn!(%error, "the read side is begun anew");
            throw_away(path);
            open_checked(path)
        }
        Err(error) => Err(error),
    }
}

/// Opens the file for reading only.
pub(super) fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(connection)
}

/// Whether an error means that the file is no good any more.
pub(super) fn is_lost(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
        || matches!(error, rusqlite::Error::InvalidColumnType(..))
}

/// Removes the file and what belongs to it.
pub(super) fn throw_away(path: &Path) {
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        drop(fs::remove_file(name));
    }
}

fn open_checked(path: &Path) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // After a power cut the last changes may be missing together with their checkpoints, and are
    // made again.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    // What is forgotten is overwritten: it may have been erased.
    connection.pragma_update(None, "secure_delete", true)?;
    let form: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if form == FORM {
        return Ok(connection);
    }
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_NOTADB);
        let why = format!("its form is {form}, not {FORM}");
        return Err(rusqlite::Error::SqliteFailure(code, Some(why)));
    }
    let transaction = connection.transaction()?;
    for tables in [TABLES, catalogue::TABLES, search::TABLES, activity::TABLES] {
        transaction.execute_batch(tables)?;
    }
    transaction.pragma_update(None, "user_version", FORM)?;
    transaction.commit()?;
    Ok(connection)
}

/// Up to where a projection has taken a document in, if it has.
pub(super) fn checkpoint(
    connection: &Connection,
    projection: Projection,
    document: DocumentId,
) -> rusqlite::Result<Option<Checkpoint>> {
    let found: Option<(i64, Vec<u8>)> = connection
        .prepare_cached(
            "SELECT revision, chain FROM checkpoints WHERE projection = ?1 AND document = ?2",
        )?
        .query_row(params![projection.name(), document.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.and_then(|(revision, chain)| read_checkpoint(revision, &chain)))
}

/// Notes up to where a document was taken in; nothing is put aside any more.
pub(super) fn keep_checkpoint(
    connection: &Connection,
    projection: Projection,
    document: DocumentId,
    reached: Checkpoint,
) -> rusqlite::Result<()> {
    let Checkpoint { revision, chain } = reached;
    connection
        .prepare_cached("INSERT OR REPLACE INTO checkpoints VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            projection.name(),
            document.0,
            revision.0.cast_signed(),
            chain.to_bytes()
        ])?;
    Ok(())
}

/// Every checkpoint of a projection.
pub(super) fn checkpoints(
    connection: &Connection,
    projection: Projection,
) -> rusqlite::Result<BTreeMap<DocumentId, Checkpoint>> {
    let mut statement = connection.prepare_cached(
        "SELECT document, revision, chain FROM checkpoints WHERE projection = ?1",
    )?;
    let rows = statement.query_map([projection.name()], |row| {
        Ok((DocumentId(row.get(0)?), row.get(1)?, row.get::<_, Vec<u8>>(2)?))
    })?;
    let read = |row: rusqlite::Result<(DocumentId, i64, Vec<u8>)>| match row {
        Ok((document, revision, chain)) => {
            read_checkpoint(revision, &chain).map(|checkpoint| Ok((document, checkpoint)))
        }
        Err(error) => Some(Err(error)),
    };
    rows.filter_map(read).collect()
}

/// A checkpoint of its columns; one that makes no sense is none.
fn read_checkpoint(revision: i64, chain: &[u8]) -> Option<Checkpoint> {
    let revision = Revision(revision.cast_unsigned());
    Some(Checkpoint { revision, chain: Chain::from_bytes(chain)? })
}

/// Puts a document aside.
pub(super) fn keep_dead(connection: &Connection, letter: &DeadLetter) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO dead_letters VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
        letter.projection.name(),
        letter.document.0,
        letter.revision.0.cast_signed(),
        letter.error,
        letter.at.0
    ])?;
    Ok(())
}

/// Whether a projection has put a document aside.
pub(super) fn is_dead(
    connection: &Connection,
    projection: Projection,
    document: DocumentId,
) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM dead_letters WHERE projection = ?1 AND document = ?2")?
        .exists(params![projection.name(), document.0])
}

/// Everything that was put aside.
pub(super) fn dead_letters(connection: &Connection) -> rusqlite::Result<Vec<DeadLetter>> {
    let mut statement = connection.prepare_cached(
        "SELECT projection, document, revision, error, at FROM dead_letters
         ORDER BY projection, document",
    )?;
    let rows = statement.query_map([], |row| {
        let name: String = row.get(0)?;
        let (document, revision) = (DocumentId(row.get(1)?), row.get::<_, i64>(2)?);
        let revision = Revision(revision.cast_unsigned());
        let (error, at) = (row.get(3)?, Timestamp(row.get(4)?));
        let of = |projection| DeadLetter { projection, document, revision, error, at };
        Ok(Projection::named(&name).map(of))
    })?;
    rows.filter_map(Result::transpose).collect()
}

/// Forgets how far a projection is, and what it put aside: each document is then taken in from
/// the start, and replaces what is there of it.
pub(super) fn forget(connection: &Connection, projection: Projection) -> rusqlite::Result<()> {
    for table in ["checkpoints", "dead_letters"] {
        let sql = format!("DELETE FROM {table} WHERE projection = ?1");
        connection.execute(&sql, [projection.name()])?;
    }
    Ok(())
}

/// Empties the log of the file, in which what was forgotten may stand still.
pub(super) fn wipe(connection: &Connection) -> rusqlite::Result<()> {
    let busy: bool =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY);
        return Err(rusqlite::Error::SqliteFailure(code, Some("somebody reads it".into())));
    }
    Ok(())
}

/// Forgets a document that is in the store no more.
pub(super) fn forget_document(
    connection: &Connection,
    projection: Projection,
    document: DocumentId,
) -> rusqlite::Result<()> {
    projection.clear(connection, document)?;
    for table in ["checkpoints", "dead_letters"] {
        let sql = format!("DELETE FROM {table} WHERE projection = ?1 AND document = ?2");
        connection.execute(&sql, params![projection.name(), document.0])?;
    }
    Ok(())
}
