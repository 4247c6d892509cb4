//! `cargo xtask bench`: builds the benchmarks with the engine's peers and runs them, with
//! `--browser` also for Chromium, as the app is built.

use crate::build::{self, PROFILE};
use crate::process::{self, Result, say};
use crate::project::Project;
use crate::setup::{Tools, WASM};
use std::path::PathBuf;

/// Where the table is kept, below the checkout.
const PAGE: &str = "docs/benchmarks.md";

/// The package of the benchmarks, and its program.
const NAME: &str = "palimpsest-bench";

/// The package's library, as the compiler and the page call it.
const LIBRARY: &str = "palimpsest_bench";

/// Measures; `arguments` go to the program. A run over everything writes [`PAGE`] anew.
pub(crate) fn bench(project: &Project, arguments: &[String]) -> Result {
    let (browser, arguments): (Vec<&String>, Vec<&String>) =
        arguments.iter().partition(|word| *word == "--browser");
    let page = match browser.is_empty() {
        true => None,
        false => Some(library(project)?),
    };
    say("Building the benchmarks; the first time their peers are compiled, too.");
    let binary = build::binary(project, NAME, NAME, &["--features", "peers"])?;
    let mut command = process::command(binary);
    command.args(&arguments).current_dir(&project.root);
    if let Some((folder, chromium)) = page {
        command.arg("--browser").arg(folder).env("CHROMIUM", chromium);
    }
    if arguments.is_empty() {
        command.args(["--write", PAGE]);
    }
    process::run(&mut command, "What it says above is why.")
}

/// Builds the library for a page by the same steps as the app. Returns the folder that holds it
/// and the browser.
fn library(project: &Project) -> Result<(PathBuf, PathBuf)> {
    let tools = Tools::for_building(project)?;
    let browser = tools.with_browser(project)?;
    let _turn = project.building()?;
    say("Building the benchmarks for the browser.");
    let mut cargo = tools.command("cargo");
    cargo.args(["rustc", "--package", NAME, "--lib", "--crate-type", "cdylib"]);
    cargo.args(["--profile", PROFILE, "--target", WASM]).current_dir(&project.root);
    process::run(&mut cargo, "The compiler's message above says why.")?;
    let built = project.target.join(WASM).join(PROFILE).join(LIBRARY).with_extension("wasm");
    let folder = project.state().join("bench");
    let mut join = tools.command("wasm-bindgen");
    join.args(["--target", "web", "--no-typescript", "--out-dir"]).arg(&folder).arg(&built);
    process::run(&mut join, "What it says above is why.")?;
    let module = folder.join(format!("{LIBRARY}_bg.wasm"));
    let mut shrink = tools.command("wasm-opt");
    shrink.arg("-Os").arg(&module).arg("-o").arg(&module);
    process::run(&mut shrink, "What it says above is why.")?;
    Ok((folder, browser.chromium))
}
