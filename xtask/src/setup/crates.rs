//! Tools that are Rust programs: compiled once by `cargo install`, kept by version.
//! Their versions are decided here and nowhere else.

use crate::process::{self, Result, say};
use crate::project::Project;
use std::fs;
use std::path::PathBuf;

/// A program from the crate registry.
pub(super) struct CrateTool {
    name: &'static str,
    version: &'static str,
    /// Whether to build with the versions of the tool's own lock file.
    locked: bool,
    reason: &'static str,
}

/// Bundles the app. A later version needs a newer compiler than the workspace does.
pub(super) const TRUNK: CrateTool = CrateTool {
    name: "trunk",
    version: "0.21.14",
    locked: true,
    reason: "bundles the app; compiling it takes about ten minutes, once",
};

/// Joins the app's WebAssembly with JavaScript, and runs its tests in a browser. The version
/// must equal that of the `wasm-bindgen` crate in `app/Cargo.toml` and `bench/Cargo.toml`. Its own
/// lock file names versions that a registry may have withdrawn, so it is built without.
pub(super) const WASM_BINDGEN: CrateTool = CrateTool {
    name: "wasm-bindgen-cli",
    version: "0.2.130",
    locked: false,
    reason: "joins WebAssembly and JavaScript; compiling it takes about four minutes, once",
};

impl CrateTool {
    /// Sees to it that the tool is there and returns the folder of its programs.
    pub(super) fn set_up(&self, project: &Project) -> Result<PathBuf> {
        let home = project.tool(self.name, self.version);
        if !home.exists() {
            say(format_args!("Installing {} {}: {}.", self.name, self.version, self.reason));
            // A folder of its own, so that an interrupted compilation goes on where it was.
            let built = project.cache.join("building").join(self.name);
            project.install(&home, |draft| {
                let mut install = process::command("cargo");
                install.args(["install", self.name, "--version", self.version, "--root"]);
                install.arg(draft).env("CARGO_TARGET_DIR", &built);
                if self.locked {
                    install.arg("--locked");
                }
                process::run(
                    &mut install,
                    "If a download failed, check the connection and try again: what is compiled \
                     already is kept.",
                )
            })?;
            if let Err(error) = fs::remove_dir_all(&built) {
                say(format_args!("{} could not be removed: {error}", built.display()));
            }
        }
        Ok(home.join("bin"))
    }
}
