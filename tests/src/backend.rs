//! An OTLP backend that records the bytes it gets and answers as it is told.
//!
//! gRPC and HTTP share one port, told apart by their content type.

use std::{
    collections::VecDeque,
    convert::Infallible,
    fmt,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use bytes::Bytes;
use common::{component::Tasks, signal::Signal};
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, StreamBody, combinators::BoxBody};
use hyper::{
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use parking_lot::Mutex;
use rustls::pki_types::CertificateDer;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};

use crate::{
    client, codings,
    otlp::{self, status},
    tls::ServerTls,
    wait,
};

const WINDOW: u32 = 16 << 20;

/// One export request as it came over the wire.
#[derive(Clone, Debug)]
pub struct Received {
    /// The path that was called.
    pub path: String,
    /// What it says the body is.
    pub signal: Signal,
    /// Whether it came over gRPC.
    pub is_grpc: bool,
    /// Its headers.
    pub headers: HeaderMap,
    /// The encoded request, without frame and coding.
    pub body: Bytes,
    /// The size of the body on the wire.
    pub wire_bytes: usize,
    /// The certificate that its sender proved to be.
    pub peer: Option<CertificateDer<'static>>,
}

impl Received {
    /// A header as text; empty if it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> String {
        header(&self.headers, name)
    }
}

/// How to answer one request.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Takes it.
    Ok,
    /// Takes it after a while.
    After(Duration),
    /// Takes it, but for some items.
    Partial {
        /// How many items.
        rejected: i64,
        /// Why.
        message: String,
    },
    /// Refuses it.
    Refuse {
        /// The gRPC code.
        code: u32,
        /// The HTTP status.
        status: u16,
        /// The delay of `RetryInfo` and `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// Refuses it as larger than it takes: RESOURCE_EXHAUSTED in gRPC's words, and 413.
    TooLarge,
    /// Does not answer at all.
    Never,
}

impl Answer {
    /// Not now: `UNAVAILABLE` and 503.
    pub const UNAVAILABLE: Self = Self::Refuse { code: 14, status: 503, retry_after: None };
    /// Never: `INVALID_ARGUMENT` and 400.
    pub const INVALID: Self = Self::Refuse { code: 3, status: 400, retry_after: None };
    /// Not you: `UNAUTHENTICATED` and 401.
    pub const UNAUTHENTICATED: Self = Self::Refuse { code: 16, status: 401, retry_after: None };
}

type Guard = Box<dyn Fn(&HeaderMap) -> bool + Send + Sync>;

#[derive(Default)]
struct State {
    received: Mutex<Vec<Received>>,
    script: Mutex<VecDeque<Answer>>,
    usual: Mutex<Option<Answer>>,
    guard: Mutex<Option<Guard>>,
    refused: AtomicUsize,
    max_age: Mutex<Option<Duration>>,
    tls: Option<ServerTls>,
}

/// A running backend; dropping it stops it from accepting.
pub struct Backend {
    /// Where it listens.
    pub address: SocketAddr,
    state: Arc<State>,
    tasks: Tasks,
}

impl fmt::Debug for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Backend").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Backend {
    /// Starts a backend that takes everything.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap()).await
    }

    /// The same at a given address, for a backend that comes back.
    ///
    /// # Panics
    /// If the port is taken.
    pub async fn start_at(address: SocketAddr) -> Self {
        Self::listen(address, None).await
    }

    /// A backend that speaks TLS only.
    ///
    /// # Panics
    /// If no port is free.
    pub async fn start_tls(tls: &ServerTls) -> Self {
        Self::listen("127.0.0.1:0".parse().unwrap(), Some(tls.clone())).await
    }

    async fn listen(address: SocketAddr, tls: Option<ServerTls>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State { tls, ..State::default() });
        let tasks = Tasks::default();
        tasks.spawn(accept(listener, Arc::clone(&state), tasks.clone()));
        Self { address, state, tasks }
    }

    /// Its address as a name that the tests' server certificates are made for.
    #[must_use]
    pub fn named_address(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    /// Refuses as unauthenticated, before anything else, requests whose headers do not pass.
    pub fn demand(&self, passes: impl Fn(&HeaderMap) -> bool + Send + Sync + 'static) {
        *self.state.guard.lock() = Some(Box::new(passes));
    }

    /// Asks clients to reconnect when a connection is this old.
    pub fn limit_age(&self, age: Duration) {
        *self.state.max_age.lock() = Some(age);
    }

    /// How many requests did not pass; they are not among those received.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.state.refused.load(Ordering::SeqCst)
    }

    /// Answers like this from now on.
    pub fn answer(&self, answer: Answer) {
        *self.state.usual.lock() = Some(answer);
    }

    /// Answers the next requests like this, one each, before the usual answer.
    pub fn answer_next(&self, answers: impl IntoIterator<Item = Answer>) {
        self.state.script.lock().extend(answers);
    }

    /// What came so far, refused or not.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.state.received.lock().clone()
    }

    /// The encoded requests of one signal.
    #[must_use]
    pub fn bodies(&self, signal: Signal) -> Vec<Bytes> {
        let received = self.state.received.lock();
        received.iter().filter(|one| one.signal == signal).map(|one| one.body.clone()).collect()
    }

    /// How many items of one signal came.
    #[must_use]
    pub fn items(&self, signal: Signal) -> usize {
        self.bodies(signal).iter().map(|body| otlp::items(signal, &[body]).len()).sum()
    }

    /// Waits until so many items of one signal came.
    pub async fn items_reach(&self, signal: Signal, items: usize) {
        wait::until_true(&format!("{items} items at the backend"), || self.items(signal) >= items)
            .await;
    }

    /// Hands over what came and forgets it.
    #[must_use]
    pub fn take_received(&self) -> Vec<Received> {
        std::mem::take(&mut *self.state.received.lock())
    }

    /// Forgets what came.
    pub fn forget(&self) {
        drop(self.take_received());
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.tasks.stopping().cancel();
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
        let (state, stopping) = (Arc::clone(&state), tasks.stopping().clone());
        tasks.spawn(async move {
            tokio::select! {
                () = stopping.cancelled() => {}
                () = serve(stream, state) => {}
            }
        });
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    let Some(tls) = &state.tls else {
        return serve_over(stream, None, state).await;
    };
    let Ok(stream) = tls.accept(stream).await else {
        return;
    };
    let chain = stream.get_ref().1.peer_certificates();
    let peer = chain.and_then(|chain| chain.first()).map(|cert| cert.clone().into_owned());
    serve_over(stream, peer, state).await;
}

