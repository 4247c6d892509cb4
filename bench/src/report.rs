//! What people and programs are told: a table, and JSON.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::contest::Figure;
use crate::engine::{Engine, palimpsest::Palimpsest};

/// Ours, and the best of the others, for one metric on one history.
struct Row<'a> {
    figures: Vec<&'a Figure>,
}

impl Row<'_> {
    fn ours(&self) -> Option<&Figure> {
        self.figures.iter().copied().find(|figure| figure.engine == Palimpsest::NAME)
    }

    fn best_peer(&self) -> Option<&Figure> {
        let peers =
            self.figures.iter().copied().filter(|figure| {
                figure.engine != Palimpsest::NAME && !FLOORS.contains(&figure.engine)
            });
        peers.min_by(|a, b| a.median.total_cmp(&b.median))
    }
}

/// Ropes keep no history: they are shown, and are no peers.
const FLOORS: [&str; 4] = ["jumprope, buffered", "jumprope", "crop", "ropey"];

fn rows(figures: &[Figure]) -> Vec<Row<'_>> {
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    for first in figures {
        if seen.insert((first.metric, &first.trace)) {
            let same =
                |figure: &&Figure| figure.metric == first.metric && figure.trace == first.trace;
            rows.push(Row { figures: figures.iter().filter(same).collect() });
        }
    }
    rows
}

/// `[{metric, trace, unit, ours, best_peer, best_peer_name, ratio}]`; what was measured in a
/// browser, too, also has `browser`, `browser_ratio`, which is to ours on the machine, and `browser_first`:
/// the first turn, before its code was compiled well.
pub fn json(figures: &[Figure]) -> Value {
    let rows = rows(figures);
    let objects = rows.iter().filter_map(|row| {
        let ours = row.ours()?;
        let peer = row.best_peer();
        Some(json!({
            "metric": ours.metric,
            "trace": ours.trace,
            "unit": ours.unit,
            "ours": ours.median,
            "best_peer": peer.map(|peer| peer.median),
            "best_peer_name": peer.map(|peer| peer.engine),
            "ratio": peer.map(|peer| ours.median / peer.median),
        }))
        .map(|row| with_browser(row, ours))
    });
    Value::Array(objects.collect())
}

fn with_browser(mut row: Value, ours: &Figure) -> Value {
    if let Some(browser) = ours.browser {
        row["browser"] = browser.median.into();
        row["browser_ratio"] = (browser.median / ours.together).into();
        row["browser_first"] = browser.first.into();
    }
    row
}

/// A table in Markdown: a row for each metric and history, a column for each engine.
pub fn table(figures: &[Figure]) -> String {
    let mut engines: Vec<&str> = Vec::new();
    for figure in figures {
        if !engines.contains(&figure.engine) && !FLOORS.contains(&figure.engine) {
            engines.push(figure.engine);
        }
    }
    let mut table =
        format!("| metric | history | {} | floor | to the best peer |", engines.join(" | "));
    let browser = figures.iter().any(|figure| figure.browser.is_some());
    table.push_str(if browser { " in Chromium | to native |\n" } else { "\n" });
    table.push_str(&"|---".repeat(engines.len() + if browser { 6 } else { 4 }));
    table.push_str("|\n");
    for row in rows(figures) {
        let Some(first) = row.figures.first() else { continue };
        write!(table, "| {}, {} | {} |", first.metric, first.unit, first.trace).ok();
        for engine in &engines {
            let figure = row.figures.iter().find(|figure| figure.engine == *engine);
            match figure {
                Some(figure) => write!(table, " {} |", shown(figure)).ok(),
                None => write!(table, " |").ok(),
            };
        }
        let floor = row.figures.iter().filter(|figure| FLOORS.contains(&figure.engine));
        let floor = floor.min_by(|a, b| a.median.total_cmp(&b.median));
        match floor {
            Some(floor) => write!(table, " {} {} |", number(floor.median), floor.engine).ok(),
            None => write!(table, " |").ok(),
        };
        match (row.ours(), row.best_peer()) {
            (Some(ours), Some(peer)) => write!(table, " {:.2} |", ours.median / peer.median).ok(),
            _ => write!(table, " |").ok(),
        };
        match row.ours().and_then(|ours| Some((ours.browser?.median, ours.together))) {
            Some((there, here)) => {
                write!(table, " {} | {:.2} |", number(there), there / here).ok();
            }
            None if browser => table.push_str(" | |"),
            None => {}
        }
        table.push('\n');
    }
    table
}

