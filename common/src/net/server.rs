//! What all servers share: the accept loop, the set of connections, and stopping.

mod answer;
pub(in crate::net) mod checks;
mod guest;
mod guests;
mod meter;
mod patience;
mod progress;
mod watched;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use rustls::ServerConfig;
use tokio::{sync::Semaphore, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{Instrument, Span};

pub(super) use answer::Answer;
pub(super) use guest::Guest;
pub(super) use patience::Patience;
pub(super) use progress::{BodyFault, WithProgress};
pub(super) use watched::Watched;

use super::{
    listener::{Io, Listener, Socket},
    open_files,
    tls::{Accepting, Current, Follower},
};
use crate::pipeline::Seldom;
use guests::Guests;

/// The longest pause after a failed accept.
const MAX_ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// A running server. Stopping it is the caller's; dropping it ends the connections at once.
#[derive(Debug)]
pub struct Server {
    tasks: Tasks,
    addresses: Vec<String>,
}

/// The tasks of one server, and the two words that end them.
#[derive(Clone, Debug, Default)]
pub(super) struct Tasks {
    tracker: TaskTracker,
    /// No new connections and requests; those that run go on.
    pub(super) stopping: CancellationToken,
    /// The end.
    aborting: CancellationToken,
    /// A socket is served by nobody any more, although nobody asked for that.
    failed: CancellationToken,
}

/// Serves one connection until it ends or the server stops.
pub(super) type ServeConnection =
    Arc<dyn Fn(Watched, Option<SocketAddr>, Tasks) -> BoxFuture<'static, ()> + Send + Sync>;

impl Server {
    /// Accepts connections on all sockets and serves each in its own task.
    pub(super) fn start(
        listener: Listener,
        tasks: Tasks,
        patience: Patience,
        serve: ServeConnection,
    ) -> Self {
        let addresses = listener.addresses();
        let most = open_files::max_connections();
        let tls = listener.tls.map(|Accepting { current, follower }| {
            tasks.follow(follower);
            current
        });
        let house = House {
            places: Arc::new(Semaphore::new(most)),
            guests: Arc::new(Guests::new(most, patience)),
            tls,
            failures: Arc::default(),
            span: Span::current(),
        };
        let (guests, stopping) = (Arc::clone(&house.guests), tasks.stopping.clone());
        tasks.spawn(async move { guests.watch(&stopping).await });
        for socket in listener.sockets {
            let accepting = accept_all(socket, tasks.clone(), serve.clone(), house.clone());
            let ending = Ending(tasks.clone());
            tasks.tracker.spawn(async move {
                let _ending = ending;
                accepting.await;
            });
        }
        Self { tasks, addresses }
    }

    /// The addresses and paths that it listens on.
    #[must_use]
    pub fn addresses(&self) -> &[String] {
        &self.addresses
    }

    /// Waits until one of the sockets cannot be served any more; for ever if all goes well.
    pub fn failed(&self) -> impl Future<Output = ()> + Send + use<> {
        self.tasks.failed.clone().cancelled_owned()
    }

    /// Stops accepting and waits for the requests that run, at most until the deadline; says whether
    /// all were answered.
    pub async fn stop(&self, deadline: Instant) -> bool {
        self.tasks.stopping.cancel();
        self.tasks.tracker.close();
        let finished = tokio::time::timeout_at(deadline, self.tasks.tracker.wait()).await;
        self.tasks.aborting.cancel();
        finished.is_ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.tasks.stopping.cancel();
        self.tasks.aborting.cancel();
    }
}

/// Lives as long as an accept loop, and tells if that ends before it should, by a panic too.
struct Ending(Tasks);

impl Drop for Ending {
    fn drop(&mut self) {
        if !self.0.stopping.is_cancelled() {
            self.0.failed.cancel();
        }
    }
}

impl Tasks {
    /// Starts a task that ends by itself, or at the latest when the server is aborted.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let aborting = self.aborting.clone();
        self.tracker.spawn(async move {
            tokio::select! {
                () = task => {}
                () = aborting.cancelled() => {}
            }
        });
    }
}

impl Tasks {
    /// Keeps TLS files up to date for as long as the server runs.
    fn follow(&self, follower: Follower) {
        let stopping = self.stopping.clone();
        let following = async move {
            stopping.run_until_cancelled(follower.run()).await;
        };
        self.spawn(following.in_current_span());
    }
}

/// Lets hyper run the streams of a connection as tasks of the server.
impl<F> hyper::rt::Executor<F> for Tasks
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        // A stream ends with its connection, which watches for the end itself.
        self.tracker.spawn(future);
    }
}

/// Where the connections of one server are.
#[derive(Clone, Debug)]
struct House {
    /// As many as there may be; more wait in the kernel's backlog.
    places: Arc<Semaphore>,
    guests: Arc<Guests>,
    /// TLS for the next connection, if it is not plain text.
    tls: Option<Current<ServerConfig>>,
    /// Handshakes that fail, each of which a stranger can bring about.
    failures: Arc<Seldom>,
    /// The component whose server it is.
    span: Span,
}

impl House {
    /// Shakes hands where that is due; nothing if it fails or the server stops.
    async fn open(&self, io: Io, peer: Option<SocketAddr>, tasks: &Tasks) -> Option<Io> {
        let Some(current) = &self.tls else { return Some(io) };
        let handshake = Accepting::handshake(io, current);
        let error = match tasks.stopping.run_until_cancelled(handshake).await? {
            Ok(io) => return Some(io),
            Err(error) => error,
        };
        if let Some(untold) = self.failures.is_due() {
            let peer = peer.map(|peer| peer.to_string()).unwrap_or_default();
            self.span.in_scope(|| tracing::info!(peer, error, untold, "a TLS handshake failed"));
        }
        None
    }
}

async fn accept_all(socket: Arc<Socket>, tasks: Tasks, serve: ServeConnection, house: House) {
    let mut pause = Duration::ZERO;
    loop {
        let Ok(place) = house.places.clone().acquire_owned().await else {
            return;
        };
        let accepted = tokio::select! {
            () = tasks.stopping.cancelled() => return,
            accepted = socket.accept() => accepted,
        };
        match accepted {
            Ok((io, peer)) => {
                pause = Duration::ZERO;
                let entry = house.guests.enter();
                let (guest, others) = (Arc::clone(&entry.guest), entry.others);
                let (house, serve, inner) = (house.clone(), serve.clone(), tasks.clone());
                let serving = async move {
                    if let Some(io) = house.open(io, peer, &inner).await {
                        serve(Watched::new(io, guest, others), peer, inner).await;
                    }
                };
                tasks.spawn(async move {
                    entry.attend(serving).await;
                    drop(place);
                });
            }
            Err(error) if is_lasting(&error) => {
                tracing::error!(%error, "cannot accept connections any more");
                return;
            }
            // A client that went away before we came, or no more file descriptors: both pass.
            Err(error) => {
                pause = (pause * 2).clamp(Duration::from_millis(5), MAX_ACCEPT_PAUSE);
                tracing::warn!(%error, ?pause, "cannot accept a connection, trying again");
                tokio::select! {
                    () = tasks.stopping.cancelled() => return,
                    () = tokio::time::sleep(pause) => {}
                }
            }
        }
    }
}

/// Whether the socket itself is broken: EBADF, EINVAL, ENOTSOCK.
fn is_lasting(error: &std::io::Error) -> bool {
    matches!(error.raw_os_error(), Some(9 | 22 | 88))
}

#[cfg(test)]
mod tests;
