//! Names of components and pipelines, as configs write them.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::signal::Signal;

const MAX_TYPE_BYTES: usize = 63;
const MAX_NAME_BYTES: usize = 1024;

/// The five kinds of component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Takes telemetry in.
    Receiver,
    /// Works on telemetry inside a pipeline.
    Processor,
    /// Sends telemetry out.
    Exporter,
    /// Ends one pipeline and starts another.
    Connector,
    /// Serves the process, not a pipeline.
    Extension,
}

impl Kind {
    /// Every kind, in the order of the config's sections.
    pub const ALL: [Self; 5] =
        [Self::Receiver, Self::Processor, Self::Exporter, Self::Connector, Self::Extension];

    /// The word in the singular, as log fields and labels have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Receiver => "receiver",
            Self::Processor => "processor",
            Self::Exporter => "exporter",
            Self::Connector => "connector",
            Self::Extension => "extension",
        }
    }

    /// The config section that defines components of this kind.
    #[must_use]
    pub const fn section(self) -> &'static str {
        match self {
            Self::Receiver => "receivers",
            Self::Processor => "processors",
            Self::Exporter => "exporters",
            Self::Connector => "connectors",
            Self::Extension => "extensions",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that is no component or pipeline id. Texts follow upstream's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Nothing at all.
    #[error("id must not be empty")]
    Empty,
    /// `/name`.
    #[error("in \"{0}\" id: the part before / should not be empty")]
    NoType(String),
    /// `type/`.
    #[error("in \"{0}\" id: the part after / should not be empty")]
    NoName(String),
    /// A type beyond letters, digits and underscores, or too long.
    #[error("invalid character(s) in type \"{0}\"")]
    Type(String),
    /// A name with separators, control characters or symbols.
    #[error("invalid character(s) in name \"{0}\"")]
    Name(String),
    /// A name over 1,024 bytes.
    #[error("name \"{0}\" is longer than 1024 characters")]
    LongName(String),
    /// A pipeline id that starts with no signal.
    #[error("{0}")]
    Signal(String),
}

/// `type` or `type/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ComponentId {
    type_name: Box<str>,
    name: Box<str>,
}

impl ComponentId {
    /// The part before the first `/`: which component it is.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// The part after the first `/`, empty if there is none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What a component's data is called on disk, for each signal or other `part` of it:
    /// `exporter_otlp_a_traces`, as upstream has it.
    #[must_use]
    pub fn storage_name(&self, kind: Kind, part: &str) -> String {
        let mut name = String::new();
        for c in format!("{kind}_{}_{}_{part}", self.type_name, self.name).chars() {
            if c.is_ascii_alphanumeric() || ".-_".contains(c) {
                name.push(c);
            } else {
                name.push_str(&format!("~{:04X}", u32::from(c)));
            }
        }
        name
    }
}

impl FromStr for ComponentId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let (type_name, name) = match text.split_once('/') {
            Some((type_name, name)) => (type_name.trim(), Some(name.trim())),
            None => (text, None),
        };
        if text.is_empty() {
            return Err(InvalidId::Empty);
        }
        if type_name.is_empty() {
            return Err(InvalidId::NoType(text.to_owned()));
        }
        if !is_type(type_name) {
            return Err(InvalidId::Type(type_name.to_owned()));
        }
        let name = match name {
            Some("") => return Err(InvalidId::NoName(text.to_owned())),
            Some(name) => checked_name(name)?,
            None => "",
        };
        Ok(Self { type_name: type_name.into(), name: name.into() })
    }
}

fn is_type(word: &str) -> bool {
    word.len() <= MAX_TYPE_BYTES
        && word.starts_with(|first: char| first.is_ascii_alphabetic())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn checked_name(name: &str) -> Result<&str, InvalidId> {
    if name.len() > MAX_NAME_BYTES {
        return Err(InvalidId::LongName(name.to_owned()));
    }
    // Upstream refuses Unicode categories Z, C and S; of S only the ASCII ones are told apart here.
    let is_bad = |c: char| c.is_whitespace() || c.is_control() || "$+<=>^`|~".contains(c);
    if name.contains(is_bad) {
        return Err(InvalidId::Name(name.to_owned()));
    }
    Ok(name)
}

impl fmt::Display for ComponentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.type_name)?;
        if self.name.is_empty() { Ok(()) } else { write!(f, "/{}", self.name) }
    }
}

impl Serialize for ComponentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ComponentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// `signal` or `signal/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PipelineId {
    signal: Signal,
    name: Box<str>,
}

impl PipelineId {
    /// What flows through the pipeline.
    #[must_use]
    pub const fn signal(&self) -> Signal {
        self.signal
    }
}

impl FromStr for PipelineId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id: ComponentId = text.parse()?;
        let signal = id
            .type_name()
            .parse()
            .map_err(|error: crate::signal::UnknownSignal| InvalidId::Signal(error.to_string()))?;
        Ok(Self { signal, name: id.name })
    }
}

impl fmt::Display for PipelineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.signal.name())?;
        if self.name.is_empty() { Ok(()) } else { write!(f, "/{}", self.name) }
    }
}

impl Serialize for PipelineId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PipelineId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
