//! What is known of one connection: when it came, what it sent, and which calls it has.

use std::{
    cmp::Reverse,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    task::Waker,
    time::Duration,
};

use futures_util::task::AtomicWaker;
use tokio_util::sync::CancellationToken;

use super::patience::{MAX_ANSWER_TIME, MAX_LOOKS_HELD, Patience};

/// Who is told to leave has mostly gone after this.
const MAX_PARTING: Duration = Duration::from_secs(1);
/// For calls in a pipeline of a client that has to leave; who is cut off then sends them again.
const MAX_LINGERING: Duration = Duration::from_secs(60);

/// Milliseconds since a server started, as of its last look around. Never 0, which stands for "not".
#[derive(Debug)]
pub(super) struct Clock(AtomicU64);

/// One connection. Its stamps are of the server's coarse clock, so taking one costs a load.
#[derive(Debug)]
pub(in crate::net) struct Guest {
    clock: Arc<Clock>,
    came: u64,
    received: AtomicU64,
    begun: AtomicU64,
    ended: AtomicU64,
    /// Calls whose body is still being read.
    reading: AtomicU32,
    /// When it was told to leave.
    left: AtomicU64,
    /// Since when there are calls.
    busy_since: AtomicU64,
    /// Since when there is none.
    quiet_since: AtomicU64,
    /// Since when a request's headers are coming, where a connection carries one at a time.
    head_since: AtomicU64,
    /// Since when the client takes nothing of what we write.
    blocked_since: AtomicU64,
    is_multiplexed: AtomicBool,
    /// Answers that are not yet taken, begun in this period, the one before and the one before that.
    answers: [AtomicU32; 3],
    /// Who waits to read on, whether it did since the last look, and at how many looks in a row.
    held_back: AtomicWaker,
    is_held: AtomicBool,
    looks_held: AtomicU32,
    leaving: CancellationToken,
    /// Whether it may not even end its calls.
    is_expelled: AtomicBool,
}

/// Why a connection has to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It has no call, and none has to be broken off for it.
    Idle,
    /// It keeps us waiting for this.
    Slow(&'static str),
}

/// A call of a connection, until its answer was handed to the transport or it was dropped.
#[derive(Debug)]
pub(in crate::net) struct Call {
    guest: Arc<Guest>,
    answered_in: Option<u64>,
}

/// A body that is being read.
#[derive(Debug)]
pub(in crate::net) struct Reading(Arc<Guest>);

impl Clock {
    pub(super) const fn start() -> Self {
        Self(AtomicU64::new(1))
    }

