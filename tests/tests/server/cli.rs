//! The command line, run as people and scripts run it.

use std::fs;

use palimpsest_core::{Document, ReplicaId, Timestamp, codec};
use rusqlite::Connection;
use serde_json::Value;

use crate::binary::{Serving, command, failure, run, stdout};
use crate::write::{Seeded, author, chain, document};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn a_document_from_its_making_to_its_backup() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let id = stdout(&data, &["document", "create", "--title", "Notes"]);
    let id = id.trim();
    assert_eq!(id.len(), 36, "an id, alone");
    assert!(stdout(&data, &["document", "list"]).contains("Notes"));
    let list = json(&stdout(&data, &["document", "list", "--json"]));
    assert_eq!((&list[0]["id"], &list[0]["title"]), (&Value::from(id), &Value::from("Notes")));
    assert!(stdout(&data, &["document", "show", id]).contains("Notes"));
    assert_eq!(json(&stdout(&data, &["document", "show", id, "--json"]))["revision"], 1);

    let file = folder.path().join("Essay.md");
    fs::write(&file, "# Essay\n\nWörds 👋\n").unwrap();
    let essay = stdout(&data, &["document", "import", file.to_str().unwrap()]);
    let essay = essay.trim();
    assert_eq!(stdout(&data, &["text", essay]), "# Essay\n\nWörds 👋\n");
    assert_eq!(stdout(&data, &["text", essay, "--at-revision", "1"]), "");
    assert_eq!(stdout(&data, &["text", essay, "--at-time", "2001-01-01T00:00:00Z"]), "");
    let text = json(&stdout(&data, &["text", essay, "--json"]));
    assert_eq!((&text["revision"], &text["text"]), (&2.into(), &"# Essay\n\nWörds 👋\n".into()));
    assert_eq!(stdout(&data, &["log", essay]).lines().count(), 2);
    let log = json(&stdout(&data, &["log", essay, "--json"]));
    assert_eq!(log[1]["specversion"], "1.0");
    assert!(stdout(&data, &["document", "show", essay]).contains("Essay"));

    assert!(stdout(&data, &["verify"]).starts_with("whole: 2 documents, 3 events"));
    assert_eq!(json(&stdout(&data, &["verify", essay, "--json"]))["ok"], true);

    let backup = folder.path().join("backup.db");
    let backup = backup.to_str().unwrap();
    stdout(&data, &["backup", backup]);
    assert!(failure(&data, &["backup", backup]).contains("exists already"));
    assert!(failure(&data, &["restore", backup]).contains("exists already"));
    let elsewhere = folder.path().join("elsewhere");
    stdout(&elsewhere, &["restore", backup]);
    assert_eq!(stdout(&elsewhere, &["log", essay]), stdout(&data, &["log", essay]));
}

#[test]
fn an_exported_log_comes_back_with_its_past() {
    let folder = tempfile::tempdir().unwrap();
    let (data, other) = (folder.path().join("data"), folder.path().join("other"));
    let file = folder.path().join("a.md");
    fs::write(&file, "text").unwrap();
    let id = stdout(&data, &["document", "import", file.to_str().unwrap(), "--title", "T"]);
    let id = id.trim();
    let log = folder.path().join("a.palimpsest");
    let log = log.to_str().unwrap();
    stdout(&data, &["document", "export", id, "--output", log]);
    assert!(failure(&data, &["document", "export", id, "--output", log]).contains("overwritten"));
    let back = stdout(&other, &["document", "import", log, "--id", id]);
    assert_eq!(back.trim(), id);
    assert_eq!(stdout(&other, &["log", id]), stdout(&data, &["log", id]));
    assert!(failure(&other, &["document", "import", log, "--id", id]).contains("already"));
    assert_ne!(stdout(&other, &["document", "import", log]).trim(), id);
    assert_eq!(stdout(&data, &["document", "export", id, "--format", "markdown"]), "text");
    let events = json(&stdout(&data, &["document", "export", id, "--format", "json"]));
    assert_eq!(events.as_array().unwrap().len(), 2);
    let mut bytes = fs::read(log).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    bytes.push(0xff);
    fs::write(log, bytes).unwrap();
    assert!(failure(&other, &["document", "import", log]).contains("neither an exported log"));
}

#[test]
fn a_log_that_a_device_exported_comes_home_under_its_id() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("a.palimpsest");
    let mut document = Document::new(document(1), ReplicaId(7), author(7));
    let mut events = chain(7, 3);
    // Its clock was far ahead.
    events[2].header.time = Timestamp(i64::MAX);
    document.merge(events);
    fs::write(&file, codec::encode_log(document.graph())).unwrap();
    let id = document.id().to_string();
    let home = ["document", "import", file.to_str().unwrap(), "--id", &id];
    assert_eq!(stdout(&data, &home).trim(), id);
    assert_eq!(stdout(&data, &["text", &id]), "xxx");
    assert!(stdout(&data, &["verify"]).starts_with("whole: 1 documents, 4 events"));
    let log = json(&stdout(&data, &["log", &id, "--json"]));
    assert_eq!(log[1]["recordedtime"], log[1]["time"], "nobody knows when else");
    assert!(log[2]["recordedtime"].as_str() < log[2]["time"].as_str(), "not in the future");
    assert_eq!(log[3]["recordedtime"], log[2]["recordedtime"], "and never backwards");
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let nobody = "00000000-0000-7000-8000-000000000000";
    assert!(failure(&data, &["document", "list"]).contains("--data"));
    assert!(!data.exists(), "looking makes nothing");
    let id = stdout(&data, &["document", "create"]);
    assert!(failure(&data, &["text", nobody]).contains("there is no document"));
    assert!(failure(&data, &["verify", nobody]).contains("there is no document"));
    let beyond = failure(&data, &["text", id.trim(), "--at-revision", "2"]);
    assert!(beyond.contains("the last one is 1"), "{beyond}");
    failure(&data, &["text", "not-an-id"]);
    failure(&data, &["text", id.trim(), "--at-revision", "1", "--at-time", "2026-01-01T00:00:00Z"]);
    let no_database = folder.path().join("no.db");
    fs::write(&no_database, "not a database").unwrap();
    let elsewhere = folder.path().join("elsewhere");
    failure(&elsewhere, &["restore", no_database.to_str().unwrap()]);
    assert!(!elsewhere.join("palimpsest.db").exists());
}

