//! `cargo xtask fuzz`: libFuzzer on every decoder, from the corpus and back into it.

use crate::process::{self, Failure, Result, say};
use crate::project::Project;

/// What was found to lead somewhere new, below the checkout; the everyday tests read it, too.
const CORPUS: &str = "fuzz/corpus";

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

/// Fuzzes for some seconds, then adds what led somewhere new to the corpus.
pub(crate) fn fuzz(project: &Project, seconds: Option<u32>) -> Result {
    let folder = project.target.join("fuzz");
    let found = folder.join("found");
    let failed = folder.join("failed/");
    for folder in [&found, &failed] {
        std::fs::create_dir_all(folder)
            .map_err(|error| Failure::new(format!("{}: {error}", folder.display())))?;
    }
    say("Building the fuzzer.");
    let mut cargo = process::command("cargo");
    cargo.args(["build", "--release", "--package", "palimpsest-fuzz", "--features", "libfuzzer"]);
    cargo.args(["--target", TARGET]).arg("--target-dir").arg(&folder);
    cargo.env("RUSTFLAGS", INSTRUMENTED).current_dir(&project.root);
    process::run(&mut cargo, "The compiler's message above says why.")?;
    let program = folder.join(TARGET).join("release/palimpsest-fuzz");
    let corpus = project.root.join(CORPUS);
    let limits = ["-max_len=4096", "-timeout=5", "-rss_limit_mb=2048", "-print_final_stats=1"];
    let mut search = process::command(&program);
    search.args(limits).arg(format!("-max_total_time={}", seconds.unwrap_or(SECONDS)));
    search.arg(format!("-artifact_prefix={}", failed.display())).arg(&found).arg(&corpus);
    search.current_dir(&folder);
    let hint = "The input that failed is in target/fuzz/failed: give it to the fuzzer again.";
    process::run(&mut search, hint)?;
    let mut merge = process::command(&program);
    merge.args(limits).arg("-merge=1").arg(&corpus).arg(&found).current_dir(&folder);
    process::run(&mut merge, hint)?;
    say("Nothing failed. What led somewhere new is in fuzz/corpus: commit it.");
    Ok(())
}
