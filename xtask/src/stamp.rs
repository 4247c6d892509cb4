//! Whether anything has changed since a step was last done: digests of files' contents, and
//! the stamp that remembers one. What the step was is not known here.

use crate::process::{Failure, Result};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// A digest of named contents. Good for noticing changes, not against someone who makes two
/// contents with one digest on purpose.
pub(crate) struct Digest([DefaultHasher; 2]);

impl Digest {
    pub(crate) fn new() -> Digest {
        let mut halves = [DefaultHasher::new(), DefaultHasher::new()];
        halves[1].write_u8(1);
        Digest(halves)
    }

    /// Adds `content` under `name`. The order of additions matters.
    pub(crate) fn add(&mut self, name: &str, content: &[u8]) {
        for half in &mut self.0 {
            (name, content).hash(half);
        }
    }

    /// Adds a file, or every file below a folder, under its path from `root`. Something that
    /// does not exist is a content too.
    pub(crate) fn add_path(&mut self, root: &Path, path: &Path) -> Result {
        for file in files_below(path)? {
            let content = fs::read(&file).map_err(Failure::at(&file))?;
            let name = file.strip_prefix(root).unwrap_or(&file).to_string_lossy();
            self.add(&name, &content);
        }
        Ok(())
    }

    /// 32 hexadecimal digits.
    pub(crate) fn text(&self) -> String {
        self.0.iter().map(|half| format!("{:016x}", half.finish())).collect()
    }
}

/// Every file below `path`, or `path` itself if it is a file, sorted. Folders that are filled
/// by tools and files of tools, which start with a dot, are left out.
pub(crate) fn files_below(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(if path.exists() { vec![path.into()] } else { Vec::new() });
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path).map_err(Failure::at(path))? {
        let entry = entry.map_err(Failure::at(path))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with('.') && !["node_modules", "target", "dist"].contains(&&*name) {
            files.extend(files_below(&entry.path())?);
        }
    }
    files.sort();
    Ok(files)
}

/// A file that holds the digest of when a step was last done.
pub(crate) struct Stamp(PathBuf);

impl Stamp {
    pub(crate) fn new(file: PathBuf) -> Stamp {
        Stamp(file)
    }

    pub(crate) fn says(&self, digest: &str) -> bool {
        fs::read_to_string(&self.0).is_ok_and(|text| text == digest)
    }

    /// Forgets, so that an interrupted step is done again.
    pub(crate) fn clear(&self) -> Result {
        match fs::remove_file(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Failure::at(&self.0)(error))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn write(&self, digest: &str) -> Result {
        fs::write(&self.0, digest).map_err(Failure::at(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_tells_names_contents_and_their_borders_apart() {
        let digest = |parts: &[(&str, &str)]| {
            let mut digest = Digest::new();
            for (name, content) in parts {
                digest.add(name, content.as_bytes());
            }
            digest.text()
        };
        let one = digest(&[("a", "bc")]);
        assert_eq!(one, digest(&[("a", "bc")]));
        assert_eq!(one.len(), 32);
        assert_ne!(one, digest(&[("ab", "c")]));
        assert_ne!(one, digest(&[("a", "bc"), ("", "")]));
        assert_ne!(one[..16], one[16..]);
    }

    #[test]
    fn files_are_found_in_order_and_tools_folders_are_not_searched() {
        let root = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        for file in ["b", "a/c", "node_modules/d", ".git/e"] {
            let file = root.join(file);
            fs::create_dir_all(file.parent().expect("it has one")).expect("folder");
            fs::write(file, "").expect("file");
        }
        let files = files_below(&root).unwrap_or_default();
        assert_eq!(files, [root.join("a/c"), root.join("b")]);
        fs::remove_dir_all(&root).expect("the temporary folder can be removed");
    }
}
