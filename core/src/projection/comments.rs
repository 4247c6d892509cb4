//! Comments: the threads of a document with the passages that they are about, at the end of a
//! timeline or at any revision. What may be said by whom is not decided here.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::event::{AuthorId, EventId, Payload, Revision, Timestamp};
use crate::graph::Graph;
use crate::projection::discussion::Discussion;
use crate::projection::passage::{Followed, Passage, follow};
use crate::projection::read_model::{News, ReadModel};
use crate::projection::timeline::Timeline;

/// What was said about a document, and about which passages.
///
/// Costs some nanoseconds for each passage at each deed; a new comment costs as much as
/// happened since its passage was written.
///
/// # Laws
/// - Replicas with the same events in the same order have equal threads, however the events
///   arrived.
/// - A passage is where a replay, character by character, leaves the characters that its
///   anchors name.
/// - [`ReadModel::at`] shows the threads as they stood then.
#[derive(Clone, Default, Debug)]
pub struct Comments {
    now: State,
    /// What it was after so many events, now and then, so that the past is not read from the
    /// first event on. Shared, since whoever follows a timeline keeps two.
    frames: Vec<(usize, Arc<State>)>,
}

/// Between two frames lie so many events. Few where assertions are on, so that the small
/// histories of the tests have frames too.
const FRAME_EVENTS: usize = if cfg!(debug_assertions) { 4 } else { 16_384 };

/// What was said at one revision.
#[derive(Clone, Default, Debug)]
struct State {
    discussion: Discussion,
    /// Comments and replies in their order, and when each was made.
    said: Vec<(EventId, Revision)>,
    /// The threads whose passage is known.
    about: Vec<EventId>,
    passages: Vec<Followed>,
}

/// A comment and the replies to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Thread {
    /// The comment that began it.
    pub id: EventId,
    /// When it was begun.
    pub revision: Revision,
    /// The passage that it is about; `None` if its anchors name no character.
    pub passage: Option<Passage>,
    /// What was said, in the order of the timeline.
    pub comments: Vec<Comment>,
    /// The event that settled it; `None` while it is open.
    pub resolved: Option<EventId>,
}

/// A comment or a reply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comment {
    /// The event that made it.
    pub id: EventId,
    /// When that was.
    pub revision: Revision,
    /// Who made it.
    pub author: AuthorId,
    /// When, by the author's clock.
    pub time: Timestamp,
    /// What it says; `None` if its author withdrew it.
    pub text: Option<String>,
    /// When its author last changed what it says, by the author's clock.
    pub edited: Option<Timestamp>,
}

impl Comments {
    /// The comments as they stood at a revision of the timeline that these are of. As
    /// [`ReadModel::at`], but from the nearest frame on.
    pub fn then(&self, timeline: &Timeline, graph: &Graph, revision: Revision) -> Self {
        let places = revision.min(timeline.last()).0 as usize;
        let kept = self.frames.partition_point(|(frame, _)| *frame <= places);
        let frames = self.frames[..kept].to_vec();
        let last = frames.last().map(|(frame, said)| (*frame, State::clone(said)));
        let (frame, mut now) = last.unwrap_or_default();
        now.extend(&News { timeline, graph, places: frame..places });
        Self { now, frames }
    }

    /// The threads, in the order of their passages; those of which nothing is left stand where
    /// they stood, those without a passage at the end. Threads of which every word was
    /// withdrawn are not among them.
    pub fn threads(&self, graph: &Graph) -> Vec<Thread> {
        self.now.threads(graph)
    }
}

impl State {
    fn threads(&self, graph: &Graph) -> Vec<Thread> {
        let mut threads: BTreeMap<EventId, Thread> = BTreeMap::new();
        for &(id, revision) in &self.said {
            // A reply of somebody who did not know the thread is no reply.
            let Some(said) = self.discussion.get(id) else { continue };
            let time = |id| graph.lv_of(id).map(|lv| graph.time(lv)).unwrap_or_default();
            let text = said.text();
            let comment = Comment {
                id,
                revision,
                author: said.author,
                time: time(id),
                text: text.map(|(_, text)| text.to_owned()),
                edited: text.filter(|&(by, _)| by != id).map(|(by, _)| time(by)),
            };
            if said.thread == id {
                let resolved = said.resolved();
                let thread = Thread { id, revision, passage: None, comments: vec![], resolved };
                threads.insert(id, thread);
            }
            if let Some(thread) = threads.get_mut(&said.thread) {
                thread.comments.push(comment);
            }
        }
        for (id, followed) in self.about.iter().zip(&self.passages) {
            if let Some(thread) = threads.get_mut(id) {
                thread.passage = followed.passage();
            }
        }
        let said = |thread: &Thread| thread.comments.iter().any(|comment| comment.text.is_some());
        let mut threads: Vec<Thread> = threads.into_values().filter(said).collect();
        threads.sort_by_key(|thread| {
            let pos = match &thread.passage {
                Some(Passage::Here(range)) => range.start,
                Some(Passage::Gone { pos, .. }) => *pos,
                None => usize::MAX,
            };
            (pos, thread.revision)
        });
        threads
    }

    fn extend(&mut self, news: &News<'_>) {
        let known = self.passages.len();
        for (revision, lv, fact) in news.facts() {
            self.discussion.apply(news.graph, lv, fact);
            let id = news.graph.id_of(lv);
            match fact {
                Payload::CommentAdded { start, end, .. } => {
                    self.said.push((id, revision));
                    let ends = [start, end];
                    if let Some(passage) = Followed::new(news.timeline, news.graph, lv, ends) {
                        self.about.push(id);
                        self.passages.push(passage);
                    }
                }
                Payload::CommentReplied { .. } => self.said.push((id, revision)),
                Payload::DocumentCreated { .. }
                | Payload::TextEdited { .. }
                | Payload::TitleChanged { .. }
                | Payload::FolderChanged { .. }
                | Payload::VersionNamed { .. }
                | Payload::DocumentArchived
                | Payload::DocumentRestored
                | Payload::CommentEdited { .. }
                | Payload::CommentResolved { .. }
                | Payload::CommentReopened { .. }
                | Payload::CommentDeleted { .. }
                | Payload::Unknown { .. } => {}
            }
        }
        let start = news.places.start;
        let (old, new) = self.passages.split_at_mut(known);
        let first = new.iter().map(|passage| passage.from().0 as usize - 1).min();
        let first = first.unwrap_or(start);
        follow(news.timeline, news.graph, new, news.timeline.deeds(first.min(start)..start));
        let first = if old.is_empty() { first.max(start) } else { start };
        let deeds = news.timeline.deeds(first..news.places.end);
        follow(news.timeline, news.graph, &mut self.passages, deeds);
    }
}

impl ReadModel for Comments {
    fn extend(&mut self, news: &News<'_>) {
        let mut start = news.places.start;
        while start < news.places.end {
            let frame = (start / FRAME_EVENTS + 1) * FRAME_EVENTS;
            let places = start..frame.min(news.places.end);
            start = places.end;
            self.now.extend(&News { places, ..news.clone() });
            if start == frame && !self.now.said.is_empty() {
                self.frames.push((frame, Arc::new(self.now.clone())));
            }
        }
    }
}
