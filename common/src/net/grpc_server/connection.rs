//! One HTTP/2 connection and how long it lives.

use std::{convert::Infallible, future::pending, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{body::Incoming, server::conn::http2::Builder, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};

use super::{GrpcServerSettings, Origin, ServerParameters, Site, UnaryService};
use crate::net::{
    MAX_HEAD_BYTES, MAX_OWN_RESETS, MAX_UNSEEN_RESETS,
    server::{Answer, Tasks, Watched},
    windows_beside,
};

/// Streams that one connection may open at once where no setting says it.
const DEFAULT_MAX_STREAMS: u32 = 1_000;
/// What is buffered for sending on a stream where no setting says it.
const DEFAULT_WRITE_BUFFER_BYTES: usize = 32 << 10;
/// How long a connection without a call is waited for when the server stops.
const SILENT_GRACE: Duration = Duration::from_millis(200);
/// What HTTP/2 allows for the size of a frame.
const FRAME_BYTES: std::ops::RangeInclusive<u32> = 16 << 10..=(1 << 24) - 1;

/// The largest frame that clients may send. What is read at once is a frame: the fewer there are, the
/// less each message costs.
pub(super) fn max_frame_bytes(settings: &GrpcServerSettings) -> u32 {
    u32::try_from(settings.read_buffer_size)
        .unwrap_or(u32::MAX)
        .clamp(*FRAME_BYTES.start(), *FRAME_BYTES.end())
}

pub(super) fn builder(settings: &GrpcServerSettings, tasks: Tasks) -> Builder<Tasks> {
    let parameters = settings.parameters();
    let streams = Some(settings.max_concurrent_streams).filter(|streams| *streams > 0);
    let mut builder = Builder::new(tasks);
    builder
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .max_header_list_size(MAX_HEAD_BYTES)
        .max_pending_accept_reset_streams(MAX_UNSEEN_RESETS)
        .max_local_error_reset_streams(MAX_OWN_RESETS)
        .max_concurrent_streams(streams.unwrap_or(DEFAULT_MAX_STREAMS))
        .keep_alive_interval(parameters.ping_interval())
        .keep_alive_timeout(parameters.ping_timeout());
    let write_buffer = usize::try_from(settings.write_buffer_size).ok().filter(|bytes| *bytes > 0);
    let write_buffer = write_buffer.unwrap_or(DEFAULT_WRITE_BUFFER_BYTES);
    builder.max_send_buf_size(write_buffer.min(u32::MAX as usize));
    builder
}

/// How a connection beside so many others is read: the more there are, the less each may send before we
/// read it.
fn builder_beside<S>(others: u64, site: &Site<S>) -> Builder<Tasks> {
    let (stream_window, connection_window) = windows_beside(others, site.budget.limit());
    let mut builder = site.builder.clone();
    // Of a frame that is not complete, all that came is held.
    let frame = site.max_frame_bytes.min(stream_window).max(*FRAME_BYTES.start());
    builder
        .max_frame_size(frame)
        .initial_stream_window_size(stream_window)
        .initial_connection_window_size(connection_window);
    builder
}

pub(super) async fn serve<S: UnaryService>(
    io: Watched,
    peer: Option<SocketAddr>,
    tasks: Tasks,
    site: Arc<Site<S>>,
) {
    let guest = Arc::clone(io.guest());
    let (calls, counted) = (Arc::clone(&site), Arc::clone(&guest));
    let held = crate::pipeline::Connection::default();
    let service = service_fn(move |request: http::Request<Incoming>| {
        let call = counted.call(request.version());
        let (site, held, guest) = (Arc::clone(&calls), held.clone(), Arc::clone(&counted));
        // Some kB that hyper would move ten times before it has a task of its own.
        Box::pin(async move {
            let from = Origin { peer, connection: &held, guest: &guest };
            let response = site.answer(request, from).await;
            Ok::<_, Infallible>(Answer::to(call, response))
        })
    });
    let builder = builder_beside(io.others(), &site);
    let connection = builder.serve_connection(TokioIo::new(io), service);
    let mut connection = std::pin::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = end_of_life(&site.parameters) => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                result = connection.as_mut() => result,
                () = after(site.parameters.max_connection_age_grace.get()) => return,
            }
        }
        () = guest.leaving() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        () = tasks.stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            // A client that never called, or never spoke, has nothing to wait for.
            let grace = if guest.has_called() { Duration::ZERO } else { SILENT_GRACE };
            tokio::select! {
                result = connection.as_mut() => result,
                () = after(grace) => return,
            }
        }
    };
    if let Err(error) = result {
        tracing::debug!(?peer, %error, "grpc connection ended");
    }
}

/// Returns when a setting says that the connection is old.
async fn end_of_life(parameters: &ServerParameters) {
    // Spread, so that clients that came together do not come back together.
    let age = parameters.max_connection_age.get().mul_f64(0.9 + 0.2 * fastrand::f64());
    after(age).await;
}

/// Sleeps, for ever if the duration is zero.
async fn after(duration: Duration) {
    if duration.is_zero() {
        return pending().await;
    }
    tokio::time::sleep(duration).await;
}
