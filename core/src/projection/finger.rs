//! A finger: the chunk of a row of chunks in which one was last. What is looked for is mostly
//! there or near, and is found without passing all chunks before.

/// A chunk, and the position at which it starts. The chunk after the last is one, too.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Finger {
    pub(super) at: usize,
    pub(super) start: usize,
}

impl Finger {
    /// The chunk that a position lies in: back to one that starts before it, then on for as long
    /// as the position is `beyond` a chunk, judged by how far it is from the chunk's start and
    /// the chunk's length.
    pub(super) fn moved(
        self,
        pos: usize,
        len_of: impl Fn(usize) -> Option<usize>,
        beyond: impl Fn(usize, usize) -> bool,
    ) -> Self {
        let Self { mut at, mut start } = self;
        while at > 0 && start >= pos {
            at -= 1;
            start -= len_of(at).expect("there is a chunk before");
        }
        while let Some(len) = len_of(at).filter(|&len| beyond(pos - start, len)) {
            start += len;
            at += 1;
        }
        Self { at, start }
    }
}
