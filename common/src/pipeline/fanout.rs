//! One payload to several next stages.

use std::sync::Arc;

use futures_util::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use tokio::sync::oneshot;

use crate::pipeline::{
    Accepted, Books, Consumer, Edge, Outcome, Payload, Reason, Rejected, Seldom, Tasks,
};

/// Offers each payload to every branch at the same time; the branches share its bytes.
///
/// A branch that must not lose data is asked for room before any branch takes a payload, and what it
/// rejects is rejected as a whole, for the client to send again. Another branch drops its own copy
/// instead, counted. Once a branch was offered a payload, all get it, also when the caller goes away.
///
/// Accepts: when each branch that must not lose accepted, and at least one branch did. Holds: what the
/// slower branches have not answered. Rejects: what a branch that must not lose, or every branch,
/// rejects.
pub struct Fanout {
    shared: Arc<Shared>,
    tasks: Tasks,
}

struct Shared {
    branches: Vec<Branch>,
    books: Books,
    drops: Seldom,
}

/// A way out of a [`Fanout`].
#[derive(Clone, Debug)]
pub struct Branch {
    /// The connection, made from the fan-out's books.
    pub edge: Edge,
    /// Whether the client is to send again what this branch rejects; otherwise its copy is dropped.
    pub must_not_lose: bool,
}

impl Fanout {
    /// A fan-out; `tasks` runs what is not answered at once.
    #[must_use]
    pub fn new(branches: Vec<Branch>, books: Books, tasks: Tasks) -> Self {
        Self { shared: Arc::new(Shared { branches, books, drops: Seldom::default() }), tasks }
    }

    async fn run(&self, payload: Payload) -> Outcome {
        let shared = &self.shared;
        if let [only] = shared.branches.as_slice() {
            return only.edge.send(payload).await;
        }
        if !self.has_room(payload.size()) {
            return Err(Rejected::new(Reason::Overloaded, "sending queue is full"));
        }
        let mut offers = offer_to_all(Arc::clone(shared), payload).boxed();
        // Queues answer at the first poll: no task for them.
        if let Some(verdict) = (&mut offers).now_or_never() {
            return verdict.claim();
        }
        let (answer, verdict) = oneshot::channel();
        self.tasks.spawn(async move {
            // A verdict that nobody waits for is dropped, and counted so.
            drop(answer.send(offers.await));
        });
        match verdict.await {
            Ok(verdict) => verdict.claim(),
            Err(_) => Err(Rejected::new(Reason::ShuttingDown, "the fan-out was stopped")),
        }
    }
}

impl Consumer for Fanout {
    fn consume(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(self.run(payload))
    }

    fn has_room(&self, bytes: usize) -> bool {
        let branches = &self.shared.branches;
        let has_room = |branch: &Branch| branch.edge.has_room(bytes);
        branches.iter().filter(|branch| branch.must_not_lose).all(has_room)
            && branches.iter().any(has_room)
    }
}

async fn offer_to_all(shared: Arc<Shared>, payload: Payload) -> Verdict {
    let items = payload.items() as u64;
    let offers = shared.branches.iter().map(|branch| branch.edge.send(payload.clone()));
    let outcomes = join_all(offers).await;
    drop(payload);
    Verdict { shared, outcomes, items, is_claimed: false }
}

/// What the branches answered, counted as the caller learns it, or not.
struct Verdict {
    shared: Arc<Shared>,
    outcomes: Vec<Outcome>,
    items: u64,
    is_claimed: bool,
}

impl Verdict {
    fn claim(mut self) -> Outcome {
        let outcome = self.join();
        self.is_claimed = true;
        match &outcome {
            Ok(_) => self.count_accepted(),
            Err(_) => self.count_refused(),
        }
        outcome
    }

    fn join(&self) -> Outcome {
        let mut accepted: Option<Accepted> = None;
        let mut refusals = Vec::new();
        let mut drops = Vec::new();
        for (branch, outcome) in self.shared.branches.iter().zip(&self.outcomes) {
            match outcome {
                Ok(answer) => accepted = Some(most_refused(accepted, answer)),
                Err(rejected) if branch.must_not_lose => refusals.push(rejected),
                Err(rejected) => drops.push(rejected),
            }
        }
        match accepted {
            Some(accepted) if refusals.is_empty() => Ok(accepted),
            Some(_) => Err(combine(&refusals)),
            None => Err(combine(if refusals.is_empty() { &drops } else { &refusals })),
        }
    }

    /// All branches but one got a copy; the copies nobody took are dropped.
    fn count_accepted(&self) {
        let copies = self.outcomes.len().saturating_sub(1) as u64;
        self.shared.books.created(self.items * copies);
        for rejected in self.outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            self.shared.books.dropped(self.items, rejected.reason.label());
            if let Some(untold) = self.shared.drops.is_due() {
                tracing::warn!(
                    error = %rejected,
                    dropped_items = self.items,
                    untold,
                    "One of several exporters refused data. Dropping its copy."
                );
            }
        }
    }

    /// The caller keeps what it offered, so what branches took are copies.
    fn count_refused(&self) {
        let taken = self.outcomes.iter().filter(|outcome| outcome.is_ok()).count() as u64;
        self.shared.books.created(self.items * taken);
    }
}

impl Drop for Verdict {
    fn drop(&mut self) {
        if !self.is_claimed {
            self.count_refused();
        }
    }
}

/// Branches see the same items, so the counts do not add up; the largest tells the most.
fn most_refused(so_far: Option<Accepted>, answer: &Accepted) -> Accepted {
    match so_far {
        Some(so_far) if so_far.refused_items >= answer.refused_items => so_far,
        _ => answer.clone(),
    }
}

/// One rejection out of several: what one branch may take later is worth another try, although
/// others will refuse it again.
fn combine(refusals: &[&Rejected]) -> Rejected {
    let retryable = refusals.iter().find(|rejected| rejected.is_retryable());
    let Some(leader) = retryable.or(refusals.first()) else {
        return Rejected::new(Reason::Unavailable, "no exporter takes this signal now");
    };
    let mut messages: Vec<&str> = Vec::new();
    for rejected in refusals {
        if !messages.contains(&&*rejected.message) {
            messages.push(&rejected.message);
        }
    }
    Rejected {
        reason: leader.reason,
        message: messages.join("; ").into(),
        retry_after: refusals.iter().filter_map(|rejected| rejected.retry_after).max(),
    }
}

#[cfg(test)]
mod tests;
