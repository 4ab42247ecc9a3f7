//! A backend that costs next to nothing: it counts bytes before compression and says OK.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;
use common::net::compression::{self, Coding};
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};

const WINDOW: u32 = 16 << 20;

/// A running sink.
pub(crate) struct Sink {
    port: u16,
    bytes: Arc<AtomicU64>,
    server: tokio::task::JoinHandle<()>,
}

impl Sink {
    /// Listens on a free port; `frame` is the size of the HTTP/2 frames that it takes.
    pub(crate) async fn start(frame: u32) -> anyhow::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let bytes = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&bytes);
        let server = tokio::task::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let counter = Arc::clone(&counter);
                drop(stream.set_nodelay(true));
                tokio::task::spawn(async move {
                    let service = service_fn(move |request| answer(request, Arc::clone(&counter)));
                    let mut server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                    server
                        .initial_stream_window_size(WINDOW)
                        .initial_connection_window_size(WINDOW);
                    server.max_frame_size(frame);
                    drop(server.serve_connection(TokioIo::new(stream), service).await);
                });
            }
        });
        Ok(Self { port, bytes, server })
    }

    /// Where it listens.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Bytes that arrived so far, as they were before compression.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(
    request: Request<Incoming>,
    counter: Arc<AtomicU64>,
) -> Result<
    Response<impl hyper::body::Body<Data = Bytes, Error = std::convert::Infallible>>,
    hyper::Error,
> {
    let coding = request.headers().get("grpc-encoding").and_then(|coding| coding.to_str().ok());
    let coding = coding.and_then(Coding::from_name).unwrap_or(Coding::Identity);
    let body = request.into_body().collect().await?.to_bytes();
    let message = body.slice(5.min(body.len())..);
    // What the codec says of the size is enough: inflating it all would keep this core busy first.
    let bytes = compression::expected_size(coding, &message, usize::MAX);
    counter.fetch_add(bytes as u64, Ordering::Relaxed);
    let mut trailers = http::HeaderMap::new();
    trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
    let reply = Full::new(Bytes::from_static(&[0, 0, 0, 0, 0]))
        .with_trailers(std::future::ready(Some(Ok(trailers))));
    let response = Response::builder().header("content-type", "application/grpc").body(reply);
    Ok(response.unwrap_or_else(|_| unreachable!("static headers are valid")))
}
