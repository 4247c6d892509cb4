//! The real `palimpsest` binary: built once if it is not up to date, started, and killed.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;

/// Where the binary is.
pub(crate) fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        // This test runs from <target>/<profile>/deps.
        let test = env::current_exe().unwrap();
        let profile = test.ancestors().nth(2).unwrap();
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--package", "palimpsest-server", "--bin", "palimpsest"]);
        build.arg("--target-dir").arg(profile.parent().unwrap());
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "the binary does not build");
        profile.join("palimpsest")
    })
}

/// A command of the binary on a data folder.
pub(crate) fn command(data: &Path) -> Command {
    let mut command = Command::new(path());
    command.env_clear().env("PALIMPSEST_DATA", data);
    command
}

/// Runs a command to its end.
pub(crate) fn run(data: &Path, arguments: &[&str]) -> Output {
    command(data).args(arguments).output().unwrap()
}

/// Stdout of a command that must succeed.
pub(crate) fn stdout(data: &Path, arguments: &[&str]) -> String {
    let output = run(data, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?} failed: {stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Stderr of a command that must fail.
pub(crate) fn failure(data: &Path, arguments: &[&str]) -> String {
    let output = run(data, arguments);
    assert!(!output.status.success(), "{arguments:?} succeeded");
    String::from_utf8(output.stderr).unwrap()
}

/// A running server; killed when dropped.
pub(crate) struct Serving {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Serving {
    /// One that lets everybody in.
    pub(crate) fn start(data: &Path) -> Self {
        let mut command = Command::new(path());
        command.env("PALIMPSEST_AUTH", "none");
        Self::start_by(data, command).unwrap().0
    }

    /// One that asks for links, as it does if nobody says otherwise; and what it printed.
    pub(crate) fn start_with_links(data: &Path) -> (Self, String) {
        Self::start_by(data, Command::new(path())).unwrap()
    }

    /// Starts a command that serves on a free port, with all that it needs.
    pub(crate) fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").expect("an address").parse().unwrap();
        Self { child, address }
    }

    /// Starts it by a command that ends as the binary, takes the binary's arguments, and may set
    /// up more in its environment. Returns what it printed, too. If it ends before it listens,
    /// returns what it said.
    pub(crate) fn start_by(data: &Path, mut command: Command) -> Result<(Self, String), String> {
        let open: Vec<_> =
            command.get_envs().filter_map(|(k, v)| Some((k.to_owned(), v?.to_owned()))).collect();
        let mut child = command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env_clear()
            .envs(open)
            .env("PATH", env::var_os("PATH").unwrap_or_default())
            .env("PALIMPSEST_DATA", data)
            .env("PALIMPSEST_LOG", "warn")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            let said = child.wait_with_output().unwrap();
            assert_eq!(said.status.code(), Some(1), "it ends as a program does that gives up");
            return Err(String::from_utf8_lossy(&said.stderr).into_owned());
        }
        // Nobody reads on: what it says would wait for somebody in the end.
        let mut words = child.stderr.take().unwrap();
        std::thread::spawn(move || std::io::copy(&mut words, &mut std::io::stderr()));
        let url = line.trim().strip_prefix("http://").expect("an address");
        let address = url.split('/').next().unwrap().parse().unwrap();
        Ok((Self { child, address }, url.to_owned()))
    }

    /// The number of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Asks it to stop, as a service manager does: SIGTERM.
    pub(crate) fn terminate(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap()
    }

    /// Ends it at once, as a power cut would: SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
