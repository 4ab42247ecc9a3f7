//! Any frames on a connection to a gRPC server: it ends, gives back what it took, and the next is served.

use std::thread::LocalKey;

use bytes::Bytes;
use common::net::{
    compression::decompress,
    grpc_server::{self, Call, GrpcServerSettings, UnaryService},
    status::{GrpcCode, Status},
};

use super::connections::{self, Kept, Site};

const LIMIT_BYTES: u64 = 1 << 20;
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
const CALL: [(&str, &str); 6] = [
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/a"),
    (":authority", "a"),
    ("content-type", "application/grpc"),
    ("te", "trailers"),
];

thread_local! {
    static SITE: Kept = const { Kept::new(None) };
}

/// Answers with what it was asked, decompressed.
struct Echo;

impl UnaryService for Echo {
    type Method = ();

    fn method(&self, path: &str) -> Result<(), Status> {
        if path == "/a" {
            Ok(())
        } else {
            Err(Status::new(GrpcCode::Unimplemented, path.to_owned()))
        }
    }

    async fn call(&self, (): (), call: Call) -> Result<Bytes, Status> {
        assert!(call.charge.bytes() >= call.message.len() as u64);
        let plain = decompress(call.coding, &call.message, 1 << 12);
        let plain = plain.map_err(|error| Status::new(GrpcCode::Internal, error.to_string()))?;
        Ok(plain.into())
    }
}

fn start() -> Site {
    Site::start(LIMIT_BYTES, |listener, budget| {
        grpc_server::serve(listener, &GrpcServerSettings::default(), None, budget, Echo)
    })
}

/// One input: a script of frames, or after an odd byte the bytes themselves.
pub fn run(script: &[u8]) {
    let ask = |bytes: &[u8]| LocalKey::with(&SITE, |kept| connections::ask(kept, start, bytes));
    match script.split_first() {
        Some((first, rest)) if first % 2 == 1 => drop(ask(rest)),
        Some((_, rest)) => drop(ask(&frames(rest))),
        None => {}
    }
    let mut sane = frames(&[]);
    call(&mut sane, 1, &[]);
    put_frame(&mut sane, DATA, END_STREAM, 1, b"\0\0\0\0\x02hi");
    let answer = ask(&sane);
    let said = |what: &[u8]| answer.windows(what.len()).any(|window| window == what);
    assert!(said(b"\0\0\0\0\x02hi"), "{:?}", answer.escape_ascii().to_string());
}

/// Frames whose lengths are right, and which are what a client would send unless the script says more.
fn frames(script: &[u8]) -> Vec<u8> {
    let mut out = PREFACE.to_vec();
    put_frame(&mut out, SETTINGS, 0, 0, &[]);
    let mut script = script.iter().copied();
    while let Some(step) = script.next() {
        let stream = u32::from(step >> 4);
        let mut next = || script.next().unwrap_or_default();
        match step % 16 {
            kind @ 0..=9 => {
                let (flags, len) = (next(), next());
                let payload: Vec<u8> = script.by_ref().take(len.into()).collect();
                put_frame(&mut out, kind, flags, stream, &payload);
            }
            10 => call(&mut out, 2 * stream + 1, &[]),
            11 => {
                let (name, value) = (usize::from(next() % 32), usize::from(next() % 64));
                let name: Vec<u8> = script.by_ref().take(name).collect();
                let value: Vec<u8> = script.by_ref().take(value).collect();
                call(&mut out, 2 * stream + 1, &[(&name, &value)]);
            }
            12 => {
                let (flags, len) = (next(), next());
                let content: Vec<u8> = script.by_ref().take(len.into()).collect();
                let head = [flags >> 1 & 1, 0, 0, 0, len];
                let framed = [&head[..], &content[..]].concat();
                put_frame(&mut out, DATA, flags & END_STREAM, 2 * stream + 1, &framed);
            }
            13 => {
                let (kind, flags, times) = (next(), next(), next());
                let len = if kind % 16 == 6 { 8 } else { 4 * usize::from(kind >> 7) };
                for _ in 0..times {
                    put_frame(&mut out, kind % 16, flags, stream, &[1; 8][..len]);
                }
            }
            // Headers without end.
            14 => {
                put_frame(&mut out, HEADERS, 0, 2 * stream + 1, &[]);
                for _ in 0..next() {
                    put_frame(&mut out, CONTINUATION, 0, 2 * stream + 1, &[0, 1, b'a', 1, b'b']);
                }
            }
            _ => {
                let len = next();
                out.extend(script.by_ref().take(len.into()));
            }
        }
    }
    out
}

/// The headers of a call, none of them compressed.
fn call(out: &mut Vec<u8>, stream: u32, more: &[(&[u8], &[u8])]) {
    let mut block = Vec::new();
    let known = CALL.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    for (name, value) in known.chain(more.iter().copied()) {
        block.push(0);
        for text in [name, value] {
            block.push(text.len() as u8);
            block.extend(text);
        }
    }
    put_frame(out, HEADERS, END_HEADERS, stream, &block);
}

fn put_frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let [_, length @ ..] = (payload.len() as u32).to_be_bytes();
    out.extend(length);
    out.extend([kind, flags]);
    out.extend(stream.to_be_bytes());
    out.extend(payload);
}
