//! A writer of zip files in their plainest form: every file whole and not compressed, its name
//! in UTF-8. Reading them is not done here.

/// The form allows this without its extensions for large files, and half of the second is all
/// that a browser hands out at once.
const FILES_MAX: usize = u16::MAX as usize;
const BYTES_MAX: usize = i32::MAX as usize;

/// "Made by version 2.0, names in UTF-8, stored."
const VERSION: u16 = 20;
const NAMES_ARE_UTF8: u16 = 1 << 11;
const STORED: u16 = 0;

/// Files with the moment that each is of, in years to seconds of local time.
pub(super) struct Zip {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    files: usize,
}

/// A moment as the form has it.
pub(super) struct Moment {
    pub(super) year: u32,
    pub(super) month: u32,
    pub(super) day: u32,
    pub(super) hour: u32,
    pub(super) minute: u32,
    pub(super) second: u32,
}

impl Moment {
    fn packed(&self) -> [u16; 2] {
        let date = (self.year.clamp(1980, 2107) - 1980) << 9 | self.month << 5 | self.day;
        let time = self.hour << 11 | self.minute << 5 | (self.second / 2);
        [time as u16, date as u16]
    }
}

impl Zip {
    /// An empty one.
    pub(super) fn new() -> Self {
        Self { bytes: Vec::new(), directory: Vec::new(), files: 0 }
    }

    /// Adds a file; `false` if there is no room for it any more.
    pub(super) fn add(&mut self, name: &str, moment: &Moment, content: &[u8]) -> bool {
        let grown = self.bytes.len() + self.directory.len() + 2 * name.len() + content.len() + 256;
        if self.files == FILES_MAX || grown > BYTES_MAX || name.len() > usize::from(u16::MAX) {
            return false;
        }
        let start = self.bytes.len() as u32;
        let mut entry = Vec::new();
        for part in [VERSION, NAMES_ARE_UTF8, STORED].into_iter().chain(moment.packed()) {
            entry.extend(part.to_le_bytes());
        }
        let (sum, len) = (checksum(content), content.len() as u32);
        for part in [sum, len, len] {
            entry.extend(part.to_le_bytes());
        }
        entry.extend((name.len() as u16).to_le_bytes());
        entry.extend(0_u16.to_le_bytes());

        self.bytes.extend(b"PK\x03\x04");
        self.bytes.extend(&entry);
        self.bytes.extend(name.as_bytes());
        self.bytes.extend(content);

        self.directory.extend(b"PK\x01\x02");
        self.directory.extend(VERSION.to_le_bytes());
        self.directory.extend(&entry);
        // No comment, the first disk, no attributes.
        self.directory.extend([0; 10]);
        self.directory.extend(start.to_le_bytes());
        self.directory.extend(name.as_bytes());
        self.files += 1;
        true
    }

    /// The whole file.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let (start, len) = (self.bytes.len() as u32, self.directory.len() as u32);
        let files = (self.files as u16).to_le_bytes();
        self.bytes.append(&mut self.directory);
        self.bytes.extend(b"PK\x05\x06\0\0\0\0");
        self.bytes.extend(files);
        self.bytes.extend(files);
        self.bytes.extend(len.to_le_bytes());
        self.bytes.extend(start.to_le_bytes());
        self.bytes.extend([0; 2]);
        self.bytes
    }
}

/// CRC-32 as zip files have it.
fn checksum(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    let next = |sum: u32, byte: &u8| TABLE[usize::from(sum as u8 ^ byte)] ^ (sum >> 8);
    !bytes.iter().fold(u32::MAX, next)
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let mut sum = at as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 };
            bit += 1;
        }
        table[at] = sum;
        at += 1;
    }
    table
}
