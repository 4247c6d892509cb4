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
    /// The features without which it would be a library only.
    features: &'static [&'static str],
    reason: &'static str,
}

/// Joins the app's WebAssembly with JavaScript, and runs its tests in a browser. The version
/// must equal that of the `wasm-bindgen` crate in `app/Cargo.toml` and `bench/Cargo.toml`. Its own
/// lock file names versions that a registry may have withdrawn, so it is built without.
pub(super) const WASM_BINDGEN: CrateTool = CrateTool {
    name: "wasm-bindgen-cli",
    version: "0.2.130",
    features: &[],
    reason: "joins WebAssembly and JavaScript; compiling it takes about four minutes, once",
};

/// Takes the app's WebAssembly apart at the functions that say so: what a page needs at once,
/// and what it needs when somebody asks for it. Its version goes with that of the
/// `wasm_split_helpers` crate in `app/Cargo.toml`.
pub(super) const WASM_SPLIT: CrateTool = CrateTool {
    name: "wasm_split_cli_support",
    version: "0.2.4",
    features: &["build-binary"],
    reason: "takes the app apart into what is loaded when; compiling it takes a minute, once",
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
                if !self.features.is_empty() {
                    install.args(["--features", &self.features.join(",")]);
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
