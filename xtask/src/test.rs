//! `cargo xtask test`: every check, in an order that builds each thing once. A check that
//! fails does not stop the next ones; all of them are named at the end.

use crate::build;
use crate::gates;
use crate::process::{self, Failure, Result, say};
use crate::project::Project;
use crate::setup::{Browser, Tools, WASM};
use crate::tally::{self, Tally};
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

const APP: &str = "palimpsest-app";
const BENCH: &str = "palimpsest-bench";

/// How the end-to-end tests are named that nothing may run beside.
const ALONE: &str = ".alone.test.mjs";

/// One kind of check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    /// The code is formatted.
    Fmt,
    /// The linter has nothing to say, for the machine and for the browser.
    Clippy,
    /// Tests that run on the machine: core, server, simulation, tidiness.
    Unit,
    /// The engine's hot paths cost no more instructions than they did.
    Gates,
    /// Tests of the app that run inside a browser.
    Wasm,
    /// People at real browsers with the real server.
    Browser,
}

impl Check {
    pub(crate) const ALL: [Check; 6] =
        [Check::Fmt, Check::Clippy, Check::Unit, Check::Gates, Check::Wasm, Check::Browser];

    pub(crate) fn named(name: &str) -> Option<Check> {
        Check::ALL.into_iter().find(|check| check.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Check::Fmt => "fmt",
            Check::Clippy => "clippy",
            Check::Unit => "unit",
            Check::Gates => "gates",
            Check::Wasm => "wasm",
            Check::Browser => "browser",
        }
    }
}

/// Runs `checks` and says at the end how many tests passed.
pub(crate) fn test(project: &Project, checks: &[Check]) -> Result {
    let mut rig = Rig::set_up(project, checks)?;
    let mut total = Tally::default();
    let mut failed = Vec::new();
    for &check in checks {
        // Formatting is looked at first, since it takes a second. Everything else comes after
        // the app is built: the server embeds it wherever the server is compiled.
        if check != Check::Fmt && checks.contains(&Check::Browser) && rig.server.is_none() {
            rig.build()?;
        }
        say(format_args!("Check: {}.", check.name()));
        let begun = Instant::now();
        let outcome = rig.check(check);
        say(format_args!("{} took {} s.", check.name(), begun.elapsed().as_secs()));
        match outcome {
            Ok((tally, passed)) => {
                total += tally;
                if !passed {
                    failed.push(check.name());
                }
            }
            Err(failure) => {
                say(failure);
                failed.push(check.name());
            }
        }
    }
    if failed.is_empty() {
        let names: Vec<_> = checks.iter().map(|check| check.name()).collect();
        println!("\nEvery check is green: {}.", names.join(", "));
        println!("{total}");
        return Ok(());
    }
    println!("\n{total}");
    let again: Vec<_> = failed.iter().map(|name| format!("--only {name}")).collect();
    Err(Failure::new(format!(
        "not green: {}. What they printed is above; `cargo xtask test {}` runs only these",
        failed.join(", "),
        again.join(" ")
    )))
}

/// Takes the README's pictures anew, of the app as it is now.
pub(crate) fn pictures(project: &Project) -> Result {
    let mut rig = Rig::set_up(project, &[Check::Browser])?;
    rig.build()?;
    let folder = project.root.join("docs/pictures");
    let mut node = rig.node()?;
    node.arg(project.root.join("tests/browser/pictures.test.mjs"));
    node.env("PALIMPSEST_PICTURES", &folder);
    process::run(&mut node, "What could not be pictured is said above.")?;
    say(format_args!("The pictures are in {}.", folder.display()));
    Ok(())
}

/// What the checks run with.
struct Rig<'a> {
    project: &'a Project,
    /// `None` if no check needs more than cargo.
    tools: Option<Tools>,
    browser: Option<Browser>,
    /// The release build of the server, with the app inside.
    server: Option<PathBuf>,
}

