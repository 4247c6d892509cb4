//! Set-up: everything that builds and tests need beyond rustup's cargo. Each family of tools
//! has its own file that knows how to see in milliseconds that it is there, and how to get it.
//! What is done with the tools is not known here.

mod browser;
mod crates;
mod node;
mod packages;
mod wasm;

pub(crate) use browser::Browser;
pub(crate) use wasm::TARGET as WASM;

use crate::process::{self, Result};
use crate::project::Project;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Command;

/// Sees to valgrind, which counts instructions for the tests.
pub(crate) fn valgrind() -> Result {
    if process::find("valgrind").is_some() {
        return Ok(());
    }
    packages::install(&["valgrind"], "The tests count the instructions of the engine's hot paths")
}

/// What is set up, and how to call it.
pub(crate) struct Tools {
    /// Folders with programs, searched before the rest of PATH.
    path: Vec<PathBuf>,
    /// Variables for every command that compiles to WebAssembly.
    variables: Vec<(&'static str, OsString)>,
}

impl Tools {
    /// Sees to everything that building the app and the server needs.
    pub(crate) fn for_building(project: &Project) -> Result<Tools> {
        let mut tools = Tools { path: Vec::new(), variables: Vec::new() };
        if let Some(toolchain) = wasm::standard_library(project)? {
            tools.path.push(toolchain.join("bin"));
            tools.variables.push(("SYSROOT", toolchain.into()));
        }
        for tool in [crates::WASM_BINDGEN, crates::WASM_SPLIT] {
            tools.path.push(tool.set_up(project)?);
        }
        node::set_up()?;
        tools.path.push(node::binaryen(project)?);
        node::packages(&project.root.join("app/js"))?;
        Ok(tools)
    }

    /// Sees to what only tests need: a browser, its driver, and what drives it from node.
    pub(crate) fn with_browser(&self, project: &Project) -> Result<Browser> {
        node::packages(&project.root.join("tests/browser"))?;
        browser::set_up()
    }

    /// A command that finds the tools first. Cargo run this way can build for wasm32.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = process::command(program);
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let folders = self.path.iter().cloned().chain(std::env::split_paths(&rest));
        // Joining fails only for a folder with a colon in its name, which PATH cannot hold.
        if let Ok(path) = std::env::join_paths(folders) {
            command.env("PATH", path);
        }
        command.envs(self.variables.iter().cloned());
        command
    }
}
