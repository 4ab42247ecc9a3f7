//! `google.rpc.Status` as the JSON body of an HTTP answer.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{JsonError, read, write};
use crate::otlp::response::{Detail, Status};

/// Writes a status; a `RetryInfo` is spelled out, other details are base64 under `value`.
#[must_use]
pub fn status_to_json(status: &Status) -> Vec<u8> {
    let mut members = Vec::new();
    if status.code != 0 {
        members.push(format!("\"code\":{}", status.code));
    }
    if !status.message.is_empty() {
        members.push(format!("\"message\":{}", quoted(&status.message)));
    }
    if !status.details.is_empty() {
        let details: Vec<String> = status.details.iter().map(detail_to_json).collect();
        members.push(format!("\"details\":[{}]", details.join(",")));
    }
    format!("{{{}}}", members.join(",")).into_bytes()
}

/// Reads a status; fields and details that it does not know are skipped.
///
/// # Errors
/// [`JsonError`] if the text is no status.
pub fn status_from_json(text: &[u8]) -> Result<Status, JsonError> {
    let body: Body =
        serde_json::from_slice(text).map_err(|error| read::malformed("status", &error))?;
    let details = body.details.unwrap_or_default();
    Ok(Status {
        code: body.code.unwrap_or_default(),
        message: body.message.unwrap_or_default(),
        details: details.iter().filter_map(detail_from_json).collect(),
    })
}

#[derive(Deserialize)]
struct Body {
    code: Option<i32>,
    message: Option<String>,
    details: Option<Vec<Map<String, Value>>>,
}

fn detail_to_json(detail: &Detail) -> String {
    let url = quoted(&detail.type_url);
    match detail.retry_delay() {
        Some(delay) => {
            format!("{{\"@type\":{url},\"retryDelay\":\"{}\"}}", duration_to_json(delay))
        }
        None => {
            format!("{{\"@type\":{url},\"value\":\"{}\"}}", BASE64_STANDARD.encode(&detail.value))
        }
    }
}

fn detail_from_json(detail: &Map<String, Value>) -> Option<Detail> {
    let type_url = detail.get("@type")?.as_str()?;
    let empty = Detail { type_url: type_url.to_owned(), value: Vec::new() };
    if empty.is_retry_info() {
        let delay = detail.get("retryDelay").or_else(|| detail.get("retry_delay"))?.as_str()?;
        return Some(Detail::retry_info(duration_from_json(delay)?));
    }
    let value = BASE64_STANDARD.decode(detail.get("value")?.as_str()?).ok()?;
    Some(Detail { value, ..empty })
}

/// Seconds with as many decimals as are needed, but three, six or nine of them.
fn duration_to_json(delay: Duration) -> String {
    let (seconds, nanos) = (delay.as_secs(), delay.subsec_nanos());
    match nanos {
        0 => format!("{seconds}s"),
        _ if nanos.is_multiple_of(1_000_000) => format!("{seconds}.{:03}s", nanos / 1_000_000),
        _ if nanos.is_multiple_of(1_000) => format!("{seconds}.{:06}s", nanos / 1_000),
        _ => format!("{seconds}.{nanos:09}s"),
    }
}

fn duration_from_json(text: &str) -> Option<Duration> {
    let text = text.strip_suffix('s')?;
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_decimal = |digits: &str| digits.bytes().all(|digit| digit.is_ascii_digit());
    if !is_decimal(seconds) || !is_decimal(fraction) || fraction.len() > 9 {
        return None;
    }
    Some(Duration::new(seconds.parse().ok()?, format!("{fraction:0<9}").parse().ok()?))
}

fn quoted(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    write::put_string(text, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}
