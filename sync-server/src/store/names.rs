//! Whose names are whose, in each document by itself, in the database: what authors are called, and
//! who writes as a replica. Who may say so is the guard's matter; that somebody else was first is
//! known here.

use palimpsest_core::{AuthorId, DocumentId, PROFILES_MAX, Profile, ReplicaId};
use rusqlite::{Connection, OptionalExtension, params};

use super::writer::from_sqlite;
use super::{AppendError, Naming};

/// Keeps a name inside the open transaction, unless it is somebody else's to say; says whether it
/// did. What is kept already is not written again.
pub(super) fn keep(connection: &Connection, naming: &Naming) -> Result<bool, AppendError> {
    let sql = |error: rusqlite::Error| from_sqlite(&error);
    let Naming { document, profile, by, .. } = naming;
    let first: Option<Option<String>> = connection
        .prepare_cached("SELECT said_by FROM profiles WHERE document = ?1 AND author = ?2")
        .and_then(|mut s| {
            s.query_row(params![document.0, profile.author.0], |row| row.get(0)).optional()
        })
        .map_err(sql)?;
    if first.is_none() && count(connection, *document).map_err(sql)? >= PROFILES_MAX as u32 {
        return Ok(false);
    }
    if !naming.is_allowed(first.flatten().as_ref()) {
        return Ok(false);
    }
    connection
        .prepare_cached(
            "INSERT INTO profiles (document, author, name, colour, said_by)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (document, author) DO UPDATE
             SET name = ?3, colour = ?4, said_by = coalesce(said_by, ?5)
             WHERE (name, colour, said_by) IS NOT (?3, ?4, coalesce(said_by, ?5))",
        )
        .and_then(|mut s| {
            let Profile { author, name, colour } = profile;
            s.execute(params![document.0, author.0, name, colour, by.first()])
        })
        .map_err(sql)?;
    Ok(true)
}

/// Whether somebody who may write only as themselves may write as a replica: if it is new to the
/// log, and theirs from now on, or theirs already.
pub(super) fn writes_as(
    connection: &Connection,
    document: DocumentId,
    replica: ReplicaId,
    own: &[String],
) -> rusqlite::Result<bool> {
    let place = params![document.0, replica.0.cast_signed()];
    let writer: Option<String> = connection
        .prepare_cached("SELECT writer FROM writers WHERE document = ?1 AND replica = ?2")?
        .query_row(place, |row| row.get(0))
        .optional()?;
    if let Some(writer) = writer {
        return Ok(own.contains(&writer));
    }
    let is_new = !connection
        .prepare_cached("SELECT 1 FROM events WHERE document = ?1 AND replica = ?2 LIMIT 1")?
        .exists(place)?;
    let Some(surest) = own.first().filter(|_| is_new) else { return Ok(false) };
    connection
        .prepare_cached("INSERT INTO writers (document, replica, writer) VALUES (?1, ?2, ?3)")?
        .execute(params![document.0, replica.0.cast_signed(), surest])?;
    Ok(true)
}

fn count(connection: &Connection, document: DocumentId) -> rusqlite::Result<u32> {
    connection
        .prepare_cached("SELECT count(*) FROM profiles WHERE document = ?1")?
        .query_row([document.0], |row| row.get(0))
}

/// What authors are called in a document, by author.
pub(super) fn of(connection: &Connection, document: DocumentId) -> rusqlite::Result<Vec<Profile>> {
    connection
        .prepare_cached(
            "SELECT author, name, colour FROM profiles
             WHERE document = ?1 ORDER BY author LIMIT ?2",
        )?
        .query_map(params![document.0, PROFILES_MAX as i64], |row| {
            Ok(Profile { author: AuthorId(row.get(0)?), name: row.get(1)?, colour: row.get(2)? })
        })?
        .collect()
}
