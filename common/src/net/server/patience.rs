//! How long a server waits for its clients.

use std::time::Duration;

/// For the first bytes of a connection, handshakes included.
const MAX_GREETING: Duration = Duration::from_secs(10);
/// For the headers of a request from their first byte on, where no setting says it.
const MAX_HEAD: Duration = Duration::from_secs(60);
/// For the next request of an HTTP connection, where no setting says it.
const MAX_IDLE: Duration = Duration::from_secs(300);
/// For a client to take any of what is written to it.
const MAX_WRITE_PAUSE: Duration = Duration::from_secs(30);
/// For a client to take a whole answer; it may be twice that.
pub(super) const MAX_ANSWER_TIME: Duration = Duration::from_secs(60);
/// Looks around, of two a second, at which a client may have sent more frames that carry nothing than are
/// read.
pub(super) const MAX_LOOKS_HELD: u32 = 10;
/// What every HTTP/2 connection begins with.
const PREFACE_BYTES: u64 = 24;

/// How long a server waits for its clients; nothing is "for ever".
#[derive(Clone, Copy, Debug)]
pub(in crate::net) struct Patience {
    /// For the first bytes.
    pub(super) greeting: Duration,
    /// How many these are.
    pub(super) greeting_bytes: u64,
    /// For headers, from their first byte on.
    pub(super) head: Option<Duration>,
    /// For the next request.
    pub(super) idle: Option<Duration>,
    /// For any of what is written to be taken.
    pub(super) write_pause: Duration,
}

impl Patience {
    /// With clients of HTTP; what is none is the default.
    pub(in crate::net) fn http(head: Option<Duration>, idle: Option<Duration>) -> Self {
        Self {
            greeting: MAX_GREETING,
            greeting_bytes: 1,
            head: head.or(Some(MAX_HEAD)),
            idle: idle.or(Some(MAX_IDLE)),
            write_pause: MAX_WRITE_PAUSE,
        }
    }

    /// With clients of gRPC, which may be without a call for as long as they answer pings.
    pub(in crate::net) const fn grpc(idle: Option<Duration>) -> Self {
        Self {
            greeting: MAX_GREETING,
            greeting_bytes: PREFACE_BYTES,
            head: None,
            idle,
            write_pause: MAX_WRITE_PAUSE,
        }
    }
}
