//! `cargo xtask serve`: builds what has changed and becomes the server.

use crate::build;
use crate::process::{self, Failure, Result, say};
use crate::project::Project;
use crate::setup::Tools;
use std::os::unix::process::CommandExt;

/// Where the server listens unless told otherwise.
const LISTEN: &str = "127.0.0.1:4800";

/// The folder of the checkout that holds the documents unless told otherwise. Git ignores it.
const DATA: &str = "palimpsest-data";

/// Builds the app and the server and starts the latter with `arguments`. Returns only if that
/// fails: the server takes the place of this process, so that signals and the exit code are
/// its own.
pub(crate) fn serve(project: &Project, arguments: &[String]) -> Result {
    let tools = Tools::for_building(project)?;
    build::app(project, &tools)?;
    let binary = build::server(project)?;
    let data = project.root.join(DATA);
    let mut command = process::command(&binary);
    command.arg("serve").args(arguments);
    if !chosen(arguments, "--listen", "PALIMPSEST_LISTEN") {
        command.args(["--listen", LISTEN]);
    }
    if !chosen(arguments, "--data", "PALIMPSEST_DATA") {
        say(format_args!("Documents are kept in {}.", data.display()));
        command.arg("--data").arg(&data);
    }
    say(format_args!("Starting {}; Ctrl-C stops it.", binary.display()));
    let error = command.exec();
    Err(Failure::new(format!("{} could not be started: {error}", binary.display())))
}

/// Whether the person chose a value, by the flag or by its twin in the environment.
fn chosen(arguments: &[String], flag: &str, variable: &str) -> bool {
    let assigned = format!("{flag}=");
    arguments.iter().any(|word| word == flag || word.starts_with(&assigned))
        || std::env::var_os(variable).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_is_noticed_in_both_spellings() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let unset = "PALIMPSEST_NEVER_SET";
        assert!(chosen(&words("--listen 127.0.0.1:1"), "--listen", unset));
        assert!(chosen(&words("--listen=127.0.0.1:1"), "--listen", unset));
        assert!(!chosen(&words("--listener x"), "--listen", unset));
    }
}
