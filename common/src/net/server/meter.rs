//! Counts HTTP/2 frames that carry nothing, so that a flood of them waits instead of everybody else.
//!
//! Each ping, setting or empty frame costs us as much as a small request costs its sender nothing. Clients
//! need few of them: an allowance that time and requests fill up again is more than enough. Over it the
//! connection is not read until the next look around; only who floods on for seconds is sent away.

/// What a connection may begin with.
const FIRST_ALLOWANCE: i64 = 500;
/// What it may save up.
const MAX_ALLOWANCE: i64 = 5_000;
/// Frames for each millisecond.
const FRAMES_EACH_MILLISECOND: i64 = 5;
/// Frames for each request.
const FRAMES_EACH_REQUEST: i64 = 20;
/// A body's frames of this size and more are what a connection is for.
const MIN_DATA_BYTES: usize = 32;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEAD_BYTES: usize = 9;
const DATA: u8 = 0;
const HEADERS: u8 = 1;

/// Follows what comes over a connection.
#[derive(Debug)]
pub(super) struct Meter {
    state: State,
    allowance: i64,
    /// When time was last counted, in milliseconds.
    refilled: u64,
}

#[derive(Debug)]
enum State {
    /// So much of the preface came.
    Preface(usize),
    /// It is no HTTP/2.
    Other,
    /// So much of a frame's head came.
    Head([u8; HEAD_BYTES], usize),
    /// So much of a frame's payload is still to come.
    Payload(usize),
}

impl Meter {
    pub(super) const fn new(now: u64) -> Self {
        Self { state: State::Preface(0), allowance: FIRST_ALLOWANCE, refilled: now }
    }

    /// Whether more may be read.
    pub(super) fn allows(&mut self, now: u64) -> bool {
        if self.allowance > 0 {
            return true;
        }
        let passed = i64::try_from(now.saturating_sub(self.refilled)).unwrap_or(i64::MAX);
        self.refilled = now;
        self.earn(passed.saturating_mul(FRAMES_EACH_MILLISECOND));
        self.allowance > 0
    }

    fn earn(&mut self, frames: i64) {
        self.allowance = self.allowance.saturating_add(frames).min(MAX_ALLOWANCE);
    }

    /// Looks at what was read.
    pub(super) fn count(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (state, used) = match &mut self.state {
                State::Other => return,
                State::Preface(seen) => {
                    let expected = PREFACE.get(*seen..).unwrap_or_default();
                    let used = expected.len().min(bytes.len());
                    match (expected.get(..used) == bytes.get(..used), *seen + used) {
                        (false, _) => (State::Other, used),
                        (true, seen) if seen == PREFACE.len() => (State::Head([0; 9], 0), used),
                        (true, seen) => (State::Preface(seen), used),
                    }
                }
                State::Payload(left) => {
                    let used = bytes.len().min(*left);
                    match *left - used {
                        0 => (State::Head([0; 9], 0), used),
                        left => (State::Payload(left), used),
                    }
                }
                State::Head(head, filled) => {
                    let mut used = 0;
                    for (place, byte) in head.iter_mut().skip(*filled).zip(bytes) {
                        *place = *byte;
                        used += 1;
                    }
                    let (head, filled) = (*head, *filled + used);
                    if filled == HEAD_BYTES {
                        (self.frame(head), used)
                    } else {
                        (State::Head(head, filled), used)
                    }
                }
            };
            self.state = state;
            bytes = bytes.get(used..).unwrap_or_default();
        }
    }

    fn frame(&mut self, [high, middle, low, kind, ..]: [u8; HEAD_BYTES]) -> State {
        let length = u32::from_be_bytes([0, high, middle, low]) as usize;
        match kind {
            HEADERS => self.earn(FRAMES_EACH_REQUEST),
            DATA if length >= MIN_DATA_BYTES => {}
            _ => self.allowance -= 1,
        }
        if length == 0 { State::Head([0; 9], 0) } else { State::Payload(length) }
    }
}

#[cfg(test)]
mod tests;
