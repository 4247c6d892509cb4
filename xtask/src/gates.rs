//! `cargo xtask gates`, and the check of this name: the engine's hot paths under callgrind,
//! which counts their instructions. What may be counted where is the benchmarks' business.

use crate::build;
use crate::process::{self, Failure, Result};
use crate::project::Project;
use crate::setup;
use crate::tally::{self, Tally};
use std::process::Command;

/// The program that counts, and its package.
const NAME: &str = "palimpsest-gates";
const PACKAGE: &str = "palimpsest-bench";

/// Sees to what counting needs.
pub(crate) fn set_up() -> Result {
    setup::valgrind()
}

/// Holds the counts against the committed ones.
pub(crate) fn check(project: &Project) -> Result<(Tally, bool)> {
    tally::run(&mut program(project)?)
}

/// The verb: the same, or writing the counts anew.
pub(crate) fn gates(project: &Project, write: bool) -> Result {
    set_up()?;
    let mut command = program(project)?;
    if write {
        command.arg("--write");
    }
    process::run(&mut command, "What it says above is why.")
}

/// The built program, told what decides which instructions its source becomes: the compiler, the
/// target, and the C library that allocates and copies.
fn program(project: &Project) -> Result<Command> {
    let version = process::ask(process::command("rustc").arg("-vV"))
        .ok_or_else(|| Failure::new("`rustc -vV` fails. Is the toolchain complete?"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or("a machine");
    let compiler = version.lines().next().unwrap_or("rustc");
    let library = process::ask(process::command("getconf").arg("GNU_LIBC_VERSION"));
    let library = library.unwrap_or_else(|| "an unknown C library".to_owned());
    let mut command = process::command(build::binary(project, PACKAGE, NAME, &[])?);
    command.arg("--compiler").arg(format!("{compiler} for {host} with {library}"));
    command.current_dir(&project.root);
    Ok(command)
}
