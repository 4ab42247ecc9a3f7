//! Prebuilt requests over several connections, at a rate or as fast as they are answered.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::{
    Request,
    body::{Body, Frame},
    client::conn::http2::SendRequest,
};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::payload;

const CONNECTIONS: usize = 4;
/// Requests under way at once on a connection when the load goes as fast as it can.
const IN_FLIGHT: usize = 4;
const WINDOW: u32 = 16 << 20;
/// The method that takes traces.
pub(crate) const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
/// The method that takes logs.
pub(crate) const LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";

/// How fast to send.
#[derive(Clone, Copy)]
pub(crate) enum Rate {
    /// Items a second over all connections, whatever is answered.
    PerSecond(u64),
    /// A few requests under way at all times.
    Full,
}

/// A running load.
pub(crate) struct Load {
    stopping: Arc<AtomicBool>,
    failures: Arc<AtomicU64>,
    senders: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    /// Connects and starts sending.
    pub(crate) async fn start(
        port: u16,
        items: usize,
        (coding, frame): (&'static str, usize),
        rate: Rate,
    ) -> anyhow::Result<Self> {
        let message = payload::frame(items, coding)?;
        let frames: Arc<[Bytes]> =
            message.chunks(frame).map(|frame| message.slice_ref(frame)).collect();
        let stopping = Arc::new(AtomicBool::new(false));
        let failures = Arc::new(AtomicU64::new(0));
        let mut senders = Vec::new();
        let lanes = match rate {
            Rate::Full => IN_FLIGHT,
            Rate::PerSecond(_) => 1,
        };
        for _ in 0..CONNECTIONS {
            let connection = connect(port).await?;
            for _ in 0..lanes {
                let frames = Arc::clone(&frames);
                let lane = Lane {
                    connection: Connection {
                        sender: connection.clone(),
                        port,
                        path: TRACES,
                        coding,
                        frames,
                    },
                    stopping: Arc::clone(&stopping),
                    failures: Arc::clone(&failures),
                };
                senders.push(tokio::task::spawn(lane.run(rate, items)));
            }
        }
        Ok(Self { stopping, failures, senders })
    }

    /// Stops sending, waits for the answers, and says how many requests failed.
    pub(crate) async fn stop(self) -> u64 {
        self.stopping.store(true, Ordering::Relaxed);
        for sender in self.senders {
            drop(tokio::time::timeout(Duration::from_secs(5), sender).await);
        }
        self.failures.load(Ordering::Relaxed)
    }
}

async fn connect(port: u16) -> anyhow::Result<SendRequest<Frames>> {
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let mut client = hyper::client::conn::http2::Builder::new(TokioExecutor::new());
    client.initial_stream_window_size(WINDOW).initial_connection_window_size(WINDOW);
    let (sender, connection) = client.handshake(TokioIo::new(stream)).await?;
    tokio::task::spawn(async move { drop(connection.await) });
    Ok(sender)
}

/// A connection and the one request that it sends.
#[derive(Clone)]
pub(crate) struct Connection {
    sender: SendRequest<Frames>,
    port: u16,
    path: &'static str,
    coding: &'static str,
    frames: Arc<[Bytes]>,
}

/// What became of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Taken.
    Ok,
    /// Refused for now.
    Refused,
    /// Anything else.
    Failed,
}

impl Connection {
    /// Connects; `message` is a whole gRPC message with its prefix.
    pub(crate) async fn open(
        port: u16,
        coding: &'static str,
        message: Bytes,
    ) -> anyhow::Result<Self> {
        let (sender, frames) = (connect(port).await?, Arc::from([message]));
        Ok(Self { sender, port, path: TRACES, coding, frames })
    }

    /// The same for another method.
    pub(crate) const fn to(mut self, path: &'static str) -> Self {
        self.path = path;
        self
    }

    /// Sends the request once.
    pub(crate) async fn send(&mut self) -> Answer {
        match self.exchange().await.as_deref() {
            Some("0") => Answer::Ok,
            Some("14") => Answer::Refused,
            _ => Answer::Failed,
        }
    }

    /// The status that was answered.
    async fn exchange(&mut self) -> Option<String> {
        let uri = format!("http://127.0.0.1:{}{}", self.port, self.path);
        let mut request =
            Request::post(uri).header("content-type", "application/grpc").header("te", "trailers");
        if self.coding != "none" {
            request = request.header("grpc-encoding", self.coding);
        }
        let request = request.body(Frames { frames: Arc::clone(&self.frames), next: 0 }).ok()?;
        self.sender.ready().await.ok()?;
        let response = self.sender.send_request(request).await.ok()?;
        let headers = response.headers().clone();
        let body = response.into_body().collect().await.ok()?;
        let status = body.trailers().and_then(|trailers| trailers.get("grpc-status")).cloned();
        let status = status.or_else(|| headers.get("grpc-status").cloned())?;
        status.to_str().ok().map(str::to_owned)
    }
}

struct Lane {
    connection: Connection,
    stopping: Arc<AtomicBool>,
    failures: Arc<AtomicU64>,
}

impl Lane {
    async fn run(mut self, rate: Rate, items: usize) {
        let mut ticks = match rate {
            Rate::Full => None,
            Rate::PerSecond(rate) => {
                let per_lane = rate as f64 / CONNECTIONS as f64 / items as f64;
                Some(tokio::time::interval(Duration::from_secs_f64(1.0 / per_lane)))
            }
        };
        while !self.stopping.load(Ordering::Relaxed) {
            if let Some(ticks) = &mut ticks {
                ticks.tick().await;
            }
            if self.connection.send().await != Answer::Ok {
                self.failures.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    }
}

/// A body in pieces of the size that the client writes frames of.
struct Frames {
    frames: Arc<[Bytes]>,
    next: usize,
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.frames.get(self.next).cloned();
        self.next += 1;
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.next >= self.frames.len()
    }
}
