//! `cargo xtask bench`: builds the benchmarks with the engine's peers and runs them.

use crate::build;
use crate::process::{self, Result, say};
use crate::project::Project;

/// Where the table is kept, below the checkout.
const PAGE: &str = "docs/benchmarks.md";

/// The package of the benchmarks, and its program.
const NAME: &str = "palimpsest-bench";

/// Measures; `arguments` go to the program. A run over everything writes [`PAGE`] anew.
pub(crate) fn bench(project: &Project, arguments: &[String]) -> Result {
    say("Building the benchmarks; the first time their peers are compiled, too.");
    let binary = build::binary(project, NAME, NAME, &["--features", "peers"])?;
    let mut command = process::command(binary);
    command.args(arguments).current_dir(&project.root);
    if arguments.is_empty() {
        command.args(["--write", PAGE]);
    }
    process::run(&mut command, "What it says above is why.")
}
