//! One HTTP/2 connection and how long it lives.

use std::{
    convert::Infallible,
    future::pending,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hyper::{server::conn::http2::Builder, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};

use super::{GrpcServerSettings, ServerParameters, Site, UnaryService};
use crate::net::{listener::Io, server::Tasks, windows_beside};

/// Streams that one connection may open at once where no setting says it.
const DEFAULT_MAX_STREAMS: u32 = 10_000;
/// How long a connection without a call is waited for when the server stops.
const SILENT_GRACE: Duration = Duration::from_millis(200);
/// Headers larger than this are refused.
const MAX_HEADER_BYTES: u32 = 64 << 10;
/// What HTTP/2 allows for the size of a frame.
const FRAME_BYTES: std::ops::RangeInclusive<u32> = 16 << 10..=(1 << 24) - 1;

pub(super) fn builder(settings: &GrpcServerSettings, tasks: Tasks) -> Builder<Tasks> {
    let parameters = settings.parameters();
    // What is read at once is a frame: the fewer there are, the less each message costs.
    let frame = u32::try_from(settings.read_buffer_size)
        .unwrap_or(u32::MAX)
        .clamp(*FRAME_BYTES.start(), *FRAME_BYTES.end());
    let streams = Some(settings.max_concurrent_streams).filter(|streams| *streams > 0);
    let mut builder = Builder::new(tasks);
    builder
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .max_frame_size(frame)
        .max_header_list_size(MAX_HEADER_BYTES)
        .max_concurrent_streams(streams.unwrap_or(DEFAULT_MAX_STREAMS))
        .keep_alive_interval(parameters.ping_interval())
        .keep_alive_timeout(parameters.ping_timeout());
    if let Some(bytes) = usize::try_from(settings.write_buffer_size).ok().filter(|bytes| *bytes > 0)
    {
        builder.max_send_buf_size(bytes);
    }
    builder
}

/// Calls of one connection, for `max_connection_idle`.
#[derive(Debug, Default)]
struct Activity {
    started: AtomicU64,
    finished: AtomicU64,
}

/// Counts a call as finished also when it is dropped.
struct Running(Arc<Activity>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.finished.fetch_add(1, Ordering::Relaxed);
    }
}

/// Counts a connection as open.
struct Open<S> {
    site: Arc<Site<S>>,
    others: u64,
}

impl<S> Open<S> {
    fn enter(site: Arc<Site<S>>) -> Self {
        let others = site.connections.fetch_add(1, Ordering::Relaxed);
        Self { site, others }
    }
}

impl<S> Drop for Open<S> {
    fn drop(&mut self) {
        self.site.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(super) async fn serve<S: UnaryService>(
    io: Io,
    peer: Option<SocketAddr>,
    tasks: Tasks,
    site: Arc<Site<S>>,
) {
    let activity = Arc::new(Activity::default());
    let (calls, counted) = (Arc::clone(&site), Arc::clone(&activity));
    let held = crate::pipeline::Connection::default();
    let service = service_fn(move |request| {
        counted.started.fetch_add(1, Ordering::Relaxed);
        let running = Running(Arc::clone(&counted));
        let (site, held) = (Arc::clone(&calls), held.clone());
        async move {
            let response = site.answer(request, peer, &held).await;
            drop(running);
            Ok::<_, Infallible>(response)
        }
    });
    let open = Open::enter(Arc::clone(&site));
    let (stream_window, connection_window) = windows_beside(open.others, site.budget.limit());
    let mut builder = site.builder.clone();
    builder
        .initial_stream_window_size(stream_window)
        .initial_connection_window_size(connection_window);
    let connection = builder.serve_connection(TokioIo::new(io), service);
    let mut connection = std::pin::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = end_of_life(&site.parameters, &activity) => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                result = connection.as_mut() => result,
                () = after(site.parameters.max_connection_age_grace.get()) => return,
            }
        }
        () = tasks.stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            // A client that never called, or never spoke, has nothing to wait for.
            let is_silent = activity.started.load(Ordering::Relaxed) == 0;
            let grace = if is_silent { SILENT_GRACE } else { Duration::ZERO };
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

/// Returns when a setting says that the connection is old or idle.
async fn end_of_life(parameters: &ServerParameters, activity: &Activity) {
    // Spread, so that clients that came together do not come back together.
    let age = parameters.max_connection_age.get().mul_f64(0.9 + 0.2 * fastrand::f64());
    tokio::select! {
        () = after(age) => {}
        () = idle_for(parameters.max_connection_idle.get(), activity) => {}
    }
}

async fn idle_for(limit: Duration, activity: &Activity) {
    if limit.is_zero() {
        return pending().await;
    }
    let mut seen = None;
    loop {
        let started = activity.started.load(Ordering::Relaxed);
        let is_idle = started == activity.finished.load(Ordering::Relaxed);
        if is_idle && seen == Some(started) {
            return;
        }
        seen = is_idle.then_some(started);
        tokio::time::sleep(limit).await;
    }
}

/// Sleeps, for ever if the duration is zero.
async fn after(duration: Duration) {
    if duration.is_zero() {
        return pending().await;
    }
    tokio::time::sleep(duration).await;
}
