//! What the targets share: requests made from the fuzzer's bytes, and what prost makes of them.

use bytes::Bytes;
use common::{otlp::decode, signal::Signal};

/// What a script says to do: number and kind of a field in one byte.
const KINDS: u8 = 8;

/// A request made from a script, whose lengths and tags are right almost everywhere.
///
/// Plain bytes seldom get past the first broken length. Scripts that begin with an odd byte are taken
/// as they are, so that broken requests come up too.
pub fn request(script: &[u8]) -> Bytes {
    match script.split_first() {
        Some((first, rest)) if first % 2 == 1 => Bytes::copy_from_slice(rest),
        Some((_, rest)) => built(rest),
        None => Bytes::new(),
    }
}

fn built(script: &[u8]) -> Bytes {
    let mut open: Vec<(u64, Vec<u8>)> = vec![(0, Vec::new())];
    let mut script = script.iter().copied();
    while let Some(step) = script.next() {
        let number = u64::from(step / KINDS);
        // A few numbers that no message has.
        let number = if number == 31 { 2000 } else { number };
        match step % KINDS {
            0 => {
                let value = match script.next().unwrap_or_default() {
                    255 => u64::MAX,
                    254 => u64::from(u32::MAX) + 1,
                    value => u64::from(value),
                };
                put_varint(top(&mut open), number << 3);
                put_varint(top(&mut open), value);
            }
            1 => {
                let bytes = [script.next().unwrap_or_default(); 8];
                put_varint(top(&mut open), number << 3 | 1);
                top(&mut open).extend(bytes);
            }
            2 => {
                let len = usize::from(script.next().unwrap_or_default()) % 40;
                let content: Vec<u8> = script.by_ref().take(len).collect();
                put_bytes(top(&mut open), number, &content);
            }
            3 if open.len() < 400 => open.push((number, Vec::new())),
            4 => close(&mut open),
            5 => {
                let bytes = [script.next().unwrap_or_default(); 4];
                put_varint(top(&mut open), number << 3 | 5);
                top(&mut open).extend(bytes);
            }
            6 => {
                // A group with one number in it, or an end tag alone.
                if number % 2 == 0 {
                    top(&mut open).extend([0xfb, 0x01, 0x08, 0x01]);
                }
                top(&mut open).extend([0xfc, 0x01]);
            }
            _ => top(&mut open).extend(script.next()),
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().map(|(_, request)| request.into()).unwrap_or_default()
}

fn top(open: &mut [(u64, Vec<u8>)]) -> &mut Vec<u8> {
    &mut open.last_mut().expect("the request stays open").1
}

fn close(open: &mut Vec<(u64, Vec<u8>)>) {
    if open.len() > 1
        && let Some((number, content)) = open.pop()
    {
        put_bytes(top(open), number, &content);
    }
}

fn put_bytes(out: &mut Vec<u8>, number: u64, content: &[u8]) {
    put_varint(out, number << 3 | 2);
    put_varint(out, content.len() as u64);
    out.extend_from_slice(content);
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// What prost reads: the items and all that it found in words, in which equal things are equal.
pub fn with_prost(signal: Signal, chunks: &[Bytes]) -> Result<(usize, String), String> {
    let (items, words) = match signal {
        Signal::Traces => {
            let request = decode::traces(chunks).map_err(|error| error.to_string())?;
            let scopes = request.resource_spans.iter().flat_map(|group| &group.scope_spans);
            (scopes.map(|scope| scope.spans.len()).sum(), format!("{request:?}"))
        }
        Signal::Metrics => {
            let request = decode::metrics(chunks).map_err(|error| error.to_string())?;
            // Points are counted where they stand; of several kinds of data prost keeps one.
            (0, format!("{request:?}"))
        }
        Signal::Logs => {
            let request = decode::logs(chunks).map_err(|error| error.to_string())?;
            let scopes = request.resource_logs.iter().flat_map(|group| &group.scope_logs);
            (scopes.map(|scope| scope.log_records.len()).sum(), format!("{request:?}"))
        }
    };
    Ok((items, words))
}

/// Whether prost gave up because of its own limit, which is lower than ours.
pub fn is_prost_limit(error: &str) -> bool {
    error.contains("recursion limit")
}

/// The words without what JSON does not tell apart: it has resource, scope and status of everything,
/// and ids of zeros are none.
pub fn as_in_json(words: &str) -> String {
    let mut words = [
        "Resource { attributes: [], dropped_attributes_count: 0, entity_refs: [] }",
        "InstrumentationScope { name: \"\", version: \"\", attributes: [], dropped_attributes_count: 0 }",
        "Status { message: \"\", code: Unset }",
    ]
    .iter()
    .fold(words.to_owned(), |words, empty| words.replace(&format!("Some({empty})"), "None"));
    while words.contains("[0, 0") {
        words = words.replace("[0, 0", "[0");
    }
    words.replace("[0]", "[]")
}
