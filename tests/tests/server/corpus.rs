//! What the fuzzer starts from and what it found, about requests and files that are imported: all of
//! it is answered. About bytes, see the laws of the log.

use std::path::{Path, PathBuf};

use palimpsest_core::codec::encode_ordered;
use palimpsest_core::{Ordered, Revision, Timestamp};
use palimpsest_tests::graphs::{self, Shape};
use palimpsest_tests::{imports, requests, seeds};

fn inputs(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz").join(folder);
    let files = std::fs::read_dir(folder).expect("it is committed");
    let mut paths: Vec<PathBuf> = files.map(|file| file.expect("a file").path()).collect();
    paths.sort();
    paths
}

/// How many inputs were granted, and how many were refused.
fn judged(folder: &str, read: fn(&[u8]) -> bool) -> (usize, usize) {
    let (granted, refused): (Vec<PathBuf>, _) = inputs(folder).into_iter().partition(|path| {
        eprintln!("{}", path.display());
        read(&std::fs::read(path).expect("its bytes"))
    });
    (granted.len(), refused.len())
}

#[test]
fn requests_are_answered() {
    let (granted, refused) = judged("requests", requests::read);
    assert!(granted > 20 && refused > 10, "{granted} {refused}");
}

#[test]
fn files_are_taken_or_refused() {
    let (taken, refused) = judged("imports", imports::read);
    assert!(taken > 8 && refused > 8, "{taken} {refused}");
}

/// Files that can be taken, to start from: `PALIMPSEST_CORPUS=folder` writes them there.
#[test]
fn what_was_exported_is_an_input_of_the_fuzzer() {
    let folder = std::env::var_os("PALIMPSEST_CORPUS").map(PathBuf::from);
    seeds::check(6, |random| {
        let shape = Shape::any(random, 12);
        let place = |(nth, event)| Ordered {
            revision: Revision(nth),
            recorded: Timestamp(1_760_000_000_000 + nth as i64),
            event,
        };
        let log: Vec<Ordered> = (1..).zip(graphs::events(random, shape)).map(place).collect();
        let bytes = encode_ordered(&log);
        let input = [b"log\n", &bytes[..bytes.len() - 4]].concat();
        assert!(imports::read(&input));
        if let Some(folder) = &folder {
            let name = format!("exported-{}-{}", log.len(), input.len());
            std::fs::write(folder.join(name), &input).expect("kept");
        }
    });
}
