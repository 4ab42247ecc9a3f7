//! What the settings say of a key and of a value.

use std::{borrow::Cow, collections::HashSet};

use super::{
    config::RedactionProcessorConfig,
    mask::Mask,
    summary::{Detail, OWN_KEYS},
};
use crate::{
    otlp::any_value::AnyValue,
    pipeline::Growth,
    settings::{Pattern, PatternError},
};

pub(super) struct Rules {
    pub(super) summary: Detail,
    allows_all_keys: bool,
    allowed_keys: HashSet<String>,
    ignored_keys: HashSet<String>,
    ignored_key_patterns: Vec<Pattern>,
    blocked_key_patterns: Vec<Pattern>,
    blocked_values: Vec<Pattern>,
    allowed_values: Vec<Pattern>,
    looks_at_all_types: bool,
    mask: Mask,
    everything: Pattern,
}

impl Rules {
    pub(super) fn new(config: RedactionProcessorConfig) -> Result<Self, PatternError> {
        let patterns = |list: &[String]| -> Result<Vec<_>, _> {
            list.iter().map(|pattern| Pattern::new(pattern)).collect()
        };
        let own_keys = OWN_KEYS.iter().map(|&key| key.to_owned());
        Ok(Self {
            summary: Detail::of(&config.summary),
            allows_all_keys: config.allow_all_keys,
            allowed_keys: config.allowed_keys.into_iter().chain(own_keys).collect(),
            ignored_keys: config.ignored_keys.into_iter().collect(),
            ignored_key_patterns: patterns(&config.ignored_key_patterns)?,
            blocked_key_patterns: patterns(&config.blocked_key_patterns)?,
            blocked_values: patterns(&config.blocked_values)?,
            allowed_values: patterns(&config.allowed_values)?,
            looks_at_all_types: config.redact_all_types,
            mask: Mask::new(config.hash_function, &config.hmac_key),
            // Lines are masked one by one, as upstream.
            everything: Pattern::new(".*")?,
        })
    }

    pub(super) fn ignores(&self, key: &str) -> bool {
        self.ignored_keys.contains(key) || is_found(&self.ignored_key_patterns, key)
    }

    pub(super) fn allows_key(&self, key: &str) -> bool {
        self.allows_all_keys || self.allowed_keys.contains(key)
    }

    pub(super) fn masks_key(&self, key: &str) -> bool {
        is_found(&self.blocked_key_patterns, key)
    }

    pub(super) fn allows_value(&self, text: &str) -> bool {
        is_found(&self.allowed_values, text)
    }

    /// The text of an attribute that patterns look at.
    pub(super) fn text_of<'a>(&self, value: AnyValue<'a>) -> Cow<'a, str> {
        match value {
            AnyValue::Str(text) => Cow::Borrowed(text),
            _ if self.looks_at_all_types => value.to_text(),
            _ => Cow::Borrowed(""),
        }
    }

    /// A text of which nothing may be seen.
    pub(super) fn masked_whole(&self, text: &str, growth: &mut Growth) -> String {
        self.mask.replace(text, &self.everything, growth).unwrap_or_default()
    }

    /// A text with what is blocked in it masked, if that makes it another.
    pub(super) fn masked(&self, text: &str, growth: &mut Growth) -> Option<String> {
        let mut masked: Option<String> = None;
        for pattern in &self.blocked_values {
            let before = masked.as_deref().unwrap_or(text);
            masked = self.mask.replace(before, pattern, growth).or(masked);
        }
        masked.filter(|masked| masked != text)
    }
}

fn is_found(patterns: &[Pattern], text: &str) -> bool {
    patterns.iter().any(|pattern| pattern.is_match(text))
}
