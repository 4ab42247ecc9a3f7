//! A backend that takes bytes at a fixed rate, and refuses what would wait too long.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use common::net::compression::{self, Coding};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    sync::Mutex,
    time::{Instant, sleep_until},
};

const WINDOW: u32 = 16 << 20;
/// What has to wait longer than this is refused.
const PATIENCE: Duration = Duration::from_secs(1);

/// A running backend.
pub(crate) struct PacedSink {
    port: u16,
    shared: Arc<Shared>,
    server: tokio::task::JoinHandle<()>,
}

struct Shared {
    bytes_per_second: u64,
    taken: AtomicU64,
    /// When the backend is done with all that it has.
    free_at: Mutex<Instant>,
}

impl PacedSink {
    /// Listens on a free port.
    pub(crate) async fn start(bytes_per_second: u64) -> anyhow::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let free_at = Mutex::new(Instant::now());
        let shared = Arc::new(Shared { bytes_per_second, taken: AtomicU64::new(0), free_at });
        let serving = Arc::clone(&shared);
        let server = tokio::task::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&serving);
                drop(stream.set_nodelay(true));
                tokio::task::spawn(async move {
                    let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
                    let mut server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    server
                        .initial_stream_window_size(WINDOW)
                        .initial_connection_window_size(WINDOW)
                        .max_concurrent_streams(10_000);
                    drop(server.serve_connection(TokioIo::new(stream), service).await);
                });
            }
        });
        Ok(Self { port, shared, server })
    }

    /// Where it listens.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Bytes taken so far, as they were before compression.
    pub(crate) fn bytes(&self) -> u64 {
        self.shared.taken.load(Ordering::Relaxed)
    }
}

impl Drop for PacedSink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Shared {
    /// Waits for its turn; false if that would be too long.
    async fn take(&self, bytes: u64) -> bool {
        let now = Instant::now();
        let done_at = {
            let mut free_at = self.free_at.lock().await;
            let begin = (*free_at).max(now);
            if begin > now + PATIENCE {
                return false;
            }
            *free_at = begin + Duration::from_secs_f64(bytes as f64 / self.bytes_per_second as f64);
            *free_at
        };
        sleep_until(done_at).await;
        self.taken.fetch_add(bytes, Ordering::Relaxed);
        true
    }
}

async fn answer(
    request: Request<Incoming>,
    shared: Arc<Shared>,
) -> Result<
    Response<impl hyper::body::Body<Data = Bytes, Error = std::convert::Infallible>>,
    hyper::Error,
> {
    let coding = request.headers().get("grpc-encoding").and_then(|coding| coding.to_str().ok());
    let coding = coding.and_then(Coding::from_name).unwrap_or(Coding::Identity);
    let body = request.into_body().collect().await?.to_bytes();
    let message = body.slice(5.min(body.len())..);
    let bytes = compression::expected_size(coding, &message, usize::MAX) as u64;
    let code = if shared.take(bytes).await { "0" } else { "14" };
    let mut trailers = http::HeaderMap::new();
    trailers.insert("grpc-status", http::HeaderValue::from_static(code));
    let reply = Full::new(Bytes::from_static(&[0, 0, 0, 0, 0]))
        .with_trailers(std::future::ready(Some(Ok(trailers))));
    let response = Response::builder().header("content-type", "application/grpc").body(reply);
    Ok(response.unwrap_or_else(|_| unreachable!("static headers are valid")))
}
