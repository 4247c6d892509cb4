//! automerge.

use ::automerge::transaction::Transactable;
use ::automerge::{ActorId, AutoCommit, ChangeHash, ObjId, ObjType, ROOT, ReadDoc, TextEncoding};

use super::Engine;
use crate::history::Splice;

/// automerge.
#[derive(Debug)]
pub enum Automerge {}

/// A document and its text.
#[derive(Debug)]
pub struct Replica {
    doc: AutoCommit,
    text: ObjId,
    sent: Vec<ChangeHash>,
}

fn replica(mut doc: AutoCommit, agent: u64) -> Replica {
    doc.set_actor(ActorId::from((agent + 1).to_be_bytes().to_vec()));
    let (_, text) = doc.get(ROOT, "text").expect("a document").expect("it has a text");
    let sent = doc.get_heads();
    Replica { doc, text, sent }
}

/// The document that all replicas start from: one text in it.
fn base() -> AutoCommit {
    let mut doc = AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint);
    doc.set_actor(ActorId::from(vec![0]));
    doc.put_object(ROOT, "text", ObjType::Text).expect("an empty document");
    doc.commit();
    doc
}

impl Engine for Automerge {
    const NAME: &'static str = "automerge 0.12";
    const KEEPS_AUTHORS_AND_TIMES: bool = true;
    type Replica = Replica;
    type Version = Vec<ChangeHash>;

    fn new(agent: u64) -> Replica {
        replica(base(), agent)
    }

    fn edit(replica: &mut Replica, splice: &Splice) {
        let (pos, deleted) = (splice.pos.scalars, splice.deleted.scalars as isize);
        let done = replica.doc.splice_text(&replica.text, pos, deleted, &splice.inserted);
        done.expect("recorded edits fit");
    }

    fn commit(replica: &mut Replica) {
        replica.doc.commit();
    }

    fn text(replica: &Replica) -> String {
        replica.doc.text(&replica.text).expect("it has a text")
    }

    fn news(replica: &mut Replica) -> Vec<u8> {
        let news = replica.doc.save_after(&replica.sent);
        replica.sent = replica.doc.get_heads();
        news
    }

    fn receive(replica: &mut Replica, news: &[u8]) {
        replica.doc.load_incremental(news).expect("its own bytes");
        replica.sent = replica.doc.get_heads();
    }

    fn receive_all(replica: &mut Replica, news: &[&[u8]]) {
        Self::receive(replica, &news.concat());
    }

    fn save(replica: &mut Replica) -> Vec<u8> {
        replica.doc.save()
    }

    fn load(bytes: &[u8], agent: u64) -> Replica {
        // Positions are counted as they were when the document was made.
        let mut doc = AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint);
        doc.load_incremental(bytes).expect("its own bytes");
        replica(doc, agent)
    }

    fn version(replica: &mut Replica) -> Vec<ChangeHash> {
        replica.doc.get_heads()
    }

    fn text_at(replica: &mut Replica, version: &Vec<ChangeHash>) -> Option<String> {
        replica.doc.text_at(&replica.text, version).ok()
    }
}
