//! The standard library for wasm32-unknown-unknown: from rustup, or, where rustup's server is
//! out of reach, built from Debian's sources with Debian's compiler. Native code never uses
//! the latter.

use super::packages;
use crate::process::{self, Failure, Result, say};
use crate::project::Project;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What browsers run.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// Debian's compiler for the web: new enough for this workspace, unlike its plain `rustc`.
const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-clippy"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_CLIPPY: &str = "/usr/bin/cargo-clippy";
const DEBIAN_SOURCES: &str = "/usr/lib/rustlib/src/rust/library/Cargo.lock";

/// Sees to the library. Returns the toolchain in the cache that has it, or `None` if cargo's
/// own toolchain does.
///
/// `PALIMPSEST_WASM=debian` goes the second way without trying the first.
pub(super) fn standard_library(project: &Project) -> Result<Option<PathBuf>> {
    if std::env::var_os("PALIMPSEST_WASM").is_none_or(|way| way != "debian") {
        if has_library() {
            return Ok(None);
        }
        // A toolchain built earlier saves asking rustup's server again at every start.
        if let Some(toolchain) = built(project) {
            return Ok(Some(toolchain));
        }
        say(format_args!("Installing Rust's standard library for {TARGET} with rustup."));
        let added = process::run(
            process::command("rustup").args(["target", "add", TARGET]),
            "Trying Debian's compiler instead.",
        );
        match added {
            Ok(()) if has_library() => return Ok(None),
            Ok(()) => say("Rustup's toolchain is not the one in use. Trying Debian's instead."),
            Err(failure) => say(failure),
        }
    }
    match built(project) {
        Some(toolchain) => Ok(Some(toolchain)),
        None => build(project).map(Some),
    }
}

/// Whether the compiler on PATH has the library.
fn has_library() -> bool {
    let mut rustc = process::command("rustc");
    process::ask(rustc.args(["--print", "target-libdir", "--target", TARGET]))
        .and_then(|folder| fs::read_dir(folder).ok())
        .is_some_and(|mut files| {
            files.any(|file| file.is_ok_and(|file| is_library(&file.path(), "libstd-")))
        })
}

/// The toolchain for the Debian compiler as it is today, if it was built before. An upgrade
/// of the compiler changes the version in the name, since its libraries fit no other.
fn built(project: &Project) -> Option<PathBuf> {
    let home = project.tool("wasm32-std", &debian()?.release);
    home.exists().then_some(home)
}

fn build(project: &Project) -> Result<PathBuf> {
    let ready = [DEBIAN_RUSTC, DEBIAN_CARGO, DEBIAN_CLIPPY, DEBIAN_SOURCES];
    if !ready.iter().all(|file| Path::new(file).exists()) {
        packages::install(&PACKAGES, "The app is compiled to WebAssembly")?;
    }
    let debian = debian().ok_or_else(|| {
        Failure::new(format!(
            "{DEBIAN_RUSTC} does not answer. `rustup target add {TARGET}` is the other way: \
             check the connection and try again"
        ))
    })?;
    let linker = PathBuf::from(format!("/usr/bin/lld-{}", debian.llvm));
    if !process::is_program(&linker) {
        let package = format!("lld-{}", debian.llvm);
        packages::install(&[&package], "WebAssembly is linked by LLVM's linker")?;
    }
    say(format_args!(
        "Building Rust's standard library for {TARGET} from Debian's sources; this takes about \
         a minute, once."
    ));
    let home = project.tool("wasm32-std", &debian.release);
    project.install(&home, |draft| {
        let sources = draft.join("build");
        compile(&sources)?;
        lay_out(draft, &home, &debian.host, &linker)?;
        let built = sources.join("target").join(TARGET).join("release/deps");
        let libraries = draft.join("lib/rustlib").join(TARGET).join("lib");
        gather(&built, &libraries)?;
        fs::remove_dir_all(&sources).map_err(Failure::at(&sources))
    })?;
    Ok(home)
}

