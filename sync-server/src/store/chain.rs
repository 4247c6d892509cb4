//! The hash chain of a log: what makes it evident that an event was altered, dropped or moved.
//! Where the hashes are kept, and what a mismatch means to somebody, is known elsewhere.

use std::fmt;
use std::sync::LazyLock;

use palimpsest_core::{DocumentId, Revision, Timestamp};

/// Keeps these hashes apart from those of any other use of BLAKE3, and of any other form.
static KEY: LazyLock<[u8; 32]> =
    LazyLock::new(|| blake3::derive_key("palimpsest 2026-11-29 log chain 1", b""));

/// What a log comes to: the hash of everything up to one of its revisions.
///
/// Whoever kept it elsewhere can tell later that nothing up to there has changed, whatever
/// became of the machine; inside of the database it tells where something has.
///
/// # Laws
/// - Two logs come to the same only if they are of one document and have the same events, in
///   the same order, recorded at the same times (BLAKE3, 256 bits).
/// - It needs no payload but its [`Commitment`], so that one can be erased and the rest of the
///   log be proven still.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chain([u8; 32]);

/// The hash of a payload, which stands for it in the chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Commitment([u8; 32]);

impl Commitment {
    /// The commitment to a payload, given as it is stored.
    pub fn to(payload: &[u8]) -> Self {
        Self(*blake3::hash(payload).as_bytes())
    }

    /// The commitment as a store keeps it beside a payload that was erased.
    pub(super) fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// The other direction; `None` if that is no hash.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl Chain {
    /// What a document's log comes to before its first revision.
    pub fn start(document: DocumentId) -> Self {
        Self(*blake3::keyed_hash(&KEY, &document.0).as_bytes())
    }

    /// What it comes to with one more event, given by its header as it is stored.
    #[must_use]
    pub fn link(
        self,
        revision: Revision,
        recorded: Timestamp,
        header: &[u8],
        payload: Commitment,
    ) -> Self {
        let (revision, recorded) = (revision.0.to_le_bytes(), recorded.0.to_le_bytes());
        // The one part of unknown length stands last, so that no two inputs are alike.
        let all = [&self.0[..], &revision, &recorded, &payload.0, header].concat();
        Self(*blake3::keyed_hash(&KEY, &all).as_bytes())
    }

    /// The hash as a store keeps it.
    pub(crate) fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// The other direction; `None` if that is no hash.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// As 64 hexadecimal digits.
impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts() {
        let start = Chain::start(DocumentId([1; 16]));
        let link = |revision, recorded, header: &[u8], payload: &[u8]| {
            start.link(Revision(revision), Timestamp(recorded), header, Commitment::to(payload))
        };
        let all = [
            start,
            Chain::start(DocumentId([2; 16])),
            link(1, 5, b"header", b"payload"),
            link(2, 5, b"header", b"payload"),
            link(1, 6, b"header", b"payload"),
            link(1, 5, b"headers", b"payload"),
            link(1, 5, b"header", b"payloads"),
            link(1, 5, b"header", b"payload").link(
                Revision(2),
                Timestamp(5),
                b"header",
                Commitment::to(b"payload"),
            ),
        ];
        for (nth, one) in all.iter().enumerate() {
            assert!(!all[nth + 1..].contains(one), "{nth}");
            assert_eq!(Chain::from_bytes(&one.to_bytes()), Some(*one));
            assert_eq!(one.to_string().len(), 64);
        }
        assert_eq!(Chain::from_bytes(&[0; 31]), None);
    }

    #[test]
    fn the_form_does_not_change() {
        let chain = Chain::start(DocumentId([7; 16])).link(
            Revision(1),
            Timestamp(1_700_000_000_000),
            b"header",
            Commitment::to(b"payload"),
        );
        // A stored log must come to the same for ever.
        assert_eq!(
            chain.to_string(),
            "4c66037fc794b08524acd9683ab722ec3487654bfed2e05e7dab30a162064e3f"
        );
    }
}
