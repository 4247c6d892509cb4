//! What a document is called as long as nobody gave it a title: what its text begins with. Titles
//! themselves are facts.

use crate::patch::Patch;
use crate::projection::outline::{Reading, plain};
use crate::text::Text;

/// So many scalars at the beginning of a text can give it a name: it is read at keystrokes, and of
/// five megabytes nobody looks further for what they are about either.
pub const NAMING_SCALARS: usize = 2_000;

/// The longest name that a text gives, in scalars.
pub const NAMED_SCALARS_MAX: usize = 100;

/// What a text is called: its first heading, else its first line that says something, without
/// marks, cut at a word; empty if nothing does. Only lines that end within the first
/// [`NAMING_SCALARS`] are looked at, and the first line in any case.
pub fn name_of(text: &Text) -> String {
    let mut beginning = text.slice(0..NAMING_SCALARS);
    if text.len() > NAMING_SCALARS
        && let Some(end) = beginning.rfind('\n')
    {
        // What the last line is depends on its end.
        beginning.truncate(end);
    }
    let mut reading = Reading::default();
    let mut first = None;
    for line in beginning.lines() {
        let is_text = reading.line(line, 0);
        if let Some(heading) = reading.headings.drain(..).find(|heading| says(&heading.text)) {
            return clamped(&heading.text);
        }
        if first.is_none() && is_text {
            first = Some(plain(unmarked(line))).filter(|line| says(line));
        }
    }
    clamped(&first.unwrap_or_default())
}

/// What a document with this title and text is called; empty if nothing gives it a name.
pub fn called(title: &str, text: &Text) -> String {
    if says(title) { title.to_owned() } else { name_of(text) }
}

/// Whether a patch may change the name that the text gives.
///
/// # Laws
/// - If it may not, the text has the same name before it and after it.
pub fn may_rename(patch: &Patch) -> bool {
    // One position further: a text that just fits may be followed by more, or not any longer.
    patch.edits().first().is_some_and(|edit| edit.pos <= NAMING_SCALARS)
}

fn says(text: &str) -> bool {
    text.chars().any(|letter| !letter.is_whitespace() && !letter.is_control())
}

/// What a line says behind the marks of quotations, lists, tasks and headings.
fn unmarked(line: &str) -> &str {
    let mut said = line.trim();
    loop {
        let digits = said.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let signs = said.trim_start_matches('#');
        let ends = |rest: &&str| rest.is_empty() || rest.starts_with([' ', '\t']);
        let rest = said.strip_prefix('>').or_else(|| {
            let number = digits.strip_prefix(['.', ')']).filter(|_| digits.len() < said.len());
            let sign = Some(signs).filter(|signs| signs.len() < said.len());
            let task = ["[ ]", "[x]", "[X]"].into_iter().find_map(|task| said.strip_prefix(task));
            let item = said.strip_prefix(['-', '+', '*']);
            [item, task, number, sign].into_iter().flatten().find(ends)
        });
        match rest {
            Some(rest) => said = rest.trim_start(),
            None => return said,
        }
    }
}

/// A name on one line, and not too long.
fn clamped(name: &str) -> String {
    let shown = name.replace(char::is_control, " ");
    let words: Vec<&str> = shown.split_whitespace().collect();
    let mut name = words.join(" ");
    let Some((end, _)) = name.char_indices().nth(NAMED_SCALARS_MAX) else { return name };
    // Room for the sign that there is more.
    let end = name[..end].char_indices().next_back().map_or(0, |(last, _)| last);
    let end = name[..end].rfind(' ').filter(|space| *space > end / 2).unwrap_or(end);
    name.truncate(end);
    name.push('…');
    name
}
