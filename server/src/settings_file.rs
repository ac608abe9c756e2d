//! Settings from a TOML file. Flags and environment variables have priority.

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command};
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Flag and environment variable that name the file.
const FLAG: &str = "--config";
const VARIABLE: &str = "JIEDUI_CONFIG";
/// The setting that a file cannot have.
const CONFIG: &str = "config";

/// Settings of a file, each as text. A list has several values.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct SettingsFile {
    path: PathBuf,
    values: BTreeMap<String, Vec<String>>,
}

impl SettingsFile {
    /// Reads the file that the arguments or the environment name; empty if they name none. Fails with one line that
    /// names the file and every wrong key.
    pub fn read(arguments: impl Iterator<Item = OsString>, command: &Command) -> Result<Self, String> {
        let Some(path) = path(arguments) else { return Ok(Self::default()) };
        let text = std::fs::read_to_string(&path);
        let text = text.map_err(|error| format!("{VARIABLE}: {}: {error}", path.display()))?;
        Self::parse(path, &text, command)
    }

    fn parse(path: PathBuf, text: &str, command: &Command) -> Result<Self, String> {
        let table: toml::Table = text.parse().map_err(|error| syntax_error(&path, text, &error))?;
        let known = settings(command);
        let unknown: Vec<String> =
            table.keys().filter(|key| !known.contains_key(*key)).map(|key| format!("`{key}`")).collect();
        if !unknown.is_empty() {
            return Err(format!("{}: no such setting: {}", path.display(), unknown.join(", ")));
        }
        let mut values = BTreeMap::new();
        for (key, value) in table {
            let Some(texts) = texts(&value) else {
                return Err(format!("{}: `{key}` must be a text, a number, true, false, or a list", path.display()));
            };
            if texts.len() > 1 && known.get(&key) == Some(&false) {
                return Err(format!("{}: `{key}` takes one value, not a list", path.display()));
            }
            if !texts.is_empty() {
                values.insert(key, texts);
            }
        }
        Ok(Self { path, values })
    }

    /// Makes the file's values the defaults of a command and of its subcommands.
    pub fn apply(&self, command: Command) -> Command {
        let command = command.mut_args(|argument| match self.values.get(argument.get_id().as_str()) {
            Some(values) if argument.get_env().is_some() => argument.default_values(values.clone()),
            _ => argument,
        });
        command.mut_subcommands(|subcommand| self.apply(subcommand))
    }

    /// Returns the file and the key whose value an error rejects.
    pub fn origin(&self, error: &clap::Error) -> Option<String> {
        let text = |kind| match error.get(kind) {
            Some(ContextValue::String(text)) => Some(text.as_str()),
            _ => None,
        };
        let flag = text(ContextKind::InvalidArg)?.split([' ', '=']).next()?;
        let key = flag.trim_start_matches('-').replace('-', "_");
        let value = text(ContextKind::InvalidValue)?;
        self.values.get(&key)?.iter().any(|own| own == value).then(|| format!("{}: `{key}`", self.path.display()))
    }

    /// Returns the file and a key, if the file has the key.
    pub fn name_of(&self, key: &str) -> Option<String> {
        self.values.contains_key(key).then(|| format!("{}: `{key}`", self.path.display()))
    }
}

/// Returns the path that the arguments name, otherwise the one of the environment.
fn path(mut arguments: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    while let Some(argument) = arguments.next() {
        if argument == FLAG {
            return arguments.next().map(PathBuf::from);
        }
        if let Some(path) = argument.to_str().and_then(|text| text.strip_prefix(FLAG)?.strip_prefix('=')) {
            return Some(path.into());
        }
    }
    std::env::var_os(VARIABLE).filter(|path| path != OsStr::new("")).map(PathBuf::from)
}

/// Returns the names of all settings, each with whether it is a list: the arguments of any command that have an
/// environment variable.
fn settings(command: &Command) -> BTreeMap<String, bool> {
    let arguments = command.get_arguments().filter(|argument| argument.get_env().is_some());
    let is_list = |argument: &Arg| argument.get_value_delimiter().is_some();
    let mut names: BTreeMap<String, bool> =
        arguments.map(|argument| (argument.get_id().to_string(), is_list(argument))).collect();
    names.extend(command.get_subcommands().flat_map(settings));
    names.remove(CONFIG);
    names
}

/// Returns a value as texts; `None` for a table, a date or a list of lists.
fn texts(value: &toml::Value) -> Option<Vec<String>> {
    match value {
        toml::Value::Array(items) => items.iter().map(scalar).collect(),
        value => Some(vec![scalar(value)?]),
    }
}

fn scalar(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Returns one line with the file, the line number and the reason.
fn syntax_error(path: &Path, text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    format!("{}: line {line}: {}", path.display(), error.message().replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::CommandFactory;
    use rstest::rstest;

    fn parse(text: &str) -> Result<SettingsFile, String> {
        SettingsFile::parse("jiedui.toml".into(), text, &Cli::command())
    }

    #[rstest]
    #[case("lisen = 1\ndata_dir = 'x'\nport = 2", "jiedui.toml: no such setting: `lisen`, `port`")]
    #[case("config = 'other.toml'", "jiedui.toml: no such setting: `config`")]
    #[case("listen = ['a', 'b']", "jiedui.toml: `listen` takes one value, not a list")]
    #[case("[listen]\nport = 1", "jiedui.toml: `listen` must be a text, a number, true, false, or a list")]
    #[case(
        "trusted_proxies = [['a']]",
        "jiedui.toml: `trusted_proxies` must be a text, a number, true, false, or a list"
    )]
    fn wrong_keys_are_named_in_one_line(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(parse(text), Err(expected.to_owned()));
    }

    #[test]
    fn syntax_error_names_the_line() {
        let error = parse("data_dir = 'x'\nlisten = \n").unwrap_err();
        assert!(error.starts_with("jiedui.toml: line 2: ") && error.lines().count() == 1, "{error}");
    }

    #[test]
    fn example_has_every_setting() {
        let example = include_str!("../deploy/jiedui.toml");
        // Settings are commented out, with a space after the comment sign of prose only.
        let text: Vec<&str> = example
            .lines()
            .map(|line| line.strip_prefix("#").filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
            .collect();
        let example = parse(&text.join("\n")).unwrap();
        assert!(example.values.keys().eq(settings(&Cli::command()).keys()), "{:?}", example.values);
    }
}
