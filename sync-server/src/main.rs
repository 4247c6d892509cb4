//! The `palimpsest` binary: reads flags and environment, and hands over.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use palimpsest_server::cli::{Cli, run};

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("palimpsest: {error:#}");
            ExitCode::FAILURE
        }
    }
}
