//! Through real sockets, as a client sees it.

mod calls;
mod http_requests;
mod settings;

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use super::{OtlpReceiver, OtlpReceiverConfig};
use crate::{
    component::{
        ComponentId, Context, Extensions, Host, Kind, Lifecycle, Outputs, Overview, Receiver, Tasks,
    },
    net::{
        grpc_framing::{FramedMessage, UnaryBody, read_unary},
        status::Status,
    },
    pipeline::{Books, Budget, Edge},
    signal::Signal,
    telemetry::{BuildInfo, Metrics, Telemetry},
    testing::{ScriptedConsumer, settings::read},
};

/// A traces request with one span, named by its bytes: resource_spans { scope_spans { spans { name } } }.
const ONE_SPAN: &[u8] = b"\x0a\x09\x12\x07\x12\x05\x2a\x03abc";

/// A receiver with a pipeline for traces only, in a traces collector.
struct Bench {
    receiver: OtlpReceiver,
    pipeline: ScriptedConsumer,
    budget: Budget,
    metrics: Metrics,
}

impl Bench {
    async fn start(yaml: &str) -> Self {
        let config: OtlpReceiverConfig = read(yaml).unwrap();
        let budget = Budget::new(64 << 20);
        let metrics = Metrics::default();
        let pipeline = ScriptedConsumer::default();
        let edge = Edge::from_source(Books::unread());
        edge.connect(Arc::new(pipeline.clone()), Books::unread());
        let unconnected = || Edge::from_source(Books::unread());
        let outputs = Outputs::new([edge, unconnected(), unconnected()]);
        let context = context(budget.clone(), metrics.clone());
        let receiver = OtlpReceiver::build(config, context, outputs).unwrap();
        receiver.start().await.unwrap();
        Self { receiver, pipeline, budget, metrics }
    }

    async fn grpc(settings: &str) -> Self {
        Self::start(&format!("protocols: {{grpc: {{endpoint: '127.0.0.1:0'{settings}}}}}")).await
    }

    async fn http(settings: &str) -> Self {
        Self::start(&format!("protocols: {{http: {{endpoint: '127.0.0.1:0'{settings}}}}}")).await
    }

    fn address(&self) -> String {
        self.receiver.addresses()[0].clone()
    }

    /// The value of the first series of a metric with this transport.
    fn count(&self, name: &str) -> f64 {
        self.metrics
            .samples()
            .iter()
            .filter(|sample| sample.metric.name == name)
            .map(|sample| match sample.value {
                crate::telemetry::metrics::SampleValue::Number(value) => value,
                _ => 0.0,
            })
            .sum()
    }

    /// One gRPC call, with the status and the response.
    async fn call(&self, call: Call) -> (Status, Bytes) {
        let stream = TcpStream::connect(self.address()).await.unwrap();
        call.over(TokioIo::new(stream)).await
    }

    /// One HTTP request, with the response as text after its head.
    async fn send(&self, request: http::request::Builder, body: impl Into<Bytes>) -> Answer {
        let stream = TcpStream::connect(self.address()).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        let driver = Tasks::default().spawn(connection);
        let request = request.header("host", "test").body(Full::new(body.into())).unwrap();
        let response = sender.send_request(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        driver.abort();
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }
}

struct Answer {
    status: u16,
    headers: http::HeaderMap,
    body: Bytes,
}

impl Answer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

struct Call {
    path: &'static str,
    headers: Vec<(&'static str, &'static str)>,
    is_compressed: bool,
    message: Vec<u8>,
}

impl Default for Call {
    fn default() -> Self {
        Self {
            path: Signal::Traces.grpc_path(),
            headers: vec![],
            is_compressed: false,
            message: ONE_SPAN.to_vec(),
        }
    }
}

impl Call {
    async fn over<I>(self, io: TokioIo<I>) -> (Status, Bytes)
    where
        I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
        let driver = Tasks::default().spawn(connection);
        let mut request = http::Request::post(format!("http://test{}", self.path));
        if !self.headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/grpc");
        }
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let message = FramedMessage::new(self.is_compressed, [Bytes::from(self.message)]).unwrap();
        let request = request.body(UnaryBody::request(message)).unwrap();
        let response = sender.send_request(request).await.unwrap();
        let (head, body) = response.into_parts();
        let unary = read_unary(body, 1 << 20, None).await.unwrap();
        driver.abort();
        let trailers = unary.trailers.unwrap_or(head.headers);
        let status = Status::from_trailers(&trailers).unwrap();
        (status, unary.message.map_or_else(Bytes::new, |message| message.bytes))
    }
}

fn context(budget: Budget, metrics: Metrics) -> Context {
    Context {
        id: "otlp".parse::<ComponentId>().unwrap(),
        kind: Kind::Receiver,
        pipeline: None,
        signal: None,
        books: Books::unread(),
        tasks: Tasks::default(),
        extensions: Extensions::default(),
        host: Host {
            telemetry: Telemetry { metrics },
            budget,
            build_info: BuildInfo {
                command: "traces-collector".into(),
                description: "".into(),
                version: "0".into(),
            },
            default_host: "127.0.0.1".into(),
            listeners: crate::net::Listeners::default(),
            fatal: crate::pipeline::Fatal::default(),
            readiness: tokio::sync::watch::Sender::new(true),
            overview: tokio::sync::watch::Sender::new(Arc::new(Overview::default())),
            open_stores: crate::storage::OpenStores::default(),
        },
    }
}
