//! Spans: sampled by their trace id, marked in their trace state.

use std::fmt::Write;

use super::sampler::{Facts, Marks, Outcome, Sampler};
use crate::otlp::{
    any_value::{AnyValue, number::parse_double},
    attributes::Attributes,
    edit::Draft,
    field_numbers::span,
    span::SpanView,
    trace_state::{Threshold, TraceState},
};

/// The attribute by which a span asks to be kept or dropped (OpenTracing's semantic conventions).
const PRIORITY: &str = "sampling.priority";

/// Decides on a span and marks it if it is kept. `text` is where its trace state is written.
pub(super) fn sample(sampler: &Sampler, draft: &mut Draft<'_>, text: &mut String) -> Outcome {
    text.clear();
    let outcome = decide(sampler, SpanView::new(draft.bytes()), text);
    if !text.is_empty() {
        draft.set_string(span::TRACE_STATE, text);
    }
    outcome
}

/// Decides on a span and writes its new trace state, if it gets one.
fn decide(sampler: &Sampler, span: SpanView<'_>, text: &mut String) -> Outcome {
    let mut state = TraceState::parse(span.trace_state());
    let marks = state
        .as_ref()
        .ok()
        .map(|state| Marks { randomness: state.randomness, threshold: state.threshold });
    let outcome = sampler.sample(Facts {
        marks,
        trace_id: if is_trace_id(span.trace_id()) { span.trace_id() } else { &[] },
        attribute: &[],
        priority: priority(span.attributes()),
        marks_missing: true,
    });
    if let (true, Some(marks), Ok(state)) = (outcome.is_kept, outcome.marks, &mut state) {
        (state.randomness, state.threshold) = (marks.randomness, marks.threshold);
        // Writing to a string does not fail.
        write!(text, "{state}").unwrap_or_default();
    }
    outcome
}

/// Whether there is an id; zeros stand for none.
pub(super) fn is_trace_id(id: &[u8]) -> bool {
    id.iter().any(|byte| *byte != 0)
}

fn priority(attributes: Attributes<'_>) -> Option<Threshold> {
    let number = match attributes.get(PRIORITY)? {
        AnyValue::Int(int) => int as f64,
        AnyValue::Double(double) => double,
        AnyValue::Str(text) => parse_double(text)?,
        _ => return None,
    };
    if number > 0.0 { Some(Threshold::ALWAYS) } else { (number == 0.0).then_some(Threshold::NEVER) }
}
