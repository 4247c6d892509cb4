//! Other programs: finding them, running them, and what to say when they fail.
//! Which programs, and why, is decided elsewhere.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why a verb stopped, as sentences for the person who ran it; the last says what to do.
pub(crate) struct Failure(String);

/// What every fallible step of xtask returns.
pub(crate) type Result<T = ()> = std::result::Result<T, Failure>;

impl Failure {
    pub(crate) fn new(sentence: impl Into<String>) -> Failure {
        Failure(sentence.into())
    }

    /// Turns an error about `path` into a sentence.
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Failure + '_ {
        move |error| Failure(format!("{}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Tells the person at the terminal what happens now. What xtask says goes to stderr, so
/// that stdout holds only what a verb was asked for.
pub(crate) fn say(sentence: impl fmt::Display) {
    eprintln!("xtask: {sentence}");
}

/// A command without the variables that `cargo run` gave to xtask. Passed on, they would
/// look like a changed configuration to build scripts and make cargo build twice.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let ours = name.to_str().is_some_and(|name| {
            name == "CARGO" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if ours {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null());
    command
}

/// Runs `command` with its output shown. On failure says which command it was, and `advice`.
pub(crate) fn run(command: &mut Command, advice: &str) -> Result {
    let status = command.status().map_err(|error| {
        Failure(format!("could not start {}: {error}. {advice}", program(command)))
    })?;
    if status.success() {
        return Ok(());
    }
    Err(Failure(format!("{} failed ({status}). {advice}", line(command))))
}

/// What `command` prints on stdout, or `None` if it is missing or fails. Its complaints are
/// not shown: this is for asking whether something is there.
pub(crate) fn ask(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = output.status.success().then_some(output.stdout)?;
    Some(String::from_utf8_lossy(&text).trim().to_owned())
}

/// Where `program` is on PATH.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| is_program(file))
}

/// Whether `file` is there and may be executed.
pub(crate) fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

fn program(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn line(command: &Command) -> String {
    let mut line = format!("`{}", program(command));
    for argument in command.get_args() {
        line.push(' ');
        line.push_str(&argument.to_string_lossy());
    }
    line.push('`');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_the_command_and_says_what_to_do() {
        let failure = run(command("false").arg("now"), "Try true.").expect_err("false fails");
        assert_eq!(failure.to_string(), "`false now` failed (exit status: 1). Try true.");
        let failure = run(&mut command("no-such-program"), "Install it.").expect_err("missing");
        assert!(failure.to_string().ends_with("Install it."), "{failure}");
    }

    #[test]
    fn asking_tells_the_answer_or_nothing() {
        assert_eq!(ask(command("echo").arg("yes")), Some("yes".to_owned()));
        assert_eq!(ask(&mut command("false")), None);
        assert_eq!(ask(&mut command("no-such-program")), None);
    }

    #[test]
    fn programs_are_found_on_the_path_only() {
        assert!(find("sh").is_some_and(|file| is_program(&file)));
        assert_eq!(find("no-such-program"), None);
        assert!(!is_program(Path::new("/")));
    }
}
