//! Real editing histories become documents: every file of the traces folder is imported, and
//! ends in exactly the text it says. The folder is beside the workspace, or where
//! PALIMPSEST_TRACES says; without it these tests say loudly that they did nothing.

use std::fs;
use std::path::{Path, PathBuf};

use palimpsest_core::{Op, Payload, Revision, Timestamp};
use palimpsest_server::cli::{random_u64, trace};
use palimpsest_server::reading::Reading;
use palimpsest_server::store::Folder;
use palimpsest_server::store::sqlite::{Adoption, SqliteStore};

use crate::binary::{failure, stdout};
use crate::write::{Seeded, document};

fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/traces");
    let folder = std::env::var_os("PALIMPSEST_TRACES").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: no editing traces at {}; set PALIMPSEST_TRACES", folder.display());
    None
}

fn check(name: &str, traces_expected: usize) {
    let Some(folder) = folder() else { return };
    let traces = trace::read(&folder.join(name)).unwrap();
    assert_eq!(traces.len(), traces_expected);
    for (nth, read) in traces.into_iter().enumerate() {
        let history = read
            .into_history("T", random_u64, Timestamp(1))
            .unwrap_or_else(|error| panic!("{name}, trace {nth}: {error}"));
        assert!(history.events.iter().map(|o| o.revision.0).eq(1..=history.events.len() as u64));
        assert!(history.events.is_sorted_by_key(|o| o.recorded));
        let first = &history.events[0].event.payload;
        assert_eq!(*first, Payload::DocumentCreated { title: "T".into() });
    }
}

/// Twenty moments of the past of the longest history, from the store and by plain replay.
#[test]
fn automerge_paper_at_any_revision() {
    let Some(traces) = folder() else { return };
    let read = trace::read(&traces.join("sequential/automerge-paper.json.gz")).unwrap().remove(0);
    let history = read.into_history("T", random_u64, Timestamp(1)).unwrap();
    let (events, profiles) = (history.events.clone(), history.profiles);
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(Folder::open(folder.path()).unwrap()).unwrap();
    let adoption = Adoption { document: document(1), events, profiles };
    assert_eq!(store.adopt(adoption).unwrap(), Revision(259_779));
    let mut reading = Reading::new(document(1));
    reading.catch_up(&store).unwrap();

    let mut random = Seeded::new(20);
    let mut moments: Vec<u64> = (0..20).map(|_| random.below(259_780)).collect();
    moments.sort();
    let mut replayed: Vec<char> = Vec::new();
    let mut events = history.events.iter();
    let mut done = 0;
    for moment in moments {
        for ordered in events.by_ref().take((moment - done) as usize) {
            let Payload::TextEdited { ops } = &ordered.event.payload else { continue };
            for op in ops {
                match op {
                    Op::Insert { pos, text } => drop(replayed.splice(*pos..*pos, text.chars())),
                    Op::Delete { pos, len } => drop(replayed.drain(*pos..*pos + *len)),
                    Op::ErasedInsert { .. } => unreachable!("nothing is erased in a trace"),
                }
            }
        }
        done = moment;
        let expected: String = replayed.iter().collect();
        assert!(reading.text_at(Revision(moment)).to_string() == expected, "revision {moment}");
    }
}

#[test]
fn sequential() {
    for name in ["friendsforever_flat", "rustcode", "sveltecomponent"] {
        check(&format!("sequential/{name}.json.gz"), 1);
    }
}

#[test]
fn concurrent() {
    for name in ["friendsforever", "clownschool"] {
        check(&format!("concurrent/{name}.json.gz"), 1);
    }
}

#[test]
fn git_makefile() {
    check("conformance/git-makefile.json.gz", 1);
}

#[test]
fn random_graphs() {
    check("conformance/random-500.json.gz", 500);
}

#[test]
fn an_imported_trace_is_a_document_with_its_past() {
    let Some(traces) = folder() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = traces.join("concurrent/clownschool.json.gz");
    let id = stdout(&data, &["trace", "import", file.to_str().unwrap(), "--title", "Clown school"]);
    let id = id.trim();
    assert_eq!(id.len(), 36);
    let shown = stdout(&data, &["document", "show", id]);
    assert!(shown.contains("Clown school") && shown.contains("Author 3"), "{shown}");
    assert!(shown.contains("23137"), "a revision per transaction and one for the title: {shown}");
    let at = |moment: &[&str]| stdout(&data, &[&["text", id][..], moment].concat());
    assert_eq!(at(&["--at-revision", "2"]), "h");
    assert_eq!(at(&["--at-time", "2023-11-22T03:57:32.999Z"]), "h");
    assert!(at(&["--at-time", "2023-11-22T03:57:33Z"]).starts_with("he"));
    assert!(stdout(&data, &["verify", id]).starts_with("whole"));
}

#[test]
fn what_is_no_trace_is_not_imported() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("trace.json");
    let name = file.to_str().unwrap();
    let refused = |bytes: &[u8], why: &str| {
        fs::write(&file, bytes).unwrap();
        let said = failure(&data, &["trace", "import", name, "--title", "T"]);
        assert!(said.contains(why) && said.contains("was not imported"), "{said}");
    };
    refused(b"# A Markdown file", "not an editing trace");
    refused(b"{\"name\":\"package.json\"}", "endContent");
    refused(br#"{"endContent":"b","txns":[{"patches":[[0,0,"a"]]}]}"#, "differ first at 0");
    if let Some(traces) = self::folder() {
        let whole = fs::read(traces.join("concurrent/clownschool.json.gz")).unwrap();
        refused(&whole[..whole.len() / 2], "cut off");
        let mut flipped = whole.clone();
        flipped[whole.len() / 2] ^= 0xff;
        refused(&flipped, "");
    }
    assert!(!data.exists(), "nothing was made");
}
