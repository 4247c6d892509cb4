//! The two builds: the app for the browser, unless nothing has changed, and the server that carries
//! the app inside. What is done with them afterwards is not known here.

use crate::bundle;
use crate::finish;
use crate::process::{self, Failure, Result, say};
use crate::project::Project;
use crate::setup::{Tools, WASM};
use crate::stamp::{Digest, Stamp, files_below};
use std::path::PathBuf;

/// How what browsers download is compiled.
pub(crate) const PROFILE: &str = "wasm-release";

/// Everything that the built app is made of, xtask's own part in it included.
const INPUTS: [&str; 12] = [
    "app",
    "core/Cargo.toml",
    "core/src",
    "public",
    ".cargo",
    "xtask/src/build.rs",
    "xtask/src/bundle.rs",
    "xtask/src/finish.rs",
    "xtask/src/setup",
    "index.html",
    "Cargo.toml",
    "Cargo.lock",
];

/// Builds the app into `dist/`. Does nothing if the last build was of the same inputs and its
/// outputs are still as it left them.
pub(crate) fn app(project: &Project, tools: &Tools) -> Result {
    let _turn = project.building()?;
    let stamp = Stamp::new(project.state().join("app.stamp"));
    let before = inputs(project, tools)?;
    if stamp.says(&(before.clone() + &outputs(project)?)) {
        return Ok(());
    }
    stamp.clear()?;
    say("Building the app.");
    bundle::bundle(project, tools, &compiled(project, tools)?)?;
    finish::finish(&project.dist())?;
    stamp.write(&(before + &outputs(project)?))
}

/// Compiles the app for the browser and returns the path of its WebAssembly, still in one piece.
fn compiled(project: &Project, tools: &Tools) -> Result<PathBuf> {
    let mut cargo = tools.command("cargo");
    cargo.args(["rustc", "--package", "palimpsest-app", "--bin", "palimpsest-app"]);
    cargo.args(["--features", "parts", "--profile", PROFILE, "--target", WASM]);
    // The relocations tell what uses what; by them the app is taken apart.
    cargo.args(["--", "-C", "link-arg=--emit-relocs"]).current_dir(&project.root);
    process::run(&mut cargo, "The compiler's message above says why.")?;
    Ok(project.target.join(WASM).join(PROFILE).join("palimpsest-app.wasm"))
}

/// Builds the server for release and returns the path of its binary: the one file to copy to
/// a machine of one's own. It embeds the app as it was built before.
pub(crate) fn server(project: &Project) -> Result<PathBuf> {
    binary(project, "palimpsest-server", "palimpsest", &[])
}

/// Builds a package for release and returns the path of one of its binaries.
pub(crate) fn binary(
    project: &Project,
    package: &str,
    name: &str,
    options: &[&str],
) -> Result<PathBuf> {
    let _turn = project.building()?;
    let mut cargo = process::command("cargo");
    cargo.args(["build", "--release", "--package", package]).args(options);
    cargo.current_dir(&project.root);
    process::run(&mut cargo, "The compiler's message above says why.")?;
    Ok(project.released(name))
}

fn inputs(project: &Project, tools: &Tools) -> Result<String> {
    let mut digest = Digest::new();
    let compiler = process::ask(tools.command("rustc").arg("-vV"))
        .ok_or_else(|| Failure::new("`rustc -vV` fails. Is the toolchain complete?"))?;
    digest.add("compiler", compiler.as_bytes());
    for input in INPUTS {
        digest.add_path(&project.root, &project.root.join(input))?;
    }
    Ok(digest.text())
}

fn outputs(project: &Project) -> Result<String> {
    let mut digest = Digest::new();
    let dist = project.dist();
    for file in files_below(&dist)? {
        digest.add_path(&dist, &file)?;
    }
    Ok(digest.text())
}
