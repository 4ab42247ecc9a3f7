//! What all our HTTP clients read of an answer in the same way.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use reqwest::Response;

/// The media type without parameters, in lower case; empty if there is none.
pub(in crate::net) fn media_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = value.and_then(|value| value.split(';').next()).unwrap_or_default();
    media_type.trim().to_ascii_lowercase()
}

/// The body as far as it is read, and whether that is all of it.
pub(in crate::net) async fn body(
    mut response: Response,
    max_bytes: usize,
) -> Result<(Bytes, bool), reqwest::Error> {
    let mut body = BytesMut::new();
    while let Some(data) = response.chunk().await? {
        let room = max_bytes.saturating_sub(body.len());
        body.extend_from_slice(data.get(..room).unwrap_or(&data));
        if data.len() > room {
            return Ok((body.freeze(), false));
        }
    }
    Ok((body.freeze(), true))
}

#[cfg(test)]
mod tests;
