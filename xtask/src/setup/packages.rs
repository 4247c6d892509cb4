//! The system's own packages, by apt: the last resort for what rustup and npm do not bring.
//! Whether something is missing is found out elsewhere.

use crate::process::{self, Failure, Result, say};
use std::os::unix::fs::MetadataExt;

/// Installs `names` by apt, because of `reason`. Asks for the password where sudo does.
pub(super) fn install(names: &[&str], reason: &str) -> Result {
    let by_hand = format!("Install what your system calls {} and try again.", names.join(", "));
    if process::find("apt-get").is_none() {
        return Err(Failure::new(format!("{reason}, and there is no apt-get. {by_hand}")));
    }
    say(format_args!("{reason}: installing {} with apt.", names.join(", ")));
    // Without fresh lists a new machine knows no packages. A stale mirror is no reason to
    // stop: the installation itself tells whether the package can be had.
    if let Err(failure) = process::run(apt()?.arg("update"), "The lists may be old.") {
        say(failure);
    }
    let mut command = apt()?;
    process::run(command.args(["install", "-y", "--no-install-recommends"]).args(names), &by_hand)
}

/// Whether apt knows a package of this name that it could install.
pub(super) fn offered(name: &str) -> bool {
    process::ask(process::command("apt-cache").args(["show", "--no-all-versions", name]))
        .is_some_and(|description| !description.is_empty())
}

fn apt() -> Result<std::process::Command> {
    let root = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    if root {
        let mut command = process::command("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive");
        return Ok(command);
    }
    if process::find("sudo").is_none() {
        return Err(Failure::new(
            "apt needs an administrator, and there is no sudo. Run `cargo xtask setup` once as \
             root, then this again",
        ));
    }
    let mut command = process::command("sudo");
    // Sudo asks at the terminal itself, not on stdin.
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
    Ok(command)
}
