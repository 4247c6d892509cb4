//! The database's tables and how they came to be. Migrations only go forward; a database
//! written by a newer version is refused, not guessed at.

use palimpsest_core::{DocumentId, Revision, Timestamp};
use rusqlite::{Connection, OpenFlags, params};
use std::path::Path;
use thiserror::Error;

use super::{Chain, Commitment};

/// How much of the file a reader keeps to itself; SQLite's own 2 MiB for each are many readers' share
/// of a small machine.
const READER_CACHE_KIB: i64 = 512;

/// Marks a SQLite file as Palimpsest's own (`PRAGMA application_id`): "Plmp".
const APPLICATION: i32 = 0x506c_6d70;

/// One step per format ever released, oldest first: `MIGRATIONS[n]` leads from format n to
/// n + 1. A released step is never edited.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE documents (
        document   BLOB    NOT NULL PRIMARY KEY,
        head       INTEGER NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
    ) WITHOUT ROWID, STRICT;

    -- The truth. Rows are only ever added.
    CREATE TABLE events (
        document    BLOB    NOT NULL,
        revision    INTEGER NOT NULL,
        replica     INTEGER NOT NULL,
        counter     INTEGER NOT NULL,
        recorded_at INTEGER NOT NULL,
        header      BLOB    NOT NULL,
        payload     BLOB    NOT NULL,
        PRIMARY KEY (document, revision),
        UNIQUE (document, replica, counter)
    ) WITHOUT ROWID, STRICT;

    CREATE TABLE profiles (
        author BLOB    NOT NULL PRIMARY KEY,
        name   TEXT    NOT NULL,
        colour INTEGER NOT NULL
    ) WITHOUT ROWID, STRICT;

    -- Who wrote in which document, kept with every append so that lists can count.
    CREATE TABLE authors (
        document BLOB NOT NULL,
        author   BLOB NOT NULL,
        PRIMARY KEY (document, author)
    ) WITHOUT ROWID, STRICT;

    CREATE TABLE participants (
        document BLOB NOT NULL,
        author   BLOB NOT NULL,
        PRIMARY KEY (document, author)
    ) WITHOUT ROWID, STRICT;

    -- A cache of what the log says; may be emptied at any time.
    CREATE TABLE summaries (
        document BLOB    NOT NULL PRIMARY KEY,
        revision INTEGER NOT NULL,
        title    TEXT    NOT NULL,
        archived INTEGER NOT NULL
    ) WITHOUT ROWID, STRICT;
",
    "
    -- Emptied, so that folder and activity are read off the logs as well.
    DROP TABLE summaries;
    CREATE TABLE summaries (
        document BLOB    NOT NULL PRIMARY KEY,
        revision INTEGER NOT NULL,
        title    TEXT    NOT NULL,
        archived INTEGER NOT NULL,
        folder   TEXT    NOT NULL,
        activity BLOB    NOT NULL
    ) WITHOUT ROWID, STRICT;
",
    "
    -- What the log comes to at each revision, and in the end: see `chain`.
    ALTER TABLE events ADD COLUMN chain BLOB NOT NULL DEFAULT x'';
    ALTER TABLE documents ADD COLUMN chain BLOB NOT NULL DEFAULT x'';
",
    "
    -- Who was given which right, and who took it back: see `guard::audit`. Rows are only added.
    CREATE TABLE audit (
        number INTEGER NOT NULL PRIMARY KEY,
        at     INTEGER NOT NULL,
        actor  TEXT    NOT NULL,
        kind   TEXT    NOT NULL,
        body   TEXT    NOT NULL
    ) STRICT;

    -- Of a payload that was erased: what the chain knows of it as it was.
    ALTER TABLE events ADD COLUMN commitment BLOB;
",
    "
    -- What authors are called, in each document by itself, and who named them first there: an actor
    -- of the audit log, or nobody that is known. Names that were one for all documents are now those
    -- of each in which their author wrote or gave one.
    CREATE TABLE names (
        document BLOB    NOT NULL,
        author   BLOB    NOT NULL,
        name     TEXT    NOT NULL,
        colour   INTEGER NOT NULL,
        said_by  TEXT,
        PRIMARY KEY (document, author)
    ) WITHOUT ROWID, STRICT;
    INSERT INTO names (document, author, name, colour)
        SELECT document, author, name, colour FROM profiles JOIN
        (SELECT document, author FROM authors UNION SELECT document, author FROM participants)
        USING (author);
    DROP TABLE participants;
    DROP TABLE profiles;
    ALTER TABLE names RENAME TO profiles;
