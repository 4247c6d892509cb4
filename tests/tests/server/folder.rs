//! A folder of Markdown becomes documents, and what cannot is named: files of every wrong kind.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::Value;

use crate::binary::{Serving, run, stdout};

/// What the command printed as JSON, what it said, and its exit code.
fn import(data: &Path, arguments: &[&str]) -> (Value, String, i32) {
    let output = run(data, &[&["import", "--json"], arguments].concat());
    let json = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (json, String::from_utf8(output.stderr).unwrap(), output.status.code().unwrap())
}

fn write(folder: &Path, path: &str, text: impl AsRef<[u8]>) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn every_markdown_file_becomes_a_document_in_the_folder_it_lay_in() {
    let scene = tempfile::tempdir().unwrap();
    let (data, notes) = (scene.path().join("data"), scene.path().join("notes"));
    write(&notes, "plan.md", "\u{feff}intro\r\n\r\n## The *plan*\r\n\r\nWörds 👋\r\n");
    write(&notes, "Team/Rota 2026.MARKDOWN", "no heading\n");
    write(&notes, "Team/Old/empty.md", "");
    write(&notes, "Team/long.md", format!("# {}\n", "t".repeat(299)));
    let notes = notes.to_str().unwrap();
    let (told, said, code) = import(&data, &[notes, "--into", "/From disk/"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("imported 4 documents, left out 0"), "{said}");
    let made: Vec<Vec<&str>> = told["imported"].as_array().unwrap().iter().map(named).collect();
    let long = "t".repeat(299);
    assert_eq!(
        made,
        [
            vec!["Team/Old/empty.md", "empty", "From disk/Team/Old"],
            vec!["Team/Rota 2026.MARKDOWN", "Rota 2026", "From disk/Team"],
            vec!["Team/long.md", &long, "From disk/Team"],
            vec!["plan.md", "The plan", "From disk"],
        ]
    );
    let id = told["imported"][3]["id"].as_str().unwrap();
    assert_eq!(stdout(&data, &["text", id]), "intro\n\n## The *plan*\n\nWörds 👋\n");
    let log: Value = serde_json::from_str(&stdout(&data, &["log", id, "--json"])).unwrap();
    assert_eq!(log[1]["data"]["intent"], "imported", "the time machine says how it came");
    assert_eq!(log[2]["data"]["folder"], "From disk");
    assert_eq!(told["imported"][3]["revision"], 3);
    let list: Value =
        serde_json::from_str(&stdout(&data, &["document", "list", "--json"])).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 4);
}

fn named(one: &Value) -> Vec<&str> {
    ["path", "title", "folder"].iter().map(|name| one[name].as_str().unwrap()).collect()
}

#[test]
fn what_cannot_be_imported_is_named_and_the_rest_comes_in() {
    let scene = tempfile::tempdir().unwrap();
    let (data, notes) = (scene.path().join("data"), scene.path().join("notes"));
    write(&notes, "good.md", "# Good\n");
    write(&notes, "latin.md", b"Gr\xf6\xdfe");
    write(&notes, "sixteen.md", b"\xff\xfea\0b\0");
    fs::File::create(notes.join("huge.md")).unwrap().set_len(40_000_001).unwrap();
    write(&notes, "picture.png", b"\x89PNG");
    write(&notes, ".obsidian/notes.md", "hidden");
    write(&notes, &format!("{}deep.md", "d/".repeat(65)), "deep");
    write(&notes, &format!("{}/{0}/folder.md", "f".repeat(200)), "a path that is too long");
    symlink("/etc", notes.join("elsewhere")).unwrap();
    symlink("good.md", notes.join("again.md")).unwrap();
    symlink(".", notes.join("round")).unwrap();
    let listener = std::os::unix::net::UnixListener::bind(notes.join("socket.md")).unwrap();
    let (told, said, code) = import(&data, &[notes.to_str().unwrap()]);
    drop(listener);
    assert_eq!(code, 1, "something is missed: {said}");
    assert_eq!(told["imported"].as_array().unwrap().len(), 1);
    let skipped = told["skipped"].as_array().unwrap();
    let check = |path: &str, why: &str, missed: bool| {
        let found =
            skipped.iter().find(|one| one["path"] == path).unwrap_or_else(|| panic!("{path}"));
        assert!(found["why"].as_str().unwrap().contains(why), "{found}");
        assert_eq!(found["missed"], missed, "{found}");
        assert!(said.contains(&format!("left out {path}: ")), "{said}");
    };
    check("latin.md", "not text in UTF-8", true);
    check("sixteen.md", "not text in UTF-8", true);
    check("huge.md", "too large", true);
    check(&"d/".repeat(65)[..129], "folders deep", true);
    check(&format!("{}/{0}/folder.md", "f".repeat(200)), "folder", true);
    check("picture.png", "not Markdown", false);
    check(".obsidian", "hidden", false);
    check("elsewhere", "not followed", false);
    check("again.md", "not followed", false);
    check("round", "not followed", false);
    check("socket.md", "neither a file nor a folder", false);
    assert_eq!(skipped.len(), 11);
    assert!(said.contains("5 of what was left out may be Markdown"), "{said}");
}

#[test]
fn a_dry_run_says_the_same_and_stores_nothing() {
    let scene = tempfile::tempdir().unwrap();
    let (data, notes) = (scene.path().join("data"), scene.path().join("notes"));
    write(&notes, "a/one.md", "# One");
    write(&notes, "two.txt", "no");
    let path = notes.to_str().unwrap();
    let (told, said, code) = import(&data, &[path, "--dry-run"]);
    assert_eq!((code, &told["dry_run"]), (0, &true.into()));
    assert_eq!(named(&told["imported"][0]), ["a/one.md", "One", "a"]);
    assert_eq!(told["imported"][0]["id"], Value::Null);
    assert!(said.contains("would import 1 documents, left out 1"), "{said}");
    assert!(!data.exists(), "nothing is made");
    let again = import(&data, &[path]).0;
    assert_eq!(again["skipped"], told["skipped"]);
    assert_eq!(stdout(&data, &["document", "list"]).lines().count(), 1);
    assert!(stdout(&data, &["import", path]).ends_with("  a/one.md\n"), "an id and a path");
}

#[test]
fn a_folder_that_is_none_and_data_in_use_are_said() {
    let scene = tempfile::tempdir().unwrap();
    let (data, notes) = (scene.path().join("data"), scene.path().join("notes"));
    let (_, said, code) = import(&data, &[notes.to_str().unwrap()]);
    assert!(code == 1 && said.contains("cannot read"), "{said}");
    write(&notes, "one.md", "# One");
    let file = notes.join("one.md");
    let (_, said, code) = import(&data, &[file.to_str().unwrap()]);
    assert!(code == 1 && said.contains("cannot read"), "{said}");
    assert_eq!(import(&data, &[]).2, 2, "which folder is not said");
    let _server = Serving::start(&data);
    let (_, said, code) = import(&data, &[notes.to_str().unwrap()]);
    assert!(code == 1 && said.contains("server"), "{said}");
}
