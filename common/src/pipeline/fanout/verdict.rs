//! One answer out of those of several branches, and what it means for the books.

use std::sync::Arc;

use super::{Place, Shared};
use crate::pipeline::{Accepted, Outcome, Rejected};

/// What the branches answered, counted as the caller learns it, or not.
pub(super) struct Verdict {
    shared: Arc<Shared>,
    answers: Vec<(Place, Outcome)>,
    items: u64,
    is_claimed: bool,
}

impl Verdict {
    pub(super) const fn new(
        shared: Arc<Shared>,
        answers: Vec<(Place, Outcome)>,
        items: u64,
    ) -> Self {
        Self { shared, answers, items, is_claimed: false }
    }

    /// The one answer for all, which the caller learns now.
    pub(super) fn claim(mut self) -> Outcome {
        let outcome = self.join();
        self.is_claimed = true;
        match &outcome {
            Ok(_) => self.count_accepted(),
            Err(_) => self.count_refused(),
        }
        outcome
    }

    fn join(&self) -> Outcome {
        let mut accepted = Vec::new();
        let mut refusals = Vec::new();
        let mut drops = Vec::new();
        for (place, outcome) in &self.answers {
            let branch = self.shared.branches.get(place.branch);
            match outcome {
                Ok(answer) => accepted.push((place.share, answer)),
                Err(rejected) if branch.is_some_and(|branch| !branch.must_not_lose) => {
                    drops.push(rejected);
                }
                Err(rejected) => refusals.push(rejected),
            }
        }
        if accepted.is_empty() && refusals.is_empty() {
            return Err(Rejected::of_several(&drops));
        }
        if !refusals.is_empty() {
            return Err(Rejected::of_several(&refusals));
        }
        Ok(self.accepted(&accepted))
    }

    /// The answers for one share are of the same items, so they do not add up; the largest tells the
    /// most. Those of several shares add up, but to no more than there is.
    fn accepted(&self, answers: &[(usize, &Accepted)]) -> Accepted {
        let mut joined = Accepted::FULLY;
        for answers in answers.chunk_by(|(one, _), (other, _)| one == other) {
            // Of equals the first.
            let answers = answers.iter().rev().map(|(_, answer)| *answer);
            let most = answers.max_by_key(|answer| answer.refused_items);
            joined = joined.and(most.cloned().unwrap_or_default());
        }
        joined.refused_items = joined.refused_items.min(self.items);
        joined
    }

    /// What was offered more often than it came in are copies; those that nobody took are dropped.
    fn count_accepted(&self) {
        let offered: u64 = self.answers.iter().map(|(place, _)| place.items).sum();
        self.shared.books.created(offered.saturating_sub(self.items));
        for (place, outcome) in &self.answers {
            let Err(rejected) = outcome else { continue };
            self.shared.books.dropped(place.items, rejected.reason.label());
            if let Some(untold) = self.shared.drops.is_due() {
                tracing::warn!(
                    error = %rejected,
                    dropped_items = place.items,
                    untold,
                    "One of several exporters refused data. Dropping its copy."
                );
            }
        }
    }

    /// The caller keeps what it offered, so what branches took are copies.
    fn count_refused(&self) {
        let taken = self.answers.iter().filter(|(_, outcome)| outcome.is_ok());
        self.shared.books.created(taken.map(|(place, _)| place.items).sum());
    }
}

impl Drop for Verdict {
    fn drop(&mut self) {
        if !self.is_claimed {
            self.count_refused();
        }
    }
}
