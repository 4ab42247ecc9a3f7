//! As much of HTTP/2 as gRPC needs (RFC 9113), without a table for headers (RFC 7541).

use anyhow::bail;
use bytes::BytesMut;

use crate::link::Outbox;

/// What a client says first.
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The largest window there is.
pub(crate) const WINDOW: u32 = (1 << 31) - 1;
/// The window of a connection before anybody says otherwise, and that of a stream.
pub(crate) const FIRST_WINDOW: u32 = 65_535;
/// The size of a frame before anybody says otherwise.
pub(crate) const FIRST_FRAME: usize = 16 << 10;

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RESET: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GO_AWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;

/// The last frame of its stream; for settings and pings, an answer.
pub(crate) const END_STREAM: u8 = 1;
const ACKNOWLEDGED: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;

/// The first nine bytes of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) length: usize,
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
}

/// Bytes of a [`Head`].
pub(crate) const HEAD: usize = 9;

impl Head {
    /// Reads one, if it is all there.
    pub(crate) fn read(input: &[u8]) -> Option<Self> {
        let (length, rest) = input.split_first_chunk::<3>()?;
        let [kind, flags, a, b, c, d] = *rest.first_chunk::<6>()?;
        let [x, y, z] = *length;
        Some(Self {
            length: u32::from_be_bytes([0, x, y, z]) as usize,
            kind,
            flags,
            stream: u32::from_be_bytes([a & 0x7f, b, c, d]),
        })
    }

    /// Writes one.
    pub(crate) fn write(self, outbox: &mut Outbox) {
        let [_, x, y, z] = (self.length as u32).to_be_bytes();
        let [a, b, c, d] = self.stream.to_be_bytes();
        outbox.copy(&[x, y, z, self.kind, self.flags, a, b, c, d]);
    }

    /// Whether nothing follows on its stream.
    pub(crate) const fn is_last(self) -> bool {
        self.flags & END_STREAM != 0
    }
}

/// Says what we take: frames of a size, any amount, and no table for headers.
pub(crate) fn greet(outbox: &mut Outbox, frame: u32) {
    let settings = [(1_u16, 0), (4, WINDOW), (5, frame)];
    Head { length: settings.len() * 6, kind: SETTINGS, flags: 0, stream: 0 }.write(outbox);
    for (key, value) in settings {
        outbox.copy(&key.to_be_bytes());
        outbox.copy(&value.to_be_bytes());
    }
    widen(outbox, WINDOW - FIRST_WINDOW);
}

/// Lets the other side send more on this connection.
pub(crate) fn widen(outbox: &mut Outbox, bytes: u32) {
    Head { length: 4, kind: WINDOW_UPDATE, flags: 0, stream: 0 }.write(outbox);
    outbox.copy(&bytes.to_be_bytes());
}

/// Answers what has to be answered whoever we are; refuses what we do not speak.
pub(crate) fn answer(head: Head, payload: &[u8], outbox: &mut Outbox) -> anyhow::Result<()> {
    let is_answer = head.flags & ACKNOWLEDGED != 0;
    match head.kind {
        SETTINGS if !is_answer => {
            Head { length: 0, flags: ACKNOWLEDGED, ..head }.write(outbox);
        }
        PING if !is_answer => {
            Head { flags: ACKNOWLEDGED, ..head }.write(outbox);
            outbox.copy(payload);
        }
        HEADERS if head.flags & END_HEADERS == 0 => bail!("headers go on in another frame"),
        DATA if head.flags & PADDED != 0 => bail!("data is padded"),
        _ => (),
    }
    Ok(())
}

/// The settings in a frame.
pub(crate) fn settings(payload: &[u8]) -> impl Iterator<Item = (u16, u32)> {
    payload.as_chunks::<6>().0.iter().map(|[a, b, c, d, e, f]| {
        (u16::from_be_bytes([*a, *b]), u32::from_be_bytes([*c, *d, *e, *f]))
    })
}

/// A header that is not to be remembered, its name by number or, at 0, as text.
pub(crate) fn literal(block: &mut Vec<u8>, index: u8, name: &str, value: &str) {
    match index {
        0 => {
            block.extend([0, name.len() as u8]);
            block.extend(name.as_bytes());
        }
        1..15 => block.push(index),
        15.. => block.extend([15, index - 15]),
    }
    block.push(value.len() as u8);
    block.extend(value.as_bytes());
}

/// `grpc-status`, as text and in Huffman's code.
const STATUS: [&[u8]; 2] = [b"grpc-status", &[0x9a, 0xca, 0xc8, 0xb2, 0x12, 0x34, 0xda, 0x8f]];

/// The `grpc-status` in a block of headers: since no table is offered, it is there as a literal.
pub(crate) fn grpc_status(block: &[u8]) -> Option<u32> {
    let value = STATUS.iter().find_map(|name| {
        let at = block.windows(name.len()).position(|window| window == *name)?;
        block.get(at + name.len()..)
    })?;
    let (length, value) = value.split_first()?;
    let value = value.get(..usize::from(length & 0x7f))?;
    if length & 0x80 == 0 { std::str::from_utf8(value).ok()?.parse().ok() } else { digits(value) }
}

/// A number in Huffman's code: 0 to 2 have five bits, 3 to 9 have six; ones fill up the last byte.
fn digits(coded: &[u8]) -> Option<u32> {
    let mut bits = coded.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let mut number = None;
    loop {
        let mut code = 0;
        for _ in 0..5 {
            let Some(bit) = bits.next() else { return number };
            code = code << 1 | u32::from(bit);
        }
        let digit = match code {
            0..=2 => code,
            12..=15 => (code << 1 | u32::from(bits.next()?)).checked_sub(22)?,
            _ => return number,
        };
        number = Some(number.unwrap_or(0) * 10 + digit);
    }
}

/// Calls `visit` with each whole frame; how much the next one lacks.
pub(crate) fn each(
    input: &mut BytesMut,
    mut visit: impl FnMut(Head, &[u8]) -> anyhow::Result<()>,
) -> anyhow::Result<usize> {
    let mut done = 0;
    let lacks = loop {
        let rest = input.get(done..).unwrap_or_default();
        let Some(head) = Head::read(rest) else { break 0 };
        let Some(payload) = rest.get(HEAD..HEAD + head.length) else {
            break HEAD + head.length - rest.len();
        };
        visit(head, payload)?;
        done += HEAD + head.length;
    };
    bytes::Buf::advance(input, done);
    Ok(lacks)
}
