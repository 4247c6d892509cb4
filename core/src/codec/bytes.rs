//! Reading and writing bytes: numbers of variable length (LEB128), texts, the magic at the
//! start and the checksum at the end. Of what is written it knows only the ids.

use crate::codec::DecodeError;
use crate::event::{EventId, ReplicaId};

/// Magic, version and name of a form.
#[derive(Clone, Copy)]
pub(super) struct FormId {
    pub(super) magic: &'static [u8; 4],
    /// The newest version, in which it is written.
    pub(super) version: u8,
    pub(super) what: &'static str,
}

/// Bytes being written.
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Starts a form.
    pub(super) fn new(form: FormId) -> Self {
        let mut bytes = form.magic.to_vec();
        bytes.push(form.version);
        Self { bytes }
    }

    /// Bytes without a frame around them, to be put into one.
    pub(super) fn bare() -> Self {
        Self { bytes: Vec::new() }
    }

    pub(super) fn u8(&mut self, value: u8) {
        self.bytes.push(value);
    }

    pub(super) fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    /// A number that may be negative: zigzag, then as any number.
    pub(super) fn signed(&mut self, value: i64) {
        self.number(((value << 1) ^ (value >> 63)) as u64);
    }

    pub(super) fn fixed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn sized(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.fixed(bytes);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.sized(text.as_bytes());
    }

    pub(super) fn replica(&mut self, replica: ReplicaId) {
        self.fixed(&replica.0.to_le_bytes());
    }

    pub(super) fn id(&mut self, id: EventId) {
        self.replica(id.replica);
        self.number(id.counter);
    }

    /// What was written, without a checksum.
    pub(super) fn into_bare(self) -> Vec<u8> {
        self.bytes
    }

    /// Closes the form with its checksum.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let checksum = crc32fast::hash(&self.bytes);
        self.bytes.extend_from_slice(&checksum.to_le_bytes());
        self.bytes
    }
}

/// Bytes being read. Every length is checked against what is left before anything is
/// allocated, so that a few hostile bytes cannot ask for much memory.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    version: u8,
}

impl<'a> Reader<'a> {
    /// Opens a form: magic, version, checksum.
    pub(super) fn open(bytes: &'a [u8], form: FormId) -> Result<Self, DecodeError> {
        let Some(start) = bytes.get(..5) else {
            return Err(DecodeError::Truncated(bytes.len()));
        };
        if start[..4] != form.magic[..] {
            return Err(DecodeError::WrongMagic(form.what));
        }
        let version = start[4];
        if !(1..=form.version).contains(&version) {
            return Err(DecodeError::NewerVersion(version));
        }
        let Some(end) = bytes.len().checked_sub(4).filter(|&end| end >= 5) else {
            return Err(DecodeError::Truncated(bytes.len()));
        };
        let (body, checksum) = bytes.split_at(end);
        if crc32fast::hash(body).to_le_bytes() != checksum {
            return Err(DecodeError::Damaged);
        }
        Ok(Self { bytes: body, at: 5, version })
    }

    /// The version in which the form was written.
    pub(super) fn version(&self) -> u8 {
        self.version
    }

    /// Reads bytes that have no frame of their own.
    pub(super) fn bare(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, version: 0 }
    }

    pub(super) fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(self.fixed::<1>()?[0])
    }

    /// Passes a byte if it is this one.
    pub(super) fn skips(&mut self, byte: u8) -> bool {
        let is_next = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(is_next);
        is_next
    }

    #[inline]
    pub(super) fn number(&mut self) -> Result<u64, DecodeError> {
        // Most have one byte.
        match self.bytes.get(self.at) {
            Some(&byte) if byte < 0x80 => {
                self.at += 1;
                Ok(u64::from(byte))
            }
            _ => self.long_number(),
        }
    }

    fn long_number(&mut self) -> Result<u64, DecodeError> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if shift > 63 || (shift == 63 && bits > 1) {
                return Err(DecodeError::OutOfRange("number"));
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
            shift += 7;
        }
    }

    pub(super) fn signed(&mut self) -> Result<i64, DecodeError> {
        let value = self.number()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// A number with a limit.
    pub(super) fn up_to(&mut self, max: u64, what: &'static str) -> Result<u64, DecodeError> {
        let value = self.number()?;
        if value > max { Err(DecodeError::OutOfRange(what)) } else { Ok(value) }
    }

    /// A count of things that take at least `bytes_each`: never more than can still come.
    pub(super) fn count(
        &mut self,
        bytes_each: usize,
        what: &'static str,
    ) -> Result<usize, DecodeError> {
        let max = (self.left() / bytes_each) as u64;
        Ok(self.up_to(max, what)? as usize)
    }

    /// So many things in a row, in just the memory that they take. `count` was held against what
    /// can still come.
    pub(super) fn list<T>(
        &mut self,
        count: usize,
        mut read: impl FnMut(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<Vec<T>, DecodeError> {
        let mut list = Vec::with_capacity(count);
        for _ in 0..count {
            list.push(read(self)?);
        }
        Ok(list)
    }

    pub(super) fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let bytes = self.take(N)?;
        Ok(bytes.try_into().expect("as many were taken"))
    }

    pub(super) fn sized(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = self.number()?;
        self.take(usize::try_from(len).unwrap_or(usize::MAX))
    }

    pub(super) fn text(&mut self) -> Result<String, DecodeError> {
        let bytes = self.sized()?;
        String::from_utf8(bytes.to_vec()).map_err(|_| DecodeError::NotUtf8)
    }

    pub(super) fn replica(&mut self) -> Result<ReplicaId, DecodeError> {
        Ok(ReplicaId(u64::from_le_bytes(self.fixed()?)))
    }

    pub(super) fn id(&mut self) -> Result<EventId, DecodeError> {
        Ok(EventId { replica: self.replica()?, counter: self.number()? })
    }

    /// All that is left.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        self.at = self.bytes.len();
        rest
    }

    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        if len > self.left() {
            return Err(DecodeError::Truncated(self.at));
        }
        let bytes = &self.bytes[self.at..self.at + len];
        self.at += len;
        Ok(bytes)
    }

    /// Whether nothing is left.
    pub(super) fn is_at_end(&self) -> bool {
        self.left() == 0
    }

    fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    /// Makes sure that nothing is left over.
    pub(super) fn finish(self) -> Result<(), DecodeError> {
        match self.left() {
            0 => Ok(()),
            left => Err(DecodeError::TrailingBytes(left)),
        }
    }
}
