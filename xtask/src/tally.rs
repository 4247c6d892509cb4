//! What test runners say at their end: shows a runner's output as it comes and adds up the
//! tests it reports. Which runners there are is not known here.

use crate::process::{Failure, Result};
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::ops::AddAssign;
use std::process::{Command, Stdio};

/// Tests that ran, as the runners themselves counted them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// Not run, for want of something outside the project, such as the recorded histories.
    pub(crate) skipped: usize,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

impl Tally {
    /// What one line of output reports. Cargo's runner, and that for WebAssembly, which says
    /// the same, say it in one line; node's in one line for each number.
    fn of_line(line: &str) -> Tally {
        let mut tally = Tally::default();
        if let Some((_, report)) = line.split_once("test result: ") {
            for part in report.split([';', '.']) {
                let mut words = part.split_whitespace();
                match (words.next().and_then(|word| word.parse().ok()), words.next()) {
                    (Some(count), Some("passed")) => tally.passed = count,
                    (Some(count), Some("failed")) => tally.failed = count,
                    (Some(count), Some("ignored")) => tally.skipped = count,
                    _ => {}
                }
            }
        } else if let Some(report) = line.strip_prefix("ℹ ") {
            match report.split_once(' ').map(|(what, count)| (what, count.parse())) {
                Some(("pass", Ok(count))) => tally.passed = count,
                // A test that ran out of time is counted apart; it has not passed either.
                Some(("fail" | "cancelled", Ok(count))) => tally.failed = count,
                Some(("skipped" | "todo", Ok(count))) => tally.skipped = count,
                _ => {}
            }
        }
        tally
    }
}

/// Runs `command` with its output shown, and returns what it counted and whether it succeeded.
pub(crate) fn run(command: &mut Command) -> Result<(Tally, bool)> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failure = |error| Failure::new(format!("{name} could not be run: {error}"));
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(failure)?;
    let tally = match child.stdout.take() {
        Some(output) => add_up(output, io::stdout()).map_err(failure)?,
        None => Tally::default(),
    };
    let status = child.wait().map_err(failure)?;
    Ok((tally, status.success()))
}

/// Copies `output` to `shown` and adds up what its lines report.
fn add_up(output: impl Read, mut shown: impl Write) -> io::Result<Tally> {
    let mut output = BufReader::new(output);
    let mut tally = Tally::default();
    let mut line = Vec::new();
    // By bytes: what a failed test prints need not be text.
    while output.read_until(b'\n', &mut line)? > 0 {
        shown.write_all(&line)?;
        tally += Tally::of_line(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_runner_is_understood() {
        let check = |line: &str, passed, failed, skipped| {
            assert_eq!(Tally::of_line(line), Tally { passed, failed, skipped }, "{line}");
        };
        check("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured", 12, 0, 1);
        check("test result: FAILED. 3 passed; 2 failed; 0 ignored; finished in 0.01s", 3, 2, 0);
        check("ℹ pass 5", 5, 0, 0);
        check("ℹ fail 2", 0, 2, 0);
        check("ℹ cancelled 1", 0, 1, 0);
        check("ℹ skipped 3", 0, 0, 3);
        check("ℹ duration_ms 5", 0, 0, 0);
        check("✔ pass 5", 0, 0, 0);
        check("running 12 tests", 0, 0, 0);
    }

    #[test]
    fn output_is_shown_as_it_is_and_added_up() {
        let output = b"\xff noise\ntest result: ok. 2 passed; 1 failed\n\xe2\x84\xb9 pass 3";
        let mut shown = Vec::new();
        let tally = add_up(&output[..], &mut shown).expect("nothing can fail in memory");
        assert_eq!(tally, Tally { passed: 5, failed: 1, skipped: 0 });
        assert_eq!(shown, output);
    }
}
