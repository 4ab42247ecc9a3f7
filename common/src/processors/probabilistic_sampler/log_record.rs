//! Log records: sampled by their trace id or an attribute, marked in two attributes.

use std::{borrow::Cow, fmt};

use super::{
    AttributeSource, ProbabilisticSamplerConfig, SamplerMode,
    sampler::{Facts, Marks, Outcome, Sampler},
    span::is_trace_id,
};
use crate::otlp::{
    any_value::{AnyValue, OwnedValue},
    attributes::Attributes,
    edit::Draft,
    log_record::LogRecordView,
    trace_state::{Randomness, Threshold},
};

const RANDOMNESS: &str = "sampling.randomness";
const THRESHOLD: &str = "sampling.threshold";

/// What is particular to log records.
#[derive(Clone, Debug)]
pub(super) struct LogSettings {
    hashes_trace_id: bool,
    from_attribute: String,
    priority: String,
    digits: u32,
    is_hashing: bool,
}

impl LogSettings {
    pub(super) fn new(config: ProbabilisticSamplerConfig) -> Self {
        Self {
            hashes_trace_id: config.attribute_source == AttributeSource::TraceId,
            from_attribute: config.from_attribute,
            priority: config.sampling_priority,
            digits: u32::try_from(config.sampling_precision).unwrap_or(u32::MAX).min(14),
            is_hashing: config.mode == SamplerMode::HashSeed,
        }
    }

    /// The trace id that the record is sampled by; empty for none.
    fn trace_id<'a>(&self, record: LogRecordView<'a>) -> &'a [u8] {
        let is_asked = self.hashes_trace_id || !self.is_hashing;
        if is_asked && is_trace_id(record.trace_id()) { record.trace_id() } else { &[] }
    }

    /// What is hashed of the attribute; empty for nothing.
    fn attribute<'a>(&self, attributes: Attributes<'a>) -> Cow<'a, [u8]> {
        let is_asked = self.is_hashing && !self.from_attribute.is_empty();
        match attributes.get(&self.from_attribute).filter(|_| is_asked) {
            None => Cow::Borrowed(&[]),
            Some(AnyValue::Bytes(bytes)) => Cow::Borrowed(bytes),
            Some(value) => match value.to_text() {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            },
        }
    }

    /// The threshold that the record asks for.
    fn priority(&self, attributes: Attributes<'_>) -> Option<Threshold> {
        if self.priority.is_empty() {
            return None;
        }
        let percentage = match attributes.get(&self.priority)? {
            AnyValue::Int(int) => int as f64,
            AnyValue::Double(double) => double,
            _ => return None,
        };
        // Zero is no wish, nor is what is no probability.
        Threshold::of_probability(percentage / 100.0, self.digits)
    }
}

/// Where the texts of the attributes are written.
#[derive(Debug)]
pub(super) struct RecordText(OwnedValue);

impl Default for RecordText {
    fn default() -> Self {
        Self(OwnedValue::Str(String::new()))
    }
}

impl RecordText {
    fn put(&mut self, draft: &mut Draft<'_>, key: &str, number: impl fmt::Display) {
        if let OwnedValue::Str(text) = &mut self.0 {
            text.clear();
            // Writing to a string does not fail.
            fmt::write(text, format_args!("{number}")).unwrap_or_default();
            draft.set_attribute(key, &self.0);
        }
    }
}

/// Decides on a log record and marks it if it is kept.
pub(super) fn sample(
    sampler: &Sampler,
    settings: &LogSettings,
    draft: &mut Draft<'_>,
    text: &mut RecordText,
) -> Outcome {
    let record = LogRecordView::new(draft.bytes());
    let attributes = record.attributes();
    let before = marks(attributes);
    let outcome = sampler.sample(Facts {
        marks: before,
        trace_id: settings.trace_id(record),
        attribute: &settings.attribute(attributes),
        priority: settings.priority(attributes),
        marks_missing: false,
    });
    if outcome.is_kept
        && let (Some(before), Some(after)) = (before, outcome.marks)
    {
        if let Some(randomness) = after.randomness.filter(|_| before.randomness.is_none()) {
            text.put(draft, RANDOMNESS, randomness);
        }
        if let Some(threshold) = after.threshold {
            text.put(draft, THRESHOLD, threshold);
        }
    }
    outcome
}

/// What earlier sampling left in a record; nothing if that cannot be read.
fn marks(attributes: Attributes<'_>) -> Option<Marks> {
    let text = |key| attributes.get(key).and_then(AnyValue::as_str).filter(|text| !text.is_empty());
    Some(Marks {
        randomness: match text(RANDOMNESS) {
            Some(text) => Some(Randomness::parse(text)?),
            None => None,
        },
        threshold: match text(THRESHOLD) {
            Some(text) => Some(Threshold::parse(text)?),
            None => None,
        },
    })
}
