//! A gRPC backend that keeps the ledger and behaves as badly as it is told.

use std::{
    collections::VecDeque,
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use bytes::Bytes;
use common::component::Tasks;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::BoxBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::http2,
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use parking_lot::Mutex;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    time::Instant,
};

use super::{
    items::{Altered, Items},
    ledger::Ledger,
    weather::Weather,
};
use crate::{
    client, codings,
    otlp::{self, status},
    wait::{self, PATIENCE},
};

const WINDOW: u32 = 4 << 20;
/// How long arrivals are remembered by time.
const MEMORY: Duration = Duration::from_secs(10);

/// A running backend; dropping it stops it from accepting.
#[derive(Debug)]
pub struct Backend {
    /// Where it listens when it is there.
    pub address: SocketAddr,
    state: Arc<State>,
    open: Mutex<Option<Tasks>>,
}

#[derive(Debug)]
struct State {
    items: Items,
    ledger: Arc<Ledger>,
    weather: Mutex<Weather>,
    dice: Mutex<fastrand::Rng>,
    /// Items a second that it takes, and when it is free again.
    pace: Mutex<Option<(f64, Instant)>>,
    recent: Mutex<VecDeque<(Instant, u64)>>,
    taken: AtomicU64,
    unconfirmed: AtomicU64,
    requests: AtomicU64,
}

impl Backend {
    /// Starts a backend that takes everything.
    ///
    /// # Panics
    /// If the port is taken.
    pub async fn start(address: SocketAddr, items: Items, ledger: Arc<Ledger>, seed: u64) -> Self {
        let state = Arc::new(State {
            items,
            ledger,
            weather: Mutex::new(Weather::Fine),
            dice: Mutex::new(fastrand::Rng::with_seed(seed)),
            pace: Mutex::default(),
            recent: Mutex::default(),
            taken: AtomicU64::new(0),
            unconfirmed: AtomicU64::new(0),
            requests: AtomicU64::new(0),
        });
        let backend = Self { address, state, open: Mutex::default() };
        backend.come_back().await;
        backend
    }

    /// Behaves like this from now on.
    pub fn set(&self, weather: Weather) {
        *self.state.weather.lock() = weather;
    }

    /// Takes so many items a second, one request after the other; `None` as many as come.
    pub fn limit(&self, items_per_second: Option<f64>) {
        *self.state.pace.lock() = items_per_second.map(|rate| (rate, Instant::now()));
    }

    /// Stops listening and closes every connection.
    pub async fn go_away(&self) {
        let open = self.open.lock().take();
        if let Some(tasks) = open {
            self.state.doubt_recent(Duration::from_secs(1));
            tasks.stop(Instant::now() + PATIENCE).await;
        }
    }

    /// Listens again.
    ///
    /// # Panics
    /// If the port is taken.
    pub async fn come_back(&self) {
        if self.open.lock().is_some() {
            return;
        }
        let listener = wait::until("the backend's port", || async {
            TcpListener::bind(self.address).await.ok()
        });
        let listener = listener.await;
        let tasks = Tasks::default();
        tasks.spawn(accept(listener, Arc::clone(&self.state), tasks.clone()));
        *self.open.lock() = Some(tasks);
    }

    /// Items taken so far, duplicates included.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.state.taken.load(Ordering::Relaxed)
    }

    /// Requests so far, whatever became of them.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::Relaxed)
    }

    /// Items taken in the last while.
    #[must_use]
    pub fn taken_within(&self, span: Duration) -> u64 {
        self.state.taken_within(span)
    }

    /// Items taken without the sender learning of it for certain.
    #[must_use]
    pub fn unconfirmed(&self) -> u64 {
        self.state.unconfirmed.load(Ordering::Relaxed)
    }

    /// Counts what was taken in the last while as unconfirmed, since a connection was cut elsewhere.
    pub fn doubt_recent(&self, span: Duration) {
        self.state.doubt_recent(span);
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        if let Some(tasks) = self.open.lock().take() {
            tasks.stopping().cancel();
        }
    }
}

impl State {
    fn taken_within(&self, span: Duration) -> u64 {
        let since = Instant::now() - span;
        let recent = self.recent.lock();
        recent.iter().rev().take_while(|(at, _)| *at >= since).map(|(_, items)| items).sum()
    }

    fn doubt_recent(&self, span: Duration) {
        self.unconfirmed.fetch_add(self.taken_within(span), Ordering::Relaxed);
    }

    fn take(&self, numbers: &[Result<u64, Altered>]) {
        self.ledger.arrive(numbers);
        let (now, items) = (Instant::now(), numbers.len() as u64);
        self.taken.fetch_add(items, Ordering::Relaxed);
        let mut recent = self.recent.lock();
        recent.push_back((now, items));
        while recent.front().is_some_and(|(at, _)| *at + MEMORY < now) {
            recent.pop_front();
        }
    }

    /// Waits until it is this request's turn, if there is a limit.
    async fn await_turn(&self, items: usize) {
        let turn = {
            let mut pace = self.pace.lock();
            let Some((rate, free_at)) = pace.as_mut() else { return };
            let start = (*free_at).max(Instant::now());
            *free_at = start + Duration::from_secs_f64(items as f64 / *rate);
            *free_at
        };
        tokio::time::sleep_until(turn).await;
    }

    fn weather(&self) -> Weather {
        let mut weather = self.weather.lock().clone();
        while let Weather::OneOf(all) = weather {
            let at = self.dice.lock().usize(..all.len().max(1));
            weather = all.into_iter().nth(at).unwrap_or(Weather::Fine);
        }
        weather
    }
}

