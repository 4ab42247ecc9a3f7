//! One HTTP/2 connection and the calls on it.

use std::{
    io::ErrorKind,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use h2::{PingPong, client};
use http::Request;
use tokio_util::sync::CancellationToken;

use super::{
    message::Message,
    reply::{self, Failure},
    settings::GrpcClientSettings,
};
use crate::net::client::dial::Stream;

/// Replies are small, and Go servers send little before they see a window.
const WINDOW_BYTES: u32 = 1 << 20;
/// Ours to take; what we may send is the peer's to say.
const MAX_FRAME_BYTES: u32 = 1 << 20;
const MAX_HEADER_BYTES: u32 = 64 << 10;
/// How long a peer may take to answer a keepalive ping unless the settings say otherwise.
const DEFAULT_PING_TIMEOUT: Duration = Duration::from_secs(20);

/// A connection that takes calls. Cloning shares it.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    /// Tells connections apart.
    pub(super) id: u64,
    sender: client::SendRequest<Message>,
    in_flight: Arc<AtomicUsize>,
    /// Cancelled once the server takes no more calls on this connection, though it may still answer some.
    pub(super) retired: CancellationToken,
}

/// What drives a connection until it ends.
pub(super) struct Driver {
    connection: client::Connection<Box<dyn Stream>, Message>,
    in_flight: Arc<AtomicUsize>,
}

/// Why a connection ended.
pub(super) struct Ended {
    pub(super) why: String,
    /// Whether TLS ended it, so that the next one will fare no better.
    pub(super) is_refusal: bool,
}

impl Ended {
    fn because(why: &str) -> Self {
        Self { why: why.to_owned(), is_refusal: false }
    }
}

/// Starts HTTP/2 on a stream.
pub(super) async fn open(id: u64, stream: Box<dyn Stream>) -> Result<(Lane, Driver), h2::Error> {
    let (sender, connection) = client::Builder::new()
        .enable_push(false)
        .initial_window_size(WINDOW_BYTES)
        .initial_connection_window_size(4 * WINDOW_BYTES)
        .max_frame_size(MAX_FRAME_BYTES)
        .max_header_list_size(MAX_HEADER_BYTES)
        .handshake(stream)
        .await?;
    let in_flight = Arc::new(AtomicUsize::new(0));
    let retired = CancellationToken::new();
    let lane = Lane { id, sender, in_flight: Arc::clone(&in_flight), retired };
    Ok((lane, Driver { connection, in_flight }))
}

impl Driver {
    /// Runs until the connection ends, and says why it did.
    pub(super) async fn run(mut self, settings: &GrpcClientSettings) -> Ended {
        let pings = self.connection.ping_pong();
        let keepalive = keep_alive(pings, settings, &self.in_flight);
        tokio::select! {
            ended = self.connection => match ended {
                Ok(()) => Ended::because("the server closed the connection"),
                Err(error) => Ended {
                    is_refusal: error
                        .get_io()
                        .is_some_and(|error| error.kind() == ErrorKind::PermissionDenied),
                    why: format!("connection lost: {error}"),
                },
            },
            () = keepalive => Ended::because("the server did not answer a keepalive ping in time"),
        }
    }
}

/// Returns when a ping stays unanswered.
async fn keep_alive(
    pings: Option<PingPong>,
    settings: &GrpcClientSettings,
    in_flight: &AtomicUsize,
) {
    let keepalive = settings.keepalive.get().filter(|keepalive| !keepalive.time.get().is_zero());
    let (Some(keepalive), Some(mut pings)) = (keepalive, pings) else {
        return std::future::pending().await;
    };
    let timeout = match keepalive.timeout.get() {
        Duration::ZERO => DEFAULT_PING_TIMEOUT,
        timeout => timeout,
    };
    loop {
        tokio::time::sleep(keepalive.time.get()).await;
        if !keepalive.permit_without_stream && in_flight.load(Ordering::Relaxed) == 0 {
            continue;
        }
        match tokio::time::timeout(timeout, pings.ping(h2::Ping::opaque())).await {
            Ok(Ok(_)) => {}
            // A failed connection ends by itself, with a better reason.
            Ok(Err(_)) => return std::future::pending().await,
            Err(_) => return,
        }
    }
}

impl Lane {
    /// Calls on their way.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Sends one request and reads its reply.
    pub(super) async fn call(
        self,
        request: Request<()>,
        message: Message,
    ) -> Result<Bytes, Failure> {
        let Self { sender, in_flight, retired, .. } = self;
        let _counted = Counted::new(&in_flight);
        let unsent = |error| {
            retired.cancel();
            Failure::unsent(&error)
        };
        let mut sender = sender.ready().await.map_err(unsent)?;
        let (response, mut body) = sender.send_request(request, false).map_err(unsent)?;
        // Queued whole: it is in memory anyway, and the connection's own task can then write it as
        // the peer's window opens, without waking this one.
        body.send_data(message, true).map_err(|error| Failure::transport(&error))?;
        let response = response.await.map_err(|error| {
            if error.is_go_away() {
                retired.cancel();
            }
            Failure::transport(&error)
        })?;
        reply::read(response).await
    }
}

struct Counted<'a>(&'a AtomicUsize);

impl<'a> Counted<'a> {
    fn new(in_flight: &'a AtomicUsize) -> Self {
        in_flight.fetch_add(1, Ordering::Relaxed);
        Self(in_flight)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