",
    "
    -- Who first wrote as a replica, of those who may write only as themselves: an actor of the audit
    -- log.
    CREATE TABLE writers (
        document BLOB    NOT NULL,
        replica  INTEGER NOT NULL,
        writer   TEXT    NOT NULL,
        PRIMARY KEY (document, replica)
    ) WITHOUT ROWID, STRICT;
",
];

/// The format that brought the chains.
const CHAINED: usize = 3;
/// How many events are chained between two looks at the log.
const CHAINED_AT_ONCE: i64 = 10_000;

/// Why a database cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// A newer version of Palimpsest wrote it.
    #[error(
        "the database has format {found}, and this version reads up to {known}: use a newer palimpsest"
    )]
    Newer {
        /// The database's format.
        found: i64,
        /// The newest this version knows.
        known: i64,
    },
    /// An older version has it open, or it was never opened by this one.
    #[error(
        "the database has format {found}, and this needs {known}: open it with this version first"
    )]
    Older {
        /// The database's format.
        found: i64,
        /// The one this version writes.
        known: i64,
    },
    /// It is a SQLite database of something else.
    #[error("this is a database, but not one of Palimpsest's")]
    Foreign,
    /// The file is there and has nothing in it.
    #[error(
        "the database is empty: it was cut off, and is not written over. Restore a backup into \
         another folder, or remove the file to begin anew"
    )]
    Empty,
    /// SQLite cannot open or change it.
    #[error("the database cannot be opened: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// Opens the database for writing, makes it if needed, and brings it to today's format.
pub(super) fn open_writer(path: &Path) -> Result<Connection, OpenError> {
    let mut connection = match path.metadata() {
        // What a file that lost everything looks like; a new one never does, see `make`.
        Ok(found) if found.len() == 0 => return Err(OpenError::Empty),
        Ok(_) => Connection::open(path)?,
        Err(_) => make(path)?,
    };
    configure(&connection)?;
    // Committed transactions are in the log file and survive a crash; FULL makes them
    // survive a power cut as well.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Opens the database for writing beside the store that has it open. It must be of today's format.
pub(super) fn open_beside(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    check_owner(&connection)?;
    let (found, known) = (format(&connection)?, MIGRATIONS.len() as i64);
    if found < known {
        return Err(OpenError::Older { found, known });
    }
    Ok(connection)
}

/// Makes a new database. It gets its name once it has something in it, so that an empty file of
/// that name is always damage.
fn make(path: &Path) -> Result<Connection, OpenError> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".new");
    let unfinished = Path::new(&unfinished);
    let connection = Connection::open(unfinished)?;
    connection.pragma_update(None, "application_id", APPLICATION)?;
    connection.close().map_err(|(_, error)| error)?;
    std::fs::rename(unfinished, path).map_err(|error| {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN);
        rusqlite::Error::SqliteFailure(code, Some(error.to_string()))
    })?;
    Ok(Connection::open(path)?)
}

/// Opens the database for reading only. It must have been opened by a writer before.
pub(super) fn open_reader(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    configure(&connection)?;
    // A log is read from one end to the other; the system keeps the file's pages anyway.
    connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
    Ok(connection)
}

/// Whether the file at `path` is a database this version can read, and nothing else.
pub(super) fn check(path: &Path) -> Result<(), OpenError> {
    let connection = open_reader(path)?;
    check_owner(&connection)?;
    if format(&connection)? == 0 {
        return Err(OpenError::Foreign);
    }
    Ok(())
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    // What goes is overwritten, so that nothing of what is erased lies about.
    connection.pragma_update(None, "secure_delete", true)?;
    // The log is the truth: a page that does not look right must be an error, not a guess.
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "trusted_schema", false)
}

fn format(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn check_owner(connection: &Connection) -> Result<(), OpenError> {
    let owner: i32 = connection.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if owner != APPLICATION && tables > 0 {
        return Err(OpenError::Foreign);
    }
    let (found, known) = (format(connection)?, MIGRATIONS.len() as i64);
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    Ok(())
}

fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    check_owner(connection)?;
    let found = usize::try_from(format(connection)?).map_err(|_| OpenError::Foreign)?;
    for (step, sql) in MIGRATIONS.iter().enumerate().skip(found) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        if step + 1 == CHAINED {
            chain_all(&transaction)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", step as i64 + 1)?;
        transaction.commit()?;
    }
    Ok(())
}

