//! Keeps one token for all requests, and fetches the next in time.

use std::{
    future::{Future, pending},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::HeaderValue;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::answer::Token;
use crate::{
    net::auth::AuthorizeError,
    pipeline::{Backoff, Waits},
};

/// How often a server that gives no token is asked.
const BACKOFF: Backoff = Backoff {
    initial: Duration::from_secs(1),
    multiplier: 2.0,
    max: Duration::from_secs(30),
    randomization: 0.2,
};
/// A token is not thrown away so soon after another: a backend that takes none would have us fetch with
/// each request, and who was refused may have had the former one.
const MIN_RENEWAL: Duration = Duration::from_secs(10);
/// A request is under way for a while, so a token is not used to its very end.
const MAX_MARGIN: Duration = Duration::from_secs(10);

/// The token, between those who use it and the one task that fetches it.
pub(super) struct Keeper {
    buffer: Duration,
    stopping: CancellationToken,
    states: watch::Sender<State>,
    wanted: Notify,
}

#[derive(Clone, Default)]
struct State {
    token: Option<Arc<Held>>,
    failure: Option<Failure>,
    /// When a token was thrown away.
    dropped_at: Option<Instant>,
}

/// A token, and what there is to know of its age.
struct Held {
    header: HeaderValue,
    /// When to fetch the next; never if it does not expire.
    due_at: Option<Instant>,
    usable_until: Option<Instant>,
    was_used: AtomicBool,
}

#[derive(Clone)]
struct Failure {
    message: Arc<str>,
    retry_at: Instant,
}

impl Keeper {
    /// A keeper without a token; `buffer` is how long before its end a token is fetched again.
    pub(super) fn new(buffer: Duration, stopping: CancellationToken) -> Self {
        let states = watch::Sender::new(State::default());
        Self { buffer, stopping, states, wanted: Notify::new() }
    }

    /// What goes into the header of a request; waits for the first token, and never for a later one.
    pub(super) async fn token(&self) -> Result<HeaderValue, AuthorizeError> {
        let mut states = self.states.subscribe();
        loop {
            if let Some(known) = self.known(&states.borrow_and_update()) {
                return known;
            }
            self.wanted.notify_one();
            tokio::select! {
                changed = states.changed() => if changed.is_err() { return Err(stopped()) },
                () = self.stopping.cancelled() => return Err(stopped()),
            }
        }
    }

    /// The token or why there is none; nothing if that has to be found out.
    fn known(&self, state: &State) -> Option<Result<HeaderValue, AuthorizeError>> {
        if let Some(held) = state.usable() {
            held.was_used.store(true, Ordering::Relaxed);
            if held.is_due() {
                self.wanted.notify_one();
            }
            return Some(Ok(held.header.clone()));
        }
        let failure = state.failure.as_ref()?;
        (failure.retry_at > Instant::now()).then(|| {
            let message = format!("failed to get a token: {}", failure.message);
            Err(AuthorizeError { message, is_retryable: true })
        })
    }

    /// Throws the token away that a backend did not take, unless that happened a moment ago.
    pub(super) fn drop_token(&self) {
        self.states.send_if_modified(|state| {
            let is_due = state.dropped_at.is_none_or(|at| at.elapsed() >= MIN_RENEWAL);
            let is_dropped = is_due && state.token.take().is_some();
            if is_dropped {
                state.dropped_at = Some(Instant::now());
            }
            is_dropped
        });
    }

    /// Fetches a token whenever one is wanted, one at a time, until the extension stops.
    pub(super) async fn run<F>(&self, fetch: impl Fn() -> F)
    where
        F: Future<Output = Result<Token, String>>,
    {
        let mut waits = BACKOFF.waits();
        let fetching = async {
            loop {
                self.until_wanted().await;
                let began = Instant::now();
                let fetched = fetch().await;
                self.note(fetched, began, &mut waits);
            }
        };
        self.stopping.run_until_cancelled(fetching).await;
    }

    async fn until_wanted(&self) {
        loop {
            let state = self.states.borrow().clone();
            let due = async {
                match state.usable().map(|held| (held, held.due_at)) {
                    Some((held, Some(at))) => {
                        sleep_until(at).await;
                        // A token that nobody uses is fetched again when somebody asks.
                        if !held.was_used.load(Ordering::Relaxed) {
                            pending::<()>().await;
                        }
                    }
                    _ => pending().await,
                }
            };
            tokio::select! {
                () = self.wanted.notified() => {}
                () = due => {}
            }
            if let Some(failure) = &state.failure {
                sleep_until(failure.retry_at).await;
            }
            let state = self.states.borrow();
            if state.usable().is_none_or(|held| held.is_due()) {
                return;
            }
        }
    }

    fn note(&self, fetched: Result<Token, String>, began: Instant, waits: &mut Waits) {
        match fetched {
            Ok(token) => {
                *waits = BACKOFF.waits();
                let held = Arc::new(Held::new(token, began, self.buffer));
                self.states.send_modify(|state| {
                    (state.token, state.failure) = (Some(held), None);
                });
            }
            Err(message) => {
                let wait = waits.next_wait(None);
                tracing::warn!(error = message, retry_in = ?wait, "unable to get a token");
                let failure = Failure { message: message.into(), retry_at: Instant::now() + wait };
                self.states.send_modify(|state| state.failure = Some(failure));
            }
        }
    }
}

impl State {
    fn usable(&self) -> Option<&Arc<Held>> {
        let now = Instant::now();
        self.token.as_ref().filter(|held| held.usable_until.is_none_or(|until| now < until))
    }
}

impl Held {
    fn new(token: Token, began: Instant, buffer: Duration) -> Self {
        let at = |after: Option<Duration>| after.and_then(|after| began.checked_add(after));
        let due = token.life.map(|life| life.saturating_sub(buffer).max(life / 2));
        let usable = token.life.map(|life| life - (life / 10).min(MAX_MARGIN));
        Self {
            header: token.header,
            due_at: at(due),
            usable_until: at(usable),
            was_used: AtomicBool::new(false),
        }
    }

    fn is_due(&self) -> bool {
        self.due_at.is_some_and(|at| Instant::now() >= at)
    }
}

fn stopped() -> AuthorizeError {
    AuthorizeError { message: "oauth2client is stopping".to_owned(), is_retryable: true }
}

#[cfg(test)]
mod tests;
