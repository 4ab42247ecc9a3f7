//! What a text, an attribute or a scope is held against.

use std::borrow::Cow;

use super::{LibrarySettings, MatchType, PropertySettings};
use crate::{
    otlp::{
        any_value::{AnyValue, OwnedValue},
        attributes::Attributes,
        message::Message,
    },
    settings::{Pattern, PatternError},
};

/// Texts of which one must match.
#[derive(Debug)]
pub(super) enum Texts {
    Strict(Vec<String>),
    Patterns(Vec<Pattern>),
}

impl Texts {
    pub(super) fn new(how: MatchType, texts: &[String]) -> Result<Self, PatternError> {
        Ok(match how {
            MatchType::Missing | MatchType::Strict => Self::Strict(texts.to_vec()),
            MatchType::Regexp => {
                let patterns = texts.iter().map(|text| Pattern::new(text));
                Self::Patterns(patterns.collect::<Result<_, _>>()?)
            }
        })
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Strict(texts) => texts.iter().any(|one| one == text),
            Self::Patterns(patterns) => patterns.iter().any(|one| one.is_match(text)),
        }
    }
}

/// What an attribute must be.
#[derive(Debug)]
pub(super) struct Property {
    key: String,
    wanted: Wanted,
}

#[derive(Debug)]
enum Wanted {
    Anything,
    /// An encoded value.
    Value(Vec<u8>),
    Pattern(Pattern),
}

impl Property {
    pub(super) fn new(how: MatchType, settings: &PropertySettings) -> Result<Self, PatternError> {
        let wanted = match (how, settings.value.as_ref().map(|value| &value.0)) {
            (_, None) => Wanted::Anything,
            (MatchType::Regexp, Some(OwnedValue::Str(pattern))) => {
                Wanted::Pattern(Pattern::new(pattern)?)
            }
            (_, Some(value)) => {
                let mut encoded = Vec::with_capacity(value.encoded_len());
                value.encode(&mut encoded);
                Wanted::Value(encoded)
            }
        };
        Ok(Self { key: settings.key.clone(), wanted })
    }

    pub(super) fn matches(&self, attributes: Attributes<'_>) -> bool {
        attributes.get(&self.key).is_some_and(|value| match &self.wanted {
            Wanted::Anything => true,
            Wanted::Value(wanted) => AnyValue::read(Message::new(wanted)) == value,
            Wanted::Pattern(pattern) => text_of(value).is_some_and(|text| pattern.is_match(&text)),
        })
    }
}

/// The text that a pattern is looked for in; values of some types have none.
fn text_of(value: AnyValue<'_>) -> Option<Cow<'_, str>> {
    match value {
        AnyValue::Double(f64::INFINITY) => Some("+Inf".into()),
        AnyValue::Double(f64::NEG_INFINITY) => Some("-Inf".into()),
        // Never with an exponent, other than elsewhere.
        AnyValue::Double(double) => Some(double.to_string().into()),
        AnyValue::Str(_) | AnyValue::Bool(_) | AnyValue::Int(_) => Some(value.to_text()),
        _ => None,
    }
}

/// What a scope must be.
#[derive(Debug)]
pub(super) struct Library {
    name: Texts,
    version: Option<Texts>,
}

impl Library {
    pub(super) fn new(how: MatchType, settings: &LibrarySettings) -> Result<Self, PatternError> {
        let texts = |text: &String| Texts::new(how, std::slice::from_ref(text));
        let version = settings.version.as_ref().map(texts).transpose()?;
        Ok(Self { name: texts(&settings.name)?, version })
    }

    pub(super) fn matches(&self, name: &str, version: &str) -> bool {
        self.name.matches(name)
            && self.version.as_ref().is_none_or(|wanted| wanted.matches(version))
    }
}
