//! The only way to send unasked.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use parking_lot::Mutex;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout_at},
};

use crate::pipeline::{
    Backoff, Books, Budget, Charge, Edge, Outcome, Payload, Reason, Rejected, Seldom,
};

// A stage is blocked while it waits: a longer wait is worth a try in between.
const MAX_HINT: Duration = Duration::from_secs(60);

/// Sends what a stage holds when nobody waits for the answer: batches, samples, scrapes.
///
/// What the next stage may take later is offered again, after growing waits; what it refuses for good
/// is dropped and counted, or one bad payload would block the stage for ever. The items are those
/// that the stage has entered as held in its books; the emitter releases them.
#[derive(Debug)]
pub struct Emitter {
    next: Edge,
    books: Books,
    budget: Budget,
    backoff: Backoff,
    waiting: AtomicUsize,
    refusal: Mutex<Option<Rejected>>,
    deadline: watch::Sender<Option<Instant>>,
    failures: Seldom,
}

/// What became of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Emitted {
    /// The next stage took it.
    PassedOn,
    /// It was dropped, with this answer.
    Dropped(Rejected),
}

impl Emitter {
    /// An emitter over an edge, for a stage with these books.
    #[must_use]
    pub fn new(next: Edge, books: Books, budget: Budget) -> Self {
        Self {
            next,
            books,
            budget,
            backoff: Backoff::INTERNAL,
            waiting: AtomicUsize::new(0),
            refusal: Mutex::default(),
            deadline: watch::Sender::new(None),
            failures: Seldom::default(),
        }
    }

    /// Offers a payload until it is taken, refused for good, or the deadline of
    /// [`stop_by`](Self::stop_by) is over. A future dropped before drops the payload, counted.
    pub async fn emit(&self, payload: Payload) -> Emitted {
        let _charge = self.charge(&payload);
        let mut emission = Emission::open(self, payload.items() as u64);
        let mut waits = self.backoff.waits();
        let mut deadline = self.deadline.subscribe();
        loop {
            let rejected = match self.offer(payload.clone(), &mut deadline).await {
                Ok(_) => return emission.close(Emitted::PassedOn),
                Err(rejected) => rejected,
            };
            let stop_at = *deadline.borrow_and_update();
            let is_late = stop_at.is_some_and(|stop_at| Instant::now() >= stop_at);
            if !rejected.is_retryable() || is_late {
                return emission.close(Emitted::Dropped(rejected));
            }
            emission.wait(&rejected);
            let hint = rejected.retry_after.map(|hint| hint.min(MAX_HINT));
            let wait = waits.next_wait(hint);
            let now = Instant::now();
            let until = now.checked_add(wait).unwrap_or(now + Backoff::INTERNAL.max);
            tokio::select! {
                () = sleep_until(stop_at.map_or(until, |stop_at| stop_at.min(until))) => {}
                // A stop wakes whoever waits, and the last tries come close together.
                _ = deadline.changed() => waits = self.backoff.waits(),
            }
        }
    }

    /// Whether the next stage refuses now, so that the stage can refuse in its turn.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// What the next stage answered last, while it refuses.
    #[must_use]
    pub fn refusal(&self) -> Option<Rejected> {
        if self.is_blocked() { self.refusal.lock().clone() } else { None }
    }

    /// Sets the time after which nothing is tried again, for the stop of the stage.
    pub fn stop_by(&self, deadline: Instant) {
        self.deadline.send_replace(Some(deadline));
    }

    /// The edge that it sends over.
    #[must_use]
    pub const fn next(&self) -> &Edge {
        &self.next
    }

    async fn offer(
        &self,
        payload: Payload,
        deadline: &mut watch::Receiver<Option<Instant>>,
    ) -> Outcome {
        let sending = self.next.send(payload);
        tokio::pin!(sending);
        let stop_at = tokio::select! {
            biased;
            outcome = &mut sending => return outcome,
            stop_at = deadline.wait_for(Option::is_some) => stop_at.ok().and_then(|at| *at),
        };
        let stop_at = stop_at.unwrap_or_else(Instant::now);
        timeout_at(stop_at, sending).await.unwrap_or_else(|_| {
            Err(Rejected::new(Reason::ShuttingDown, "the next stage did not answer before the end"))
        })
    }

    /// Charges what nobody charged yet: telemetry that a stage made itself.
    fn charge(&self, payload: &Payload) -> Charge {
        let charged: u64 = payload.charges().iter().map(Charge::bytes).sum();
        if charged > 0 {
            Charge::NONE
        } else {
            self.budget.of(payload.signal()).take(payload.size())
        }
    }

    fn give_up(&self, items: u64, rejected: &Rejected) {
        // What a receiver made is counted as refused by its edge; it is lost all the same.
        if !self.next.is_source() {
            self.books.dropped(items, rejected.reason.label());
        }
        if let Some(untold) = self.failures.is_due() {
            tracing::warn!(error = %rejected, dropped_items = items, untold, "Sender failed");
        }
    }
}

/// One payload's stay, so that the books are right also when the task is aborted.
struct Emission<'a> {
    emitter: &'a Emitter,
    items: u64,
    is_waiting: bool,
    is_open: bool,
}

impl<'a> Emission<'a> {
    fn open(emitter: &'a Emitter, items: u64) -> Self {
        Self { emitter, items, is_waiting: false, is_open: true }
    }

    fn wait(&mut self, rejected: &Rejected) {
        *self.emitter.refusal.lock() = Some(rejected.clone());
        if !self.is_waiting {
            self.is_waiting = true;
            self.emitter.waiting.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn close(mut self, emitted: Emitted) -> Emitted {
        self.is_open = false;
        if let Emitted::Dropped(rejected) = &emitted {
            self.emitter.give_up(self.items, rejected);
        }
        emitted
    }
}

impl Drop for Emission<'_> {
    fn drop(&mut self) {
        if self.is_waiting {
            self.emitter.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        if !self.emitter.next.is_source() {
            self.emitter.books.release(self.items);
        }
        if self.is_open {
            let rejected =
                Rejected::new(Reason::ShuttingDown, "the stage was stopped while sending");
            self.emitter.give_up(self.items, &rejected);
        }
    }
}

#[cfg(test)]
mod tests;
