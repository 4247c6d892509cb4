//! The server's process: started, stopped, and what the system says it costs. It is asked over
//! no socket, so that asking is no load.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::plan::Plan;

/// The system counts CPU time in hundredths of a second for programs, whatever it does inside.
const TICKS_PER_SECOND: f64 = 100.0;

/// A running server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    data: PathBuf,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts it on an empty folder and a free port.
    pub(crate) fn start(plan: &Plan) -> Result<Self, String> {
        let data = std::env::temp_dir().join(format!("palimpsest-load-{}", std::process::id()));
        let (child, address) = spawn(plan, &data, SocketAddr::from(([127, 0, 0, 1], 0)))?;
        Ok(Self { child, data, address })
    }

    /// Asks it to stop as a service manager does, and starts it again at the same address.
    pub(crate) fn restart(&mut self, plan: &Plan) -> Result<(), String> {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &id]).status();
        told.map_err(|error| format!("kill cannot be run: {error}"))?;
        self.child.wait().map_err(|error| error.to_string())?;
        (self.child, self.address) = spawn(plan, &self.data, self.address)?;
        Ok(())
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        drop(fs::remove_dir_all(&self.data));
    }
}

fn spawn(plan: &Plan, data: &Path, listen: SocketAddr) -> Result<(Child, SocketAddr), String> {
    let mut command = Command::new(&plan.server);
    command.args(["serve", "--auth", "none", "--listen", &listen.to_string()]);
    command.arg("--data").arg(data);
    command.args(&plan.arguments);
    if std::env::var_os("PALIMPSEST_LOG").is_none() {
        command.env("PALIMPSEST_LOG", "warn");
    }
    let name = plan.server.display();
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{name} cannot be started: {error}"))?;
    let mut line = String::new();
    if let Some(output) = child.stdout.as_mut() {
        BufReader::new(output).read_line(&mut line).map_err(|error| error.to_string())?;
    }
    let address = line.trim().strip_prefix("http://").and_then(|address| address.parse().ok());
    let address = address.ok_or_else(|| format!("{name} did not say where it listens"))?;
    Ok((child, address))
}

/// What the system says about a process.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// CPU time since its start.
    pub(crate) cpu: Duration,
    /// Resident memory now, in bytes.
    pub(crate) memory: u64,
    /// The most it ever was.
    pub(crate) memory_max: u64,
}

impl Usage {
    /// Of a process that lives.
    pub(crate) fn of(id: u32) -> Self {
        let read = |file| fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default();
        let (status, stat) = (read("status"), read("stat"));
        let kilobytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
        };
        // The name in front, in parentheses, may hold spaces; user and system time are the
        // twelfth and thirteenth numbers behind it.
        let behind = stat.rsplit_once(") ").map_or("", |(_, behind)| behind);
        let ticks: f64 =
            behind.split(' ').skip(11).take(2).filter_map(|n| n.parse::<f64>().ok()).sum();
        Self {
            cpu: Duration::from_secs_f64(ticks / TICKS_PER_SECOND),
            memory: kilobytes("VmRSS:") * 1024,
            memory_max: kilobytes("VmHWM:") * 1024,
        }
    }
}
