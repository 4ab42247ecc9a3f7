//! One payload to several next stages.

mod verdict;

use std::sync::Arc;

use futures_util::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use tokio::sync::oneshot;

use self::verdict::Verdict;
use crate::pipeline::{Books, Consumer, Edge, Outcome, Payload, Reason, Rejected, Seldom, Tasks};

/// Offers each payload to every branch at the same time; the branches share its bytes.
///
/// A branch that must not lose data is asked for room before any branch takes a payload, and what it
/// rejects is rejected as a whole, for the client to send again. Another branch drops its own copy
/// instead, counted. Once a branch was offered a payload, all get it, also when the caller goes away.
/// [`Fanout::share_out`] does the same with parts of a payload, each for some of the branches.
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

/// A part of what came in, and which of a [`Fanout`]'s branches get it, by their places.
#[derive(Clone, Debug)]
pub struct Share<'a> {
    /// The part.
    pub payload: Payload,
    /// Who gets it.
    pub branches: &'a [usize],
}

/// What one branch is offered.
struct Offer {
    payload: Payload,
    place: Place,
}

/// What an answer belongs to.
#[derive(Clone, Copy)]
struct Place {
    share: usize,
    branch: usize,
    items: u64,
}

impl Fanout {
    /// A fan-out to edges of which none may lose anything.
    #[must_use]
    pub fn to_all(edges: impl IntoIterator<Item = Edge>, books: Books, tasks: Tasks) -> Self {
        let branches = edges.into_iter().map(|edge| Branch { edge, must_not_lose: true });
        Self::new(branches.collect(), books, tasks)
    }

    /// A fan-out; `tasks` runs what is not answered at once.
    #[must_use]
    pub fn new(branches: Vec<Branch>, books: Books, tasks: Tasks) -> Self {
        Self { shared: Arc::new(Shared { branches, books, drops: Seldom::default() }), tasks }
    }

    /// Offers each share to its branches, as one: all are taken, or the caller keeps what it had. `items`
    /// is how many of the items that came in are in a share at all; more are copies.
    ///
    /// # Errors
    /// What a branch that must not lose rejects, or all branches.
    pub async fn share_out(&self, shares: Vec<Share<'_>>, items: usize) -> Outcome {
        let mut offers = Vec::with_capacity(shares.iter().map(|share| share.branches.len()).sum());
        for (index, Share { payload, branches }) in shares.into_iter().enumerate() {
            let items = payload.items() as u64;
            offers.extend(branches.iter().map(|&branch| Offer {
                payload: payload.clone(),
                place: Place { share: index, branch, items },
            }));
        }
        self.offer(offers, items).await
    }

    /// Whether any branch has room for so many bytes.
    #[must_use]
    pub fn has_some_room(&self, bytes: usize) -> bool {
        self.shared.branches.iter().any(|branch| branch.edge.has_room(bytes))
    }

    async fn run(&self, payload: Payload) -> Outcome {
        if let [only] = self.shared.branches.as_slice() {
            return only.edge.send(payload).await;
        }
        let items = payload.items();
        let place = |branch| Place { share: 0, branch, items: items as u64 };
        let branches = 0..self.shared.branches.len();
        let offers = branches
            .map(|branch| Offer { payload: payload.clone(), place: place(branch) })
            .collect();
        drop(payload);
        self.offer(offers, items).await
    }

    async fn offer(&self, mut offers: Vec<Offer>, items: usize) -> Outcome {
        let shared = &self.shared;
        if let [only] = offers.as_slice()
            && let Some(branch) = shared.branches.get(only.place.branch)
            && let Some(only) = offers.pop()
        {
            return branch.edge.send(only.payload).await;
        }
        if !shared.have_room(offers.iter().map(|offer| (offer.place.branch, offer.payload.size())))
        {
            return Err(Rejected::new(Reason::Overloaded, "sending queue is full"));
        }
        let mut offers = offer_to_all(Arc::clone(shared), offers, items as u64).boxed();
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
        self.shared.have_room((0..self.shared.branches.len()).map(|branch| (branch, bytes)))
    }
}

impl Shared {
    /// Whether each of these branches that must not lose has room for so many bytes, and one has at all.
    fn have_room(&self, wanted: impl Iterator<Item = (usize, usize)>) -> bool {
        let mut is_any = false;
        for (branch, bytes) in wanted {
            let Some(branch) = self.branches.get(branch) else { continue };
            let has_room = branch.edge.has_room(bytes);
            if !has_room && branch.must_not_lose {
                return false;
            }
            is_any |= has_room;
        }
        is_any
    }
}

async fn offer_to_all(shared: Arc<Shared>, offers: Vec<Offer>, items: u64) -> Verdict {
    let places: Vec<Place> = offers.iter().map(|offer| offer.place).collect();
    let send = |offer: Offer| {
        let edge = shared.branches.get(offer.place.branch).map(|branch| branch.edge.clone());
        async move {
            match edge {
                Some(edge) => edge.send(offer.payload).await,
                None => Err(Rejected::new(Reason::Internal, "there is no such branch")),
            }
        }
    };
    let outcomes = join_all(offers.into_iter().map(send)).await;
    let answers = places.into_iter().zip(outcomes).collect();
    Verdict::new(shared, answers, items)
}

#[cfg(test)]
mod tests;
