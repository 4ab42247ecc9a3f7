//! As much of HTTP/1.1 as OTLP needs (RFC 9112): messages with a length.

use std::ops::Range;

use anyhow::{Context as _, bail};

/// Heads may get this long.
const MAX_HEAD: usize = 16 << 10;

/// The head of the first message, and where its body is; nothing if it is not all there.
pub(crate) fn message(input: &[u8]) -> anyhow::Result<Option<(&str, Range<usize>)>> {
    let window = input.get(..MAX_HEAD).unwrap_or(input);
    let Some(end) = window.windows(4).position(|window| window == b"\r\n\r\n") else {
        if input.len() > MAX_HEAD {
            bail!("a head of more than {MAX_HEAD} bytes");
        }
        return Ok(None);
    };
    let head = std::str::from_utf8(input.get(..end).unwrap_or_default())?;
    let begin = end + 4;
    let whole = begin..begin + length(head)?;
    Ok((input.len() >= whole.end).then_some((head, whole)))
}

/// How much of the first message is missing, if its head is there.
pub(crate) fn lacks(input: &[u8]) -> usize {
    let window = input.get(..MAX_HEAD).unwrap_or(input);
    let Some(end) = window.windows(4).position(|window| window == b"\r\n\r\n") else { return 0 };
    let head = input.get(..end).and_then(|head| std::str::from_utf8(head).ok()).unwrap_or_default();
    length(head).map_or(0, |length| (end + 4 + length).saturating_sub(input.len()))
}

fn length(head: &str) -> anyhow::Result<usize> {
    for line in head.lines().skip(1) {
        let (name, value) = line.split_once(':').context("a header without a colon")?;
        if name.eq_ignore_ascii_case("content-length") {
            return Ok(value.trim().parse()?);
        }
        if name.eq_ignore_ascii_case("transfer-encoding") {
            bail!("messages in chunks are not read here");
        }
    }
    Ok(0)
}
