//! What an engine can be asked to do. Each engine is one file; what is measured is asked of
//! all of them in the same words.

#[cfg(feature = "peers")]
pub mod automerge;
#[cfg(feature = "peers")]
pub mod diamond;
#[cfg(feature = "peers")]
pub mod loro;
pub mod palimpsest;
#[cfg(feature = "peers")]
pub mod ropes;
#[cfg(feature = "peers")]
pub mod yrs;

use crate::history::{Concurrent, Splice};

/// An engine of collaborative text.
pub trait Engine {
    /// What it is called in tables, with its version.
    const NAME: &'static str;
    /// Whether the stored form says who made what and when.
    const KEEPS_AUTHORS_AND_TIMES: bool;
    /// Whether each edit, committed, is kept apart with its own time, so that a history by
    /// keystrokes is stored by keystrokes.
    const KEYSTROKES: bool = false;
    /// One copy of a document, ready to be edited.
    type Replica;
    /// A version of a document, to come back to.
    type Version;

    /// An empty document, written by an agent.
    fn new(agent: u64) -> Self::Replica;
    /// An edit of the present text.
    fn edit(replica: &mut Self::Replica, splice: &Splice);
    /// Ends what was typed so far, where an engine groups edits.
    fn commit(_replica: &mut Self::Replica) {}
    /// The text now.
    fn text(replica: &Self::Replica) -> String;

    /// A replica with a whole history, where an engine can be told each edit with the version
    /// that it was made on; `None` where somebody has to live it.
    fn recorded(_history: &Concurrent) -> Option<Self::Replica> {
        None
    }

    /// What happened since this was last asked, in bytes for others.
    fn news(replica: &mut Self::Replica) -> Vec<u8>;
    /// Takes in what others said. What it did to the text is done when this returns.
    fn receive(replica: &mut Self::Replica, news: &[u8]);

    /// Takes in what was said one after the other.
    fn receive_all(replica: &mut Self::Replica, news: &[&[u8]]) {
        news.iter().for_each(|news| Self::receive(replica, news));
    }

    /// The whole history in the smallest form that it has.
    fn save(replica: &mut Self::Replica) -> Vec<u8>;
    /// A document from [`Engine::save`], its text there to be read and edited, by an agent.
    fn load(bytes: &[u8], agent: u64) -> Self::Replica;
    /// The whole history with whatever makes it open fast; `None` if that is the same.
    fn save_to_open(_replica: &mut Self::Replica) -> Option<Vec<u8>> {
        None
    }
    /// A document from [`Engine::save_to_open`].
    fn open(bytes: &[u8], agent: u64) -> Self::Replica {
        Self::load(bytes, agent)
    }

    /// The version now.
    fn version(replica: &mut Self::Replica) -> Self::Version;
    /// Gets a replica ready for many calls of [`Engine::text_at`]; not measured.
    fn prepare_to_seek(_replica: &mut Self::Replica) {}
    /// The text at a version; `None` if the engine fails at it.
    fn text_at(replica: &mut Self::Replica, version: &Self::Version) -> Option<String>;
}
