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

/// The longest wait for the next piece of a body, which is charged while we wait.
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// What has to come over a connection in each such time while a body is awaited: 240 bytes a second, a
/// quarter of what the slowest mobile links carry. Bodies that share a connection share its rate.
const MIN_BYTES: u64 = 240 * MAX_PAUSE.as_secs();
/// The longest time for a whole body where no setting says it: ten times what exporters wait for an
/// answer.
const MAX_TIME: Duration = Duration::from_secs(300);

type Error = Box<dyn std::error::Error + Send + Sync>;

/// A body that fails when it comes too slowly, because it is charged while we wait.
#[derive(Debug)]
pub(in crate::net) struct WithProgress {
    body: Incoming,
    guest: Arc<Guest>,
    reading: Option<Reading>,
    deadline: Instant,
    timer: Option<Pin<Box<Sleep>>>,
    has_moved: bool,
    /// What the connection had received when the timer was set.
    received: u64,
}

/// A body whose sender stalled.
#[derive(Debug, thiserror::Error)]
enum Stalled {
    #[error("no data for {MAX_PAUSE:?} while reading the body")]
    Still,
    #[error("only {0} bytes in {MAX_PAUSE:?} while reading the body, expected {MIN_BYTES} or more")]
    Slow(u64),
    #[error("the body did not end in time")]
    Late,
}

impl WithProgress {
    /// `total` is the longest time for the whole body.
    pub(in crate::net) fn new(body: Incoming, guest: Arc<Guest>, total: Option<Duration>) -> Self {
        let reading = (!body.is_end_stream()).then(|| guest.reading());
        let deadline = Instant::now() + total.unwrap_or(MAX_TIME);
        let (timer, has_moved, received) = (None, false, 0);
        Self { body, guest, reading, deadline, timer, has_moved, received }
    }

    /// What is wrong when the timer fires.
    fn fault(&self) -> Option<Stalled> {
        let received = self.guest.received().saturating_sub(self.received);
        if self.deadline <= Instant::now() {
            Some(Stalled::Late)
        } else if !self.has_moved {
            Some(Stalled::Still)
        } else {
            (received < MIN_BYTES).then_some(Stalled::Slow(received))
        }
    }

    fn next_deadline(&mut self) -> Instant {
        self.has_moved = false;
        self.received = self.guest.received();
        self.deadline.min(Instant::now() + MAX_PAUSE)
    }
}

impl Body for WithProgress {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
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
            let next = this.next_deadline();
            this.timer = Some(Box::pin(sleep_until(next)));
        }
        while let Some(timer) = &mut this.timer
            && timer.as_mut().poll(context).is_ready()
        {
            if let Some(fault) = this.fault() {
                this.reading = None;
                return Poll::Ready(Some(Err(Box::new(fault))));
            }
            let next = this.next_deadline();
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
