//! loro 1.

use loro::{ExportMode, Frontiers, LoroDoc, LoroText, VersionVector};

use super::Engine;
use crate::history::Splice;

/// loro.
#[derive(Debug)]
pub enum Loro {}

/// A document and its text.
#[derive(Debug)]
pub struct Replica {
    doc: LoroDoc,
    text: LoroText,
    sent: VersionVector,
}

fn replica(doc: LoroDoc, agent: u64) -> Replica {
    doc.set_peer_id(agent + 1).expect("nothing is uncommitted");
    let text = doc.get_text("text");
    let sent = doc.oplog_vv();
    Replica { doc, text, sent }
}

impl Engine for Loro {
    const NAME: &'static str = "loro 1.17";
    const KEEPS_AUTHORS_AND_TIMES: bool = false;
    type Replica = Replica;
    type Version = Frontiers;

    fn new(agent: u64) -> Replica {
        replica(LoroDoc::new(), agent)
    }

    fn edit(replica: &mut Replica, splice: &Splice) {
        let (pos, deleted) = (splice.pos.scalars, splice.deleted.scalars);
        if deleted > 0 {
            replica.text.delete(pos, deleted).expect("recorded edits fit");
        }
        if !splice.inserted.is_empty() {
            replica.text.insert(pos, &splice.inserted).expect("recorded edits fit");
        }
    }

    fn commit(replica: &mut Replica) {
        replica.doc.commit();
    }

    fn text(replica: &Replica) -> String {
        replica.text.to_string()
    }

    fn news(replica: &mut Replica) -> Vec<u8> {
        replica.doc.commit();
        let news = replica.doc.export(ExportMode::updates(&replica.sent)).expect("it exports");
        replica.sent = replica.doc.oplog_vv();
        news
    }

    fn receive(replica: &mut Replica, news: &[u8]) {
        replica.doc.import(news).expect("its own bytes");
        replica.sent = replica.doc.oplog_vv();
    }

    fn receive_all(replica: &mut Replica, news: &[&[u8]]) {
        let news: Vec<_> = news.iter().map(|news| news.to_vec()).collect();
        replica.doc.import_batch(&news).expect("its own bytes");
        replica.sent = replica.doc.oplog_vv();
    }

    fn save(replica: &mut Replica) -> Vec<u8> {
        replica.doc.commit();
        replica.doc.export(ExportMode::all_updates()).expect("it exports")
    }

    fn load(bytes: &[u8], agent: u64) -> Replica {
        let doc = LoroDoc::new();
        doc.import(bytes).expect("its own bytes");
        replica(doc, agent)
    }

    fn save_to_open(replica: &mut Replica) -> Option<Vec<u8>> {
        replica.doc.commit();
        Some(replica.doc.export(ExportMode::snapshot()).expect("it exports"))
    }

    fn version(replica: &mut Replica) -> Frontiers {
        replica.doc.commit();
        replica.doc.state_frontiers()
    }

    fn text_at(replica: &mut Replica, version: &Frontiers) -> Option<String> {
        replica.doc.checkout(version).ok()?;
        Some(replica.text.to_string())
    }
}
