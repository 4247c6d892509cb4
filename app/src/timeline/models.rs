//! What the time machine reads off a timeline again and again: the read models that keep up
//! with it. What they say is the core's knowledge.

use palimpsest_core::{Authorship, Comments, Follower, Graph, Marks, Sittings, Timeline};

/// The read models of one document.
#[derive(Clone, Default, Debug)]
pub(crate) struct Models {
    sittings: Follower<Sittings>,
    marks: Follower<Marks>,
    comments: Follower<Comments>,
    authorship: Follower<Authorship>,
}

impl Models {
    /// The stretches in which people worked.
    pub(crate) fn sittings(&mut self, timeline: &Timeline, graph: &Graph) -> &Sittings {
        self.sittings.read(timeline, graph)
    }

    /// The revisions that are not plain typing.
    pub(crate) fn marks(&mut self, timeline: &Timeline, graph: &Graph) -> &Marks {
        self.marks.read(timeline, graph)
    }

    /// What was said.
    pub(crate) fn comments(&mut self, timeline: &Timeline, graph: &Graph) -> &Comments {
        self.comments.read(timeline, graph)
    }

    /// Who wrote what of the present text.
    pub(crate) fn authorship(&mut self, timeline: &Timeline, graph: &Graph) -> &Authorship {
        self.authorship.read(timeline, graph)
    }
}
