//! Counts the instructions of the engine's hot paths and holds them against the committed
//! counts. `cargo xtask test --only gates` and `cargo xtask gates` build and call it.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use palimpsest_bench::gates::{COUNTED, LINEAR, SCENARIOS};
use serde_json::{Map, Value, json};

const HELP: &str = "\
palimpsest-gates: counts instructions of hot paths under callgrind

  --file FILE       the committed counts
  --compiler WORDS  what this program was compiled by and for
  --write           write the counts there instead of comparing
  --run NAME        only do what is counted under this name";

/// How far above its gate a count may be, in percent, if the same compiler made the program. The
/// same program always has the same count; what moves it is where the compiler draws the line
/// between functions, which changes elsewhere in the workspace shift by one or two percent.
const TOLERANCE: f64 = 5.0;

/// The same for another compiler or C library: they make other code of the same source, seldom
/// by so much. A gate twice too high is found on every machine.
const TOLERANCE_ELSEWHERE: f64 = 30.0;

/// How far below its gate a count must be for the gate to be called too high, in percent.
const TOO_HIGH: f64 = 10.0;

struct Options {
    file: PathBuf,
    compiler: String,
    write: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Some(options) = options()? else { return Ok(()) };
    let mut counts = Vec::new();
    for scenario in SCENARIOS {
        counts.push((scenario.name, count(scenario.name)?));
    }
    let linear = LINEAR.iter().map(|&(less, more, most)| {
        let count = |name| counts.iter().find(|count| count.0 == name).map_or(0, |count| count.1);
        (less, more, count(more) as f64 / count(less) as f64, most)
    });
    let linear: Vec<_> = linear.collect();
    if options.write {
        let gates: Map<String, Value> =
            counts.iter().map(|&(name, count)| (name.to_owned(), count.into())).collect();
        let file = json!({ "compiler": options.compiler, "instructions": gates });
        std::fs::write(&options.file, serde_json::to_string_pretty(&file)? + "\n")?;
        println!("The counts are in {}.", options.file.display());
        return Ok(());
    }
    let file: Value = serde_json::from_str(&std::fs::read_to_string(&options.file)?)?;
    let written_by = file["compiler"].as_str().unwrap_or_default();
    let tolerance = if written_by == options.compiler {
        TOLERANCE
    } else if !written_by.contains(std::env::consts::ARCH) {
        println!("The gates are for {written_by}: on this machine nothing but growth is checked.");
        f64::INFINITY
    } else {
        println!(
            "The gates were written for {written_by} and this is {}: counts differ by the \
             compiler, so up to {TOLERANCE_ELSEWHERE} % more are let pass.",
            options.compiler
        );
        TOLERANCE_ELSEWHERE
    };
    let mut failed = 0;
    let skipped = if tolerance.is_finite() { 0 } else { counts.len() };
    for &(name, count) in &counts {
        let verdict = judge(count, file["instructions"][name].as_u64(), tolerance);
        failed += usize::from(verdict.is_err());
        let (sign, words) = match &verdict {
            Ok(words) => ("ok    ", words),
            Err(words) => ("FAILED", words),
        };
        println!("{sign} {name}: {count} instructions, {words}");
    }
    for &(less, more, times, most) in &linear {
        let fits = times <= most;
        failed += usize::from(!fits);
        let sign = if fits { "ok    " } else { "FAILED" };
        println!("{sign} \"{more}\" costs {times:.2} times \"{less}\"; at most {most} is linear");
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    let passed = counts.len() + linear.len() - failed - skipped;
    println!("\ntest result: {verdict}. {passed} passed; {failed} failed; {skipped} ignored");
    if failed > 0 {
        println!(
            "What is slower must be mended, or be worth it: `cargo xtask gates --write` writes \
             the counts anew, for the commit to say why."
        );
        std::process::exit(1);
    }
    Ok(())
}

/// Holds a count against its gate; the words say how they stand to one another.
fn judge(count: u64, gate: Option<u64>, tolerance: f64) -> Result<String, String> {
    let Some(gate) = gate else {
        return Err("and there is no gate: `cargo xtask gates --write` makes one".to_owned());
    };
    let part = count as f64 / gate as f64;
    let words = format!("{:+.1} % to the gate of {gate}", (part - 1.0) * 100.0);
    if part > 1.0 + tolerance / 100.0 {
        Err(format!("{words}; at most {tolerance} % more are let pass"))
    } else if part < 1.0 - TOO_HIGH / 100.0 && tolerance == TOLERANCE {
        Ok(format!("{words}: lower it by `cargo xtask gates --write`"))
    } else {
        Ok(words)
    }
}

/// Runs one scenario under callgrind. Nothing of the surroundings goes in: the variables that
/// are set lie on the stack, and move what is on it.
fn count(name: &str) -> Result<u64, Box<dyn Error>> {
    let own = std::env::current_exe()?;
    let mut command = Command::new("valgrind");
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no"]);
    command.arg(format!("--toggle-collect={COUNTED}")).arg(&own).args(["--run", name]);
    let output = command.stdin(Stdio::null()).output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let count = collected(&said).filter(|&count| count > 0 && output.status.success());
    Ok(count.ok_or_else(|| format!("\"{name}\" could not be counted:\n{said}"))?)
}

/// The number in callgrind's last words: `==1== Collected : 123`.
fn collected(said: &str) -> Option<u64> {
    let line = said.lines().find_map(|line| line.split_once("Collected : "))?;
    line.1.trim().parse().ok()
}

fn options() -> Result<Option<Options>, Box<dyn Error>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("gates.json");
    let mut options = Options { file, compiler: "an unknown compiler".into(), write: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--file" => options.file = value()?.into(),
            "--compiler" => options.compiler = value()?,
            "--write" => options.write = true,
            "--run" => {
                let name = value()?;
                let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name);
                (scenario.ok_or_else(|| format!("there is no \"{name}\""))?.run)();
                return Ok(None);
            }
            "--help" | "-h" => {
                println!("{HELP}");
                return Ok(None);
            }
            _ => return Err(format!("there is no option `{word}`\n\n{HELP}").into()),
        }
    }
    Ok(Some(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_above_its_gate_fails_and_one_far_below_asks_for_a_lower_gate() {
        assert!(judge(105, Some(100), TOLERANCE).is_ok());
        assert!(judge(106, Some(100), TOLERANCE).is_err());
        assert!(judge(106, Some(100), TOLERANCE_ELSEWHERE).is_ok());
        assert!(judge(131, Some(100), TOLERANCE_ELSEWHERE).is_err());
        assert!(judge(80, Some(100), TOLERANCE).is_ok_and(|words| words.contains("lower it")));
        assert!(judge(1, None, TOLERANCE).is_err(), "a path without a gate is no check");
    }

    #[test]
    fn the_number_is_found_in_what_callgrind_says() {
        assert_eq!(collected("==7== \n==7== Collected : 1234\n"), Some(1234));
        assert_eq!(collected("==7== Collected : \n"), None);
    }

    #[test]
    fn every_path_can_be_done_and_has_a_gate() {
        let file =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("gates.json"));
        let file: Value = serde_json::from_str(&file.expect("it is there")).expect("it is JSON");
        for scenario in SCENARIOS {
            assert!(file["instructions"][scenario.name].is_u64(), "{}", scenario.name);
            (scenario.run)();
        }
        let names = LINEAR.iter().flat_map(|&(less, more, _)| [less, more]);
        names.for_each(|name| assert!(SCENARIOS.iter().any(|one| one.name == name), "{name}"));
    }
}
