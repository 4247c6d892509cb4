//! The app from its parts: WebAssembly that is taken apart, joined with JavaScript, made small,
//! named by its content and put beside the page. Nothing is compiled here.

use crate::process::{self, Failure, Result};
use crate::project::Project;
use crate::setup::Tools;
use crate::stamp::{Digest, files_below};
use std::fs;
use std::path::{Path, PathBuf};

/// What wasm-bindgen calls its JavaScript, and `app/js/start.js` the module that it imports.
const JOINED: &str = "app";
const IMPORTED: &str = "palimpsest-app";

/// The features of WebAssembly that every browser has for which the app is made. A part that was
/// taken out does not say itself what it needs.
const FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// Makes `dist` of the compiled app.
pub(crate) fn bundle(project: &Project, tools: &Tools, compiled: &Path) -> Result {
    let work = project.state().join("app");
    for folder in [&work, &project.dist()] {
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(Failure::at(folder))?;
        }
    }
    let assets = project.dist().join("assets");
    for folder in [&work, &assets] {
        fs::create_dir_all(folder).map_err(Failure::at(folder))?;
    }
    split(tools, compiled, &work)?;
    let app = shrink(tools, &work, &assets)?;
    let names = join(project, tools, &work, &assets)?;
    write_page(project, &app, &names)?;
    for name in ["manifest.webmanifest", "sw.js"] {
        copy(&project.root.join("public").join(name), &project.dist().join(name))?;
    }
    let icons = project.root.join("public/icons");
    for icon in files_below(&icons)? {
        let place = icon.strip_prefix(&icons).unwrap_or(&icon);
        copy(&icon, &project.dist().join("icons").join(place))?;
    }
    Ok(())
}

/// Takes the compiled app apart at its split points, and gives what is left its JavaScript.
fn split(tools: &Tools, compiled: &Path, work: &Path) -> Result {
    let mut split = tools.command("wasm-split-cli");
    split.arg(compiled).arg(work).args(["--target", "web", "--out-name", JOINED]);
    process::run(&mut split, "Were its relocations kept when the app was compiled?")?;
    let whole = work.join(format!("{JOINED}.wasm"));
    let mut bind = tools.command("wasm-bindgen");
    // The parts find what they share among the exports, which would be removed else.
    bind.args(["--target", "web", "--no-typescript", "--keep-lld-exports"]);
    bind.args(["--out-name", JOINED, "--out-dir"]).arg(work).arg(&whole);
    process::run(&mut bind, "Is its version that of the wasm-bindgen crate?")?;
    fs::remove_file(&whole).map_err(Failure::at(&whole))
}

/// Makes each part small, names it by its content in `assets`, and tells the JavaScript its name.
/// Returns that of the part that is needed at once.
fn shrink(tools: &Tools, work: &Path, assets: &Path) -> Result<String> {
    let files = files_below(work)?;
    let is = |ending: &str| {
        let ending = ending.to_owned();
        move |file: &&PathBuf| file.extension().is_some_and(|it| *it == *ending)
    };
    let mut renamed = Vec::new();
    for part in files.iter().filter(is("wasm")) {
        let small = part.with_extension("small");
        let mut optimise = tools.command("wasm-opt");
        optimise.args(FEATURES).arg("-Os").arg(part).arg("-o").arg(&small);
        process::run(&mut optimise, "wasm-opt's message above says what it cannot read.")?;
        let content = fs::read(&small).map_err(Failure::at(&small))?;
        let mut digest = Digest::new();
        digest.add("wasm", &content);
        let stem = part.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{}-{}.wasm", stem.trim_start_matches("module_"), &digest.text()[..16]);
        copy(&small, &assets.join(&name))?;
        renamed.push((format!("{stem}.wasm"), name));
    }
    for script in files.iter().filter(is("js")) {
        let mut text = fs::read_to_string(script).map_err(Failure::at(script))?;
        for (before, after) in &renamed {
            // With the quote before it or the slash, so that no name is taken for the end of another.
            for start in ["'", "\"", "./"] {
                text = text.replace(&format!("{start}{before}"), &format!("{start}{after}"));
            }
        }
        fs::write(script, text).map_err(Failure::at(script))?;
    }
    let main = format!("{JOINED}_bg.wasm");
    let found = renamed.into_iter().find(|(before, _)| *before == main);
    found.map(|(_, after)| after).ok_or_else(|| Failure::new(format!("there is no {main}")))
}

/// Bundles scripts and styles. Returns the names of what the page asks for: script and style.
fn join(project: &Project, tools: &Tools, work: &Path, assets: &Path) -> Result<[String; 2]> {
    let app = project.root.join("app");
    let mut bundle = tools.command(app.join("js/node_modules/.bin/esbuild"));
    bundle.current_dir(&app).args(["js/start.js", "style=style/app.css"]);
    bundle.args(["--bundle", "--minify", "--format=esm", "--target=es2022", "--splitting"]);
    bundle.args([
        "--entry-names=[name]-[hash]",
        "--chunk-names=[name]-[hash]",
        "--log-level=warning",
    ]);
    let joined = work.join(format!("{JOINED}.js"));
    bundle.arg(format!("--alias:{IMPORTED}={}", joined.display()));
    bundle.arg(format!("--outdir={}", assets.display()));
    process::run(&mut bundle, "The bundler's message above says why.")?;
    Ok([named(assets, "start-", ".js")?, named(assets, "style-", ".css")?])
}

/// The name of the one file in `assets` that begins and ends so.
fn named(assets: &Path, start: &str, end: &str) -> Result<String> {
    let names = files_below(assets)?.into_iter().filter_map(|file| {
        let name = file.file_name()?.to_string_lossy().into_owned();
        (name.starts_with(start) && name.ends_with(end)).then_some(name)
    });
    match names.collect::<Vec<String>>().as_slice() {
        [one] => Ok(one.clone()),
        found => Err(Failure::new(format!("{} files are named {start}*{end}", found.len()))),
    }
}

/// The page, with the names of this build's files in it.
fn write_page(project: &Project, app: &str, [start, style]: &[String; 2]) -> Result {
    let source = project.root.join("index.html");
    let mut page = fs::read_to_string(&source).map_err(Failure::at(&source))?;
    for (place, name) in [("{{app}}", app), ("{{start}}", start), ("{{style}}", style)] {
        if page.matches(place).count() != 1 {
            return Err(Failure::new(format!("index.html has not exactly one {place}")));
        }
        page = page.replace(place, &format!("/assets/{name}"));
    }
    let file = project.dist().join("index.html");
    fs::write(&file, page).map_err(Failure::at(&file))
}

fn copy(from: &Path, to: &Path) -> Result {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(Failure::at(folder))?;
    }
    fs::copy(from, to).map(|_| ()).map_err(Failure::at(from))
}
