//! Puts the built app into the server: every file of `dist/`, whole and compressed, becomes a
//! row of a table that `src/assets.rs` includes. How the app is built is not known here.

use std::fmt::Write as _;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// What takes the app's place when it is not built: a page that says so.
const NOT_BUILT: &str = "not-built.html";

/// Compressed copies are kept only when they save at least this part of the whole.
const SAVING_MIN: f64 = 0.05;

type Compress = fn(&[u8]) -> io::Result<Vec<u8>>;

fn main() -> io::Result<()> {
    let room = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let dist = room.with_file_name("dist");
    // Cargo takes a folder that is missing for one that always changes, and would compile the
    // server again at every turn. An empty one is as good: the app is not built either way.
    fs::create_dir_all(&dist)?;
    println!("cargo::rerun-if-changed={}", dist.display());
    println!("cargo::rerun-if-changed={}", room.join(NOT_BUILT).display());
    println!("cargo::rerun-if-changed={}", room.join("build.rs").display());

    let mut files = Vec::new();
    if dist.join("index.html").exists() {
        gather(&dist, "", &mut files)?;
        files.sort();
    } else {
        files.push(("index.html".to_owned(), room.join(NOT_BUILT)));
    }
    // One store for all profiles: compressing well takes seconds, and the result depends on
    // nothing but the content. OUT_DIR is `<target>/<profile>/build/<package>/out`.
    let store = out.ancestors().nth(4).unwrap_or(&out).join("embedded");
    fs::create_dir_all(&store)?;
    let mut table = String::from("&[\n");
    for (path, file) in &files {
        row(&mut table, &store, &out, path, &fs::read(file)?)?;
    }
    table.push_str("]\n");
    prune(&store, &table)?;
    prune(&out, &table)?;
    fs::write(out.join("assets.rs"), table)
}

/// Removes what earlier builds of the app left in `folder`: the files whose content, which
/// their names begin with, is not in `table`.
fn prune(folder: &Path, table: &str) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let content = name.split('.').next().unwrap_or_default();
        let ours = [".whole", ".br", ".gz"].iter().any(|ending| name.ends_with(ending));
        if ours && !table.contains(content) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Adds the files below `folder` with their paths. Names with a dot in front belong to
/// the bundler at work.
fn gather(folder: &Path, base: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string().expect("the bundler's names are plain");
        if name.starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            gather(&entry.path(), &format!("{base}{name}/"), files)?;
        } else {
            files.push((format!("{base}{name}"), entry.path()));
        }
    }
    Ok(())
}

/// Writes the row of one file, and beside the table the contents that the row includes.
fn row(table: &mut String, store: &Path, out: &Path, path: &str, whole: &[u8]) -> io::Result<()> {
    let name = digest(whole);
    let kind = content_type(path);
    let include = |ending: &str, content: &[u8]| -> io::Result<String> {
        let file = out.join(format!("{name}.{ending}"));
        fs::write(&file, content)?;
        Ok(format!("include_bytes!({file:?})"))
    };
    let plain = include("whole", whole)?;
    let optional = |ending: &str, compress: Compress| -> io::Result<String> {
        if !shrinks(kind) {
            return Ok("None".to_owned());
        }
        let small = kept(&store.join(format!("{name}.{ending}")), whole, compress)?;
        let worthwhile = small.len() as f64 <= whole.len() as f64 * (1.0 - SAVING_MIN);
        if !worthwhile {
            return Ok("None".to_owned());
        }
        Ok(format!("Some({})", include(ending, &small)?))
    };
    let brotli = optional("br", brotli)?;
    let gzip = optional("gz", gzip)?;
    let etag = format!("\"{name}\"");
    writeln!(
        table,
        "    Asset {{ path: {path:?}, content_type: {kind:?}, etag: {etag:?}, \
         plain: {plain}, brotli: {brotli}, gzip: {gzip} }},"
    )
    .map_err(io::Error::other)
}

/// The compressed form of `whole` in `file`, made now if it was never made before.
fn kept(file: &Path, whole: &[u8], compress: Compress) -> io::Result<Vec<u8>> {
    if let Ok(small) = fs::read(file) {
        return Ok(small);
    }
    let small = compress(whole)?;
    // Renamed when complete: an interrupted build must not leave half a file to be found.
    let draft = file.with_extension(format!("part{}", std::process::id()));
    fs::write(&draft, &small)?;
    fs::rename(&draft, file)?;
    Ok(small)
}

fn brotli(whole: &[u8]) -> io::Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        // The largest window that every browser accepts.
        lgwin: 24,
        size_hint: whole.len(),
        ..Default::default()
    };
    let mut small = Vec::new();
    brotli::BrotliCompress(&mut &whole[..], &mut small, &params)?;
    Ok(small)
}

fn gzip(whole: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(whole)?;
    encoder.finish()
}

/// 32 hexadecimal digits that tell contents apart.
fn digest(content: &[u8]) -> String {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, content).hash(&mut hasher);
        hasher.finish()
    };
    format!("{:016x}{:016x}", half(0), half(1))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Whether contents of this type are not compressed already.
fn shrinks(kind: &str) -> bool {
    let compressed = ["image/png", "image/jpeg", "image/webp", "font/woff2"];
    !compressed.contains(&kind)
}
