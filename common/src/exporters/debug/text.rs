//! How upstream writes values as text.

use std::fmt::Write as _;

use base64::{Engine, engine::general_purpose::STANDARD};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value::Value};
use time::OffsetDateTime;

/// A number with six decimals.
pub(super) fn fixed(value: f64) -> String {
    match special(value, "+Inf", "-Inf") {
        Some(word) => word.to_owned(),
        None => format!("{value:.6}"),
    }
}

/// A number in its shortest form, with an exponent when it is very small or very large.
pub(super) fn shortest(value: f64) -> String {
    if let Some(word) = special(value, "+Inf", "-Inf") {
        return word.to_owned();
    }
    match exponent(value) {
        Some((mantissa, exponent)) if !(-4..21).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => value.to_string(),
    }
}

/// A number as JSON has it.
fn json_number(value: f64) -> String {
    if let Some(word) = special(value, "Infinity", "-Infinity") {
        return word.to_owned();
    }
    match exponent(value) {
        Some((mantissa, exponent)) if !(-6..21).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{}", exponent.unsigned_abs())
        }
        _ => value.to_string(),
    }
}

fn special(value: f64, plus: &'static str, minus: &'static str) -> Option<&'static str> {
    match value {
        value if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some(plus),
        f64::NEG_INFINITY => Some(minus),
        _ => None,
    }
}

/// The mantissa and the decimal exponent; nothing for zero.
fn exponent(value: f64) -> Option<(String, i32)> {
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e')?;
    let exponent = exponent.parse().ok().filter(|_| value != 0.0)?;
    Some((mantissa.to_owned(), exponent))
}

/// `2006-01-02 15:04:05.999999999 +0000 UTC`, without zeros at the end of the fraction.
pub(super) fn time(unix_nanos: u64) -> String {
    // Upstream reads it as a signed number, so far future wraps into the past.
    let nanos = i128::from(unix_nanos.cast_signed());
    let Ok(time) = OffsetDateTime::from_unix_timestamp_nanos(nanos) else {
        return String::new();
    };
    let mut text = format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    if time.nanosecond() != 0 {
        let fraction = format!(".{:09}", time.nanosecond());
        text.push_str(fraction.trim_end_matches('0'));
    }
    text.push_str(" +0000 UTC");
    text
}

/// Lower-case hex; nothing for an id of zeros, which counts as none.
pub(super) fn id(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    if bytes.iter().any(|byte| *byte != 0) {
        for byte in bytes {
            // Writing to a string cannot fail.
            _ = write!(text, "{byte:02x}");
        }
    }
    text
}

/// A value without its type.
pub(super) fn plain(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        None | Some(Value::StringValueStrindex(_)) => String::new(),
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::BoolValue(value)) => value.to_string(),
        Some(Value::IntValue(value)) => value.to_string(),
        Some(Value::DoubleValue(value)) => json_number(*value),
        Some(Value::BytesValue(bytes)) => STANDARD.encode(bytes),
        Some(Value::ArrayValue(_) | Value::KvlistValue(_)) => {
            let mut json = String::new();
            write_json(&mut json, value);
            json
        }
    }
}

/// A value with its type, such as `Str(text)`.
pub(super) fn typed(value: Option<&AnyValue>) -> String {
    let kind = match value.and_then(|value| value.value.as_ref()) {
        None | Some(Value::StringValueStrindex(_)) => "Empty",
        Some(Value::StringValue(_)) => "Str",
        Some(Value::BoolValue(_)) => "Bool",
        Some(Value::IntValue(_)) => "Int",
        Some(Value::DoubleValue(_)) => "Double",
        Some(Value::BytesValue(_)) => "Bytes",
        Some(Value::ArrayValue(_)) => "Slice",
        Some(Value::KvlistValue(_)) => "Map",
    };
    format!("{kind}({})", plain(value))
}

fn write_json(out: &mut String, value: Option<&AnyValue>) {
    match value.and_then(|value| value.value.as_ref()) {
        None | Some(Value::StringValueStrindex(_)) => out.push_str("null"),
        Some(Value::StringValue(text)) => write_json_string(out, text),
        Some(Value::BytesValue(bytes)) => write_json_string(out, &STANDARD.encode(bytes)),
        Some(Value::BoolValue(_) | Value::IntValue(_)) => out.push_str(&plain(value)),
        Some(Value::DoubleValue(number)) if number.is_finite() => {
            out.push_str(&json_number(*number))
        }
        Some(Value::DoubleValue(number)) => write_json_string(out, &json_number(*number)),
        Some(Value::ArrayValue(array)) => {
            out.push('[');
            for (index, value) in array.values.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_json(out, Some(value));
            }
            out.push(']');
        }
        Some(Value::KvlistValue(map)) => write_json_map(out, &map.values),
    }
}

fn write_json_map(out: &mut String, entries: &[KeyValue]) {
    // Sorted, and the last of equal keys, as Go writes maps.
    let entries: std::collections::BTreeMap<_, _> =
        entries.iter().map(|entry| (entry.key.as_str(), entry.value.as_ref())).collect();
    out.push('{');
    for (index, (key, value)) in entries.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_json_string(out, key);
        out.push(':');
        write_json(out, value);
    }
    out.push('}');
}

fn write_json_string(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}
