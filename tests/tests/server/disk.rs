//! The real server on disks that refuse: one that fails at every place of a write, one that is
//! full, one that is read-only. Nobody is told what is not there, what is there can be read, the
//! process lives, and it goes on when the disk does. Disks that begin to fail later are in `failing`,
//! damaged files in `damage`.
//!
//! The kernel makes the faults. A limit on the size of files is one that `write` meets as an
//! error (`EFBIG`), which for SQLite is a disk that fails; a small file system of its own is one
//! that is full. Where there may be no such file system, its tests say so and are skipped.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use palimpsest_core::{Message, Revision};

use crate::binary::{Serving, path, stdout};
use crate::http::get;
use crate::peer::Peer;
use crate::write::{created, document, id, insert};

/// A program that a server is started by, which becomes the server.
fn by_shell(script: &str, server: &Path) -> Command {
    let mut command = Command::new("sh");
    command.env("PALIMPSEST_AUTH", "none");
    command.args(["-c", &format!("{script}; exec \"$0\" \"$@\"")]).arg(server);
    command
}

/// What a writer was told until it was refused.
pub(crate) struct Told {
    pub(crate) acked: u64,
    pub(crate) refusal: Option<String>,
}

/// Pushes batches as replica `replica`, from its `first` event on, until one is refused or `most`
/// are acked.
pub(crate) async fn push(server: &Serving, replica: u64, first: u64, most: u64) -> Told {
    let (mut peer, _) = Peer::join(server.address, document(1), replica, 0).await;
    let mut acked = first;
    while acked < first + most {
        // Texts of several pages, so that one append is many writes.
        let event = match acked {
            0 if replica == 1 => created(1, "T"),
            _ if replica == 1 => insert(1, acked, &[id(1, acked - 1)], &"x".repeat(7_000)),
            _ => insert(replica, acked, &[id(1, 0)], "more"),
        };
        peer.push(document(1), vec![event]).await;
        loop {
            match peer.next_or_close().await {
                Ok(Message::Ack { acks, .. }) => {
                    acked = acked.max(acks.last().map_or(0, |ack| ack.id.counter) + 1);
                    break;
                }
                Ok(Message::Refused { reason, .. }) => {
                    return Told { acked, refusal: Some(reason) };
                }
                Ok(_) => {}
                Err(close) => {
                    let reason = close.map(|close| close.reason.to_string());
                    return Told { acked, refusal: Some(reason.unwrap_or_default()) };
                }
            }
        }
    }
    Told { acked, refusal: None }
}

/// The whole log as somebody who comes now is told it: all events of replica 1, one after the
/// other, and none twice.
pub(crate) async fn read(server: &Serving, expected: u64) -> u64 {
    let (mut reader, head) = Peer::join(server.address, document(1), 200, 0).await;
    if head == Revision(0) {
        return 0;
    }
    let log = reader.events_until(head.0).await;
    let own = log.iter().filter(|o| o.event.header.id.replica.0 == 1);
    let counters: Vec<u64> = own.map(|o| o.event.header.id.counter).collect();
    assert!(counters.iter().copied().eq(0..counters.len() as u64), "{counters:?}");
    assert!(
        counters.len() as u64 >= expected,
        "{expected} were acked, {} are there",
        counters.len()
    );
    counters.len() as u64
}

