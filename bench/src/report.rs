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

/// `[{metric, trace, unit, ours, best_peer, best_peer_name, ratio}]`.
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
    });
    Value::Array(objects.collect())
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
        format!("| metric | history | {} | floor | to the best peer |\n", engines.join(" | "));
    table.push_str(&"|---".repeat(engines.len() + 4));
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
            (Some(ours), Some(peer)) => writeln!(table, " {:.2} |", ours.median / peer.median).ok(),
            _ => writeln!(table, " |").ok(),
        };
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
        `cargo xtask bench` measures again and writes this page; `--json` prints it for programs.\n\
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

    fn figure(engine: &'static str, median: f64) -> Figure {
        Figure { metric: "seek", trace: "t".into(), unit: "µs", engine, median, p99: 2.0 * median }
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
    fn numbers_are_short() {
        assert_eq!(
            [0.123, 12.34, 123.4, 259_778.0].map(number),
            ["0.12", "12.3", "123", "259,778"]
        );
    }
}
