//! Attacks with HTTP/1.1.

use std::time::Duration;

use super::Attack;

const HEAD: &str = "POST /v1/traces HTTP/1.1\r\nhost: collector\r\n";
const PROTOBUF: &str = "content-type: application/x-protobuf\r\n";

/// Headers of which one more byte comes now and then, and never the end.
#[must_use]
pub fn slow_headers(connections: usize) -> Attack {
    let opening = format!("{HEAD}x-slow: ").into_bytes();
    Attack::new("slow headers", connections, opening)
        .with_waves(|_| b"a".to_vec())
        .every(Duration::from_millis(50))
}

/// Headers of as many bytes as a server may hold, without an end.
#[must_use]
pub fn half_headers(connections: usize, bytes: usize) -> Attack {
    let line = format!("x-filler: {}\r\n", "a".repeat(1000));
    let opening = format!("{HEAD}{}", line.repeat(bytes / line.len()));
    Attack::new("half headers", connections, opening.into_bytes())
}

/// Header lines without end.
#[must_use]
pub fn endless_headers(connections: usize) -> Attack {
    Attack::new("endless headers", connections, HEAD.into())
        .with_waves(|number| format!("x-{number}: {}\r\n", "a".repeat(1000)).into_bytes())
}

/// Bodies of which one more byte comes now and then.
#[must_use]
pub fn slow_bodies(connections: usize, declared: usize) -> Attack {
    let opening = format!("{HEAD}{PROTOBUF}content-length: {declared}\r\n\r\n");
    Attack::new("slow bodies", connections, opening.into_bytes())
        .with_waves(|_| vec![0])
        .every(Duration::from_millis(50))
}

/// Requests one after the other, whose answers are not read.
#[must_use]
pub fn unread_answers(connections: usize) -> Attack {
    let request = format!("{HEAD}content-type: text/xml\r\ncontent-length: 0\r\n\r\n");
    Attack::new("unread answers", connections, Vec::new())
        .with_waves(move |_| request.repeat(100).into_bytes())
        .deaf()
}

/// Chunks of one byte.
#[must_use]
pub fn tiny_chunks(connections: usize) -> Attack {
    let opening = format!("{HEAD}{PROTOBUF}transfer-encoding: chunked\r\n\r\n");
    Attack::new("tiny chunks", connections, opening.into_bytes())
        .with_waves(|_| b"1\r\n\0\r\n".repeat(1000))
}
