//! The `palimpsest` binary: reads flags, environment and configuration file, and hands over.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use palimpsest_server::cli::{parse, run};

fn main() -> ExitCode {
    let cli = parse(std::env::args_os()).unwrap_or_else(|error| error.exit());
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("palimpsest: {error:#}");
            ExitCode::FAILURE
        }
    }
}
