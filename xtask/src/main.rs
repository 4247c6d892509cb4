//! Everything a person runs: words on the command line become one of the verbs below.
//! How a verb works lives in the verb's own file.
#![forbid(unsafe_code)]

mod process;
mod project;
mod setup;
mod stamp;
mod bundle;
mod finish;
mod build;
mod serve;
mod tally;
mod gates;
mod test;
mod bench;
mod load;
mod fuzz;

use fuzz::Target;
use process::{Failure, Result};
use project::Project;
use setup::Tools;
use std::io::Write;
use std::process::ExitCode;
use test::Check;

const HELP: &str = "\
cargo xtask: everything a person runs. Each verb first sets up what is missing.

  cargo xtask serve [-- ARGS]     build the app and the server, then start the server on
                                  http://127.0.0.1:4800, with its data in ./palimpsest-data.
                                  ARGS go to `palimpsest serve`, for example
                                  `cargo xtask serve -- --listen 127.0.0.1:5000`
  cargo xtask build               build the app and the server that carries it, and print
                                  the path of the one file to copy to a server
  cargo xtask test [--only CHECK] run every check, or only the named ones:
                                  fmt, clippy, unit, gates, wasm, browser
  cargo xtask gates [--write]     count the instructions of the engine's hot paths, as the check
                                  of this name does; --write keeps the counts as the new gates
  cargo xtask bench [ARGS]        measure the engine beside its peers on the recorded histories
                                  in $PALIMPSEST_TRACES, else ../shared/traces, and write
                                  docs/benchmarks.md; with --browser also ours in Chromium,
                                  compiled as the app is; `cargo xtask bench --help` has more
  cargo xtask load [ARGS]         drive a thousand real sockets against the server and say how it
                                  bore them: `--clients N --documents M --seconds S`, `--idle`,
                                  `--slow K`, `--restart`; `cargo xtask load --help` has more
  cargo xtask fuzz [KIND] [SECONDS]
                                  look for bytes that a decoder cannot stand, requests that are not
                                  answered as they should be, files that cannot be imported and are
                                  not refused: bytes, requests, imports, or all; each for ten
                                  minutes or as long as said. Bytes that lead somewhere new go to
                                  fuzz/corpus
  cargo xtask pictures            take the README's pictures anew, into docs/pictures
  cargo xtask setup               set up everything, also what only the tests need

Tools are kept by version in $PALIMPSEST_CACHE, else $XDG_CACHE_HOME/palimpsest, else
~/.cache/palimpsest, and are shared by all checkouts. Delete that folder to start afresh.";

