//! Where configuration comes from: files, the environment, inline YAML, and HTTP.

use std::fs;

use super::{load::Environment, yaml::MAX_BYTES};

/// A place to read a text from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// A path, relative to the working directory.
    File(&'a str),
    /// A variable, and what to take if it is not set.
    Env {
        /// Its name.
        name: &'a str,
        /// What follows `:-`.
        default: Option<&'a str>,
    },
    /// The text itself.
    Yaml(&'a str),
    /// An `http` or `https` address, read once.
    Http(&'a str),
}

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub enum Text {
    /// The text.
    Found(String),
    /// The default of a variable that is not set.
    Default(String),
    /// Nothing, because the variable is not set.
    Unset,
}

impl<'a> Source<'a> {
    /// Reads a `--config` argument, in which no scheme means a file.
    ///
    /// # Errors
    /// If the scheme is none of ours.
    pub fn of_argument(argument: &'a str) -> Result<Self, String> {
        let is_drive = argument.starts_with(|c: char| c.is_ascii_alphabetic())
            && argument.get(1..2) == Some(":");
        if is_drive || !argument.contains(':') {
            return Ok(Self::File(argument));
        }
        Self::of_uri(argument)
    }

    /// Reads what stands in `${...}`, in which no scheme means a variable.
    ///
    /// # Errors
    /// If the scheme is none of ours.
    pub fn of_reference(reference: &'a str) -> Result<Self, String> {
        if reference.contains('$') {
            return Err(format!("the uri {reference:?} contains unsupported characters ('$')"));
        }
        match reference.split_once(':') {
            None => Ok(Self::variable(reference)),
            Some((_, rest)) if rest.starts_with('-') => Ok(Self::variable(reference)),
            Some(_) => Self::of_uri(reference),
        }
    }

    fn of_uri(uri: &'a str) -> Result<Self, String> {
        match uri.split_once(':') {
            Some(("file", path)) => Ok(Self::File(path)),
            Some(("env", variable)) => Ok(Self::variable(variable)),
            Some(("yaml", text)) => Ok(Self::Yaml(text)),
            Some(("http" | "https", _)) => Ok(Self::Http(uri)),
            _ => Err(format!(
                "unsupported scheme on URI {uri:?}, expected one of env, file, http, https, yaml"
            )),
        }
    }

    fn variable(text: &'a str) -> Self {
        match text.split_once(":-") {
            Some((name, default)) => Self::Env { name, default: Some(default) },
            None => Self::Env { name: text, default: None },
        }
    }

    /// What the source is called in messages.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::File(path) => (*path).to_owned(),
            Self::Env { name, .. } => format!("env:{name}"),
            Self::Yaml(_) => "yaml:".to_owned(),
            Self::Http(address) => without_secrets(address).to_owned(),
        }
    }

    /// Reads the text.
    ///
    /// # Errors
    /// If there is none, with the reason.
    pub fn read(&self, environment: &Environment<'_>) -> Result<Text, String> {
        match self {
            Self::File(path) => read_file(path).map(Text::Found),
            Self::Yaml(text) => Ok(Text::Found((*text).to_owned())),
            Self::Http(address) => (environment.fetch)(address)
                .map(Text::Found)
                .map_err(|error| format!("{}: {error}", self.label())),
            Self::Env { name, default } => {
                if !is_variable_name(name) {
                    return Err(format!(
                        "environment variable {name:?} has invalid name: must match regex \
                         ^[a-zA-Z_][a-zA-Z0-9_]*$"
                    ));
                }
                Ok(match ((environment.variable)(name), default) {
                    (Some(value), _) => Text::Found(value),
                    (None, Some(default)) => Text::Default((*default).to_owned()),
                    (None, None) => Text::Unset,
                })
            }
        }
    }
}

fn read_file(path: &str) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("unable to read the file {path}: {error}");
    let size = fs::metadata(path).map_err(failed)?.len();
    if size > MAX_BYTES as u64 {
        return Err(format!("the file {path} has {size} bytes, more than the {MAX_BYTES} allowed"));
    }
    fs::read_to_string(path).map_err(failed)
}

fn is_variable_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// An address without its user and its query, where passwords are.
fn without_secrets(address: &str) -> &str {
    let end = address.find(['?', '#']).unwrap_or(address.len());
    let address = address.get(..end).unwrap_or_default();
    match address.rsplit_once('@') {
        Some((_, host)) => host,
        None => address,
    }
}

#[cfg(test)]
mod tests;
