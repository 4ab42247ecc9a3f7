//! What an export call answers: `Export*ServiceResponse` and `google.rpc.Status`.
//!
//! The three responses have the same fields, so one form serves all signals.

use std::time::Duration;

use bytes::Bytes;

use crate::{
    otlp::field_numbers::{any, duration, partial_success, response, retry_info, rpc_status},
    wire::{Fields, Value, writer},
};

/// The type of the detail that says when to come back.
pub const RETRY_INFO_TYPE: &str = "type.googleapis.com/google.rpc.RetryInfo";

/// The response to a request that was taken whole; the field is there although it is empty.
pub const SUCCESS: Bytes = Bytes::from_static(&[0x0a, 0x00]);

/// What a receiver did not take of a request that it accepted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartialSuccess {
    /// Items refused.
    pub rejected: i64,
    /// Why, or a warning if none was refused.
    pub message: String,
}

impl PartialSuccess {
    /// Whether it says nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rejected == 0 && self.message.is_empty()
    }

    /// The response of any signal that says this.
    #[must_use]
    pub fn encode_response(&self) -> Bytes {
        if self.is_empty() {
            return SUCCESS;
        }
        let mut content = Vec::with_capacity(self.message.len() + 16);
        if self.rejected != 0 {
            writer::put_varint_field(
                &mut content,
                partial_success::REJECTED,
                self.rejected.cast_unsigned(),
            );
        }
        put_text(&mut content, partial_success::ERROR_MESSAGE, &self.message);
        let mut out = Vec::with_capacity(content.len() + 8);
        writer::put_bytes_field(&mut out, response::PARTIAL_SUCCESS, &content);
        Bytes::from(out)
    }

    /// What a response of any signal says; a broken one counts as far as it can be read.
    ///
    /// The items are accepted either way, so a broken response is no reason to send them again.
    #[must_use]
    pub fn decode_response(bytes: &[u8]) -> Self {
        let mut said = Self::default();
        for field in Fields::new(bytes).map_while(Result::ok) {
            let (response::PARTIAL_SUCCESS, Value::Bytes(content)) = (field.number, field.value)
            else {
                continue;
            };
            for field in Fields::new(content).map_while(Result::ok) {
                match (field.number, field.value) {
                    (partial_success::REJECTED, Value::Varint(count)) => {
                        said.rejected = count.cast_signed();
                    }
                    (partial_success::ERROR_MESSAGE, Value::Bytes(text)) => {
                        said.message = lossy(text)
                    }
                    _ => {}
                }
            }
        }
        said
    }
}

/// A `google.rpc.Status`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// The gRPC code.
    pub code: i32,
    /// What went wrong.
    pub message: String,
    /// Further messages, each with the url of its type.
    pub details: Vec<Detail>,
}

/// One `google.protobuf.Any` of a status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// Which message it is.
    pub type_url: String,
    /// The message, encoded.
    pub value: Vec<u8>,
}

impl Detail {
    /// A `RetryInfo`.
    #[must_use]
    pub fn retry_info(delay: Duration) -> Self {
        let mut content = Vec::new();
        put_number(&mut content, duration::SECONDS, delay.as_secs());
        put_number(&mut content, duration::NANOS, u64::from(delay.subsec_nanos()));
        let mut value = Vec::new();
        writer::put_bytes_field(&mut value, retry_info::RETRY_DELAY, &content);
        Self { type_url: RETRY_INFO_TYPE.to_owned(), value }
    }

    /// Whether it is a `RetryInfo`; what stands before the message's name is up to the sender.
    #[must_use]
    pub fn is_retry_info(&self) -> bool {
        self.type_url.rsplit('/').next() == RETRY_INFO_TYPE.rsplit('/').next()
    }

    /// The delay of a `RetryInfo`, which is none if it says nothing or a negative one; nothing for
    /// other details.
    #[must_use]
    pub fn retry_delay(&self) -> Option<Duration> {
        if !self.is_retry_info() {
            return None;
        }
        let delays = Fields::new(&self.value)
            .map_while(Result::ok)
            .filter(|field| field.number == retry_info::RETRY_DELAY);
        let delay = delays.last().and_then(|field| decode_duration(field.bytes()?));
        Some(delay.unwrap_or_default())
    }
}

impl Status {
    /// A status without details.
    #[must_use]
    pub fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: Vec::new() }
    }

    /// The same with a `RetryInfo` that says when to come back.
    #[must_use]
    pub fn with_retry_after(mut self, delay: Duration) -> Self {
        self.details.push(Detail::retry_info(delay));
        self
    }

    /// When to come back, if a `RetryInfo` says so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.details.iter().find_map(Detail::retry_delay)
    }

    /// The bytes for an HTTP body or `grpc-status-details-bin`.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.message.len() + 64);
        // Negative numbers are sign extended to ten bytes.
        put_number(&mut out, rpc_status::CODE, i64::from(self.code).cast_unsigned());
        put_text(&mut out, rpc_status::MESSAGE, &self.message);
        for detail in &self.details {
            let mut content = Vec::with_capacity(detail.type_url.len() + detail.value.len() + 8);
            put_text(&mut content, any::TYPE_URL, &detail.type_url);
            if !detail.value.is_empty() {
                writer::put_bytes_field(&mut content, any::VALUE, &detail.value);
            }
            writer::put_bytes_field(&mut out, rpc_status::DETAILS, &content);
        }
        out
    }

    /// Reads a status, or nothing if the bytes are none.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut status = Self::default();
        for field in Fields::new(bytes) {
            let field = field.ok()?;
            match (field.number, field.value) {
                (rpc_status::CODE, Value::Varint(code)) => status.code = code as i32,
                (rpc_status::MESSAGE, Value::Bytes(text)) => status.message = lossy(text),
                (rpc_status::DETAILS, Value::Bytes(content)) => {
                    status.details.push(decode_detail(content)?);
                }
                (rpc_status::CODE | rpc_status::MESSAGE | rpc_status::DETAILS, _) => return None,
                _ => {}
            }
        }
        Some(status)
    }
}

fn decode_duration(bytes: &[u8]) -> Option<Duration> {
    let (mut seconds, mut nanos) = (0, 0);
    for field in Fields::new(bytes) {
        let field = field.ok()?;
        match (field.number, field.value) {
            (duration::SECONDS, Value::Varint(value)) => seconds = value.cast_signed(),
            (duration::NANOS, Value::Varint(value)) => nanos = value as i32,
            _ => {}
        }
    }
    let nanos = u32::try_from(nanos).ok().filter(|nanos| *nanos < 1_000_000_000)?;
    Some(Duration::new(u64::try_from(seconds).ok()?, nanos))
}

fn decode_detail(bytes: &[u8]) -> Option<Detail> {
    let mut detail = Detail::default();
    for field in Fields::new(bytes) {
        let field = field.ok()?;
        match (field.number, field.value) {
            (any::TYPE_URL, Value::Bytes(text)) => detail.type_url = lossy(text),
            (any::VALUE, Value::Bytes(value)) => detail.value = value.to_vec(),
            _ => {}
        }
    }
    Some(detail)
}

fn put_number(out: &mut Vec<u8>, number: u32, value: u64) {
    if value != 0 {
        writer::put_varint_field(out, number, value);
    }
}

fn put_text(out: &mut Vec<u8>, number: u32, text: &str) {
    if !text.is_empty() {
        writer::put_bytes_field(out, number, text.as_bytes());
    }
}

fn lossy(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

#[cfg(test)]
mod tests;
