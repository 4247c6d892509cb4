//! `palimpsest projection` and `palimpsest search`: the read side, without a server.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Subcommand;
use serde_json::Value;

use super::{Out, open, say};
use crate::http::{describe_answer, list};
use crate::projections::{Projection, Projections};

/// Whoever asks here waits until all is looked at.
const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say how far each projection is, and what it has put aside
    List,
    /// Make a projection anew from the events; a running server does it over HTTP
    Rebuild {
        /// catalogue, search or activity
        #[arg(value_parser = named)]
        name: Projection,
    },
}

fn named(name: &str) -> Result<Projection, String> {
    let names = Projection::ALL.map(Projection::name).join(", ");
    Projection::named(name).ok_or_else(|| format!("there is none of that name: {names}"))
}

/// The read side of a data folder that has documents.
fn read_side(data: &Path) -> Result<Projections> {
    Ok(Projections::new(Arc::new(open(data)?), data))
}

pub(super) fn run(command: Command, data: &Path, out: &Out) -> Result<()> {
    let projections = read_side(data)?;
    if let Command::Rebuild { name } = command {
        projections.rebuild(name)?;
        projections.settle(PATIENCE)?;
        say(&format!("{} is as the events say", name.name()));
    }
    let all = list(&projections.status()?, &projections.dead_letters()?);
    let lines: String = all["projections"].as_array().into_iter().flatten().map(line).collect();
    out.answer(&lines, &all)
}

fn line(one: &Value) -> String {
    let name = one["name"].as_str().unwrap_or_default();
    let dead = one["dead"].as_array().map_or(0, Vec::len);
    let mut line = format!(
        "{name:<10} {:>8} documents {:>10} events {:>10} behind {dead:>6} put aside\n",
        one["documents"].to_string(),
        one["events"].to_string(),
        one["behind"].to_string(),
    );
    for letter in one["dead"].as_array().into_iter().flatten() {
        let text = |name: &str| letter[name].as_str().unwrap_or_default().to_owned();
        line.push_str(&format!("           {}: {}\n", text("document"), text("error")));
    }
    line
}

/// Finds sentences that stand or stood.
pub(super) fn search(words: &[String], limit: usize, data: &Path, out: &Out) -> Result<()> {
    let projections = read_side(data)?;
    let answer = projections.look_up(&words.join(" "), limit, PATIENCE, None);
    let answer = describe_answer(&answer.context("the search has no answer")?);
    let found = answer["found"].as_array().context("an answer has what was found")?;
    let lines: String = found.iter().map(found_line).collect();
    if found.is_empty() && !out.json {
        say("nothing that was ever written has all of these words");
    }
    out.answer(&lines, &answer)
}

fn found_line(found: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let who = |value: &Value| match value["name"].as_str() {
        Some(name) if !name.is_empty() => name.to_owned(),
        _ => format!("{:.8}", text(&value["author"])),
    };
    let authors = found["authors"].as_array().into_iter().flatten().map(who).collect::<Vec<_>>();
    let removed = &found["removed"];
    let end = if removed.is_null() {
        "stands".to_owned()
    } else {
        format!("removed by {} on {}", who(&removed["by"]), text(&removed["time"]))
    };
    format!(
        "{}\n    {}, written by {}, {end}\n    {}\n",
        text(&found["text"]),
        text(&found["title"]),
        authors.join(", "),
        text(&found["link"]),
    )
}
