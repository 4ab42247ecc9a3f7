//! `google.rpc.Status` as protobuf, as JSON and as gRPC trailers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue};
use time::{Date, Month, Time};

use super::{GrpcCode, Status};
use crate::otlp::{json::status_to_json, response};

/// Carries the code.
pub const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
/// Carries the message, percent-encoded.
pub const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
/// Carries the whole status in base64.
pub const GRPC_STATUS_DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// Longer messages are cut in trailers, because peers limit the size of a header list.
const MAX_TRAILER_MESSAGE: usize = 4096;

impl Status {
    /// The protobuf encoding.
    #[must_use]
    pub fn to_proto(&self) -> Vec<u8> {
        self.to_message().encode()
    }

    /// Reads the protobuf encoding; damaged bytes say nothing.
    #[must_use]
    pub fn from_proto(message: &[u8]) -> Self {
        let message = response::Status::decode(message).unwrap_or_default();
        let code = u64::try_from(message.code).map_or(GrpcCode::Unknown, GrpcCode::from_number);
        Self { code, retry_delay: message.retry_after(), message: message.message }
    }

    /// The proto3 JSON encoding.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        status_to_json(&self.to_message())
    }

    fn to_message(&self) -> response::Status {
        let message = response::Status::new(self.code.number().into(), self.message.as_str());
        match self.retry_delay {
            Some(delay) => message.with_retry_after(delay),
            None => message,
        }
    }

    /// Writes the status as gRPC trailers.
    pub fn write_trailers(&self, trailers: &mut HeaderMap) {
        trailers.insert(GRPC_STATUS, HeaderValue::from(u16::from(self.code.number())));
        if !self.message.is_empty()
            && let Ok(value) = HeaderValue::from_str(&percent_encoded(&self.message))
        {
            trailers.insert(GRPC_MESSAGE, value);
        }
        if self.retry_delay.is_some() {
            let short = Self { message: cut(&self.message).to_owned(), ..self.clone() };
            let details = STANDARD_NO_PAD.encode(short.to_proto());
            if let Ok(value) = HeaderValue::from_str(&details) {
                trailers.insert(GRPC_STATUS_DETAILS, value);
            }
        }
    }

    /// Reads gRPC trailers, or the headers of an answer that has only trailers.
    #[must_use]
    pub fn from_trailers(trailers: &HeaderMap) -> Option<Self> {
        let code = trailers.get(GRPC_STATUS)?.to_str().ok()?.trim().parse().unwrap_or(2);
        let message = trailers.get(GRPC_MESSAGE).map(|value| percent_decoded(value.as_bytes()));
        let retry_delay = trailers
            .get(GRPC_STATUS_DETAILS)
            .map(HeaderValue::as_bytes)
            .map(|value| value.trim_ascii_end())
            .and_then(|value| {
                let end = value.iter().rposition(|byte| *byte != b'=').map_or(0, |last| last + 1);
                STANDARD_NO_PAD.decode(value.get(..end)?).ok()
            })
            .and_then(|details| Self::from_proto(&details).retry_delay);
        Some(Self {
            code: GrpcCode::from_number(code),
            message: message.unwrap_or_default(),
            retry_delay,
        })
    }
}

/// The value of `Retry-After`: seconds or a date (RFC 9110, "Retry-After").
pub(super) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u32>() {
        return Some(Duration::from_secs(u64::from(seconds)));
    }
    let until = UNIX_EPOCH + Duration::from_secs(imf_fixdate(value)?);
    Some(until.duration_since(now).unwrap_or_default())
}

/// Seconds since 1970 of a date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn imf_fixdate(value: &str) -> Option<u64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, date) = value.split_once(", ")?;
    let mut words = date.split(' ');
    let day = words.next()?.parse().ok()?;
    let month = words.next()?;
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let year = words.next()?.parse().ok()?;
    let mut clock = words.next()?.split(':').map(str::parse::<u8>);
    let mut part = || clock.next()?.ok();
    let time = Time::from_hms(part()?, part()?, part()?).ok()?;
    if words.next() != Some("GMT") {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(year, month, day).ok()?;
    u64::try_from(date.with_time(time).assume_utc().unix_timestamp()).ok()
}

fn cut(message: &str) -> &str {
    message.get(..message.floor_char_boundary(MAX_TRAILER_MESSAGE)).unwrap_or(message)
}

/// gRPC over HTTP/2, "Percent-Encoded": all but printable ASCII, and `%` itself.
fn percent_encoded(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    for byte in cut(message).bytes() {
        match byte {
            b'%' => out.push_str("%25"),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// The reverse; a `%` without two digits stands for itself.
fn percent_decoded(value: &[u8]) -> String {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, after)) = rest.split_first() {
        let hex = after.first_chunk::<2>().and_then(|digits| {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()
        });
        match (first, hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
