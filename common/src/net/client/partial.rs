//! Partial success in the reply to an OTLP export request.

use crate::{
    pipeline::Accepted,
    signal::Signal,
    wire::{Fields, Value, WireError},
};

/// What a backend's reply means: `Export*ServiceResponse`, whose fields are the same for all signals.
///
/// # Errors
/// [`WireError`] if the reply is no protobuf message.
pub fn accepted(signal: Signal, reply: &[u8]) -> Result<Accepted, WireError> {
    let mut accepted = Accepted::FULLY;
    for field in Fields::new(reply) {
        let field = field?;
        let (1, Value::Bytes(partial)) = (field.number, field.value) else {
            continue;
        };
        for field in Fields::new(partial) {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Varint(items)) => accepted.refused_items = items,
                (2, Value::Bytes(text)) => {
                    accepted.message = String::from_utf8_lossy(text).into_owned().into();
                }
                _ => {}
            }
        }
    }
    warn(signal, &accepted);
    Ok(accepted)
}

/// Tells what the backend refused or had to say, with upstream's words.
pub fn warn(signal: Signal, accepted: &Accepted) {
    if accepted.refused_items == 0 && accepted.message.is_empty() {
        return;
    }
    let (items, message) = (accepted.refused_items, &accepted.message);
    match signal {
        Signal::Traces => {
            tracing::warn!(%message, dropped_spans = items, "Partial success response")
        }
        Signal::Metrics => {
            tracing::warn!(%message, dropped_data_points = items, "Partial success response");
        }
        Signal::Logs => {
            tracing::warn!(%message, dropped_log_records = items, "Partial success response");
        }
    }
}
