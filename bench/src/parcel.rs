//! Recorded histories as bytes, for a page that can read no files. How they get there is not
//! known here.

use serde_json::{Value, json};

use crate::history::{Sequential, sequential};
use crate::stored::Log;

/// What a page measures.
#[derive(Debug)]
pub enum Parcel {
    /// A history by one hand, to be typed.
    Typed(Sequential),
    /// A history by many hands, in the form that ours stores.
    Lived(Log),
    /// Nothing recorded: two branches that are made there.
    Branches,
}

impl Parcel {
    /// Bytes for [`Parcel::unpack`].
    pub fn pack(&self) -> Vec<u8> {
        let value = match self {
            Parcel::Typed(history) => {
                let edits = history.edits.iter();
                let edits = edits.map(|e| json!([e.pos.scalars, e.deleted.scalars, e.inserted]));
                json!({ "edits": edits.collect::<Vec<_>>(), "end": history.end })
            }
            Parcel::Lived(log) => json!({ "log": log.bytes }),
            Parcel::Branches => json!({}),
        };
        value.to_string().into_bytes()
    }

    /// What was packed; `None` for other bytes.
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(bytes).ok()?;
        if let Some(edits) = value["edits"].as_array() {
            let edit = |edit: &'_ Value| {
                let number = |at: usize| edit[at].as_u64().map(|number| number as usize);
                Some((number(0)?, number(1)?, edit[2].as_str()?.to_owned()))
            };
            let edits: Option<Vec<(usize, usize, String)>> = edits.iter().map(edit).collect();
            let edits = edits?;
            let splices = edits.iter().map(|(pos, deleted, text)| (*pos, *deleted, text.as_str()));
            return Some(Parcel::Typed(sequential("", splices, value["end"].as_str()?)));
        }
        let Some(log) = value["log"].as_array() else {
            return value.is_object().then_some(Parcel::Branches);
        };
        let byte = |byte: &Value| byte.as_u64().and_then(|byte| u8::try_from(byte).ok());
        Some(Parcel::Lived(Log { bytes: log.iter().map(byte).collect::<Option<_>>()? }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_out() {
        let history = sequential("start", [(5, 1, "é"), (0, 2, "")].into_iter(), "art");
        let packed = Parcel::Typed(history).pack();
        let Some(Parcel::Typed(history)) = Parcel::unpack(&packed) else { panic!("typed") };
        assert_eq!(history.edits.len(), 3);
        assert_eq!(history.edits[1].inserted, "é");
        assert_eq!(history.end, "art");
        let packed = Parcel::Lived(Log { bytes: vec![0, 255] }).pack();
        let Some(Parcel::Lived(log)) = Parcel::unpack(&packed) else { panic!("lived") };
        assert_eq!(log.bytes, [0, 255]);
        assert!(matches!(Parcel::unpack(&Parcel::Branches.pack()), Some(Parcel::Branches)));
        assert!(Parcel::unpack(b"[").is_none());
    }
}
