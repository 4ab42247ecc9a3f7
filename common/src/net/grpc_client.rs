//! A gRPC client for unary calls with encoded messages.
//!
//! It speaks HTTP/2 directly: a call writes its message as one data frame where the peer's limits
//! allow, without copying it, and in the caller's task.

mod connection;
mod message;
mod pool;
mod reply;
mod settings;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Uri};
use tokio::{sync::watch, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use connection::Lane;
use pool::Pool;

pub use message::Message;
pub use reply::Failure;
pub use settings::{GrpcClientSettings, KeepaliveClientSettings};

use crate::{
    net::{
        auth::ClientAuthenticator,
        client::{dial::Dialer, target::Target},
        status::GrpcCode,
        tls::Follower,
    },
    pipeline::RequestContext,
};

/// How often a call is moved to another connection when the first went away before taking it.
const MAX_MOVES: usize = 3;

/// A client of one endpoint, with the connections it keeps. Cloning shares them.
#[derive(Clone, Debug)]
pub struct GrpcClient(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: GrpcClientSettings,
    target: Target,
    headers: HeaderMap,
    authenticator: Option<Arc<dyn ClientAuthenticator>>,
    pool: watch::Sender<Pool>,
    turn: AtomicUsize,
    /// The calls on a connection.
    calls: TaskTracker,
    tasks: TaskTracker,
    stopping: CancellationToken,
}

impl GrpcClient {
    /// Makes a client without connecting; `user_agent` is used unless the settings name another.
    ///
    /// # Errors
    /// A message that names the setting.
    pub fn new(
        settings: GrpcClientSettings,
        authenticator: Option<Arc<dyn ClientAuthenticator>>,
        user_agent: &str,
    ) -> Result<Self, String> {
        let target =
            Target::parse(&settings.endpoint).map_err(|error| format!("endpoint: {error}"))?;
        let headers = settings.header_map(user_agent)?;
        let needs_tls = authenticator.as_ref().is_some_and(|known| known.needs_tls());
        if needs_tls && !settings.uses_tls(&target) {
            return Err("auth: the credentials require transport level security; take \
                        tls::insecure away, or an authenticator that needs none"
                .to_owned());
        }
        Ok(Self(Arc::new(Inner {
            settings,
            target,
            headers,
            authenticator,
            pool: watch::Sender::new(Pool::default()),
            turn: AtomicUsize::new(0),
            calls: TaskTracker::new(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        })))
    }

    /// Starts connecting, without waiting for it.
    ///
    /// # Errors
    /// A message if TLS cannot be set up.
    pub fn start(&self) -> Result<(), String> {
        let (dialer, follower) = self.dialer()?;
        if let Some(follower) = follower {
            let stopping = self.0.stopping.clone();
            self.0.tasks.spawn(
                async move {
                    stopping.run_until_cancelled(follower.run()).await;
                }
                .in_current_span(),
            );
        }
        let inner = Arc::clone(&self.0);
        self.0.tasks.spawn(async move {
            let stopping = inner.stopping.clone();
            tokio::select! {
                () = stopping.cancelled() => {}
                () = pool::maintain(&inner, dialer) => {}
            }
            inner.pool.send_modify(Pool::close);
        });
        Ok(())
    }

    /// Ends all connections; calls on their way get until the deadline.
    pub async fn stop(&self, deadline: Instant) {
        self.0.calls.close();
        drop(tokio::time::timeout_at(deadline, self.0.calls.wait()).await);
        self.0.stopping.cancel();
        self.0.tasks.close();
        drop(tokio::time::timeout_at(deadline, self.0.tasks.wait()).await);
    }

    /// Calls a method with one message, for a request that this is known of, and returns the one message
    /// of the reply.
    ///
    /// # Errors
    /// [`Failure`] with the status that the server sent, or that stands for what went wrong.
    pub async fn call(
        &self,
        path: &'static str,
        message: Message,
        context: &RequestContext,
    ) -> Result<Bytes, Failure> {
        let Some(authenticator) = &self.0.authenticator else {
            return self.exchange(path, &message, &self.0.headers).await;
        };
        let mut headers = self.0.headers.clone();
        authenticator.authorize(context, &mut headers).await?;
        let reply = self.exchange(path, &message, &headers).await;
        let is_unknown =
            matches!(&reply, Err(failure) if failure.status.code == GrpcCode::Unauthenticated);
        if !is_unknown || !authenticator.renew().await {
            return reply;
        }
        let mut headers = self.0.headers.clone();
        authenticator.authorize(context, &mut headers).await?;
        self.exchange(path, &message, &headers).await
    }

    async fn exchange(
        &self,
        path: &'static str,
        message: &Message,
        headers: &HeaderMap,
    ) -> Result<Bytes, Failure> {
        let mut moves = 0;
        loop {
            let lane = self.lane().await?;
            let request = self.request(path, headers)?;
            let _counted = self.0.calls.token();
            match lane.call(request, message.clone()).await {
                Err(failure) if failure.is_unprocessed && moves < MAX_MOVES => moves += 1,
                other => return other,
            }
        }
    }

    /// The same client without connections, not started.
    #[must_use]
    pub fn unstarted(&self) -> Self {
        Self(Arc::new(Inner {
            settings: self.0.settings.clone(),
            target: self.0.target.clone(),
            headers: self.0.headers.clone(),
            authenticator: self.0.authenticator.clone(),
            pool: watch::Sender::new(Pool::default()),
            turn: AtomicUsize::new(0),
            calls: TaskTracker::new(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }))
    }

    /// Dials once and says where to.
    ///
    /// # Errors
    /// What the name lookup, the system, or TLS said.
    pub async fn probe(&self) -> Result<String, String> {
        let (dialer, _) = self.dialer()?;
        let endpoint = &self.0.settings.endpoint;
        let addresses = dialer.resolve(&self.0.target).await;
        let addresses = addresses.map_err(|error| format!("cannot look up {endpoint}: {error}"))?;
        let mut last = String::new();
        for address in addresses {
            match dialer.connect(&address).await {
                Ok(_) => return Ok(address.to_string()),
                Err(error) => last = format!("cannot connect to {address}: {error}"),
            }
        }
        Err(last)
    }

    /// The endpoint as the settings have it.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.0.settings.endpoint
    }

    /// The settings that the client was made with.
    #[must_use]
    pub fn settings(&self) -> &GrpcClientSettings {
        &self.0.settings
    }

    fn dialer(&self) -> Result<(Dialer, Option<Follower>), String> {
        let mut dialer = Dialer::new(&self.0.target);
        let (tls, follower) = self.0.settings.tls_for(&self.0.target)?.unzip();
        dialer.tls = tls;
        dialer.read_buffer_bytes = self.0.settings.read_buffer_size;
        dialer.write_buffer_bytes = self.0.settings.write_buffer_size;
        Ok((dialer, follower))
    }

    fn request(&self, path: &'static str, headers: &HeaderMap) -> Result<Request<()>, Failure> {
        let authority = self.0.settings.authority_for(&self.0.target);
        let scheme = if self.0.settings.uses_tls(&self.0.target) { "https" } else { "http" };
        let uri = Uri::builder().scheme(scheme).authority(authority).path_and_query(path).build();
        let uri =
            uri.map_err(|error| Failure::new(GrpcCode::Internal, format!("authority: {error}")))?;
        let mut request = Request::new(());
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = uri;
        *request.version_mut() = http::Version::HTTP_2;
        *request.headers_mut() = headers.clone();
        Ok(request)
    }

    /// A connection with few calls on it; waits while the first attempt to connect goes on.
    async fn lane(&self) -> Result<Lane, Failure> {
        let mut pool = self.0.pool.subscribe();
        loop {
            {
                let pool = pool.borrow_and_update();
                if let Some(lane) = pool.least_busy(self.0.turn.fetch_add(1, Ordering::Relaxed)) {
                    return Ok(lane.clone());
                }
                if pool.is_closed {
                    return Err(Failure::new(GrpcCode::Unavailable, "the exporter is stopped"));
                }
                match &pool.failure {
                    Some(failure) if !self.0.settings.wait_for_ready => {
                        return Err(Failure::new(GrpcCode::Unavailable, failure.to_string()));
                    }
                    _ => {}
                }
            }
            if pool.changed().await.is_err() {
                return Err(Failure::new(GrpcCode::Unavailable, "the exporter is stopped"));
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod scripted;
#[cfg(test)]
mod tests;