/// The page that docs/benchmarks.md is.
pub fn page(figures: &[Figure], turns: usize) -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name\t: ")).unwrap_or("unknown");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "# Benchmarks\n\n\
        Our engine beside its peers, all in one run on one machine ({cores} cores, {cpu}), medians\n\
        of {turns} turns that the engines take one after the other; where there are two numbers,\n\
        the median and what one in a hundred exceeds. Smaller is better. The last column is ours\n\
        to the best peer. The floor is a plain rope, which keeps no history.\n\n\
        In Chromium means: the same code as the app's WebAssembly, beside the same on the machine,\n\
        both as means of 25 neighbouring steps where a step takes microseconds, since the clock of\n\
        a page is coarse.\n\n\
        `cargo xtask bench --browser` measures again and writes this page; `--json` prints it for programs.\n\
        Every text is checked. Ours stores every keystroke as an event with its author and time;\n\
        of the others only automerge keeps a time, and that once for the whole history.\n\n\
        {}\n\
        The histories are recordings of real editing: github.com/josephg/editing-traces (CC BY\n\
        4.0) and github.com/josephg/egwalker-paper.\n",
        table(figures)
    )
}

fn shown(figure: &Figure) -> String {
    if figure.unit == "µs" {
        return format!("{} / {}", number(figure.median), number(figure.p99));
    }
    number(figure.median)
}

/// Three significant digits, and thousands apart.
fn number(value: f64) -> String {
    if value >= 1000.0 {
        let whole = format!("{value:.0}");
        let mut parted = String::new();
        for (at, digit) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                parted.push(',');
            }
            parted.push(digit);
        }
        return parted;
    }
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contest::Browser;

    fn figure(engine: &'static str, median: f64) -> Figure {
        let (trace, p99) = ("t".into(), 2.0 * median);
        let (together, first, browser) = (1.5 * median, None, None);
        Figure { metric: "seek", trace, unit: "µs", engine, median, p99, together, first, browser }
    }

    #[test]
    fn ours_is_held_against_the_best_engine_and_never_against_a_rope() {
        let figures =
            [figure("palimpsest", 2.0), figure("a", 8.0), figure("b", 4.0), figure("crop", 1.0)];
        let report = json(&figures);
        assert_eq!(report[0]["best_peer_name"], "b");
        assert_eq!(report[0]["ratio"], 0.5);
        let table = table(&figures);
        assert!(
            table.ends_with(
                "| seek, µs | t | 2.00 / 4.00 | 8.00 / 16.0 | 4.00 / 8.00 | 1.00 crop | 0.50 |\n"
            ),
            "{table}"
        );
    }

    #[test]
    fn a_browsers_figure_stands_beside_ours_and_is_held_against_what_was_timed_as_it_was() {
        let mut figures = [figure("palimpsest", 2.0), figure("a", 8.0)];
        assert!(json(&figures)[0].get("browser").is_none());
        figures[0].browser = Some(Browser { median: 6.0, first: 9.0 });
        let report = json(&figures);
        assert_eq!(report[0]["ratio"], 0.25);
        assert_eq!(report[0]["browser"], 6.0);
        assert_eq!(report[0]["browser_ratio"], 2.0);
        assert!(table(&figures).ends_with("| 0.25 | 6.00 | 2.00 |\n"), "{}", table(&figures));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [0.123, 12.34, 123.4, 259_778.0].map(number),
            ["0.12", "12.3", "123", "259,778"]
        );
    }
}
