//! `palimpsest-load`: starts a server, drives many real sockets against it, and says how it bore
//! them. What a client does is in `client`; what counts as good enough is not decided here.
#![forbid(unsafe_code)]

mod client;
mod plan;
mod process;
mod reading;
mod report;
mod run;
mod samples;
mod slow;
mod writing;

use std::process::ExitCode;

use clap::Parser;

use plan::Plan;

fn main() -> ExitCode {
    let plan = Plan::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = runtime.map_err(|error| error.to_string()).and_then(|runtime| {
        let report = runtime.block_on(run::run(&plan))?;
        print!("{}", if plan.json { report.json() } else { report.text() });
        report.verdict()
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("palimpsest-load: {reason}");
            ExitCode::FAILURE
        }
    }
}
