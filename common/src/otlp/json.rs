//! OTLP JSON to OTLP bytes and back, driven by the schema table.
//!
//! Names may be camelCase or snake_case on the way in, ids are hex, 64-bit numbers are strings, and
//! unknown fields are skipped, so JSON loses what this version does not know.

mod read;
mod status;
mod write;

use bytes::Bytes;

pub use status::{status_from_json, status_to_json};

use crate::{
    otlp::schema::{self, Message},
    signal::Signal,
};

/// JSON that is no OTLP message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// The text is no JSON, or a field has a value that it cannot have.
    #[error("{path}: {message} at line {line} column {column}")]
    Malformed {
        /// The field, in camelCase, with indices of repeated ones.
        path: String,
        /// What is wrong with it.
        message: String,
        /// The line, from one.
        line: usize,
        /// The column in bytes, from one.
        column: usize,
    },
    /// The encoded message would be too long.
    #[error("message is larger than {limit} bytes once encoded as protobuf")]
    TooLarge {
        /// The most it may be.
        limit: usize,
    },
}

/// Reads an export request and returns it as protobuf of at most `max_output_bytes`.
///
/// # Errors
/// [`JsonError`] if the text is no export request of the signal.
pub fn from_json(
    signal: Signal,
    text: &[u8],
    max_output_bytes: usize,
) -> Result<Vec<u8>, JsonError> {
    message_from_json(schema::request(signal), text, max_output_bytes)
}

/// Writes the requests of a payload as one JSON object.
///
/// Values nested deeper than a walk lets pass are left out.
#[must_use]
pub fn to_json(signal: Signal, payload: &[Bytes]) -> Vec<u8> {
    let chunks: Vec<&[u8]> = payload.iter().map(AsRef::as_ref).collect();
    message_to_json(schema::request(signal), &chunks)
}

/// Reads an export response and returns it as protobuf.
///
/// # Errors
/// [`JsonError`] if the text is no export response of the signal.
pub fn response_from_json(signal: Signal, text: &[u8]) -> Result<Vec<u8>, JsonError> {
    // A response is a number and a string, so it cannot grow beyond its text by much.
    message_from_json(schema::response(signal), text, text.len() + 64)
}

/// Writes an export response as JSON.
#[must_use]
pub fn response_to_json(signal: Signal, response: &[u8]) -> Vec<u8> {
    message_to_json(schema::response(signal), &[response])
}

/// Reads any message of the schema.
///
/// # Errors
/// [`JsonError`] if the text is no such message.
pub fn message_from_json(
    schema: &'static Message,
    text: &[u8],
    max_output_bytes: usize,
) -> Result<Vec<u8>, JsonError> {
    read::message(schema, text, max_output_bytes)
}

/// Writes any message of the schema, given in one or several pieces that merge.
#[must_use]
pub fn message_to_json(schema: &'static Message, pieces: &[&[u8]]) -> Vec<u8> {
    write::message(schema, pieces)
}

#[cfg(test)]
mod tests;
