//! The connections of a client: one or more to each address, opened again when they end.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use super::{Inner, connection, connection::Lane};
use crate::{
    net::client::dial::{Address, Dialer},
    pipeline::{Backoff, Waits},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// From one attempt to connect to the next. Source: gRPC, "Connection Backoff Protocol", with a shorter
/// longest wait.
pub(super) const BACKOFF: Backoff = Backoff {
    initial: Duration::from_secs(1),
    multiplier: 1.6,
    max: Duration::from_secs(30),
    randomization: 0.2,
};
/// Names are looked up again after a failure, but not more often than this.
const MIN_LOOKUP_INTERVAL: Duration = Duration::from_secs(5);
/// More addresses than this behind one name are left out.
const MAX_ADDRESSES: usize = 64;
/// One connection is one task, so a single backend needs some to use several cores.
const MAX_LANES: usize = 4;

/// The connections that take calls now.
#[derive(Debug, Default)]
pub(super) struct Pool {
    ready: Vec<Lane>,
    /// Why there is none, once an attempt failed.
    pub(super) failure: Option<Arc<str>>,
    /// Whether the client was stopped.
    pub(super) is_closed: bool,
    next_id: u64,
}

impl Pool {
    /// The connection with the fewest calls; `turn` decides between equals.
    pub(super) fn least_busy(&self, turn: usize) -> Option<&Lane> {
        let start = turn.checked_rem(self.ready.len())?;
        let (before, after) = self.ready.split_at_checked(start)?;
        let takes_calls = |lane: &&Lane| !lane.retired.is_cancelled();
        after.iter().chain(before).filter(takes_calls).min_by_key(|lane| lane.in_flight())
    }

    fn remove(&mut self, id: u64) {
        self.ready.retain(|lane| lane.id != id);
    }

    pub(super) fn close(&mut self) {
        self.ready.clear();
        self.is_closed = true;
    }

    fn fail(&mut self, why: String) {
        if self.ready.is_empty() {
            self.failure = Some(why.into());
        }
    }
}

/// Keeps connections to all addresses of the target until dropped or stopped.
pub(super) async fn maintain(inner: &Arc<Inner>, dialer: Dialer) {
    let dialer = Arc::new(dialer);
    let lost = Arc::new(tokio::sync::Notify::new());
    let mut kept: Vec<(Vec<Address>, CancellationToken)> = Vec::new();
    loop {
        let looked_up = Instant::now();
        match dialer.resolve(&inner.target).await {
            Ok(addresses) => {
                let groups = inner.groups(addresses);
                kept.retain(|(group, stop)| {
                    let stays = groups.contains(group);
                    if !stays {
                        stop.cancel();
                    }
                    stays
                });
                for group in groups {
                    if !kept.iter().any(|(known, _)| *known == group) {
                        let stop = inner.stopping.child_token();
                        kept.push((group.clone(), stop.clone()));
                        keep_lanes(inner, &dialer, group, &stop, &lost);
                    }
                }
            }
            Err(error) => {
                let why = format!("cannot look up {}: {error}", inner.settings.endpoint);
                inner.pool.send_modify(|pool| pool.fail(why));
                tokio::time::sleep(MIN_LOOKUP_INTERVAL).await;
                continue;
            }
        }
        lost.notified().await;
        tokio::time::sleep_until(looked_up + MIN_LOOKUP_INTERVAL).await;
    }
}

fn keep_lanes(
    inner: &Arc<Inner>,
    dialer: &Arc<Dialer>,
    group: Vec<Address>,
    stop: &CancellationToken,
    lost: &Arc<tokio::sync::Notify>,
) {
    let lanes = std::thread::available_parallelism().map_or(1, usize::from).clamp(1, MAX_LANES);
    for _ in 0..lanes {
        let keeper = Keeper {
            inner: Arc::clone(inner),
            dialer: Arc::clone(dialer),
            addresses: group.clone(),
            lost: Arc::clone(lost),
        };
        let stop = stop.clone();
        inner.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = keeper.run() => {}
            }
        });
    }
}

