//! The last touch to a built app: no script inside the page, and a service worker that knows
//! exactly the files of this build. Compiling and bundling are over when this starts.

use crate::process::{Failure, Result};
use crate::stamp::{Digest, files_below};
use std::fs;
use std::path::Path;

/// The lines of the service worker's source that a build fills in.
const BUILD_LINE: &str = "const BUILD = \"unfinished\";";
const FILES_LINE: &str = "const FILES = [];";

/// The inline script by which Trunk starts the app.
const SCRIPT_OPEN: &str = "<script type=\"module\">";
const SCRIPT_CLOSE: &str = "</script>";

/// Finishes the app in `dist`.
pub(crate) fn finish(dist: &Path) -> Result {
    let page = dist.join("index.html");
    let html = fs::read_to_string(&page).map_err(Failure::at(&page))?;
    let (html, script) = without_inline_script(&html)
        .ok_or_else(|| Failure::new("the built index.html has not exactly one inline script"))?;
    let name = start_script_name(&script);
    let file = dist.join(&name);
    fs::write(&file, script).map_err(Failure::at(&file))?;
    fs::write(&page, html.replace(SCRIPT_PLACE, &name)).map_err(Failure::at(&page))?;

    let worker = dist.join("sw.js");
    let source = fs::read_to_string(&worker).map_err(Failure::at(&worker))?;
    let mut build = Digest::new();
    build.add("sw.js", source.as_bytes());
    let mut paths = Vec::new();
    for file in files_below(dist)? {
        if file != worker {
            build.add_path(dist, &file)?;
            paths.push(url_path(dist, &file));
        }
    }
    // Browsers and the service worker keep what is below /assets/ for ever, by its name.
    if let Some(path) = paths.iter().find(|path| path.starts_with("/assets/") && !is_hashed(path)) {
        return Err(Failure::new(format!(
            "{path} has no digest of its content in its name. Only hashed files may be there"
        )));
    }
    let finished = with_files(&source, &build.text()[..16], &paths)
        .ok_or_else(|| Failure::new("public/sw.js lacks the lines that a build fills in"))?;
    fs::write(&worker, finished).map_err(Failure::at(&worker))
}

/// Stands in the page where the name of the start script belongs.
const SCRIPT_PLACE: &str = "{{start}}";

/// Takes the page's one inline script out, so that the server can forbid inline scripts
/// altogether. `None` if there is not exactly one.
fn without_inline_script(html: &str) -> Option<(String, String)> {
    let (before, rest) = html.split_once(SCRIPT_OPEN)?;
    let (script, after) = rest.split_once(SCRIPT_CLOSE)?;
    if after.contains(SCRIPT_OPEN) {
        return None;
    }
    let tag = format!("<script type=\"module\" src=\"/{SCRIPT_PLACE}\">{SCRIPT_CLOSE}");
    Some((format!("{before}{tag}{after}"), script.trim().to_owned() + "\n"))
}

fn start_script_name(script: &str) -> String {
    let mut digest = Digest::new();
    digest.add("start", script.as_bytes());
    format!("assets/start-{}.js", &digest.text()[..16])
}

/// The address of `file`. The page itself is at the root: the server knows no other name.
fn url_path(dist: &Path, file: &Path) -> String {
    let path = file.strip_prefix(dist).unwrap_or(file).to_string_lossy();
    if path == "index.html" { "/".to_owned() } else { format!("/{path}") }
}

/// Whether the name of the file tells its content, as in `/assets/app-37f33535caee61c2.js`.
/// Trunk writes digests of 64 bits and leaves leading zeros out.
fn is_hashed(path: &str) -> bool {
    let name = path.strip_prefix("/assets/").unwrap_or_default();
    let digest =
        |part: &str| (8..=16).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_hexdigit());
    !name.contains('/') && name.split(['-', '_', '.']).any(digest)
}

/// The service worker with the name of the build and the list of its files. `None` if the
/// source has not the two lines where they belong.
fn with_files(source: &str, build: &str, paths: &[String]) -> Option<String> {
    if source.matches(BUILD_LINE).count() != 1 || source.matches(FILES_LINE).count() != 1 {
        return None;
    }
    let list: String = paths.iter().map(|path| format!("  {path:?},\n")).collect();
    let source = source.replace(BUILD_LINE, &format!("const BUILD = \"{build}\";"));
    Some(source.replace(FILES_LINE, &format!("const FILES = [\n{list}];")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inline_script_moves_to_a_file() {
        let html = "<head><script type=\"module\">\nstart();\n</script></head>";
        let (page, script) = without_inline_script(html).expect("there is one");
        assert_eq!(page, "<head><script type=\"module\" src=\"/{{start}}\"></script></head>");
        assert_eq!(script, "start();\n");
        assert_eq!(without_inline_script("<head></head>"), None);
        assert_eq!(without_inline_script(&html.repeat(2)), None);
    }

    #[test]
    fn a_hashed_name_has_the_digest_as_a_part_of_its_own() {
        assert!(is_hashed("/assets/app-37f33535caee61c2_bg.wasm"));
        assert!(is_hashed("/assets/start-37f33535caee61c2.js"));
        assert!(is_hashed("/assets/timeline-4e78015fa6d134e.css"), "one that begins with a zero");
        assert!(!is_hashed("/assets/start.js"));
        assert!(!is_hashed("/assets/snippets/app-37f33535caee61c2/inline0.js"));
    }

    #[test]
    fn the_real_service_worker_has_the_lines_that_a_build_fills_in() {
        let source = include_str!("../../public/sw.js");
        let paths = ["/".to_owned(), "/assets/a.js".to_owned()];
        let finished = with_files(source, "0123", &paths).expect("the lines are there");
        assert!(finished.contains("const BUILD = \"0123\";"));
        assert!(finished.contains("const FILES = [\n  \"/\",\n  \"/assets/a.js\",\n];"));
        assert_eq!(with_files(&finished, "0123", &paths), None, "never twice");
    }
}
