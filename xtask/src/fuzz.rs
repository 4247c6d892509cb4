//! `cargo xtask fuzz`: libFuzzer on everything that comes from outside, from the corpora.

use crate::process::{self, Failure, Result, say};
use crate::project::Project;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Bytes that a decoder cannot stand.
    Bytes,
    /// Requests that the server does not answer as it should.
    Requests,
    /// Files that cannot be imported and are not refused.
    Imports,
}

impl Target {
    pub(crate) const ALL: [Target; 3] = [Target::Bytes, Target::Requests, Target::Imports];

    pub(crate) fn named(name: &str) -> Option<Target> {
        Target::ALL.into_iter().find(|target| target.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Target::Bytes => "bytes",
            Target::Requests => "requests",
            Target::Imports => "imports",
        }
    }

    /// Where it starts from, below the checkout; the everyday tests read it, too.
    fn corpus(self) -> &'static str {
        match self {
            Target::Bytes => "fuzz/corpus",
            Target::Requests => "fuzz/requests",
            Target::Imports => "fuzz/imports",
        }
    }

    /// Whether what leads somewhere new is kept in the corpus. Those of requests and files are
    /// written by hand, each named for what it is, since such inputs can be read.
    fn grows(self) -> bool {
        self == Target::Bytes
    }
}

/// How long it goes on where nobody says, in seconds.
const SECONDS: u32 = 600;

/// The compiler's part: count the edges passed and the values compared. No sanitizer: there is
/// no unsafe code to watch, and these flags work in stable Rust.
const INSTRUMENTED: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions";

/// Where programs for this machine are built when their target is named.
const TARGET: &str = if cfg!(target_arch = "aarch64") {
    "aarch64-unknown-linux-gnu"
} else {
    "x86_64-unknown-linux-gnu"
};

/// Fuzzes for some seconds each.
pub(crate) fn fuzz(project: &Project, targets: &[Target], seconds: Option<u32>) -> Result {
    let folder = project.target.join("fuzz");
    say("Building the fuzzer.");
    let mut cargo = process::command("cargo");
    cargo.args(["build", "--release", "--package", "palimpsest-fuzz", "--features", "libfuzzer"]);
    cargo.args(["--target", TARGET]).arg("--target-dir").arg(&folder);
    cargo.env("RUSTFLAGS", INSTRUMENTED).current_dir(&project.root);
    process::run(&mut cargo, "The compiler's message above says why.")?;
    targets.iter().try_for_each(|&target| search(project, target, seconds.unwrap_or(SECONDS)))
}

fn search(project: &Project, target: Target, seconds: u32) -> Result {
    let (name, folder) = (target.name(), project.target.join("fuzz"));
    say(format_args!("Looking for {name}, for {seconds} seconds."));
    let found = folder.join("found").join(name);
    let failed = folder.join("failed");
    for folder in [&found, &failed] {
        std::fs::create_dir_all(folder)
            .map_err(|error| Failure::new(format!("{}: {error}", folder.display())))?;
    }
    let program = folder.join(TARGET).join(format!("release/fuzz-{name}"));
    let corpus = project.root.join(target.corpus());
    let limits = ["-max_len=4096", "-timeout=5", "-rss_limit_mb=2048", "-print_final_stats=1"];
    let mut search = process::command(&program);
    search.args(limits).arg(format!("-max_total_time={seconds}"));
    search.arg(format!("-artifact_prefix={}/{name}-", failed.display())).arg(&found).arg(&corpus);
    search.current_dir(&folder);
    let hint = "The input that failed is in target/fuzz/failed: give it to the fuzzer again.";
    process::run(&mut search, hint)?;
    if !target.grows() {
        say(format_args!("Nothing failed. What led somewhere new is in {}.", found.display()));
        return Ok(());
    }
    let mut merge = process::command(&program);
    merge.args(limits).arg("-merge=1").arg(&corpus).arg(&found).current_dir(&folder);
    process::run(&mut merge, hint)?;
    say(format_args!(
        "Nothing failed. What led somewhere new is in {}: commit it.",
        target.corpus()
    ));
    Ok(())
}
