//! The last touch to a built app: a service worker that knows exactly the files of this build.
//! Compiling and bundling are over when this starts.

use crate::process::{Failure, Result};
use crate::stamp::{Digest, files_below};
use std::fs;
use std::path::Path;

/// The lines of the service worker's source that a build fills in.
const BUILD_LINE: &str = "const BUILD = \"unfinished\";";
const FILES_LINE: &str = "const FILES = [];";

/// Finishes the app in `dist`.
pub(crate) fn finish(dist: &Path) -> Result {
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

/// The address of `file`. The page itself is at the root: the server knows no other name.
fn url_path(dist: &Path, file: &Path) -> String {
    let path = file.strip_prefix(dist).unwrap_or(file).to_string_lossy();
    if path == "index.html" { "/".to_owned() } else { format!("/{path}") }
}

/// Whether the name of the file tells its content: as our own digests do, 16 hexadecimal digits
/// as in `/assets/app_bg-37f33535caee61c2.wasm`, or as esbuild's, 8 capitals and digits.
fn is_hashed(path: &str) -> bool {
    let name = path.strip_prefix("/assets/").unwrap_or_default();
    let Some((stem, _)) = name.rsplit_once('.') else { return false };
    let Some((_, digest)) = stem.rsplit_once('-') else { return false };
    let are = |count: usize, fits: fn(&u8) -> bool| {
        digest.len() == count && digest.as_bytes().iter().all(fits)
    };
    !name.contains('/')
        && (are(16, u8::is_ascii_hexdigit)
            || are(8, |b| b.is_ascii_uppercase() || b.is_ascii_digit()))
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
    fn a_hashed_name_has_the_digest_as_a_part_of_its_own() {
        assert!(is_hashed("/assets/app_bg-37f33535caee61c2.wasm"));
        assert!(is_hashed("/assets/start-QBJ74CJ6.js"));
        assert!(!is_hashed("/assets/start.js"));
        assert!(!is_hashed("/assets/start-overflow.js"), "a word is no digest");
        assert!(!is_hashed("/assets/snippets/app-37f33535caee61c2.js"));
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