#[tokio::test]
async fn a_disk_that_fails_at_any_write_loses_nothing_and_stops_nobody() {
    const BATCHES: u64 = 12;
    let (mut refusals, mut starts, mut limit) = (0, 0, 1_u64);
    loop {
        let folder = tempfile::tempdir().unwrap();
        // In units of 512 bytes, as POSIX has it. What a signal would do to the process, an
        // ignored one does not: the write fails instead.
        let script = format!("trap '' XFSZ; ulimit -S -f {limit}");
        let Ok((mut server, _)) = Serving::start_by(folder.path(), by_shell(&script, path()))
        else {
            // Too little for an empty database: it says so and ends.
            starts += 1;
            limit += 3;
            continue;
        };
        let told = push(&server, 1, 0, BATCHES).await;
        let Some(reason) = &told.refusal else { break };
        refusals += 1;
        assert!(reason.contains("the store can") || reason.contains("disk"), "{limit}: {reason}");
        assert!(server.is_alive(), "{limit}: the process is gone");
        let there = read(&server, told.acked).await;
        assert!(there <= told.acked + 1, "{limit}: more is there than was sent");
        // The disk is mended: the same process goes on, and the refused event is taken.
        let process = server.id().to_string();
        let raised = ["--pid", &process, "--fsize=unlimited:unlimited"];
        assert!(Command::new("prlimit").args(raised).status().unwrap().success());
        let again = push(&server, 1, told.acked, 2).await;
        assert_eq!((again.acked, again.refusal), (told.acked + 2, None), "{limit}");
        assert_eq!(read(&server, told.acked + 2).await, told.acked + 2);
        server.kill();
        let whole = stdout(folder.path(), &["verify"]);
        assert!(whole.starts_with(&format!("whole: 1 documents, {} events", told.acked + 2)));
        // Steps that are no divisor of a page, so that writes are cut everywhere.
        limit += 11;
    }
    eprintln!("{starts} starts and {refusals} appends on a disk that failed at some write");
    assert!(refusals >= 20, "{refusals}");
}

/// Starts a server whose data folder is a file system of its own, mounted with `options`.
/// `None` if that is not allowed here.
fn on_own_disk(data: &Path, options: &str) -> Option<Result<Serving, String>> {
    fs::create_dir_all(data).unwrap();
    let mount = format!("mount -t tmpfs -o {options} tmpfs '{}'", data.display());
    let own = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c"]);
        command.arg(format!("{script} && exec \"$0\" \"$@\""));
        command
    };
    let allowed = own(&mount).arg("true").stderr(Stdio::null()).status();
    if !allowed.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no file system may be mounted here");
        return None;
    }
    let mut command = own(&mount);
    command.arg(path()).env("PALIMPSEST_AUTH", "none");
    Some(Serving::start_by(data, command).map(|(server, _)| server))
}

/// Mounts the disk of a running server again.
fn remount(server: &Serving, data: &Path, options: &str) {
    let process = server.id().to_string();
    let status = Command::new("nsenter")
        .args(["--target", &process, "--user", "--mount", "--preserve-credentials"])
        .args(["mount", "-o", &format!("remount,{options}")])
        .arg(data)
        .status();
    assert!(status.unwrap().success(), "the disk is not mounted with {options}");
}

#[tokio::test]
async fn a_full_disk_is_said_and_writing_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("small");
    let Some(server) = on_own_disk(&data, "size=400k") else { return };
    let mut server = server.unwrap();
    let told = push(&server, 1, 0, 1_000).await;
    let reason = told.refusal.expect("it is full");
    assert!(reason.contains("the disk is full"), "{reason}");
    for round in 0..3 {
        assert!(server.is_alive());
        assert_eq!(read(&server, told.acked).await, told.acked, "{round}");
        let again = push(&server, 1, told.acked, 1).await;
        assert_eq!(again.acked, told.acked, "it is still full");
        // The read side may have no file yet, and says so.
        let answer = get(server.address, "/api/v1/search?q=x*").await;
        assert!(answer.status == 200 || answer.status == 503, "{}", answer.text());
    }
    remount(&server, &data, "size=8m");
    let again = push(&server, 1, told.acked, 20).await;
    assert_eq!((again.acked, again.refusal), (told.acked + 20, None));
    assert_eq!(read(&server, again.acked).await, again.acked);
    let answer = get(server.address, "/api/v1/search?q=x*").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!((&answer.json()["behind"], answer.json()["found"][0].is_null()), (&0.into(), false));
    assert!(server.is_alive());
}

#[tokio::test]
async fn a_read_only_disk_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("fixed");
    let Some(started) = on_own_disk(&data, "ro") else { return };
    let reason = started.err().expect("nothing can be written there");
    assert!(reason.contains("Read-only file system") && reason.contains("lock"), "{reason}");
}
