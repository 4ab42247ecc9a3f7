//! A run of transforms in front of an edge.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use smallvec::SmallVec;

use crate::pipeline::{Accepted, Books, Consumer, Edge, Outcome, Payload, Reason, Transform};

const FILTERED: &str = "filtered";

/// Calls one transform after the other in the caller's task and offers what is left to the next stage.
///
/// Each transform is a stage with books of its own. They are written when the answer is known: what a
/// transform took out is dropped only if the rest was accepted, because a client that is refused
/// sends the whole again.
///
/// Accepts: when the next stage accepts what is left, or when nothing is left. Holds: nothing.
/// Rejects: what a transform or the next stage rejects.
pub struct Chain {
    steps: Vec<(Arc<dyn Transform>, Books)>,
    next: Edge,
}

impl Chain {
    /// A chain of transforms, each with its books. The edge into the chain is connected with the books
    /// of the first, and `next` is made from the books of the last.
    #[must_use]
    pub fn new(steps: Vec<(Arc<dyn Transform>, Books)>, next: Edge) -> Self {
        Self { steps, next }
    }

    async fn run(&self, payload: Payload) -> Outcome {
        let mut passage = Passage::open(&self.steps);
        let mut payload = payload;
        for (transform, books) in &self.steps {
            passage.enter(books, payload.items());
            payload = match transform.transform(payload) {
                Ok(changed) => changed,
                Err(rejected) => return passage.close(Err(rejected), 0),
            };
            if payload.is_empty() {
                return passage.close(Ok(Accepted::FULLY), 0);
            }
        }
        let left = payload.items();
        let outcome = self.next.send(payload).await;
        passage.close(outcome, left)
    }
}

impl Consumer for Chain {
    fn consume(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(self.run(payload))
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.next.has_room(bytes)
    }
}

/// One payload's way through the steps, so that the books are right also when the caller goes away.
struct Passage<'a> {
    steps: &'a [(Arc<dyn Transform>, Books)],
    entered: SmallVec<[usize; 8]>,
    is_open: bool,
}

impl<'a> Passage<'a> {
    fn open(steps: &'a [(Arc<dyn Transform>, Books)]) -> Self {
        Self { steps, entered: SmallVec::new(), is_open: true }
    }

    fn enter(&mut self, books: &Books, items: usize) {
        // The edge into the chain counts what is offered to the first step.
        if !self.entered.is_empty() {
            books.offered(items as u64);
        }
        self.entered.push(items);
    }

    fn close(mut self, outcome: Outcome, left: usize) -> Outcome {
        self.is_open = false;
        match &outcome {
            Ok(_) => self.settle(left),
            Err(rejected) => self.refuse(rejected.reason),
        }
        outcome
    }

    fn settle(&self, left: usize) {
        let after = self.entered.iter().skip(1).copied().chain([left]);
        let count = self.entered.len();
        for (index, ((items, after), (_, books))) in
            self.entered.iter().copied().zip(after).zip(self.steps).enumerate()
        {
            books.dropped(items.saturating_sub(after) as u64, FILTERED);
            books.created(after.saturating_sub(items) as u64);
            // The edge out of the chain counts what the last step passes on.
            if index + 1 < count {
                books.passed_on(after as u64);
            }
        }
    }

    fn refuse(&self, reason: Reason) {
        for (items, (_, books)) in self.entered.iter().zip(self.steps).skip(1) {
            books.refused(*items as u64, reason);
        }
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.refuse(Reason::Unavailable);
        }
    }
}

#[cfg(test)]
mod tests;
