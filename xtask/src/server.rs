//! The server's release build, which carries the built app inside: the one file that people
//! copy to a machine of theirs. Starting it lives in `serve.rs`.

use crate::process::{self, Result};
use crate::project::Project;
use std::path::PathBuf;

/// Builds the server and returns the path of its binary. The app must be built before: the
/// server embeds what it finds.
pub(crate) fn build(project: &Project) -> Result<PathBuf> {
    let _turn = project.building()?;
    let mut cargo = process::command("cargo");
    cargo.args(["build", "--release", "--package", "palimpsest-server"]);
    cargo.current_dir(&project.root);
    process::run(&mut cargo, "The compiler's message above says why.")?;
    Ok(project.server_binary())
}
