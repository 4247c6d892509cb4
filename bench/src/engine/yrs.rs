//! yrs, the Rust port of Yjs.

use yrs::updates::decoder::Decode;
use yrs::updates::encoder::{Encoder, EncoderV1};
use yrs::{
    ClientID, Doc, GetString, OffsetKind, Options, ReadTxn, Snapshot, StateVector, Text, TextRef,
};
use yrs::{Transact, Update};

use super::Engine;
use crate::history::Splice;

/// yrs.
#[derive(Debug)]
pub enum Yrs {}

/// A document and its text.
#[derive(Debug)]
pub struct Replica {
    doc: Doc,
    text: TextRef,
    sent: StateVector,
}

fn document(agent: u64) -> Doc {
    // Deleted text has to stay for its history to be the whole one.
    let options = Options {
        client_id: ClientID::new(agent + 1),
        offset_kind: OffsetKind::Utf16,
        skip_gc: true,
        ..Options::default()
    };
    Doc::with_options(options)
}

fn replica_of(doc: Doc) -> Replica {
    let text = doc.get_or_insert_text("text");
    let sent = doc.transact().state_vector();
    Replica { doc, text, sent }
}

impl Engine for Yrs {
    const NAME: &'static str = "yrs 0.28";
    const KEEPS_AUTHORS_AND_TIMES: bool = false;
    type Replica = Replica;
    type Version = Snapshot;

    fn new(agent: u64) -> Replica {
        replica_of(document(agent))
    }

    fn edit(replica: &mut Replica, splice: &Splice) {
        let mut transaction = replica.doc.transact_mut();
        let (pos, deleted) = (splice.pos.utf16 as u32, splice.deleted.utf16 as u32);
        if deleted > 0 {
            replica.text.remove_range(&mut transaction, pos, deleted);
        }
        if !splice.inserted.is_empty() {
            replica.text.insert(&mut transaction, pos, &splice.inserted);
        }
    }

    fn text(replica: &Replica) -> String {
        replica.text.get_string(&replica.doc.transact())
    }

    fn news(replica: &mut Replica) -> Vec<u8> {
        let transaction = replica.doc.transact();
        let news = transaction.encode_diff_v1(&replica.sent);
        replica.sent = transaction.state_vector();
        news
    }

    fn receive(replica: &mut Replica, news: &[u8]) {
        let update = Update::decode_v1(news).expect("its own bytes");
        let mut transaction = replica.doc.transact_mut();
        transaction.apply_update(update).expect("its own bytes");
        replica.sent = transaction.state_vector();
    }

    fn save(replica: &mut Replica) -> Vec<u8> {
        replica.doc.transact().encode_state_as_update_v1(&StateVector::default())
    }

    fn load(bytes: &[u8], agent: u64) -> Replica {
        let doc = document(agent);
        let update = Update::decode_v1(bytes).expect("its own bytes");
        doc.transact_mut().apply_update(update).expect("its own bytes");
        replica_of(doc)
    }

    fn version(replica: &mut Replica) -> Snapshot {
        replica.doc.transact().snapshot()
    }

    fn text_at(replica: &mut Replica, version: &Snapshot) -> Option<String> {
        let mut encoder = EncoderV1::new();
        let transaction = replica.doc.transact();
        transaction.encode_state_from_snapshot(version, &mut encoder).ok()?;
        let update = Update::decode_v1(&encoder.to_vec()).ok()?;
        let then = replica_of(document(0));
        then.doc.transact_mut().apply_update(update).ok()?;
        Some(Yrs::text(&then))
    }
}