#[test]
fn flags_have_twins_in_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let output = command(&data)
        .args(["document", "create"])
        .env("PALIMPSEST_TITLE", "From outside")
        .env("PALIMPSEST_JSON", "true")
        .output()
        .unwrap();
    let made = json(&String::from_utf8(output.stdout).unwrap());
    let id = made["id"].as_str().unwrap();
    assert!(stdout(&data, &["document", "show", id]).contains("From outside"));
    let output =
        command(&data).args(["text", id]).env("PALIMPSEST_AT_REVISION", "9").output().unwrap();
    assert!(!output.status.success());
}

#[test]
fn a_running_server_has_the_data_to_itself() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let id = stdout(&data, &["document", "create", "--title", "T"]);
    let server = Serving::start(&data);
    for arguments in [&["document", "list"][..], &["text", id.trim()], &["verify"]] {
        assert!(failure(&data, arguments).contains("server"), "{arguments:?}");
    }
    assert!(failure(&data, &["serve", "--listen", "127.0.0.1:0"]).contains("open in another"));
    let backup = folder.path().join("backup.db");
    let output = run(&data, &["backup", backup.to_str().unwrap()]);
    assert!(output.status.success(), "a backup needs no pause");
    assert!(String::from_utf8(output.stderr).unwrap().contains("a server has the data open"));
    drop(server);
    stdout(&data, &["document", "list"]);
    let restored = folder.path().join("restored");
    stdout(&restored, &["restore", backup.to_str().unwrap()]);
    assert_eq!(stdout(&restored, &["log", id.trim()]), stdout(&data, &["log", id.trim()]));
}

#[test]
fn damage_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("a.md");
    fs::write(&file, "some text").unwrap();
    let import = |title| {
        let file = file.to_str().unwrap();
        stdout(&data, &["document", "import", file, "--title", title]).trim().to_owned()
    };
    let (whole, hurt) = (import("Whole"), import("Hurt"));
    let database = Connection::open(data.join("palimpsest.db")).unwrap();
    let bytes = hurt.replace('-', "").to_uppercase();
    let sql = |statement: &str| {
        let statement = statement.replace("HURT", &format!("x'{bytes}'"));
        assert_eq!(database.execute(&statement, []).unwrap(), 1, "{statement}");
    };
    let found = || {
        stdout(&data, &["verify", &whole]);
        let json = json(std::str::from_utf8(&run(&data, &["verify", "--json"]).stdout).unwrap());
        assert_eq!(json["ok"], false);
        failure(&data, &["verify"])
    };
    let payload: Vec<u8> = database
        .query_row("SELECT payload FROM events WHERE revision = 2 LIMIT 1", [], |row| row.get(0))
        .unwrap();
    sql(
        "UPDATE events SET payload = CAST(x'00' || substr(payload, 2) AS BLOB) WHERE document = HURT AND revision = 2",
    );
    let said = found();
    assert!(said.contains(&hurt) && said.contains("revision 2"), "{said}");
    assert!(failure(&data, &["text", &hurt]).contains("revision 2"));
    assert_eq!(stdout(&data, &["text", &whole]), "some text");
    database.execute("UPDATE events SET payload = ?1 WHERE revision = 2", [payload]).unwrap();
    stdout(&data, &["verify"]);

    sql("UPDATE events SET counter = 7 WHERE document = HURT AND revision = 2");
    assert!(found().contains("under another id"));
    sql("UPDATE events SET counter = 1, recorded_at = 0 WHERE document = HURT AND revision = 2");
    assert!(found().contains("recorded before"));
    sql("DELETE FROM events WHERE document = HURT AND revision = 2");
    assert!(found().contains("its head says 2"));
}

#[test]
fn a_server_that_is_asked_to_stop_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let server = Serving::start(folder.path());
    assert!(server.terminate().success());
    // Everything is in one plain file again.
    assert!(!folder.path().join("palimpsest.db-wal").exists());
}

#[test]
fn a_file_damaged_anywhere_is_an_error_and_no_crash() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("a.md");
    fs::write(&file, "some text, ".repeat(3_000)).unwrap();
    for _ in 0..3 {
        stdout(&data, &["document", "import", file.to_str().unwrap()]);
    }
    let whole = fs::read(data.join("palimpsest.db")).unwrap();
    let mut random = Seeded::new(3);
    let mut noticed = 0;
    for _ in 0..40 {
        let mut bytes = whole.clone();
        for _ in 0..3 {
            let place = random.below(bytes.len() as u64) as usize;
            bytes[place] ^= 1 << random.below(8);
        }
        fs::write(data.join("palimpsest.db"), bytes).unwrap();
        let output = run(&data, &["verify"]);
        let said = String::from_utf8_lossy(&output.stderr);
        // Exit code 1 is an answer; a panic would be 101, and a signal none.
        assert!(matches!(output.status.code(), Some(0 | 1)), "{said}");
        noticed += u32::from(!output.status.success());
    }
    assert!(noticed > 20, "most damage is noticed: {noticed} of 40");
}
