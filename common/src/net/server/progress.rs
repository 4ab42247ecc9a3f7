//! Bounds how long a body may stand still.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// A body that fails when nothing of it arrives for too long, because it is charged while we wait.
#[derive(Debug)]
pub(in crate::net) struct WithProgress {
    body: Incoming,
    pause: Duration,
    deadline: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    has_moved: bool,
}

/// A body whose sender stalled.
#[derive(Debug, thiserror::Error)]
#[error("no data for {0:?} while reading the body")]
struct Stalled(Duration);

impl WithProgress {
    /// `pause` is the longest wait for the next piece, `total` the longest for all of them.
    pub(in crate::net) fn new(body: Incoming, pause: Duration, total: Option<Duration>) -> Self {
        let deadline = total.map(|total| Instant::now() + total);
        Self { body, pause, deadline, timer: None, has_moved: false }
    }

    fn next_deadline(&self) -> Instant {
        let pause = Instant::now() + self.pause;
        self.deadline.map_or(pause, |deadline| deadline.min(pause))
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
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        // One timer for the whole body: it looks back when it fires, instead of being reset by
        // every piece.
        let next = this.next_deadline();
        let timer = this.timer.get_or_insert_with(|| Box::pin(sleep_until(next)));
        while timer.as_mut().poll(context).is_ready() {
            let is_over = this.deadline.is_some_and(|deadline| deadline <= Instant::now());
            if is_over || !this.has_moved {
                return Poll::Ready(Some(Err(Box::new(Stalled(this.pause)))));
            }
            this.has_moved = false;
            timer.as_mut().reset(next);
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