async fn serve_over(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Option<CertificateDer<'static>>,
    state: Arc<State>,
) {
    let max_age = *state.max_age.lock();
    let service = service_fn(move |request| respond(request, peer.clone(), Arc::clone(&state)));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    // As large as those of any backend that takes large requests.
    builder.http2().initial_stream_window_size(WINDOW).initial_connection_window_size(WINDOW);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    if tokio::time::timeout(max_age.unwrap_or(Duration::MAX), connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        drop(connection.await);
    }
}

type Body = BoxBody<Bytes, Infallible>;

async fn respond(
    request: Request<Incoming>,
    peer: Option<CertificateDer<'static>>,
    state: Arc<State>,
) -> Result<Response<Body>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let content_type = header(&head.headers, "content-type");
    let is_grpc = content_type.starts_with("application/grpc");
    let path = head.uri.path().to_owned();
    let Some(signal) = otlp::signal_of_path(&path) else {
        return Ok(answer_http(404, &[], Bytes::new()));
    };
    if state.guard.lock().as_ref().is_some_and(|passes| !passes(&head.headers)) {
        state.refused.fetch_add(1, Ordering::SeqCst);
        return Ok(answer(&Answer::UNAUTHENTICATED, is_grpc));
    }
    let wire_bytes = body.len();
    let body = if is_grpc {
        unframed(&body, &header(&head.headers, "grpc-encoding"))
    } else {
        codings::decode(&header(&head.headers, "content-encoding"), &body).into()
    };
    let headers = head.headers;
    let received = Received { path, signal, is_grpc, headers, body, wire_bytes, peer };
    state.received.lock().push(received);
    let scripted = state.script.lock().pop_front();
    let told = scripted.or_else(|| state.usual.lock().clone()).unwrap_or(Answer::Ok);
    match &told {
        Answer::Never => std::future::pending().await,
        Answer::After(delay) => tokio::time::sleep(*delay).await,
        _ => {}
    }
    Ok(answer(&told, is_grpc))
}

fn answer(told: &Answer, is_grpc: bool) -> Response<Body> {
    if is_grpc { grpc_response(told) } else { http_response(told) }
}

fn grpc_response(answer: &Answer) -> Response<Body> {
    let message = match answer {
        Answer::Refuse { code, retry_after, .. } => {
            return grpc_refusal(*code, "scripted refusal", *retry_after);
        }
        Answer::TooLarge => {
            return grpc_refusal(8, "grpc: received message larger than max (9 vs. 4)", None);
        }
        Answer::Partial { rejected, message } => otlp::partial_success(*rejected, message),
        Answer::Ok | Answer::After(_) | Answer::Never => Vec::new(),
    };
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let frames = [Frame::data(client::frame(&message, false)), Frame::trailers(trailers)];
    let body = StreamBody::new(stream::iter(frames.map(Ok::<_, Infallible>)));
    let response = Response::builder().header("content-type", "application/grpc");
    response.body(BodyExt::boxed(body)).unwrap()
}

fn grpc_refusal(code: u32, message: &str, retry_after: Option<Duration>) -> Response<Body> {
    let mut response = Response::builder()
        .header("content-type", "application/grpc")
        .header("grpc-status", code)
        .header("grpc-message", message);
    if let Some(delay) = retry_after {
        let details = status::with_retry_delay(code, message, delay);
        response = response.header("grpc-status-details-bin", STANDARD_NO_PAD.encode(details));
    }
    response.body(full(Bytes::new())).unwrap()
}

fn http_response(answer: &Answer) -> Response<Body> {
    match answer {
        Answer::Refuse { status, retry_after, .. } => {
            let seconds = retry_after.map(|delay| delay.as_secs().to_string());
            let headers = seconds.map(|seconds| ("retry-after", seconds));
            answer_http(*status, headers.as_slice(), Bytes::new())
        }
        Answer::TooLarge => answer_http(413, &[], Bytes::new()),
        Answer::Partial { rejected, message } => {
            answer_http(200, &[], otlp::partial_success(*rejected, message).into())
        }
        Answer::Ok | Answer::After(_) | Answer::Never => answer_http(200, &[], Bytes::new()),
    }
}

fn answer_http(status: u16, headers: &[(&str, String)], body: Bytes) -> Response<Body> {
    let mut response =
        Response::builder().status(status).header("content-type", "application/x-protobuf");
    for (name, value) in headers {
        response = response.header(*name, value);
    }
    response.body(full(body)).unwrap()
}

fn full(body: Bytes) -> Body {
    http_body_util::Full::new(body).boxed()
}

fn unframed(body: &[u8], coding: &str) -> Bytes {
    let Some((flag, message)) =
        body.split_first().and_then(|(flag, rest)| rest.get(4..).map(|message| (*flag, message)))
    else {
        return Bytes::new();
    };
    codings::decode(if flag == 1 { coding } else { "" }, message).into()
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