    pub(super) fn set(&self, since_start: Duration) {
        let millis = u64::try_from(since_start.as_millis()).unwrap_or(u64::MAX);
        self.0.store(millis.saturating_add(1), Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Guest {
    pub(super) fn new(clock: Arc<Clock>) -> Self {
        let now = clock.now();
        Self {
            clock,
            came: now,
            received: AtomicU64::new(0),
            begun: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            reading: AtomicU32::new(0),
            left: AtomicU64::new(0),
            busy_since: AtomicU64::new(now),
            quiet_since: AtomicU64::new(now),
            head_since: AtomicU64::new(0),
            blocked_since: AtomicU64::new(0),
            is_multiplexed: AtomicBool::new(false),
            answers: [const { AtomicU32::new(0) }; 3],
            held_back: AtomicWaker::new(),
            is_held: AtomicBool::new(false),
            looks_held: AtomicU32::new(0),
            leaving: CancellationToken::new(),
            is_expelled: AtomicBool::new(false),
        }
    }

    /// Counts a call as running while the returned value lives.
    pub(in crate::net) fn call(self: &Arc<Self>, version: http::Version) -> Call {
        if version == http::Version::HTTP_2 {
            self.is_multiplexed.store(true, Ordering::Relaxed);
        }
        if self.calls() == 0 {
            self.busy_since.store(self.clock.now(), Ordering::Relaxed);
        }
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.head_since.store(0, Ordering::Relaxed);
        Call { guest: Arc::clone(self), answered_in: None }
    }

    /// Counts a body as being read while the returned value lives.
    pub(in crate::net) fn reading(self: &Arc<Self>) -> Reading {
        self.reading.fetch_add(1, Ordering::Relaxed);
        Reading(Arc::clone(self))
    }

    /// Bytes that came so far.
    pub(in crate::net) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub(super) fn now(&self) -> u64 {
        self.clock.now()
    }

    /// Notes that more came than may be read now.
    pub(super) fn hold_back(&self, waker: &Waker) {
        // In this order: a look in between wakes nobody, but the next one does.
        self.held_back.register(waker);
        self.is_held.store(true, Ordering::Release);
    }

    /// Lets whoever was held back read on.
    pub(super) fn read_on(&self) {
        if self.is_held.swap(false, Ordering::Acquire) {
            self.looks_held.fetch_add(1, Ordering::Relaxed);
            self.held_back.wake();
        } else {
            self.looks_held.store(0, Ordering::Relaxed);
        }
    }

    pub(super) fn receive(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
        if self.calls() == 0 && self.head_since.load(Ordering::Relaxed) == 0 {
            self.head_since.store(self.clock.now(), Ordering::Relaxed);
        }
    }

    pub(super) fn is_blocked(&self, is_blocked: bool) {
        let since = if is_blocked { self.clock.now() } else { 0 };
        if !is_blocked || self.blocked_since.load(Ordering::Relaxed) == 0 {
            self.blocked_since.store(since, Ordering::Relaxed);
        }
    }

    /// Whether it ever made a call.
    pub(in crate::net) fn has_called(&self) -> bool {
        self.begun.load(Ordering::Relaxed) > 0
    }

    fn calls(&self) -> u64 {
        let ended = self.ended.load(Ordering::Relaxed);
        self.begun.load(Ordering::Relaxed).saturating_sub(ended)
    }

    /// Waits until it has to leave: it may end its calls then, not begin others.
    pub(in crate::net) fn leaving(&self) -> impl Future<Output = ()> + Send + use<> {
        self.leaving.clone().cancelled_owned()
    }

    pub(super) fn is_leaving(&self) -> bool {
        self.leaving.is_cancelled()
    }

    /// Tells it to leave; says whether it stayed until now.
    pub(super) fn leave(&self) -> bool {
        let stayed = !self.is_leaving();
        if stayed {
            self.left.store(self.clock.now(), Ordering::Relaxed);
        }
        self.leaving.cancel();
        stayed
    }

    /// Whether it was told to leave so lately that it will be gone in a moment.
    pub(super) fn is_going(&self) -> bool {
        self.is_leaving() && self.since_told() < MAX_PARTING
    }

    fn since_told(&self) -> Duration {
        Duration::from_millis(self.clock.now().saturating_sub(self.left.load(Ordering::Relaxed)))
    }

    /// Calls that may be in a pipeline.
    fn calls_inside(&self) -> u64 {
        // Nothing of a call is in a pipeline before it is read, nor after it is answered.
        let outside = self.answers.iter().chain([&self.reading]);
        let outside: u64 = outside.map(|count| u64::from(count.load(Ordering::Relaxed))).sum();
        self.calls().saturating_sub(outside)
    }

    pub(super) fn expel(&self) -> bool {
        self.is_expelled.store(true, Ordering::Relaxed);
        self.leave()
    }

    /// Whether it may stay although it has to leave, because a pipeline has its calls.
    pub(super) fn may_linger(&self) -> bool {
        let is_in_time = self.since_told() < MAX_LINGERING;
        is_in_time && !self.is_expelled.load(Ordering::Relaxed) && self.calls_inside() > 0
    }

    /// How little it would lose by leaving, none if it has a call that may be in a pipeline.
    ///
    /// Longest without a call comes first, and of those the one with the fewest calls; one that never made
    /// any has a quarter of the patience, and bodies that do not end come after all that have none.
    pub(super) fn dispensability(&self) -> Option<(bool, u64, Reverse<u64>)> {
        /// What an honest upload may take where others wait for its place, and a first or next request.
        const MAX_UPLOAD: u64 = 5_000;
        const MIN_STAY: u64 = 1_000;
        let now = self.clock.now();
        let since = |stamp: &AtomicU64| now.saturating_sub(stamp.load(Ordering::Relaxed));
        let calls = self.calls();
        let begun = Reverse(self.begun.load(Ordering::Relaxed));
        if calls == 0 {
            let patience = if self.has_called() { 1 } else { 4 };
            let quiet = since(&self.quiet_since);
            return (quiet >= MIN_STAY).then_some((true, quiet.saturating_mul(patience), begun));
        }
        let busy = since(&self.busy_since);
        (self.calls_inside() == 0 && busy > MAX_UPLOAD).then_some((false, busy, begun))
    }

    /// Why it has to leave, if it has to.
    pub(super) fn fault(&self, patience: &Patience) -> Option<Fault> {
        let now = self.clock.now();
        let is_over = |since: u64, limit: Option<Duration>| {
            let passed = Duration::from_millis(now.saturating_sub(since));
            since > 0 && limit.is_some_and(|limit| passed > limit)
        };
        let stamp = |stamp: &AtomicU64| stamp.load(Ordering::Relaxed);
        let is_silent = self.received() < patience.greeting_bytes;
        let is_quiet = self.calls() == 0;
        let is_head = is_quiet && !self.is_multiplexed.load(Ordering::Relaxed);
        let answers = self.answers_of(period(now) + 1).load(Ordering::Relaxed);
        if is_silent && is_over(self.came, Some(patience.greeting)) {
            Some(Fault::Slow("the beginning"))
        } else if is_head && is_over(stamp(&self.head_since), patience.head) {
            Some(Fault::Slow("the headers of a request"))
        } else if is_over(stamp(&self.blocked_since), Some(patience.write_pause)) {
            Some(Fault::Slow("reading anything of what is sent to it"))
        } else if answers > 0 {
            Some(Fault::Slow("taking an answer"))
        } else if self.looks_held.load(Ordering::Relaxed) > MAX_LOOKS_HELD {
            Some(Fault::Slow("an end of frames that carry nothing"))
        } else {
            (is_quiet && is_over(stamp(&self.quiet_since), patience.idle)).then_some(Fault::Idle)
        }
    }

    fn answers_of(&self, period: u64) -> &AtomicU32 {
        let [first, second, third] = &self.answers;
        match period % 3 {
            0 => first,
            1 => second,
            _ => third,
        }
    }
}

/// Answers are counted by the period in which they began: one that is still there when the next but one
/// begins took at least [`MAX_ANSWER_TIME`].
const fn period(now: u64) -> u64 {
    now / (MAX_ANSWER_TIME.as_millis() as u64)
}

impl Call {
    /// From now on it waits for its client to take the answer.
    pub(in crate::net) fn answered(&mut self) {
        let period = period(self.guest.clock.now());
        self.guest.answers_of(period).fetch_add(1, Ordering::Relaxed);
        self.answered_in = Some(period);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if let Some(period) = self.answered_in {
            self.guest.answers_of(period).fetch_sub(1, Ordering::Relaxed);
        }
        self.guest.head_since.store(0, Ordering::Relaxed);
        self.guest.quiet_since.store(self.guest.clock.now(), Ordering::Relaxed);
        self.guest.ended.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.reading.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
