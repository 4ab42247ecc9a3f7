//! What is done to one span.

use std::fmt::Write;

use common::{
    otlp::{
        any_value::{AnyValue, OwnedValue},
        edit::Draft,
        field_numbers::{span, span_status},
    },
    settings::{Pattern, PatternError},
    wire::writer::{put_bytes_field, put_varint_field},
};

use super::{SpanProcessorConfig, StatusSettings, StatusWord};

/// What stands for a value that has no text.
const UNKNOWN: &str = "<unknown-attribute-type>";

/// What is done to every span that is selected.
#[derive(Debug)]
pub(super) struct Edits {
    from_attributes: Vec<String>,
    separator: String,
    rules: Vec<Pattern>,
    breaks_after_match: bool,
    keeps_name: bool,
    /// An encoded status; an empty one is none.
    status: Option<Vec<u8>>,
}

/// Texts that are made for one span after the other.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    before: String,
    after: String,
}

impl Edits {
    pub(super) fn new(config: SpanProcessorConfig) -> Result<Self, PatternError> {
        let to_attributes = config.name.to_attributes.unwrap_or_default();
        let rules = to_attributes.rules.iter().map(|rule| Pattern::new(rule));
        Ok(Self {
            from_attributes: config.name.from_attributes,
            separator: config.name.separator,
            rules: rules.collect::<Result<_, _>>()?,
            breaks_after_match: to_attributes.break_after_match,
            keeps_name: to_attributes.keep_original_name,
            status: config.status.as_ref().map(encoded),
        })
    }

    pub(super) fn apply(&self, draft: &mut Draft<'_>, buffers: &mut Buffers) {
        if self.name_from_attributes(draft, &mut buffers.after).is_some() {
            draft.set_string(span::NAME, &buffers.after);
        }
        if !self.rules.is_empty() && !draft.field(span::NAME).string().is_empty() {
            self.attributes_from_name(draft, buffers);
        }
        match self.status.as_deref() {
            None => {}
            Some([]) => draft.clear(span::STATUS),
            Some(status) => draft.set_bytes(span::STATUS, status),
        }
    }

    /// Writes the new name, if all attributes are there that it is made of.
    fn name_from_attributes(&self, draft: &Draft<'_>, name: &mut String) -> Option<()> {
        let (first, others) = self.from_attributes.split_first()?;
        let attributes = draft.attributes();
        name.clear();
        put_text(attributes.get(first)?, name);
        for key in others {
            name.push_str(&self.separator);
            put_text(attributes.get(key)?, name);
        }
        Some(())
    }

    fn attributes_from_name(&self, draft: &mut Draft<'_>, buffers: &mut Buffers) {
        let Buffers { before, after } = buffers;
        before.clear();
        before.push_str(draft.field(span::NAME).string());
        for rule in &self.rules {
            if !apply_rule(rule, draft, before, after) {
                continue;
            }
            if !self.keeps_name {
                std::mem::swap(before, after);
            }
            if self.breaks_after_match {
                break;
            }
        }
        draft.set_string(span::NAME, before);
    }
}

/// Makes attributes of the groups of a rule, and a name with their names in their place.
fn apply_rule(rule: &Pattern, draft: &mut Draft<'_>, before: &str, after: &mut String) -> bool {
    let Some(captures) = rule.captures(before) else {
        return false;
    };
    after.clear();
    let mut copied = 0;
    for (name, group) in rule.groups().iter().zip(captures.iter().skip(1)) {
        // A group that took no part has no text to make an attribute of.
        let Some(group) = group else { continue };
        draft.set_attribute(name, &OwnedValue::from(group.as_str()));
        // A group inside another has gone with it.
        if let Some(between) = before.get(copied..group.start()) {
            after.push_str(between);
            after.push('{');
            after.push_str(name);
            after.push('}');
            copied = group.end();
        }
    }
    after.push_str(before.get(copied..).unwrap_or_default());
    true
}

pub(super) fn put_text(value: AnyValue<'_>, text: &mut String) {
    let written = match value {
        AnyValue::Double(f64::INFINITY) => write!(text, "+Inf"),
        AnyValue::Double(f64::NEG_INFINITY) => write!(text, "-Inf"),
        // Never with an exponent, other than elsewhere.
        AnyValue::Double(double) => write!(text, "{double}"),
        AnyValue::Str(string) => write!(text, "{string}"),
        AnyValue::Bool(bit) => write!(text, "{bit}"),
        AnyValue::Int(int) => write!(text, "{int}"),
        _ => write!(text, "{UNKNOWN}"),
    };
    // Writing to a string does not fail.
    written.unwrap_or_default();
}

fn encoded(status: &StatusSettings) -> Vec<u8> {
    let mut encoded = Vec::new();
    if !status.description.is_empty() {
        put_bytes_field(&mut encoded, span_status::MESSAGE, status.description.as_bytes());
    }
    let code = match status.code {
        StatusWord::Missing | StatusWord::Unset => return encoded,
        StatusWord::Ok => 1,
        StatusWord::Error => 2,
    };
    put_varint_field(&mut encoded, span_status::CODE, code);
    encoded
}
