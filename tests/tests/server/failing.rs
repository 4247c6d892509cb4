//! The real server on a disk that fails while it serves: one that no longer syncs, and one that the
//! system has made read-only. Nobody is told that anything is there which is not, reading goes on,
//! and so does writing, in the same process, once the disk does. Disks that are full, or fail from
//! the start, are in `disk`.
//!
//! The faults are made by a few C functions in front of the C library's, see `faults.c`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::binary::{Serving, path, stdout};
use crate::disk::{push, read};
use crate::http::{get, post};

/// What a disk does from now on.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("faults.c"), include_str!("faults.c")).unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o", "faults.so", "faults.c", "-ldl"])
            .current_dir(folder.path())
            .status();
        assert!(built.expect("what builds SQLite builds this").success());
        Self { folder }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A server on this disk.
    fn serve(&self) -> Serving {
        let mut command = Command::new(path());
        command.env("PALIMPSEST_AUTH", "none");
        command.env("LD_PRELOAD", self.folder.path().join("faults.so"));
        command.env("FAULTS", self.folder.path()).env("FAULTY_DISK", self.data());
        Serving::start_by(&self.data(), command).unwrap().0
    }

    fn fault(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Has a server meet a fault and lose it again, three times; `acked` events are there before.
async fn meet(fault: &Path, server: &mut Serving, mut acked: u64) -> u64 {
    for round in 0..3 {
        fs::write(fault, "").unwrap();
        for attempt in 0..3 {
            let told = push(server, 1, acked, 1).await;
            let reason = told.refusal.expect("nothing can be kept");
            assert_eq!(told.acked, acked, "{round} {attempt}: it was acked: {reason}");
            assert!(reason.contains("the store can"), "{round} {attempt}: {reason}");
            assert!(server.is_alive(), "{round} {attempt}: the process is gone");
            // What was acked is read, and nothing else.
            assert_eq!(read(server, acked).await, acked, "{round} {attempt}");
        }
        let answer = post(server.address, "/api/v1/documents", r#"{"title": "T"}"#).await;
        assert_eq!(answer.status, 503, "{}", answer.text());
        assert!(!answer.problem().is_empty());
        // Readiness is looked at once in a second.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        assert_eq!(get(server.address, "/readyz").await.status, 503);
        assert_eq!(get(server.address, "/healthz").await.status, 200);
        fs::remove_file(fault).unwrap();
        let told = push(server, 1, acked, 4).await;
        assert_eq!((told.acked, told.refusal), (acked + 4, None), "{round}: it does not go on");
        acked = told.acked;
        assert_eq!(read(server, acked).await, acked);
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        assert_eq!(get(server.address, "/readyz").await.status, 200);
    }
    acked
}

async fn survives(fault: &str) {
    let disk = Disk::new();
    let mut server = disk.serve();
    let told = push(&server, 1, 0, 5).await;
    assert_eq!((told.acked, told.refusal), (5, None));
    let acked = meet(&disk.fault(fault), &mut server, 5).await;
    // It ends in the midst of it: what was acked is there, and perhaps what could not be told.
    fs::write(disk.fault(fault), "").unwrap();
    assert!(push(&server, 1, acked, 1).await.refusal.is_some());
    server.kill();
    fs::remove_file(disk.fault(fault)).unwrap();
    let server = disk.serve();
    let there = read(&server, acked).await;
    assert!((acked..=acked + 1).contains(&there), "{acked} were acked, {there} are there");
    let told = push(&server, 1, acked, 3).await;
    assert_eq!((told.acked, told.refusal), (acked + 3, None));
    server.kill();
    let whole = stdout(&disk.data(), &["verify"]);
    assert!(whole.starts_with(&format!("whole: 1 documents, {} events", acked + 3)), "{whole}");
}

#[tokio::test]
async fn a_disk_that_does_not_sync_is_never_taken_for_one_that_did() {
    survives("sync").await;
}

#[tokio::test]
async fn a_disk_that_turns_read_only_is_read_and_written_again_when_it_can_be() {
    survives("read-only").await;
}
