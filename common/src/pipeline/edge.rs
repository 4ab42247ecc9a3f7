//! The only way one stage holds the next.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::pipeline::{Books, Consumer, Outcome, Payload, Reason, Rejected};

/// A connection from one stage to the next: it counts on both sides, and a reload swaps its target.
///
/// A payload goes to the target of the moment it is sent, and is answered by that also when the target
/// is swapped meanwhile. Cloning shares the connection.
#[derive(Clone)]
pub struct Edge {
    target: Arc<ArcSwapOption<Target>>,
    from: Books,
    is_source: bool,
}

struct Target {
    consumer: Arc<dyn Consumer>,
    books: Books,
}

impl Edge {
    /// An edge out of a stage, not yet connected.
    #[must_use]
    pub fn new(from: Books) -> Self {
        Self { target: Arc::default(), from, is_source: false }
    }

    /// An edge out of a receiver: what it sends is created there, and what is refused stays with the
    /// client.
    #[must_use]
    pub fn from_source(from: Books) -> Self {
        Self { target: Arc::default(), from, is_source: true }
    }

    /// The same connection with other books on the sending side, for a receiver's transports.
    #[must_use]
    pub fn with_books(&self, from: Books) -> Self {
        Self { from, ..self.clone() }
    }

    /// Connects, or reconnects, to a stage whose books are given.
    pub fn connect(&self, consumer: Arc<dyn Consumer>, books: Books) {
        self.target.store(Some(Arc::new(Target { consumer, books })));
    }

    /// Takes the connection away; payloads are rejected from now on.
    pub fn disconnect(&self) {
        self.target.store(None);
    }

    /// Whether a stage is behind the edge.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.target.load().is_some()
    }

    /// Whether the edge leads out of a receiver.
    pub(super) const fn is_source(&self) -> bool {
        self.is_source
    }

    /// Whether two edges are clones of one.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.target, &other.target)
    }

    /// Whether the next stage has room for so many bytes.
    #[must_use]
    pub fn has_room(&self, bytes: usize) -> bool {
        self.target.load().as_ref().is_some_and(|target| target.consumer.has_room(bytes))
    }

    /// Offers a payload to the next stage and counts the answer on both sides.
    ///
    /// A future that is dropped before its answer counts as refused (`unavailable`): whoever offered the
    /// payload still holds it, as far as anybody can say.
    ///
    /// # Errors
    /// What the next stage answered, unchanged.
    pub async fn send(&self, payload: Payload) -> Outcome {
        let Some(target) = self.target.load_full() else {
            if self.is_source {
                let items = payload.items() as u64;
                self.from.created(items);
                self.from.refused(items, Reason::Unavailable);
            }
            return Err(Rejected::new(Reason::Unavailable, "no pipeline takes this signal now"));
        };
        let mut entry = Entry::open(self, &target.books, payload.items() as u64);
        let outcome = target.consumer.consume(payload).await;
        entry.close(&outcome);
        outcome
    }
}

/// Counts one offer, also when the sender goes away before it is answered.
struct Entry<'a> {
    edge: &'a Edge,
    to: &'a Books,
    items: u64,
    is_open: bool,
}

impl<'a> Entry<'a> {
    fn open(edge: &'a Edge, to: &'a Books, items: u64) -> Self {
        to.offered(items);
        if edge.is_source {
            edge.from.created(items);
        }
        Self { edge, to, items, is_open: true }
    }

    fn close(&mut self, outcome: &Outcome) {
        self.is_open = false;
        match outcome {
            Ok(_) => self.edge.from.passed_on(self.items),
            Err(rejected) => self.refuse(rejected.reason),
        }
    }

    fn refuse(&self, reason: Reason) {
        self.to.refused(self.items, reason);
        if self.edge.is_source {
            self.edge.from.refused(self.items, reason);
        }
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        if self.is_open {
            self.refuse(Reason::Unavailable);
        }
    }
}

impl std::fmt::Debug for Edge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Edge").field("is_connected", &self.is_connected()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