impl Rig<'_> {
    /// Sets up what `checks` need.
    fn set_up<'a>(project: &'a Project, checks: &[Check]) -> Result<Rig<'a>> {
        let mut rig = Rig { project, tools: None, browser: None, server: None };
        for (check, component) in [(Check::Fmt, "fmt"), (Check::Clippy, "clippy")] {
            if checks.contains(&check) {
                component_set_up(component)?;
            }
        }
        if checks.contains(&Check::Gates) {
            gates::set_up()?;
        }
        if checks.iter().any(|check| matches!(check, Check::Clippy | Check::Wasm | Check::Browser))
        {
            let tools = Tools::for_building(project)?;
            if checks.iter().any(|check| matches!(check, Check::Wasm | Check::Browser)) {
                rig.browser = Some(tools.with_browser(project)?);
            }
            rig.tools = Some(tools);
        }
        Ok(rig)
    }

    /// Builds the server with the app inside.
    fn build(&mut self) -> Result {
        build::app(self.project, self.tools()?)?;
        self.server = Some(build::server(self.project)?);
        Ok(())
    }

    fn check(&self, check: Check) -> Result<(Tally, bool)> {
        match check {
            Check::Fmt => tally::run(self.cargo().args(["fmt", "--all", "--check"])),
            Check::Clippy => self.clippy(),
            Check::Unit => self.unit(),
            Check::Gates => gates::check(self.project),
            Check::Wasm => self.wasm(),
            Check::Browser => self.browser(),
        }
    }

    /// The linter, for the machine and for the browser: the app is compiled for the latter only,
    /// the library of the benchmarks for both.
    fn clippy(&self) -> Result<(Tally, bool)> {
        let deny = ["--", "--deny", "warnings"];
        let mut native = self.cargo();
        native.args(["clippy", "--workspace", "--exclude", APP, "--all-targets"]).args(deny);
        let mut wasm = self.wasm_cargo()?;
        wasm.args(["clippy", "--package", APP, "--target", WASM, "--all-targets"]).args(deny);
        let mut bench = self.wasm_cargo()?;
        bench.args(["clippy", "--package", BENCH, "--lib", "--target", WASM]).args(deny);
        let mut clean = true;
        for command in [&mut native, &mut wasm, &mut bench] {
            clean &= tally::run(command)?.1;
        }
        Ok((Tally::default(), clean))
    }

    fn unit(&self) -> Result<(Tally, bool)> {
        let mut cargo = self.cargo();
        cargo.args(["test", "--workspace", "--exclude", APP, "--no-fail-fast"]);
        if let Some(server) = &self.server {
            cargo.env("PALIMPSEST_BIN", server);
        }
        tally::run(&mut cargo)
    }

    /// The app's own tests, compiled to WebAssembly and run in a headless browser, which
    /// `app/webdriver.json` configures.
    fn wasm(&self) -> Result<(Tally, bool)> {
        let mut cargo = self.wasm_cargo()?;
        cargo.args(["test", "--package", APP, "--target", WASM, "--tests", "--no-fail-fast"]);
        cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
        if std::env::var_os("WASM_BINDGEN_TEST_TIMEOUT").is_none() {
            // Seconds for one file of tests; the runner's own 20 are few on a busy machine.
            cargo.env("WASM_BINDGEN_TEST_TIMEOUT", "180");
        }
        tally::run(cargo.env("CHROMEDRIVER", &self.needed_browser()?.driver))
    }

    /// The end-to-end tests. Each starts browsers and servers, and spends much of its time waiting
    /// for them: one file more than there are processors runs at once. What measures runs by
    /// itself afterwards.
    fn browser(&self) -> Result<(Tally, bool)> {
        let folder = self.project.root.join("tests/browser");
        let (mut alone, mut together) = (Vec::new(), Vec::new());
        for entry in std::fs::read_dir(&folder).map_err(Failure::at(&folder))? {
            let file = entry.map_err(Failure::at(&folder))?.path();
            let name = file.to_string_lossy();
            if name.ends_with(ALONE) {
                alone.push(file);
            } else if name.ends_with(".test.mjs") {
                together.push(file);
            }
        }
        if alone.is_empty() || together.is_empty() {
            let folder = folder.display();
            return Err(Failure::new(format!("{folder} holds no *.test.mjs, or no *{ALONE}")));
        }
        let at_once =
            std::thread::available_parallelism().map_or(1, |processors| processors.get()) + 1;
        let (mut total, mut passed) = (Tally::default(), true);
        for (mut files, at_once) in [(together, at_once), (alone, 1)] {
            files.sort();
            let mut node = self.node()?;
            node.arg(format!("--test-concurrency={at_once}"));
            let (tally, green) = tally::run(node.arg("--test-reporter=spec").args(files))?;
            total += tally;
            passed &= green;
        }
        Ok((total, passed))
    }

    /// Node's test runner, told where the server and the browser are.
    fn node(&self) -> Result<Command> {
        let server = self.server.as_ref().ok_or_else(|| Failure::new("the server is not built"))?;
        let mut node = process::command("node");
        node.arg("--test").current_dir(&self.project.root);
        node.env("PALIMPSEST_BIN", server).env("CHROMIUM", &self.needed_browser()?.chromium);
        Ok(node)
    }

    fn cargo(&self) -> Command {
        let mut cargo = process::command("cargo");
        cargo.current_dir(&self.project.root);
        cargo
    }

    /// Cargo that can compile to WebAssembly.
    fn wasm_cargo(&self) -> Result<Command> {
        let mut cargo = self.tools()?.command("cargo");
        cargo.current_dir(&self.project.root);
        Ok(cargo)
    }

    fn tools(&self) -> Result<&Tools> {
        self.tools.as_ref().ok_or_else(|| Failure::new("the tools are not set up"))
    }

    fn needed_browser(&self) -> Result<&Browser> {
        self.browser.as_ref().ok_or_else(|| Failure::new("the browser is not set up"))
    }
}

/// Sees to the formatter or the linter, which rustup's minimal profile leaves out.
fn component_set_up(name: &str) -> Result {
    if process::ask(process::command("cargo").args([name, "--version"])).is_some() {
        return Ok(());
    }
    let component = if name == "fmt" { "rustfmt" } else { name };
    say(format_args!("Installing {component} with rustup: the tests check the code with it."));
    process::run(
        process::command("rustup").args(["component", "add", component]),
        "Check the connection and try again.",
    )
}
