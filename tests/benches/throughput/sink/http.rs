//! OTLP over HTTP/1.1, taken in as raw bytes.

use bytes::{Buf as _, BytesMut};

use super::Desk;
use crate::{http1, link::Outbox};

/// Takes in all messages that are there; how much the next one lacks.
pub(super) fn read(
    input: &mut BytesMut,
    outbox: &mut Outbox,
    desk: &Desk,
) -> anyhow::Result<usize> {
    while let Some((_, body)) = http1::message(input)? {
        let end = body.end;
        desk.take(0, input.get(body).unwrap_or_default(), outbox);
        input.advance(end);
    }
    Ok(http1::lacks(input))
}

/// Answers a request.
pub(super) fn reply(is_taken: bool, outbox: &mut Outbox) {
    let status = if is_taken { "200 OK" } else { "503 Service Unavailable" };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n"
    );
    outbox.copy(head.as_bytes());
}
