//! Where the value of each option comes from: a flag, the environment, a file, or what it is if
//! nobody says anything; the first of these counts. One definition of an option makes all four.
//!
//! The file's values become the options' defaults, so that they are read and checked by the very
//! code that reads flags.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory, Error, FromArgMatches};

use super::Cli;

/// The command whose options a file sets, beside those that every command takes.
const SERVE: &str = "serve";
/// Options that a file cannot set: which file it is, and what is asked this once.
const FLAGS_ONLY: [&str; 4] = ["config", "print_config", "help", "version"];
/// How alike two names are, from 0 to 1, for one to be meant by the other.
const ALIKE_MIN: f64 = 0.75;

/// The value an option has, and who said so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Setting {
    /// Its name in files; flags have dashes, and variables are in capitals.
    pub(super) key: String,
    pub(super) value: String,
    /// A flag, a variable, a file's path, or `default`.
    pub(super) origin: String,
}

/// A configuration file, as far as it is understood without knowing the options.
struct File {
    path: PathBuf,
    values: BTreeMap<String, String>,
}

/// Reads a command line, the environment, and the file that either names.
///
/// # Errors
/// If something is wrong with them; the error knows how to be shown, and the exit code.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Cli, Error> {
    let words: Vec<OsString> = words.into_iter().collect();
    let mut command = Cli::command();
    let mut matches = command.clone().try_get_matches_from(&words)?;
    let path: Option<&PathBuf> = innermost(&matches).get_one("config");
    let file = match path {
        Some(path) => {
            let file = read(path, &command).map_err(|words| {
                command.error(ErrorKind::InvalidValue, format!("{}: {words}", path.display()))
            })?;
            command = with_defaults(command, &file);
            matches = command.clone().try_get_matches_from(&words)?;
            Some(file)
        }
        None => None,
    };
    let mut cli = Cli::from_arg_matches(&matches)?;
    if let Some(serve) = matches.subcommand_matches(SERVE) {
        let setting = |arg: &Arg| setting(arg, serve, file.as_ref());
        cli.settings = options(&Cli::command()).iter().filter_map(setting).collect();
    }
    Ok(cli)
}

/// Every option that a file can set.
fn options(command: &Command) -> Vec<Arg> {
    let serve = command.find_subcommand(SERVE).into_iter().flat_map(Command::get_arguments);
    let all = command.get_arguments().chain(serve);
    all.filter(|arg| !FLAGS_ONLY.contains(&arg.get_id().as_str())).cloned().collect()
}

fn innermost(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, inner)| innermost(inner))
}

fn read(path: &Path, command: &Command) -> Result<File, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| error.to_string().trim_end().to_owned())?;
    let options = options(command);
    let mut values = BTreeMap::new();
    for (key, value) in table {
        if !options.iter().any(|option| option.get_id() == key.as_str()) {
            return Err(unknown(&key, &options));
        }
        let value = words(&value).ok_or_else(|| {
            format!("{key} is neither a text, a number, a yes or no, nor a list of texts")
        })?;
        values.insert(key, value);
    }
    Ok(File { path: path.to_owned(), values })
}

/// A value as a flag would say it.
fn words(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(yes) => Some(yes.to_string()),
        toml::Value::Array(all) => {
            let texts: Option<Vec<&str>> = all.iter().map(toml::Value::as_str).collect();
            Some(texts?.join(","))
        }
        toml::Value::Float(_) | toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}

fn unknown(key: &str, options: &[Arg]) -> String {
    let likeness = |option: &&Arg| strsim::jaro_winkler(key, option.get_id().as_str());
    let alike = options.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match alike.filter(|option| likeness(option) >= ALIKE_MIN) {
        Some(option) => format!("there is no option {key}; {} is near", option.get_id()),
        None => format!("there is no option {key}; `palimpsest serve --help` lists all"),
    }
}

fn with_defaults(mut command: Command, file: &File) -> Command {
    for (key, value) in &file.values {
        let change = |arg: Arg| match arg.get_value_delimiter() {
            Some(_) if value.is_empty() => arg,
            Some(delimiter) => arg.default_values(value.split(delimiter).map(str::to_owned)),
            None => arg.default_value(value.clone()),
        };
        let is_common = command.get_arguments().any(|arg| arg.get_id() == key.as_str());
        command = match is_common {
            true => command.mut_arg(key, change),
            false => command.mut_subcommand(SERVE, |serve| serve.mut_arg(key, change)),
        };
    }
    command
}

fn setting(arg: &Arg, serve: &ArgMatches, file: Option<&File>) -> Option<Setting> {
    let key = arg.get_id().as_str().to_owned();
    let raw: Vec<String> = serve
        .get_raw(&key)
        .map(|values| values.map(|value| value.to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    let value = match raw.join(",") {
        // A switch that nobody touched has no words of its own.
        empty if empty.is_empty() && arg.get_action().takes_values() => empty,
        empty if empty.is_empty() => serve.get_flag(&key).to_string(),
        value => value,
    };
    let origin = match serve.value_source(&key) {
        Some(ValueSource::CommandLine) => format!("--{}", key.replace('_', "-")),
        Some(ValueSource::EnvVariable) => arg.get_env()?.to_string_lossy().into_owned(),
        _ => match file.filter(|file| file.values.contains_key(&key)) {
            Some(file) => file.path.display().to_string(),
            None => "default".to_owned(),
        },
    };
    Some(Setting { key, value, origin })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_is_a_flag_a_variable_and_a_key() {
        for option in options(&Cli::command()) {
            let key = option.get_id().as_str();
            assert_eq!(option.get_long(), Some(&*key.replace('_', "-")), "{key}");
            let variable = option.get_env().map(|name| name.to_string_lossy().into_owned());
            assert_eq!(variable, Some(format!("PALIMPSEST_{}", key.to_uppercase())), "{key}");
            assert!(option.get_help().is_some(), "{key} is not explained");
        }
    }

    #[test]
    fn a_name_that_is_near_is_named() {
        let options = options(&Cli::command());
        let check = |key: &str, expected: &str| {
            let words = unknown(key, &options);
            assert!(words.contains(expected), "{words}");
        };
        check("listn", "listen is near");
        check("frame_bytes", "frame_bytes_max is near");
        check("zzz", "--help");
    }
}
