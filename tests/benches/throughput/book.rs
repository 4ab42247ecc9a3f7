//! What became of each request: sent, answered, arrived, and how long that took.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::histogram::Histogram;

/// A book that load and sink both write in.
pub(crate) type SharedBook = Arc<Mutex<Book>>;

/// What a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Taken.
    Ok,
    /// Refused for now.
    Refused,
    /// Anything else.
    Failed,
}

/// Which of the prebuilt requests it is, and when it was to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) variant: usize,
    pub(crate) intended: Instant,
}

/// Requests, but for `arrived_items`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) sent: u64,
    pub(crate) acknowledged: u64,
    pub(crate) refused: u64,
    pub(crate) failed: u64,
    pub(crate) arrived: u64,
    pub(crate) arrived_items: u64,
    /// Arrived, but not sent or arrived before.
    pub(crate) duplicate: u64,
}

/// The numbers of one phase.
///
/// A request bears its variant's number in its resource, through every processor and every merge. The
/// same variant is sent again and again, so what arrives settles the oldest that is open.
pub(crate) struct Book {
    /// Items of a request that come through.
    items: u64,
    open: Vec<VecDeque<Instant>>,
    partial: Vec<u64>,
    pub(crate) counts: Counts,
    /// From the intended sending to the arrival at the sink.
    pub(crate) arrival: Histogram,
    /// From the intended sending to the answer.
    pub(crate) answer: Histogram,
}

impl Book {
    /// An empty one.
    pub(crate) fn new(variants: usize, items: u64) -> Self {
        Self {
            items,
            open: vec![VecDeque::new(); variants],
            partial: vec![0; variants],
            counts: Counts::default(),
            arrival: Histogram::default(),
            answer: Histogram::default(),
        }
    }

    /// Forgets how long things took, at the begin of what is measured.
    pub(crate) fn restart_clocks(&mut self) {
        self.arrival = Histogram::default();
        self.answer = Histogram::default();
    }

    /// A request goes out.
    pub(crate) fn sent(&mut self, order: Order) {
        self.counts.sent += 1;
        if let Some(open) = self.open.get_mut(order.variant) {
            open.push_back(order.intended);
        }
    }

    /// The answer came.
    pub(crate) fn answered(&mut self, order: Order, answer: Answer) {
        match answer {
            Answer::Ok => {
                self.counts.acknowledged += 1;
                self.answer.record(order.intended.elapsed());
                return;
            }
            Answer::Refused => self.counts.refused += 1,
            Answer::Failed => self.counts.failed += 1,
        }
        // Nobody promised that it arrives.
        if let Some(open) = self.open.get_mut(order.variant)
            && let Some(place) = open.iter().position(|intended| *intended == order.intended)
        {
            open.remove(place);
        }
    }

    /// Items of a variant came to the sink, perhaps not all of a request at once.
    pub(crate) fn arrived(&mut self, variant: Option<usize>, items: u64) {
        self.counts.arrived_items += items;
        let (Some(partial), Some(open)) = (
            variant.and_then(|variant| self.partial.get_mut(variant)),
            variant.and_then(|variant| self.open.get_mut(variant)),
        ) else {
            self.counts.duplicate += 1;
            return;
        };
        *partial += items;
        while *partial >= self.items {
            *partial -= self.items;
            match open.pop_front() {
                Some(intended) => {
                    self.counts.arrived += 1;
                    self.arrival.record(intended.elapsed());
                }
                None => self.counts.duplicate += 1,
            }
        }
    }

    /// Requests that have no answer yet.
    pub(crate) fn unanswered(&self) -> u64 {
        let Counts { sent, acknowledged, refused, failed, .. } = self.counts;
        sent - acknowledged - refused - failed
    }

    /// Requests that were taken, or not yet answered, and did not arrive.
    pub(crate) fn missing(&self) -> u64 {
        self.open.iter().map(|open| open.len() as u64).sum()
    }
}

/// Waits until everything has arrived; how long that took, or nothing if it did not come in time.
pub(crate) async fn settled(book: &SharedBook, patience: Duration) -> Option<Duration> {
    let begin = Instant::now();
    while begin.elapsed() < patience {
        {
            let book = book.lock();
            if book.unanswered() == 0 && book.missing() == 0 {
                return Some(begin.elapsed());
            }
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    None
}
