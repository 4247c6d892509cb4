//! Node and what npm brings, by committed lock files only. Nothing that a package would run
//! while it is installed is run.

use super::packages;
use crate::process::{self, Failure, Result, say};
use crate::project::Project;
use std::fs;
use std::path::{Path, PathBuf};

/// The oldest node that esbuild, Playwright and the test runner's options work with.
const NODE_MAJOR_MIN: u32 = 18;

/// Optimises the app's WebAssembly; what Debian packages under this name is too old.
const BINARYEN_VERSION: &str = "132.0.0";
const BINARYEN_PACKAGE: &str = include_str!("binaryen/package.json");
const BINARYEN_LOCK: &str = include_str!("binaryen/package-lock.json");

/// Sees to node and npm.
pub(super) fn set_up() -> Result {
    let missing: Vec<&str> = [("node", "nodejs"), ("npm", "npm")]
        .into_iter()
        .filter(|(program, _)| process::find(program).is_none())
        .map(|(_, package)| package)
        .collect();
    if !missing.is_empty() {
        packages::install(&missing, "The editor's JavaScript is bundled by node and npm")?;
    }
    let version = process::ask(process::command("node").arg("--version")).unwrap_or_default();
    match major(&version) {
        Some(major) if major >= NODE_MAJOR_MIN => Ok(()),
        _ => Err(Failure::new(format!(
            "node {version} is too old: {NODE_MAJOR_MIN} or newer is needed. Install one from \
             https://nodejs.org and put it first on PATH"
        ))),
    }
}

/// Sees to binaryen and returns the folder that holds `wasm-opt`.
pub(super) fn binaryen(project: &Project) -> Result<PathBuf> {
    let home = project.tool("binaryen", BINARYEN_VERSION);
    if !home.exists() {
        say(format_args!("Installing binaryen {BINARYEN_VERSION}: makes the app's code small."));
        project.install(&home, |draft| {
            for (name, text) in
                [("package.json", BINARYEN_PACKAGE), ("package-lock.json", BINARYEN_LOCK)]
            {
                let file = draft.join(name);
                fs::write(&file, text).map_err(Failure::at(&file))?;
            }
            npm_ci(draft)?;
            let bin = draft.join("bin");
            fs::create_dir(&bin).map_err(Failure::at(&bin))?;
            let link = bin.join("wasm-opt");
            std::os::unix::fs::symlink("../node_modules/binaryen/bin/wasm-opt", &link)
                .map_err(Failure::at(&link))
        })?;
    }
    Ok(home.join("bin"))
}

/// Sees to the packages that `folder`'s lock file names. The copy of the lock file that was
/// installed last, kept beside the packages, tells whether there is anything to do.
pub(super) fn packages(folder: &Path) -> Result {
    let lock = folder.join("package-lock.json");
    let wanted = fs::read(&lock).map_err(Failure::at(&lock))?;
    let installed = folder.join("node_modules/.installed-lock.json");
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    say(format_args!("Installing the JavaScript packages of {}.", folder.display()));
    npm_ci(folder)?;
    fs::write(&installed, wanted).map_err(Failure::at(&installed))
}

fn npm_ci(folder: &Path) -> Result {
    let mut npm = process::command("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
    process::run(&mut npm, "If a download failed, check the connection and try again.")
}

fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_first_number() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("v8.0.0"), Some(8));
        assert_eq!(major(""), None);
    }

    #[test]
    fn the_version_in_the_cache_is_the_one_that_is_locked() {
        let named = format!("\"binaryen\": \"{BINARYEN_VERSION}\"");
        assert!(BINARYEN_PACKAGE.contains(&named) && BINARYEN_LOCK.contains(&named));
    }
}