/// What Debian's compiler says about itself.
struct Debian {
    /// The version, such as 1.96.0.
    release: String,
    /// The machine's own target.
    host: String,
    /// The major version of LLVM inside, which the linker must share.
    llvm: String,
}

fn debian() -> Option<Debian> {
    let text = process::ask(process::command(DEBIAN_RUSTC).arg("-vV"))?;
    let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).map(str::to_owned);
    Some(Debian {
        release: value("release: ")?,
        host: value("host: ")?,
        llvm: value("LLVM version: ")?.split('.').next()?.to_owned(),
    })
}

/// Compiles an empty crate and with it, from its sources, the whole standard library.
fn compile(folder: &Path) -> Result {
    let source = folder.join("src");
    fs::create_dir_all(&source).map_err(Failure::at(&source))?;
    let manifest = "[package]\nname = \"empty\"\nversion = \"0.0.0\"\n[workspace]\n";
    for (file, text) in [("Cargo.toml", manifest), ("src/lib.rs", "#![no_std]\n")] {
        let file = folder.join(file);
        fs::write(&file, text).map_err(Failure::at(&file))?;
    }
    let mut cargo: Command = process::command(DEBIAN_CARGO);
    cargo.args(["build", "--release", "--target", TARGET]);
    cargo.arg("-Zbuild-std=std,panic_abort,panic_unwind,test,proc_macro");
    // Building the standard library is not stable; this tells the compiler that we know.
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RUSTC", DEBIAN_RUSTC).current_dir(folder);
    cargo.env("CARGO_TARGET_DIR", folder.join("target"));
    process::run(
        &mut cargo,
        "Check the connection and try again, or install the target with rustup on a machine \
         that reaches its server.",
    )
}

/// A toolchain folder around Debian's compiler, so that nothing is written below /usr: the
/// programs are told that their libraries are here, and the native ones are links.
fn lay_out(draft: &Path, home: &Path, host: &str, linker: &Path) -> Result {
    let libraries = draft.join("lib/rustlib");
    let folders = [draft.join("bin"), libraries.join(TARGET).join("lib"), libraries.join(host)];
    for folder in &folders {
        fs::create_dir_all(folder).map_err(Failure::at(folder))?;
    }
    let native = Path::new("/usr/lib/rustlib").join(host).join("lib");
    let host_programs = libraries.join(host).join("bin");
    fs::create_dir(&host_programs).map_err(Failure::at(&host_programs))?;
    let links = [
        (native.as_path(), libraries.join(host).join("lib")),
        (linker, host_programs.join("rust-lld")),
        (Path::new(DEBIAN_CARGO), draft.join("bin/cargo")),
        (Path::new(DEBIAN_CLIPPY), draft.join("bin/cargo-clippy")),
    ];
    for (from, to) in links {
        symlink(from, &to).map_err(Failure::at(&to))?;
    }
    for program in ["rustc", "rustdoc"] {
        let file = draft.join("bin").join(program);
        let script =
            format!("#!/bin/sh\nexec /usr/bin/{program} --sysroot '{}' \"$@\"\n", home.display());
        fs::write(&file, script).map_err(Failure::at(&file))?;
        fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).map_err(Failure::at(&file))?;
    }
    Ok(())
}

/// Copies the compiled libraries, less the empty crate's own.
fn gather(from: &Path, to: &Path) -> Result {
    for file in fs::read_dir(from).map_err(Failure::at(from))? {
        let file = file.map_err(Failure::at(from))?.path();
        if is_library(&file, "lib") && !is_library(&file, "libempty-") {
            let copy = to.join(file.file_name().unwrap_or_default());
            fs::copy(&file, &copy).map_err(Failure::at(&copy))?;
        }
    }
    Ok(())
}

fn is_library(file: &Path, prefix: &str) -> bool {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with(prefix) && name.ends_with(".rlib")
}
