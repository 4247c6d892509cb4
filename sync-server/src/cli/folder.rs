//! `palimpsest import`: every Markdown file below a folder becomes a document, in a folder of the
//! library that is called as the one it lies in. What is left out is named, with the reason.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use palimpsest_core::{
    CommandError, FILE_BYTES_MAX, NotText, TITLE_SCALARS_MAX, Text, outline, text_of_file,
};
use serde_json::{Value, json};
use thiserror::Error;

use super::{Out, open_or_make, say};
use crate::birth::{first_events, new_document_id};
use crate::server::now;
use crate::store::{Append, EventStore};

/// What Markdown files are called at their end, in any case.
const ENDINGS: [&str; 2] = ["md", "markdown"];
/// How deep folders may lie in each other.
const DEPTH_MAX: usize = 64;
/// How many files and folders are looked at.
const ENTRIES_MAX: usize = 1_000_000;

/// What is to be imported, and how.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The folder with the files; those in folders below it count
    folder: PathBuf,
    /// A folder of the library to put all of it in
    #[arg(long, env = "PALIMPSEST_INTO", default_value = "")]
    into: String,
    /// Say what would be imported and what left out, and store nothing
    #[arg(long, env = "PALIMPSEST_DRY_RUN")]
    dry_run: bool,
}

/// Why something is left out.
#[derive(Debug, Error)]
enum Left {
    #[error("it is not Markdown: it ends in neither .md nor .markdown")]
    NotMarkdown,
    #[error("it is hidden: its name starts with a dot")]
    Hidden,
    #[error("it is a link to elsewhere, and those are not followed")]
    Link,
    #[error("it is neither a file nor a folder")]
    NoFile,
    #[error("it lies more than {DEPTH_MAX} folders deep")]
    TooDeep,
    #[error(transparent)]
    NotText(NotText),
    #[error("it cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("{0}")]
    Refused(CommandError),
}

impl Left {
    /// Whether somebody will miss it: it is Markdown, or may hold some.
    fn is_missed(&self) -> bool {
        !matches!(self, Left::NotMarkdown | Left::Hidden | Left::Link | Left::NoFile)
    }
}

/// A file or folder, by its path below the one that is imported, and why it is left out.
type Skipped = (PathBuf, Left);

/// What a file becomes.
struct Page {
    title: String,
    /// The folder of the library.
    folder: String,
    text: String,
}

/// Imports, and says what was left out.
///
/// # Errors
/// If nothing can be read or stored, or if something is left out that will be missed; what could be
/// imported is there then.
pub(super) fn run(import: &Import, data: &Path, out: &Out) -> Result<()> {
    let (files, mut skipped) = look_into(&import.folder)?;
    // For nothing, nothing is made.
    let wanted = !import.dry_run && !files.is_empty();
    let store = if wanted { Some(open_or_make(data)?) } else { None };
    let (mut plain, mut imported) = (String::new(), Vec::new());
    for path in files {
        let id = new_document_id();
        let read = read(import, &path).and_then(|page| {
            let events = first_events(id, &page.title, &page.folder, &page.text);
            Ok((events.map_err(Left::Refused)?, page))
        });
        let (events, page) = match read {
            Ok(read) => read,
            Err(left) => {
                skipped.push((path, left));
                continue;
            }
        };
        let shown = path.display().to_string();
        let mut one = json!({ "path": shown, "title": page.title, "folder": page.folder });
        match &store {
            None => plain.push_str(&format!("{shown}\n")),
            Some(store) => {
                let append = Append { document: id, events, now: now(), expected: None, own: None };
                let appended = store.append(append).with_context(|| {
                    format!("stopped at {shown}, after {} documents", imported.len())
                })?;
                plain.push_str(&format!("{id}  {shown}\n"));
                one["id"] = id.to_string().into();
                one["revision"] = appended.head.0.into();
            }
        }
        imported.push(one);
    }
    skipped.sort_by(|(one, _), (other, _)| one.cmp(other));
    report(import, &plain, imported, &skipped, out)
}

