//! Reading and writing bytes: numbers of variable length (LEB128), texts, the magic at the
//! start and the checksum at the end. Nothing here knows what is written.

use crate::codec::DecodeError;

/// The version of every form so far.
pub(super) const VERSION: u8 = 1;

/// Bytes being written.
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Starts a form.
    pub(super) fn new(magic: &[u8; 4]) -> Self {
        let mut bytes = magic.to_vec();
        bytes.push(VERSION);
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
}

impl<'a> Reader<'a> {
    /// Opens a form: magic, version, checksum.
    pub(super) fn open(
        bytes: &'a [u8],
        magic: &[u8; 4],
        what: &'static str,
    ) -> Result<Self, DecodeError> {
        let Some(start) = bytes.get(..5) else {
            return Err(DecodeError::Truncated(bytes.len()));
        };
        if start[..4] != magic[..] {
            return Err(DecodeError::WrongMagic(what));
        }
        if start[4] != VERSION {
            return Err(DecodeError::NewerVersion(start[4]));
        }
        let Some(end) = bytes.len().checked_sub(4).filter(|&end| end >= 5) else {
            return Err(DecodeError::Truncated(bytes.len()));
        };
        let (body, checksum) = bytes.split_at(end);
        if crc32fast::hash(body).to_le_bytes() != checksum {
            return Err(DecodeError::Damaged);
        }
        Ok(Self { bytes: body, at: 5 })
    }

    /// Reads bytes that have no frame of their own.
    pub(super) fn bare(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(self.fixed::<1>()?[0])
    }

    pub(super) fn number(&mut self) -> Result<u64, DecodeError> {
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

    /// All that is left.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        self.at = self.bytes.len();
        rest
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        if len > self.left() {
            return Err(DecodeError::Truncated(self.at));
        }
        let bytes = &self.bytes[self.at..self.at + len];
        self.at += len;
        Ok(bytes)
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
