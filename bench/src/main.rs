//! Runs the benchmarks. `cargo xtask bench` builds and calls it.

use std::error::Error;
use std::path::PathBuf;

use palimpsest_bench::history::{self, History};
use palimpsest_bench::metrics::{self, Scope};
use palimpsest_bench::{growth, memory, report};

const HELP: &str = "\
palimpsest-bench: measures the engine beside its peers

  --traces FOLDER   the recorded histories
  --only WORD       only histories whose name contains it; may be given again
  --metric WORD     only metrics whose name contains it; may be given again
  --turns N         how often each is measured; the median is shown (7)
  --json            print JSON instead of a table
  --write FILE      also write the table there, with how to repeat it";

struct Options {
    traces: PathBuf,
    only: Vec<String>,
    scope: Scope,
    json: bool,
    write: Option<PathBuf>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let Some(options) = options()? else {
        println!("{HELP}");
        return Ok(());
    };
    let mut figures = Vec::new();
    let wanted = |name: &str| {
        options.only.is_empty() || options.only.iter().any(|word| name.contains(word.as_str()))
    };
    for recorded in history::all(&options.traces)? {
        let name = recorded.name.as_str();
        if !wanted(name) {
            continue;
        }
        match &recorded.history {
            History::Sequential(history) => {
                figures.extend(memory::memory(&recorded, &options.traces, &options.scope));
                figures.extend(metrics::typing(name, history, &options.scope));
                figures.extend(metrics::sequential(name, history, &options.scope));
            }
            History::Concurrent(history) => {
                figures.extend(metrics::concurrent(name, history, &options.scope));
            }
        }
    }
    if wanted("growth") {
        figures.extend(growth::growth(&options.scope));
    }
    if wanted("branches") {
        figures.extend(metrics::branches(&options.scope));
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
    let mut options = Options { traces, only: Vec::new(), scope, json: false, write: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--traces" => options.traces = value()?.into(),
            "--only" => options.only.push(value()?),
            "--metric" => options.scope.metrics.push(value()?),
            "--turns" => options.scope.turns = value()?.parse::<usize>()?.max(1),
            "--json" => options.json = true,
            "--write" => options.write = Some(value()?.into()),
            "--help" | "-h" => return Ok(None),
            _ => return Err(format!("there is no option `{word}`\n\n{HELP}").into()),
        }
    }
    Ok(Some(options))
}
