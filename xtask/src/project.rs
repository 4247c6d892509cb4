//! Where things are: the checkout, its build folder, and the cache outside of it.
//! Nothing is built or installed here.

use crate::process::{Failure, Result};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// The folders that every verb works in.
pub(crate) struct Project {
    /// The checkout: where the workspace's `Cargo.toml` is.
    pub(crate) root: PathBuf,
    /// Cargo's folder for this build of xtask, such as `target/debug`. Asking our own path
    /// honours every way to configure another target folder.
    pub(crate) target: PathBuf,
    /// Tools by version, shared by all checkouts.
    pub(crate) cache: PathBuf,
}

impl Project {
    /// Finds the folders from how cargo started xtask, and makes those that are missing.
    pub(crate) fn locate() -> Result<Project> {
        let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
            .ok_or_else(|| Failure::new("start this as `cargo xtask`, inside the checkout"))?;
        let root = Path::new(&manifest).parent().ok_or_else(|| Failure::new("no workspace"))?;
        let own = std::env::current_exe().map_err(Failure::at(Path::new("xtask")))?;
        let target = own.ancestors().nth(2).ok_or_else(|| Failure::new("no target folder"))?;
        let project = Project { root: root.into(), target: target.into(), cache: cache()? };
        for folder in [project.cache.join("tools"), project.state()] {
            fs::create_dir_all(&folder).map_err(Failure::at(&folder))?;
        }
        Ok(project)
    }

    /// The built app, as the server embeds it.
    pub(crate) fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// Where the release build of a binary is.
    pub(crate) fn released(&self, binary: &str) -> PathBuf {
        self.target.join("release").join(binary)
    }

    /// What xtask remembers between runs about this checkout.
    pub(crate) fn state(&self) -> PathBuf {
        self.target.join("xtask")
    }

    /// Waits until no other xtask builds in this checkout. Dropping the file ends the turn.
    pub(crate) fn building(&self) -> Result<File> {
        turn(&self.state().join("building.lock"), "another xtask builds in this checkout")
    }

    /// Waits until no other xtask installs into the cache. Dropping the file ends the turn.
    pub(crate) fn installing(&self) -> Result<File> {
        turn(&self.cache.join("installing.lock"), "another xtask installs tools")
    }

    /// Where the tool `name` of `version` lives, with its programs in `bin`.
    pub(crate) fn tool(&self, name: &str, version: &str) -> PathBuf {
        self.cache.join("tools").join(format!("{name}-{version}"))
    }

    /// Fills `home` by `install`, which gets an empty folder; the folder gets its name only
    /// when it is complete, so that an interrupted installation is never mistaken for one.
    pub(crate) fn install(&self, home: &Path, install: impl FnOnce(&Path) -> Result) -> Result {
        let _turn = self.installing()?;
        if home.exists() {
            return Ok(());
        }
        let name = home.file_name().unwrap_or_default().to_string_lossy();
        let draft = home.with_file_name(format!(".{name}.part"));
        if draft.exists() {
            fs::remove_dir_all(&draft).map_err(Failure::at(&draft))?;
        }
        fs::create_dir_all(&draft).map_err(Failure::at(&draft))?;
        install(&draft)?;
        fs::rename(&draft, home).map_err(Failure::at(home))
    }
}

fn cache() -> Result<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let cache = folder("PALIMPSEST_CACHE")
        .or_else(|| Some(folder("XDG_CACHE_HOME")?.join("palimpsest")))
        .or_else(|| Some(folder("HOME")?.join(".cache").join("palimpsest")))
        .ok_or_else(|| Failure::new("neither HOME nor PALIMPSEST_CACHE is set. Set one"))?;
    std::path::absolute(&cache).map_err(Failure::at(&cache))
}

fn turn(path: &Path, reason: &str) -> Result<File> {
    let file = File::create(path).map_err(Failure::at(path))?;
    if file.try_lock().is_err() {
        crate::process::say(format_args!("Waiting: {reason}."));
        file.lock().map_err(Failure::at(path))?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(name: &str) -> Project {
        let root = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        fs::create_dir_all(root.join("tools")).expect("a temporary folder can be made");
        Project { root: root.clone(), target: root.clone(), cache: root }
    }

    #[test]
    fn an_interrupted_installation_is_started_again() {
        let project = project("interrupted");
        let home = project.tool("hammer", "1.0");
        let failed = project.install(&home, |draft| {
            fs::write(draft.join("half"), "").expect("the draft can be written");
            Err(Failure::new("the power went"))
        });
        assert!(failed.is_err() && !home.exists());
        let done = project.install(&home, |draft| {
            assert!(!draft.join("half").exists(), "the draft starts empty");
            fs::write(draft.join("whole"), "").map_err(Failure::at(draft))
        });
        assert!(done.is_ok() && home.join("whole").exists());
        let again = project.install(&home, |_| Err(Failure::new("it is there already")));
        assert!(again.is_ok());
        fs::remove_dir_all(&project.root).expect("the temporary folder can be removed");
    }
}