async fn accept(listener: TcpListener, state: Arc<State>, tasks: Tasks) {
    loop {
        let stream = tokio::select! {
            () = tasks.stopping().cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => continue,
            },
        };
        tasks.spawn(serve(stream, Arc::clone(&state), tasks.clone()));
    }
}

async fn serve(stream: TcpStream, state: Arc<State>, tasks: Tasks) {
    let cut = Arc::new(Notify::new());
    let cut_here = Arc::clone(&cut);
    // The client is gone already if this fails.
    drop(stream.set_nodelay(true));
    let requests = Arc::clone(&state);
    let service =
        service_fn(move |request| respond(request, Arc::clone(&requests), Arc::clone(&cut_here)));
    let mut server = http2::Builder::new(TokioExecutor::new());
    server.initial_stream_window_size(WINDOW).initial_connection_window_size(WINDOW);
    server.max_frame_size(1 << 20);
    let connection = server.serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        () = tasks.stopping().cancelled() => {}
        () = cut.notified() => state.doubt_recent(Duration::from_secs(1)),
        ended = connection => drop(ended),
    }
}

type Body = BoxBody<Bytes, Infallible>;

async fn respond(
    request: Request<Incoming>,
    state: Arc<State>,
    cut: Arc<Notify>,
) -> Result<Response<Body>, hyper::Error> {
    state.requests.fetch_add(1, Ordering::Relaxed);
    let weather = state.weather();
    let (head, mut body) = request.into_parts();
    if matches!(weather, Weather::Reset) {
        // Some of it has come, if it is not a small one.
        drop(body.frame().await);
        cut.notify_one();
        return std::future::pending().await;
    }
    let wire = body.collect().await?.to_bytes();
    let message = unframed(&wire, &head.headers);
    let numbers = state.items.numbers(&message);
    let answer = judge(&state, weather, &numbers, message.len()).await;
    Ok(match answer {
        Answer::Taken => accepted(&[]),
        Answer::TakenBut(rejected) => {
            accepted(&otlp::partial_success(i64::try_from(rejected).unwrap_or(0), "not these"))
        }
        Answer::Refused { code, retry_after } => refused(code, "scripted refusal", retry_after),
        Answer::TooLarge { bytes, limit } => {
            // The words of grpc-go, by which a sender knows that it is about size.
            refused(
                8,
                &format!("grpc: received message larger than max ({bytes} vs. {limit})"),
                None,
            )
        }
        Answer::Silence => std::future::pending().await,
        Answer::Cut => {
            cut.notify_one();
            std::future::pending().await
        }
    })
}

enum Answer {
    Taken,
    TakenBut(usize),
    Refused { code: u32, retry_after: Option<Duration> },
    TooLarge { bytes: usize, limit: usize },
    Silence,
    Cut,
}

async fn judge(
    state: &State,
    weather: Weather,
    numbers: &[Result<u64, Altered>],
    bytes: usize,
) -> Answer {
    match weather {
        Weather::BlackHole => return Answer::Silence,
        Weather::Refuse { code, retry_after } => {
            if !Weather::is_retryable(code, retry_after.is_some()) {
                state.ledger.reject(numbers);
            }
            return Answer::Refused { code, retry_after };
        }
        Weather::AtMost(limit) if bytes > limit => return Answer::TooLarge { bytes, limit },
        Weather::Poisoned(poison) if numbers.iter().flatten().any(|one| poison.contains(one)) => {
            return Answer::Refused { code: 14, retry_after: None };
        }
        Weather::Partial(first) => {
            let (rejected, taken) = numbers.split_at(first.min(numbers.len()));
            state.ledger.reject(rejected);
            state.take(taken);
            return Answer::TakenBut(rejected.len());
        }
        _ => {}
    }
    state.await_turn(numbers.len()).await;
    state.take(numbers);
    match weather {
        Weather::Slow(delay) => {
            state.unconfirmed.fetch_add(numbers.len() as u64, Ordering::Relaxed);
            tokio::time::sleep(delay).await;
            Answer::Taken
        }
        Weather::Amnesia => {
            state.unconfirmed.fetch_add(numbers.len() as u64, Ordering::Relaxed);
            Answer::Cut
        }
        _ => Answer::Taken,
    }
}

fn accepted(message: &[u8]) -> Response<Body> {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let frames = [Frame::data(client::frame(message, false)), Frame::trailers(trailers)];
    let body = StreamBody::new(stream::iter(frames.map(Ok::<_, Infallible>)));
    let response = Response::builder().header("content-type", "application/grpc");
    response.body(BoxBody::new(body)).unwrap()
}

fn refused(code: u32, message: &str, retry_after: Option<Duration>) -> Response<Body> {
    let mut response = Response::builder()
        .header("content-type", "application/grpc")
        .header("grpc-status", code)
        .header("grpc-message", message);
    if let Some(delay) = retry_after {
        let details = status::with_retry_delay(code, message, delay);
        response = response.header("grpc-status-details-bin", STANDARD_NO_PAD.encode(details));
    }
    response.body(BoxBody::new(Full::new(Bytes::new()))).unwrap()
}

fn unframed(wire: &Bytes, headers: &HeaderMap) -> Bytes {
    let coding = headers.get("grpc-encoding").and_then(|value| value.to_str().ok());
    match (wire.first(), coding) {
        (Some(1), Some(coding)) => codings::decode(coding, &wire[5..]).into(),
        _ => wire.slice(5.min(wire.len())..),
    }
}
