//! Runs the benchmarks. `cargo xtask bench` builds and calls it.

use std::error::Error;
use std::path::PathBuf;

use palimpsest_bench::browser::Browser;
use palimpsest_bench::history::History;
use palimpsest_bench::metrics::{self, Scope};
use palimpsest_bench::parcel::Parcel;
use palimpsest_bench::{growth, memory, report, slices, stored, syncing, traces};

const HELP: &str = "\
palimpsest-bench: measures the engine beside its peers

  --traces FOLDER   the recorded histories
  --only WORD       only histories whose name contains it; may be given again
  --metric WORD     only metrics whose name contains it; may be given again
  --turns N         how often each is measured; the median is shown (7)
  --browser FOLDER  also measure ours in Chromium, by the library in there, which is built for
                    it; `cargo xtask bench --browser` builds it and says where it is
  --json            print JSON instead of a table
  --write FILE      also write the table there, with how to repeat it";

struct Options {
    traces: PathBuf,
    only: Vec<String>,
    scope: Scope,
    browser: Option<PathBuf>,
    json: bool,
    write: Option<PathBuf>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Some(options) = options()? else {
        println!("{HELP}");
        return Ok(());
    };
    let scope = &options.scope;
    let mut figures = Vec::new();
    let mut browser = options.browser.as_deref().map(Browser::new);
    let mut send = |trace: &str, parcel| match &mut browser {
        Some(browser) => browser.send(trace, &parcel),
        None => Ok(()),
    };
    let wanted = |name: &str| {
        options.only.is_empty() || options.only.iter().any(|word| name.contains(word.as_str()))
    };
    for recorded in traces::all(&options.traces)? {
        let name = recorded.name.clone();
        if !wanted(&name) {
            continue;
        }
        figures.extend(memory::memory(&recorded, &options.traces, scope));
        match recorded.history {
            History::Sequential(history) => {
                figures.extend(metrics::typing(&name, &history, scope));
                figures.extend(metrics::sequential(&name, &history, scope));
                send(&name, Parcel::Typed(history))?;
            }
            History::Concurrent(history) if stored::asked(scope) || slices::asked(scope) => {
                let (more, log) = stored::lived(&name, &history, scope);
                figures.extend(more);
                if let Some(log) = log {
                    figures.extend(slices::history(&name, &log, scope));
                    send(&name, Parcel::Lived(log))?;
                }
            }
            History::Concurrent(_) => {}
        }
    }
    if wanted("growth") {
        figures.extend(growth::growth(scope));
    }
    if wanted("sync") {
        figures.extend(syncing::sync(scope));
    }
    if wanted("branches") {
        figures.extend(metrics::branches(scope));
        figures.extend(slices::branches(scope));
        send("branches", Parcel::Branches)?;
    }
    if let Some(browser) = browser {
        browser.measure(scope, &mut figures)?;
    }
    if options.json {
        println!("{}", report::json(&figures));
    } else {
        print!("{}", report::table(&figures));
    }
    if let Some(file) = options.write {
        std::fs::write(file, report::page(&figures, options.scope.turns))?;
    }
    Ok(())
}

fn options() -> Result<Option<Options>, Box<dyn Error>> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/traces");
    let traces = std::env::var_os("PALIMPSEST_TRACES").map_or(beside, PathBuf::from);
    let scope = Scope { turns: 7, metrics: Vec::new() };
    let mut options =
        Options { traces, only: Vec::new(), scope, browser: None, json: false, write: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--traces" => options.traces = value()?.into(),
            "--only" => options.only.push(value()?),
            "--metric" => options.scope.metrics.push(value()?),
            "--turns" => options.scope.turns = value()?.parse::<usize>()?.max(1),
            "--browser" => options.browser = Some(value()?.into()),
            "--json" => options.json = true,
            "--write" => options.write = Some(value()?.into()),
            "--help" | "-h" => return Ok(None),
            _ => return Err(format!("there is no option `{word}`\n\n{HELP}").into()),
        }
    }
    Ok(Some(options))
}
