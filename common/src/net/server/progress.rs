//! Bounds how long a body may stand still, how slowly it may come, and how long it may take in all.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};

use super::guest::{Guest, Reading};
use crate::pipeline::{Budget, OverBudget};

/// The longest wait for the next piece of a body, which is charged while we wait.
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// What has to come over a connection in each such time while a body is awaited: 240 bytes a second, a
/// quarter of what the slowest mobile links carry. Bodies that share a connection share its rate.
const MIN_BYTES: u64 = 240 * MAX_PAUSE.as_secs();
/// The longest time for a whole body where no setting says it: ten times what exporters wait for an
/// answer.
const MAX_TIME: Duration = Duration::from_secs(300);

/// The same while memory is short, as others wait for what a body holds: a look at each such time, and
/// what has to come in it.
const PRESSED_PAUSE: Duration = Duration::from_secs(2);
const PRESSED_BYTES: u64 = 32 << 10;

/// A body that fails when it comes too slowly, because it is charged while we wait.
#[derive(Debug)]
pub(in crate::net) struct WithProgress {
    body: Incoming,
    guest: Arc<Guest>,
    reading: Option<Reading>,
    /// What it is charged to.
    budget: Option<Budget>,
    deadline: Instant,
    timer: Option<Pin<Box<Sleep>>>,
    /// The end of the time in which something has to come, and what came before.
    window_end: Instant,
    has_moved: bool,
    received: u64,
    received_at_look: u64,
}

/// A body that did not come.
#[derive(Debug, thiserror::Error)]
pub(in crate::net) enum BodyFault {
    /// Its sender stalled.
    #[error("no data for {MAX_PAUSE:?} while reading the body")]
    Still,
    /// Its sender is too slow.
    #[error("only {0} bytes in {MAX_PAUSE:?} while reading the body, expected {MIN_BYTES} or more")]
    Slow(u64),
    /// Its sender is too slow for a time when memory is short.
    #[error("memory is short, and the body comes slowly")]
    Pressed(#[source] OverBudget),
    /// It takes too long.
    #[error("the body did not end in time")]
    Late,
    /// The connection failed.
    #[error(transparent)]
    Transport(#[from] hyper::Error),
}

impl WithProgress {
    /// `total` is the longest time for the whole body.
    pub(in crate::net) fn new(body: Incoming, guest: Arc<Guest>, total: Option<Duration>) -> Self {
        let now = Instant::now();
        Self {
            reading: (!body.is_end_stream()).then(|| guest.reading()),
            body,
            guest,
            budget: None,
            deadline: now + total.unwrap_or(MAX_TIME),
            timer: None,
            window_end: now,
            has_moved: false,
            received: 0,
            received_at_look: 0,
        }
    }

    /// Says what the body is charged to.
    pub(in crate::net) fn charged_to(&mut self, budget: &Budget) {
        self.budget = Some(budget.clone());
    }

    /// What is wrong when the timer fires.
    fn fault(&mut self, now: Instant) -> Option<BodyFault> {
        let received = self.guest.received();
        let since_look = received.saturating_sub(self.received_at_look);
        let in_window = received.saturating_sub(self.received);
        if self.deadline <= now {
            return Some(BodyFault::Late);
        }
        if let Some(budget) = self.budget.as_ref().filter(|_| since_look < PRESSED_BYTES)
            && budget.is_pressed()
        {
            let asked = self.body.size_hint().lower();
            let (used, limit) = (budget.used(), budget.limit());
            return Some(BodyFault::Pressed(OverBudget { asked, used, limit }));
        }
        if now < self.window_end {
            return None;
        }
        // A frame counts when the whole of it is there, so a body may stand still while its bytes come.
        if in_window >= MIN_BYTES {
            return None;
        }
        Some(if self.has_moved { BodyFault::Slow(in_window) } else { BodyFault::Still })
    }

    /// When to look next.
    fn next_look(&mut self, now: Instant) -> Instant {
        self.received_at_look = self.guest.received();
        if self.window_end <= now {
            self.window_end = now + MAX_PAUSE;
            self.has_moved = false;
            self.received = self.received_at_look;
        }
        (now + PRESSED_PAUSE).min(self.window_end).min(self.deadline)
    }
}

impl Body for WithProgress {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.has_moved = true;
            if this.body.is_end_stream() || !matches!(frame, Some(Ok(_))) {
                this.reading = None;
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        // One timer for the whole body: it looks back when it fires, instead of being reset by
        // every piece.
        if this.timer.is_none() {
            let next = this.next_look(Instant::now());
            this.timer = Some(Box::pin(sleep_until(next)));
        }
        while let Some(timer) = &mut this.timer
            && timer.as_mut().poll(context).is_ready()
        {
            let now = Instant::now();
            if let Some(fault) = this.fault(now) {
                this.reading = None;
                return Poll::Ready(Some(Err(fault)));
            }
            let next = this.next_look(now);
            if let Some(timer) = &mut this.timer {
                timer.as_mut().reset(next);
            }
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
