//! `cargo xtask bench`: builds the benchmarks with the engine's peers and runs them.

use crate::process::{self, Failure, Result, say};
use crate::project::Project;

/// Where the table is kept, below the checkout.
const PAGE: &str = "docs/benchmarks.md";

/// Measures; `arguments` go to the program. A run over everything writes [`PAGE`] anew.
pub(crate) fn bench(project: &Project, arguments: &[String]) -> Result {
    say("Building the benchmarks; the first time their peers are compiled, too.");
    let mut cargo = process::command("cargo");
    cargo.args(["build", "--release", "--package", "palimpsest-bench", "--features", "peers"]);
    cargo.current_dir(&project.root);
    process::run(&mut cargo, "The compiler's message above says why.")?;
    let binary = project.server_binary().with_file_name("palimpsest-bench");
    let mut command = process::command(&binary);
    command.args(arguments).current_dir(&project.root);
    if arguments.is_empty() {
        command.args(["--write", PAGE]);
    }
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Failure::new(format!("the benchmarks ended with {status}"))),
        Err(error) => {
            Err(Failure::new(format!("{} could not be started: {error}", binary.display())))
        }
    }
}