fn report(
    import: &Import,
    plain: &str,
    imported: Vec<Value>,
    skipped: &[Skipped],
    out: &Out,
) -> Result<()> {
    let (done, missed) = (imported.len(), skipped.iter().filter(|(_, left)| left.is_missed()));
    let missed = missed.count();
    let left_out = |(path, left): &Skipped| {
        json!({ "path": path.display().to_string(), "why": left.to_string(),
            "missed": left.is_missed() })
    };
    let json = json!({
        "dry_run": import.dry_run,
        "imported": imported,
        "skipped": skipped.iter().map(left_out).collect::<Vec<_>>(),
    });
    out.answer(plain, &json)?;
    for (path, left) in skipped {
        say(&format!("left out {}: {left}", path.display()));
    }
    let would = if import.dry_run { "would import" } else { "imported" };
    say(&format!("{would} {done} documents, left out {} files and folders", skipped.len()));
    if missed > 0 {
        bail!("{missed} of what was left out may be Markdown: what is named above says why");
    }
    Ok(())
}

/// The Markdown files below a folder, in order, and what else is there.
fn look_into(root: &Path) -> Result<(Vec<PathBuf>, Vec<Skipped>)> {
    let (mut files, mut skipped) = (Vec::new(), Vec::new());
    let mut ahead = vec![(PathBuf::new(), 0)];
    let mut entries = 0;
    while let Some((folder, depth)) = ahead.pop() {
        let listed = fs::read_dir(root.join(&folder));
        let listed = match listed.and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(listed) => listed,
            Err(error) if depth == 0 => {
                return Err(error).with_context(|| format!("cannot read {}", root.display()));
            }
            Err(error) => {
                skipped.push((folder, Left::Unreadable(error)));
                continue;
            }
        };
        entries += listed.len();
        if entries > ENTRIES_MAX {
            bail!("{} holds more than {ENTRIES_MAX} files and folders", root.display());
        }
        for entry in listed {
            let path = folder.join(entry.file_name());
            match entry.file_type().map_err(Left::Unreadable) {
                Err(left) => skipped.push((path, left)),
                Ok(_) if entry.file_name().as_encoded_bytes().starts_with(b".") => {
                    skipped.push((path, Left::Hidden));
                }
                Ok(kind) if kind.is_symlink() => skipped.push((path, Left::Link)),
                Ok(kind) if kind.is_dir() && depth == DEPTH_MAX => {
                    skipped.push((path, Left::TooDeep));
                }
                Ok(kind) if kind.is_dir() => ahead.push((path, depth + 1)),
                Ok(kind) if !kind.is_file() => skipped.push((path, Left::NoFile)),
                Ok(_) if is_markdown(&path) => files.push(path),
                Ok(_) => skipped.push((path, Left::NotMarkdown)),
            }
        }
    }
    files.sort();
    Ok((files, skipped))
}

fn is_markdown(path: &Path) -> bool {
    let ending = path.extension().unwrap_or_default();
    ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// Reads a file, as the app does with one that is dropped on the library.
fn read(import: &Import, path: &Path) -> Result<Page, Left> {
    let mut bytes = Vec::new();
    let file = File::open(import.folder.join(path)).map_err(Left::Unreadable)?;
    file.take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(Left::Unreadable)?;
    let text = text_of_file(bytes).map_err(Left::NotText)?;
    let heading = outline(&Text::from(text.as_str())).into_iter().next().map(|first| first.text);
    let heading = heading.filter(|heading| !heading.trim().is_empty());
    let name = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let title = heading.unwrap_or_else(name).chars().take(TITLE_SCALARS_MAX).collect();
    let above = path.parent().into_iter().flat_map(Path::components);
    let above = above.map(|part| part.as_os_str().to_string_lossy().into_owned());
    let into = import.into.split('/').filter(|part| !part.is_empty()).map(str::to_owned);
    let folder: Vec<String> = into.chain(above).collect();
    Ok(Page { title, folder: folder.join("/"), text })
}
