//! Marks: the revisions that are not plain typing, to be shown on a track. Named moments and
//! comments have lists of their own.

use std::ops::Range;

use crate::event::{AuthorId, Intent, Revision};
use crate::projection::read_model::{News, ReadModel};

/// How long after it was made an edit is ordered that was made offline, in milliseconds: longer
/// than a line is down while somebody walks from one room to the next. A clock that is slow by
/// more than that looks the same.
pub const OFFLINE_MS: i64 = 5 * 60 * 1_000;

/// What a mark stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarkKind {
    /// What the events were made for, if not typed.
    Intent(Intent),
    /// The events were made offline and arrived much later.
    Offline,
}

/// Some events of one author and one kind in a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    /// The first of them.
    pub from: Revision,
    /// The first revision after them.
    pub to: Revision,
    /// Who made them.
    pub author: AuthorId,
    /// What they are.
    pub kind: MarkKind,
}

/// The marks of a timeline.
///
/// # Laws
/// - Every event that was not typed is in one mark of its intent, and every one that was
///   ordered much later than it was made, and not imported, in one of offline work.
#[derive(Clone, Default, Debug)]
pub struct Marks {
    marks: Vec<Mark>,
    /// The last mark of an intent, and the last of offline work.
    last: [Option<usize>; 2],
}

impl Marks {
    /// All marks, in the order of their first revisions.
    pub fn all(&self) -> &[Mark] {
        &self.marks
    }

    fn note(&mut self, places: Range<usize>, author: AuthorId, kind: MarkKind) {
        let (from, to) = (Revision(places.start as u64 + 1), Revision(places.end as u64 + 1));
        let last = &mut self.last[usize::from(kind == MarkKind::Offline)];
        if let Some(mark) = last.map(|at| &mut self.marks[at])
            && (mark.to, mark.author, mark.kind) == (from, author, kind)
        {
            mark.to = to;
            return;
        }
        *last = Some(self.marks.len());
        self.marks.push(Mark { from, to, author, kind });
    }
}

impl ReadModel for Marks {
    fn extend(&mut self, news: &News<'_>) {
        let News { timeline, graph, ref places } = *news;
        // What is new of both kinds, in the order of the places.
        let mut noted: Vec<(Range<usize>, MarkKind)> = Vec::new();
        let intents = timeline.intents_of(graph, places.clone());
        let marked = intents.filter(|(_, intent)| *intent != Intent::Typed);
        noted.extend(marked.map(|(places, intent)| (places, MarkKind::Intent(intent))));
        let mut imported = noted.clone().into_iter().filter_map(|(places, kind)| {
            (kind == MarkKind::Intent(Intent::Imported)).then_some(places)
        });
        let mut import = imported.next();
        let times = timeline.times(graph, places.clone()).zip(timeline.recorded(places.clone()));
        let mut late: Vec<Range<usize>> = Vec::new();
        for (place, (time, recorded)) in places.clone().zip(times) {
            if recorded.saturating_sub(time) <= OFFLINE_MS {
                continue;
            }
            while import.as_ref().is_some_and(|import| import.end <= place) {
                import = imported.next();
            }
            if import.as_ref().is_some_and(|import| import.contains(&place)) {
                continue;
            }
            match late.last_mut() {
                Some(last) if last.end == place => last.end += 1,
                _ => late.push(place..place + 1),
            }
        }
        noted.extend(late.into_iter().map(|places| (places, MarkKind::Offline)));
        let mut by_author: Vec<_> = noted
            .into_iter()
            .flat_map(|(places, kind)| {
                let parts = timeline.authors_of(graph, places);
                parts.map(move |(places, author)| (places, author, kind))
            })
            .collect();
        by_author.sort_by_key(|(places, ..)| places.start);
        by_author.into_iter().for_each(|(places, author, kind)| self.note(places, author, kind));
    }
}
