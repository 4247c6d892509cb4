//! `cargo xtask load`: builds the server and the tool that drives it, and runs the latter. What is
//! measured, and how, is the tool's business.

use crate::build;
use crate::process::{self, Result, say};
use crate::project::Project;

/// The tool, and its package.
const NAME: &str = "palimpsest-load";

/// Drives the release build of the server; `arguments` go to the tool.
pub(crate) fn load(project: &Project, arguments: &[String]) -> Result {
    let server = build::server(project)?;
    let tool = build::binary(project, NAME, NAME, &[])?;
    // Ten thousand sockets are as many open files in the tool and in the server, which inherits
    // the limit. What the system grants without asking is raised to what it allows.
    let mut command = process::command("sh");
    command.args(["-c", "ulimit -n \"$(ulimit -Hn)\" 2>/dev/null; exec \"$0\" \"$@\""]);
    command.arg(tool).arg("--server").arg(server).args(arguments);
    say("Measuring.");
    process::run(&mut command, "What it says above is why.")
}