enum Verb {
    Serve { arguments: Vec<String> },
    Build,
    Test { checks: Vec<Check> },
    Gates { write: bool },
    Bench { arguments: Vec<String> },
    Load { arguments: Vec<String> },
    Fuzz { targets: Vec<Target>, seconds: Option<u32> },
    Pictures,
    Setup,
    Help,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match parse(&words).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> Result {
    if let Verb::Help = verb {
        // A reader that has seen enough, such as `head`, is no failure.
        writeln!(std::io::stdout(), "{HELP}").ok();
        return Ok(());
    }
    let project = Project::locate()?;
    match verb {
        Verb::Serve { arguments } => serve::serve(&project, &arguments),
        Verb::Build => {
            let tools = Tools::for_building(&project)?;
            build::app(&project, &tools)?;
            println!("{}", build::server(&project)?.display());
            Ok(())
        }
        Verb::Test { checks } => test::test(&project, &checks),
        Verb::Gates { write } => gates::gates(&project, write),
        Verb::Bench { arguments } => bench::bench(&project, &arguments),
        Verb::Load { arguments } => load::load(&project, &arguments),
        Verb::Fuzz { targets, seconds } => fuzz::fuzz(&project, &targets, seconds),
        Verb::Pictures => test::pictures(&project),
        Verb::Setup => {
            Tools::for_building(&project)?.with_browser(&project)?;
            gates::set_up()?;
            process::say("Everything is set up.");
            Ok(())
        }
        Verb::Help => Ok(()),
    }
}

fn parse(words: &[String]) -> Result<Verb> {
    let Some((verb, rest)) = words.split_first() else { return Ok(Verb::Help) };
    let arguments = rest.to_vec();
    match verb.as_str() {
        "bench" => return Ok(Verb::Bench { arguments }),
        "load" => return Ok(Verb::Load { arguments }),
        _ => {}
    }
    if rest.iter().take_while(|word| *word != "--").any(|word| word == "--help" || word == "-h") {
        return Ok(Verb::Help);
    }
    match verb.as_str() {
        "serve" => {
            let rest =
                if rest.first().is_some_and(|word| word == "--") { &rest[1..] } else { rest };
            Ok(Verb::Serve { arguments: rest.to_vec() })
        }
        "test" => Ok(Verb::Test { checks: parse_checks(rest)? }),
        "build" if rest.is_empty() => Ok(Verb::Build),
        "gates" if rest.is_empty() => Ok(Verb::Gates { write: false }),
        "gates" if rest == ["--write"] => Ok(Verb::Gates { write: true }),
        "fuzz" => parse_fuzz(rest),
        "pictures" if rest.is_empty() => Ok(Verb::Pictures),
        "setup" if rest.is_empty() => Ok(Verb::Setup),
        "help" | "--help" | "-h" => Ok(Verb::Help),
        _ => Err(Failure::new(format!(
            "`{}` is not something it can do. `cargo xtask help` lists what is",
            words.join(" ")
        ))),
    }
}

/// What to look for, if not for everything, and for how long.
fn parse_fuzz(words: &[String]) -> Result<Verb> {
    let named = words.first().and_then(|word| Target::named(word));
    let rest = if named.is_some() { &words[1..] } else { words };
    let seconds = match rest {
        [] => None,
        [number] if number.parse::<u32>().is_ok() => number.parse().ok(),
        _ => {
            let known = Target::ALL.map(Target::name).join(", ");
            let wrong = format!("`fuzz` takes one of {known}, and a number of seconds");
            return Err(Failure::new(format!("{wrong}, for example `fuzz bytes 60`")));
        }
    };
    let targets = named.map_or_else(|| Target::ALL.to_vec(), |target| vec![target]);
    Ok(Verb::Fuzz { targets, seconds })
}

/// `--only fmt --only unit`, `--only=fmt` or `--only fmt,unit`; nothing means every check.
fn parse_checks(words: &[String]) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let names = match (word.as_str(), word.strip_prefix("--only=")) {
            (_, Some(names)) => names,
            ("--only", None) => {
                words.next().ok_or_else(|| Failure::new("`--only` needs the name of a check"))?
            }
            _ => return Err(Failure::new(format!("`test` does not know `{word}`, only `--only`"))),
        };
        for name in names.split(',') {
            let check = Check::named(name).ok_or_else(|| {
                let known = Check::ALL.map(Check::name).join(", ");
                Failure::new(format!("there is no check `{name}`; there are {known}"))
            })?;
            checks.push(check);
        }
    }
    Ok(if checks.is_empty() { Check::ALL.to_vec() } else { checks })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn arguments_for_the_server_may_follow_dashes_or_not() {
        for line in ["serve -- --listen 127.0.0.1:0", "serve --listen 127.0.0.1:0"] {
            let Ok(Verb::Serve { arguments }) = parse(&words(line)) else { panic!("{line}") };
            assert_eq!(arguments, ["--listen", "127.0.0.1:0"]);
        }
    }

    #[test]
    fn checks_are_named_one_by_one_or_together() {
        for line in ["test --only fmt,unit", "test --only=fmt,unit", "test --only fmt --only unit"]
        {
            let Ok(Verb::Test { checks }) = parse(&words(line)) else { panic!("{line}") };
            assert_eq!(checks, [Check::Fmt, Check::Unit]);
        }
        let Ok(Verb::Test { checks }) = parse(&words("test")) else { panic!("test") };
        assert_eq!(checks, Check::ALL);
    }

    #[test]
    fn what_is_fuzzed_and_for_how_long_may_be_said() {
        let Ok(Verb::Fuzz { targets, seconds }) = parse(&words("fuzz")) else { panic!("fuzz") };
        assert_eq!((targets, seconds), (Target::ALL.to_vec(), None));
        let Ok(Verb::Fuzz { targets, seconds }) = parse(&words("fuzz 60")) else { panic!("60") };
        assert_eq!((targets, seconds), (Target::ALL.to_vec(), Some(60)));
        let asked = parse(&words("fuzz imports 5"));
        let Ok(Verb::Fuzz { targets, seconds }) = asked else { panic!("imports") };
        assert_eq!((targets, seconds), (vec![Target::Imports], Some(5)));
    }

    #[test]
    fn what_it_does_not_know_is_refused() {
        for line in [
            "paint",
            "build fast",
            "gates --read",
            "fuzz fast",
            "fuzz 5 bytes",
            "test --only paint",
            "test --only",
            "test fmt",
        ] {
            assert!(parse(&words(line)).is_err(), "{line}");
        }
    }
}
