//! One HTTP connection and what it may take.

use std::{
    net::SocketAddr,
    sync::{Arc, LazyLock},
    time::Duration,
};

use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto,
};

use super::{Handler, HttpDefaults, HttpServerSettings, Site};
use crate::{
    net::{
        MAX_HEAD_BYTES, MAX_OWN_RESETS, MAX_UNSEEN_RESETS,
        server::{Answer, Guest, Tasks, Watched},
        windows_beside,
    },
    pipeline::{Connection, limits::MemoryFiles},
};

/// The pause between our pings to clients of HTTP/2.
const PING_INTERVAL: Duration = Duration::from_secs(300);
/// Streams that one connection may open at once.
const MAX_STREAMS: u32 = 250;
/// What is buffered for sending on a stream.
const WRITE_BUFFER_BYTES: usize = 64 << 10;
/// What the read buffers of all connections may take together: this much, or a part of the container's
/// memory, since a connection may hold three of them.
static READ_BUFFERS_BYTES: LazyLock<u64> =
    LazyLock::new(|| read_buffers_for(MemoryFiles::default().container_limit()));
const MAX_READ_BUFFERS_BYTES: u64 = 64 << 20;
const READ_BUFFERS_PART_OF_CONTAINER: u64 = 8 * 3;
/// The read buffer of one connection. In HTTP/1.1 this bounds the headers too.
const READ_BUFFER_BYTES: std::ops::RangeInclusive<u64> = 8 << 10..=64 << 10;

pub(super) fn builder<D: HttpDefaults>(
    settings: &HttpServerSettings<D>,
    tasks: Tasks,
) -> auto::Builder<Tasks> {
    let mut builder = auto::Builder::new(tasks);
    builder
        .http1()
        .timer(TokioTimer::new())
        // We watch that ourselves: hyper takes the wait between two requests for part of the next.
        .header_read_timeout(None)
        .keep_alive(settings.keep_alives_enabled);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(MAX_HEAD_BYTES)
        .max_concurrent_streams(MAX_STREAMS)
        .max_send_buf_size(WRITE_BUFFER_BYTES)
        .max_pending_accept_reset_streams(MAX_UNSEEN_RESETS)
        .max_local_error_reset_streams(MAX_OWN_RESETS)
        .keep_alive_interval(PING_INTERVAL);
    builder
}

/// Who asks.
pub(super) struct Origin {
    pub(super) peer: Option<SocketAddr>,
    pub(super) connection: Connection,
    pub(super) guest: Arc<Guest>,
}

pub(super) async fn serve<H: Handler>(
    io: Watched,
    peer: Option<SocketAddr>,
    tasks: Tasks,
    site: Arc<Site<H>>,
) {
    let guest = Arc::clone(io.guest());
    let (requests, counted) = (Arc::clone(&site), Arc::clone(&guest));
    let held = Connection::default();
    let service = service_fn(move |request: http::Request<Incoming>| {
        let call = counted.call(request.version());
        let from = Origin { peer, connection: held.clone(), guest: Arc::clone(&counted) };
        let site = Arc::clone(&requests);
        // Some kB that hyper would move ten times before it has a task of its own.
        Box::pin(async move {
            let response = site.answer(request, from).await;
            Ok::<_, std::convert::Infallible>(Answer::to(call, response))
        })
    });
    let builder = builder_beside(io.others(), &site.builder);
    let connection = builder.serve_connection(TokioIo::new(io), service);
    let mut connection = std::pin::pin!(connection);
    let ending = async {
        tokio::select! {
            () = guest.leaving() => {}
            () = tasks.stopping.cancelled() => {}
        }
    };
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = ending => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(?peer, error, "http connection ended");
    }
}

/// How a connection beside so many others is read: the more there are, the less each may send before we
/// read it.
fn builder_beside(others: u64, builder: &auto::Builder<Tasks>) -> auto::Builder<Tasks> {
    let (stream_window, connection_window) = windows_beside(others, *READ_BUFFERS_BYTES * 8);
    let share = *READ_BUFFERS_BYTES / (others + 1);
    let share = share.clamp(*READ_BUFFER_BYTES.start(), *READ_BUFFER_BYTES.end());
    let mut builder = builder.clone();
    builder.http1().max_buf_size(usize::try_from(share).unwrap_or(usize::MAX));
    builder
        .http2()
        .initial_stream_window_size(stream_window)
        .initial_connection_window_size(connection_window);
    builder
}

pub(super) fn read_buffers_for(container_bytes: Option<u64>) -> u64 {
    let part = container_bytes.map_or(u64::MAX, |bytes| bytes / READ_BUFFERS_PART_OF_CONTAINER);
    part.min(MAX_READ_BUFFERS_BYTES)
}