impl Inner {
    /// `round_robin` keeps connections to every address, `pick_first` to the first that answers.
    fn groups(&self, mut addresses: Vec<Address>) -> Vec<Vec<Address>> {
        addresses.truncate(MAX_ADDRESSES);
        if self.settings.balancer_name == "pick_first" {
            return vec![addresses];
        }
        addresses.into_iter().map(|address| vec![address]).collect()
    }
}

/// The pauses between attempts to connect.
///
/// Only attempts that fail in a row make them longer: a server that drops its connections now and then
/// is there all the same.
#[derive(Debug)]
pub(super) struct Pauses {
    backoff: Backoff,
    waits: Waits,
}

impl Pauses {
    pub(super) fn new(backoff: Backoff) -> Self {
        Self { backoff, waits: backoff.waits() }
    }

    pub(super) fn after(&mut self, was_open: bool) -> Duration {
        if was_open {
            self.waits = self.backoff.waits();
            return self.backoff.waits().next_wait(None);
        }
        self.waits.next_wait(None)
    }
}

/// Keeps one connection open.
struct Keeper {
    inner: Arc<Inner>,
    dialer: Arc<Dialer>,
    addresses: Vec<Address>,
    lost: Arc<tokio::sync::Notify>,
}

impl Keeper {
    async fn run(self) {
        let mut pauses = Pauses::new(BACKOFF);
        loop {
            let started = Instant::now();
            let was_open = match self.open().await {
                Ok((lane, driver)) => self.drive(lane, driver).await,
                Err(why) => {
                    self.inner.pool.send_modify(|pool| pool.fail(why));
                    false
                }
            };
            self.lost.notify_one();
            tokio::time::sleep_until(started + pauses.after(was_open)).await;
        }
    }

    /// Runs a connection until it takes no more calls; those on it are answered beside the next one. Says
    /// whether the server was one that takes us.
    async fn drive(&self, lane: Lane, driver: connection::Driver) -> bool {
        let (id, retired) = (lane.id, lane.retired.clone());
        let published = Published::new(&self.inner, lane);
        let inner = Arc::clone(&self.inner);
        let mut running = Box::pin(async move {
            let ended = driver.run(&inner.settings).await;
            drop(published);
            let endpoint = &inner.settings.endpoint;
            tracing::debug!(endpoint, reason = ended.why, "connection ended");
            ended
        });
        tokio::select! {
            ended = &mut running => {
                if ended.is_refusal {
                    self.inner.pool.send_modify(|pool| pool.fail(ended.why));
                }
                !ended.is_refusal
            }
            () = retired.cancelled() => {
                self.inner.pool.send_modify(|pool| pool.remove(id));
                let stopping = self.inner.stopping.clone();
                self.inner.tasks.spawn(
                    async move {
                        stopping.run_until_cancelled(running).await;
                    }
                    .in_current_span(),
                );
                true
            }
        }
    }

    async fn open(&self) -> Result<(Lane, connection::Driver), String> {
        let mut last = "no address to connect to".to_owned();
        for address in &self.addresses {
            let id = self.inner.next_id();
            let attempt = async {
                let stream = self.dialer.connect(address).await?;
                connection::open(id, stream).await.map_err(std::io::Error::other)
            };
            last = match tokio::time::timeout(CONNECT_TIMEOUT, attempt).await {
                Ok(Ok(opened)) => return Ok(opened),
                Ok(Err(error)) => format!("cannot connect to {address}: {error}"),
                Err(_) => format!("cannot connect to {address}: no answer within 20s"),
            };
        }
        Err(last)
    }
}

impl Inner {
    fn next_id(&self) -> u64 {
        let mut id = 0;
        self.pool.send_if_modified(|pool| {
            pool.next_id += 1;
            id = pool.next_id;
            false
        });
        id
    }
}

/// A connection in the pool; taken out when it ends, however it ends.
struct Published {
    inner: Arc<Inner>,
    id: u64,
}

impl Published {
    fn new(inner: &Arc<Inner>, lane: Lane) -> Self {
        let id = lane.id;
        inner.pool.send_modify(|pool| {
            pool.failure = None;
            pool.ready.push(lane);
        });
        Self { inner: Arc::clone(inner), id }
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        self.inner.pool.send_modify(|pool| pool.remove(self.id));
    }
}
