//! Rules about the code itself, held by a test and not by memory: layering, first lines,
//! sizes, words that must not be left behind.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The longest source file, in lines.
const LINES_MAX: usize = 600;

/// What core may use. A new line here is a decision, with its reason in ARCHITECTURE.md.
const CORE_DEPENDENCIES: [&str; 10] = [
    "crc32fast",
    "ecow",
    "miniz_oxide",
    "ropey",
    "serde_json",
    "similar",
    "smallvec",
    "time",
    "thiserror",
    "uuid",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace member").to_owned()
}

/// Every file that git tracks and that still exists, with its text.
fn tracked(ending: &str) -> Vec<(String, String)> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    let listed = String::from_utf8(listed.expect("git is there").stdout).expect("UTF-8 names");
    let files = listed.split('\0').filter(|name| name.ends_with(ending));
    let read =
        |name: &str| Some((name.to_owned(), std::fs::read_to_string(root().join(name)).ok()?));
    let files: Vec<_> = files.filter_map(read).collect();
    assert!(!files.is_empty(), "git lists no files that end with {ending}");
    files
}

/// The names in the `[dependencies]` section of a package.
fn dependencies(package: &str) -> Vec<String> {
    let manifest = std::fs::read_to_string(root().join(package).join("Cargo.toml"));
    let manifest = manifest.expect("every package has a manifest");
    let section = manifest.split("\n[").find_map(|part| part.strip_prefix("dependencies]"));
    let lines = section.expect("every package has dependencies").lines();
    let name = |line: &str| Some(line.split_once(['=', '.'])?.0.trim().to_owned());
    lines.filter(|line| !line.starts_with('#')).filter_map(name).collect()
}

#[test]
fn every_source_file_says_first_what_lives_in_it() {
    for (name, text) in tracked(".rs") {
        assert!(text.starts_with("//!"), "{name} does not start with //!");
    }
}

#[test]
fn the_apps_tests_are_ones_that_are_run() {
    for (name, text) in tracked(".rs").into_iter().filter(|(name, _)| name.starts_with("app/")) {
        // The app is tested in a browser, whose runner knows `wasm_bindgen_test` alone.
        assert!(!text.contains("#[test]"), "{name} has a test that nothing runs");
    }
}

#[test]
fn no_source_file_is_too_long() {
    for ending in [".rs", ".js", ".mjs", ".css"] {
        for (name, text) in tracked(ending) {
            let lines = text.lines().count();
            assert!(lines <= LINES_MAX, "{name} has {lines} lines; which second noun is in it?");
        }
    }
}

#[test]
fn nothing_unfinished_is_left_behind() {
    // Put together here, so that this file does not hold them itself.
    let words = ["todo", "unimplemented", "dbg"].map(|word| format!("{word}!("));
    let marks =
        ["FIX", "XX"].map(|start| format!("{start}{}", if start == "FIX" { "ME" } else { "X" }));
    for ending in [".rs", ".js", ".mjs"] {
        for (name, text) in tracked(ending) {
            for word in words.iter().chain(&marks) {
                assert!(!text.contains(word.as_str()), "{name} holds {word}");
            }
        }
    }
}

#[test]
fn lints_are_allowed_with_a_reason_only() {
    for (name, text) in tracked(".rs") {
        let places = ["#[", "#!["].map(|start| format!("{start}allow("));
        for line in text.lines().filter(|line| places.iter().any(|place| line.contains(place))) {
            assert!(line.contains("reason"), "{name}: {line}");
        }
    }
}

#[test]
fn core_app_and_server_forbid_unsafe_code() {
    for file in ["core/src/lib.rs", "app/src/lib.rs", "app/src/main.rs", "sync-server/src/lib.rs"] {
        let text = std::fs::read_to_string(root().join(file)).expect("it exists");
        assert!(text.contains("#![forbid(unsafe_code)]"), "{file}");
    }
}

#[test]
fn dependencies_point_one_way() {
    assert_eq!(dependencies("core"), CORE_DEPENDENCIES);
    let app = dependencies("app");
    let server = dependencies("sync-server");
    assert!(app.contains(&"palimpsest-core".into()) && server.contains(&"palimpsest-core".into()));
    assert!(!app.contains(&"palimpsest-server".into()), "the app uses the server");
    assert!(!server.contains(&"palimpsest-app".into()), "the server uses the app");
}

#[test]
fn only_the_codec_knows_formats() {
    for (name, text) in tracked(".rs") {
        let inside = name.starts_with("core/src/") && !name.starts_with("core/src/codec/");
        if inside && name != "core/src/lib.rs" {
            assert!(!text.contains("crate::codec"), "{name} uses the codec");
        }
    }
}

#[test]
fn a_file_of_core_uses_only_files_above_it_in_lib_rs() {
    let lib = std::fs::read_to_string(root().join("core/src/lib.rs")).expect("it exists");
    let order: Vec<&str> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub ").unwrap_or(line).strip_prefix("mod "))
        .map(|name| name.trim_end_matches(';'))
        .collect();
    let place = |module: &str| order.iter().position(|name| *name == module);
    for (name, text) in tracked(".rs") {
        let Some(path) = name.strip_prefix("core/src/") else { continue };
        let module = path.split(['/', '.']).next().expect("a path has a first part");
        let Some(own) = place(module) else { continue };
        let product = text.split("#[cfg(test)]").next().expect("there is always a first part");
        for used in product.split("use crate::").skip(1) {
            let used = used.split([':', ';', '{']).next().expect("there is always a first part");
            let Some(used_place) = place(used) else { continue };
            assert!(used_place <= own, "{name} uses {used}, which stands below it");
        }
    }
}

#[test]
fn what_the_readme_promises_is_there() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("there is a README");
    for command in ["cargo xtask serve", "cargo xtask test"] {
        assert!(readme.contains(command), "the README does not name {command}");
    }
    for file in ["LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md", "ARCHITECTURE.md", ".ci/run"] {
        assert!(root().join(file).exists(), "{file} is missing");
    }
    let pictures = readme.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    for link in pictures.filter(|link| !link.starts_with("http") && !link.starts_with('#')) {
        assert!(root().join(link).exists(), "the README shows {link}, which is missing");
    }
    let changelog = std::fs::read_to_string(root().join("CHANGELOG.md")).expect("it exists");
    assert!(changelog.contains("\n## "), "the changelog has no version");
}
