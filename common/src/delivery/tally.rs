//! What became of the items of a payload.

use std::borrow::Cow;

use crate::pipeline::{Accepted, Books, Outcome, Reason, Rejected};

/// Items that nobody will send again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Loss {
    pub(super) items: u64,
    pub(super) reason: &'static str,
    pub(super) message: Cow<'static, str>,
}

/// Where the items of a payload went after all tries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Items that the backend took.
    pub(super) sent: u64,
    /// Items that it refused for good while it took others.
    pub(super) losses: Vec<Loss>,
    /// Items that it did not take, and the last answer.
    pub(super) failed: Option<(u64, Rejected)>,
}

impl Tally {
    /// One item that no batch may hold.
    pub(super) fn of_oversize() -> Self {
        let mut tally = Self::default();
        tally.lose(1, "too_large", "one item is larger than `max_size`".into());
        tally
    }

    pub(super) fn accept(&mut self, items: u64, accepted: Accepted) {
        let refused = accepted.refused_items.min(items);
        self.sent += items - refused;
        if refused > 0 {
            self.lose(refused, "partial_success", accepted.message);
        }
    }

    pub(super) fn lose(&mut self, items: u64, reason: &'static str, message: Cow<'static, str>) {
        self.losses.push(Loss { items, reason, message });
    }

    pub(super) fn fail(&mut self, items: u64, rejected: Rejected) {
        match &mut self.failed {
            Some((failed, _)) => *failed += items,
            None => self.failed = Some((items, rejected)),
        }
    }

    pub(super) fn lost(&self) -> u64 {
        self.losses.iter().map(|loss| loss.items).sum()
    }

    pub(super) fn items(&self) -> u64 {
        self.sent + self.lost() + self.failed.as_ref().map_or(0, |(items, _)| *items)
    }

    /// Takes the share of so many items out: first what was sent, then what was lost, then the rest.
    /// A share of a tally with a failure is told of it whatever it contains.
    pub(super) fn take_share(&mut self, items: u64) -> Self {
        let mut share = Self { sent: self.sent.min(items), ..Self::default() };
        self.sent -= share.sent;
        let mut wanted = items - share.sent;
        for loss in &mut self.losses {
            let taken = loss.items.min(wanted);
            if taken > 0 {
                loss.items -= taken;
                wanted -= taken;
                share.losses.push(Loss { items: taken, ..loss.clone() });
            }
        }
        if let Some((failed, rejected)) = &mut self.failed {
            let taken = wanted.min(*failed);
            *failed -= taken;
            share.failed = Some((taken, rejected.clone()));
        }
        share
    }

    pub(super) fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.losses.extend(other.losses);
        if let Some((items, rejected)) = other.failed {
            self.fail(items, rejected);
        }
    }

    /// Counts what has left the stage; what failed is the caller's to count.
    pub(super) fn enter(&self, books: &Books) {
        books.passed_on(self.sent);
        for loss in &self.losses {
            books.dropped(loss.items, loss.reason);
        }
    }
}

/// The answer for somebody who waits, counted as they learn it, or not.
#[derive(Debug)]
pub(super) struct Verdict {
    books: Books,
    tally: Tally,
    is_claimed: bool,
}

impl Verdict {
    pub(super) fn new(books: Books, tally: Tally) -> Self {
        Self { books, tally, is_claimed: false }
    }

    /// The answer to who offered the payload.
    pub(super) fn claim(mut self) -> Outcome {
        self.is_claimed = true;
        if let Some((_, rejected)) = &self.tally.failed {
            let rejected = rejected.clone();
            self.count_copies();
            return Err(rejected);
        }
        self.tally.enter(&self.books);
        let message = self.tally.losses.first().map(|loss| loss.message.clone());
        Ok(Accepted { refused_items: self.tally.lost(), message: message.unwrap_or_default() })
    }

    /// The caller still holds the whole, so what went out was a copy.
    fn count_copies(&self) {
        self.books.created(self.tally.sent + self.tally.lost());
        self.tally.enter(&self.books);
    }
}

impl Drop for Verdict {
    fn drop(&mut self) {
        if !self.is_claimed {
            self.count_copies();
        }
    }
}

/// The answer for what a stop left untried.
pub(super) fn stopped() -> Rejected {
    Rejected::new(Reason::ShuttingDown, "interrupted due to shutdown")
}
