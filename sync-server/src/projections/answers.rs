//! What the read side answers: each question is a read of its file, beside whoever writes it. What
//! is in the tables is each projection's own matter.

use std::collections::BTreeMap;
use std::time::Duration;

use palimpsest_core::DocumentId;
use rusqlite::Connection;

use super::database::{self, DeadLetter};
use super::{Answer, Day, Entry, Found, Projection, ProjectionError, Projections, Status};
use super::{activity, catalogue, search};
use crate::store::EventStore;

impl Projections {
    /// How far each projection is.
    pub fn status(&self) -> Result<Vec<Status>, ProjectionError> {
        self.status_of(|_| true)
    }

    fn status_of(
        &self,
        counts: impl Fn(DocumentId) -> bool,
    ) -> Result<Vec<Status>, ProjectionError> {
        let mut heads = self.store.documents()?;
        heads.retain(|head| counts(head.document));
        self.reading(|connection| {
            let dead = database::dead_letters(connection)?;
            let status = |projection| {
                let reached = database::checkpoints(connection, projection)?;
                let dead = dead.iter().filter(|letter| letter.projection == projection);
                let dead: Vec<DocumentId> = dead.map(|letter| letter.document).collect();
                let behind =
                    heads.iter().filter(|head| !dead.contains(&head.document)).map(|head| {
                        let reached = reached.get(&head.document);
                        head.revision
                            .0
                            .saturating_sub(reached.map_or(0, |reached| reached.revision.0))
                    });
                Ok(Status {
                    projection,
                    documents: reached.len() as u64,
                    events: reached.values().map(|reached| reached.revision.0).sum(),
                    behind: behind.sum(),
                    dead: dead.len() as u64,
                })
            };
            Projection::ALL.into_iter().map(status).collect()
        })
    }

    /// What was put aside.
    pub fn dead_letters(&self) -> Result<Vec<DeadLetter>, ProjectionError> {
        self.reading(database::dead_letters)
    }

    /// Finds sentences that stand or stood and have all words, at most `limit`, in all documents or
    /// `within` some: see [`search::find`]. What was written just now is waited for, but not longer
    /// than `patience`.
    pub fn look_up(
        &self,
        words: &str,
        limit: usize,
        patience: Duration,
        within: Option<&[DocumentId]>,
    ) -> Result<Answer, ProjectionError> {
        self.settle_if_possible(patience);
        let mut answer = Answer::default();
        (answer.found, answer.entries) = self.reading(|connection| {
            let found = search::find(connection, words, limit, within)?;
            let mut entries = BTreeMap::new();
            for found in &found {
                if let Some(entry) = catalogue::entry(connection, found.document)? {
                    entries.insert(found.document, entry);
                }
            }
            Ok((found, entries))
        })?;
        for document in answer.entries.keys() {
            let profiles = self.store.profiles(*document)?;
            let names = profiles.into_iter().map(|one| ((*document, one.author), one.name));
            answer.names.extend(names);
        }
        let status =
            self.status_of(|document| within.is_none_or(|within| within.contains(&document)));
        let behind = status?.into_iter().filter(|one| one.projection == Projection::Search);
        answer.behind = behind.map(|status| status.behind).sum();
        Ok(answer)
    }

    /// Every sentence of a document that stands or stood.
    pub fn sayings(&self, document: DocumentId) -> Result<Vec<Found>, ProjectionError> {
        self.reading(|connection| search::sayings(connection, document))
    }

    /// What the catalogue says of a document.
    pub fn entry(&self, document: DocumentId) -> Result<Option<Entry>, ProjectionError> {
        self.reading(|connection| catalogue::entry(connection, document))
    }

    /// What the texts of some documents begin with, as far as they were taken in.
    pub fn beginnings(
        &self,
        documents: impl IntoIterator<Item = DocumentId>,
    ) -> Result<BTreeMap<DocumentId, String>, ProjectionError> {
        let mut documents = documents.into_iter().peekable();
        if documents.peek().is_none() {
            return Ok(BTreeMap::new());
        }
        self.reading(|connection| {
            let begins = |document| {
                let entry = catalogue::entry(connection, document);
                entry.map(|entry| Some((document, entry?.begins))).transpose()
            };
            documents.filter_map(begins).collect()
        })
    }

    /// What the catalogue says of all documents, by id.
    pub fn catalogue(&self) -> Result<Vec<Entry>, ProjectionError> {
        self.reading(catalogue::entries)
    }

    /// What everybody did from a day on, in days since 1970.
    pub fn activity(&self, from: i64) -> Result<Vec<Day>, ProjectionError> {
        self.reading(|connection| activity::days(connection, from))
    }

    fn reading<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, ProjectionError> {
        if !self.path.exists() {
            self.writing().open(&self.path)?;
        }
        database::open_reader(&self.path).and_then(|connection| read(&connection)).map_err(
            |error| {
                if database::is_lost(&error) {
                    self.begin_anew(&mut self.writing(), &error);
                }
                error.into()
            },
        )
    }
}
