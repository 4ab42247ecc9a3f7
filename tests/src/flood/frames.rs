//! HTTP/2 frames by hand, right and wrong ones. Source: RFC 9113 and RFC 7541.

/// What a client begins with, and empty settings.
#[must_use]
pub fn preface() -> Vec<u8> {
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &settings(&[])].concat()
}

/// Any frame.
///
/// # Panics
/// On a payload over 16 MiB.
#[must_use]
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
    [&head, payload].concat()
}

/// SETTINGS.
#[must_use]
pub fn settings(pairs: &[(u16, u32)]) -> Vec<u8> {
    let payload: Vec<u8> = pairs
        .iter()
        .flat_map(|(name, value)| [&name.to_be_bytes()[..], &value.to_be_bytes()].concat())
        .collect();
    frame(4, 0, 0, &payload)
}

/// PING.
#[must_use]
pub fn ping() -> Vec<u8> {
    frame(6, 0, 0, b"flooding")
}

/// PRIORITY, which is ignored since 2022.
#[must_use]
pub fn priority(stream: u32) -> Vec<u8> {
    frame(2, 0, stream, &[0, 0, 0, 0, 16])
}

/// WINDOW_UPDATE.
#[must_use]
pub fn window_update(stream: u32, increment: u32) -> Vec<u8> {
    frame(8, 0, stream, &increment.to_be_bytes())
}

/// RST_STREAM.
#[must_use]
pub fn reset(stream: u32) -> Vec<u8> {
    frame(3, 0, stream, &8_u32.to_be_bytes())
}

/// DATA.
#[must_use]
pub fn data(stream: u32, bytes: &[u8], is_last: bool) -> Vec<u8> {
    frame(0, u8::from(is_last), stream, bytes)
}

/// HEADERS, with or without END_HEADERS.
#[must_use]
pub fn headers(stream: u32, block: &[u8], is_complete: bool, is_last: bool) -> Vec<u8> {
    frame(1, (u8::from(is_complete) << 2) | u8::from(is_last), stream, block)
}

/// CONTINUATION without END_HEADERS.
#[must_use]
pub fn continuation(stream: u32, block: &[u8]) -> Vec<u8> {
    frame(9, 0, stream, block)
}

/// The header block of a POST; all literals, nothing indexed.
#[must_use]
pub fn post(path: &str, content_type: &str) -> Vec<u8> {
    // `:method: POST` and `:scheme: http` of the static table.
    let mut block = vec![0x83, 0x86];
    literal(&mut block, ":path", path);
    literal(&mut block, ":authority", "collector");
    literal(&mut block, "content-type", content_type);
    literal(&mut block, "te", "trailers");
    block
}

/// A header, literal without indexing.
pub fn literal(block: &mut Vec<u8>, name: &str, value: &str) {
    block.push(0);
    for text in [name, value] {
        length(block, text.len());
        block.extend(text.as_bytes());
    }
}

/// An integer with a prefix of 7 bits.
fn length(block: &mut Vec<u8>, length: usize) {
    if length < 0x7F {
        block.push(u8::try_from(length).unwrap_or(0));
        return;
    }
    block.push(0x7F);
    let mut rest = length - 0x7F;
    while rest >= 0x80 {
        block.push(u8::try_from(rest & 0x7F).unwrap_or(0) | 0x80);
        rest >>= 7;
    }
    block.push(u8::try_from(rest).unwrap_or(0));
}

/// The odd stream with this number, so that each is new.
#[must_use]
pub const fn stream(number: u32) -> u32 {
    number * 2 + 1
}
