//! What stands for a payload that a queue took, until all of it is dealt with.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::{
    meters::Size,
    queue::Shared,
    tally::{Tally, Verdict, stopped},
};
use crate::pipeline::Books;

/// Collects what became of a payload's items; the last holder to drop it settles the books, gives the
/// room in the queue back, and answers whoever waits.
pub(super) struct Ticket {
    queue: Arc<Shared>,
    books: Books,
    size: Size,
    items: u64,
    answer: Option<oneshot::Sender<Verdict>>,
    tally: Mutex<Tally>,
}

impl Ticket {
    /// A ticket for a payload that the caller entered in the queue's size.
    pub(super) fn new(
        queue: Arc<Shared>,
        books: Books,
        (size, items): (Size, u64),
        answer: Option<oneshot::Sender<Verdict>>,
    ) -> Self {
        if answer.is_none() {
            books.hold(items);
        }
        Self { queue, books, size, items, answer, tally: Mutex::default() }
    }

    /// Enters what became of some of the items.
    pub(super) fn enter(&self, tally: Tally) {
        self.tally.lock().add(tally);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut tally = std::mem::take(self.tally.get_mut());
        let untried = self.items.saturating_sub(tally.items());
        if untried > 0 {
            tally.fail(untried, stopped());
        }
        match self.answer.take() {
            // A caller who went away drops the verdict, which is counted.
            Some(answer) => drop(answer.send(Verdict::new(self.books.clone(), tally))),
            None => {
                tally.enter(&self.books);
                if let Some((items, rejected)) = &tally.failed {
                    self.books.dropped(*items, rejected.reason.label());
                }
                self.books.release(self.items);
            }
        }
        self.queue.give_back(self.size);
    }
}