/// Computes the chains of logs that were written before there were any.
fn chain_all(connection: &Connection) -> rusqlite::Result<()> {
    let documents: Vec<[u8; 16]> = connection
        .prepare("SELECT document FROM documents")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut events = connection.prepare(
        "SELECT revision, recorded_at, header, payload FROM events
         WHERE document = ?1 AND revision > ?2 ORDER BY revision LIMIT ?3",
    )?;
    let mut note =
        connection.prepare("UPDATE events SET chain = ?3 WHERE document = ?1 AND revision = ?2")?;
    let mut end = connection.prepare("UPDATE documents SET chain = ?2 WHERE document = ?1")?;
    for document in documents {
        let (mut chain, mut last) = (Chain::start(DocumentId(document)), 0);
        loop {
            // In pages: what is read must not change under the reader.
            let page = events.query_map(params![document, last, CHAINED_AT_ONCE], |row| {
                let (header, payload) = (row.get_ref(2)?.as_blob()?, row.get_ref(3)?.as_blob()?);
                let revision: i64 = row.get(0)?;
                let place = (Revision(revision.cast_unsigned()), Timestamp(row.get(1)?));
                chain = chain.link(place.0, place.1, header, Commitment::to(payload));
                Ok((revision, chain))
            })?;
            let page: Vec<_> = page.collect::<Result<_, _>>()?;
            let Some(&(read, _)) = page.last() else { break };
            for (revision, chain) in page {
                note.execute(params![document, revision, chain.to_bytes()])?;
            }
            last = read;
        }
        end.execute(params![document, chain.to_bytes()])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_format_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("palimpsest.db");
        drop(open_writer(&path).unwrap());
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        drop(connection);
        let error = open_writer(&path).unwrap_err();
        assert!(matches!(error, OpenError::Newer { found: 99, .. }), "{error}");
        let connection = Connection::open(&path).unwrap();
        assert_eq!(format(&connection).unwrap(), 99);
    }

    #[test]
    fn somebody_elses_database_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
        assert!(matches!(open_writer(&path), Err(OpenError::Foreign)));
        assert!(matches!(check(&path), Err(OpenError::Foreign)));
    }

    #[test]
    fn an_older_format_goes_forward_and_keeps_what_is_true() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("palimpsest.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(MIGRATIONS[0]).unwrap();
        old.pragma_update(None, "application_id", APPLICATION).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        old.execute("INSERT INTO documents VALUES (zeroblob(16), 7, 1, 2)", []).unwrap();
        old.execute("INSERT INTO summaries VALUES (zeroblob(16), 7, 'A title', 0)", []).unwrap();
        for revision in 1..=3 {
            let event = "INSERT INTO events VALUES (zeroblob(16), ?1, 4, ?1, 5, x'68', x'70')";
            old.execute(event, [revision]).unwrap();
        }
        old.execute_batch(
            "INSERT INTO profiles VALUES (x'01', 'Ada', 3), (x'02', 'Ben', 4), (x'03', 'Eve', 5);
             INSERT INTO authors VALUES (x'aa', x'01'), (x'bb', x'01'), (x'bb', x'09');
             INSERT INTO participants VALUES (x'aa', x'01'), (x'cc', x'02');",
        )
        .unwrap();
        drop(old);
        drop(open_writer(&path).unwrap());
        check(&path).unwrap();
        let count = |table: &str| -> i64 {
            let connection = Connection::open(&path).unwrap();
            let count = format!("SELECT count(*) FROM {table}");
            connection.query_row(&count, [], |row| row.get(0)).unwrap()
        };
        assert_eq!((count("documents"), count("summaries"), count("events")), (1, 0, 3));
        let expected = (1..=3).fold(Chain::start(DocumentId([0; 16])), |chain, revision| {
            chain.link(Revision(revision), Timestamp(5), b"h", Commitment::to(b"p"))
        });
        let connection = Connection::open(&path).unwrap();
        // A name is one of each document in which its author wrote or gave it, and nobody's yet.
        let names: Vec<(String, String, Option<String>)> = connection
            .prepare("SELECT hex(document), name, said_by FROM profiles ORDER BY 1, 2")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let expected_names = [("AA", "Ada"), ("BB", "Ada"), ("CC", "Ben")];
        assert!(names.iter().map(|(of, name, _)| (&**of, &**name)).eq(expected_names), "{names:?}");
        assert!(names.iter().all(|(.., said_by)| said_by.is_none()));
        for of in ["documents", "events WHERE revision = 3"] {
            let ask = format!("SELECT chain FROM {of}");
            let found: Vec<u8> = connection.query_row(&ask, [], |row| row.get(0)).unwrap();
            assert_eq!(found, expected.to_bytes(), "{of}");
        }
    }

    #[test]
    fn opening_twice_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("palimpsest.db");
        drop(open_writer(&path).unwrap());
        drop(open_writer(&path).unwrap());
        check(&path).unwrap();
    }
}
