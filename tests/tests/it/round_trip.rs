//! What arrives equals what was sent: real SDKs through two collectors into a backend or a file.

use std::{net::SocketAddr, path::Path};

use common::signal::Signal;
use serde_json::Value;
use tests::{
    backend::Backend,
    client::{Grpc, post, post_json, post_proto},
    collector::{Collector, root},
    otlp::{self, samples},
    sdk, wait,
};

use crate::configs;

/// Two collectors in a row, and a backend behind the second.
struct Chain {
    backend: Backend,
    _second: Collector,
    first: Collector,
}

impl Chain {
    async fn start() -> Self {
        let backend = Backend::start().await;
        let second = Collector::start(&configs::limited_and_batched(backend.address)).await;
        let first = Collector::start(&configs::pass_through(second.grpc().await)).await;
        Self { backend, _second: second, first }
    }

    async fn assert_arrives(&self, signal: Signal, sent: &[impl AsRef<[u8]>]) {
        let sent = otlp::items(signal, sent);
        assert!(!sent.is_empty(), "nothing was sent");
        self.backend.items_reach(signal, sent.len()).await;
        otlp::assert_same(&sent, &otlp::items(signal, &self.backend.bodies(signal)));
    }
}

#[derive(Clone, Copy, Debug)]
enum Sdk {
    Python(&'static str),
    Node(&'static str),
    Rust,
}

impl Sdk {
    async fn send(self, signal: Signal, endpoints: &[SocketAddr]) {
        match self {
            Self::Python(protocol) => sdk::python(protocol, signal, endpoints).await,
            Self::Node(protocol) => sdk::node(protocol, signal, endpoints).await,
            Self::Rust => sdk::rust(signal, endpoints).await,
        }
    }

    fn is_grpc(self) -> bool {
        matches!(self, Self::Python("grpc") | Self::Node("grpc") | Self::Rust)
    }
}

/// Sends with one SDK to a recorder and to a chain of two collectors.
async fn check(client: Sdk) {
    let chain = Chain::start().await;
    let recorder = Backend::start().await;
    let door = if client.is_grpc() { chain.first.grpc().await } else { chain.first.http().await };
    for signal in Signal::ALL {
        client.send(signal, &[recorder.address, door]).await;
        chain.assert_arrives(signal, &recorder.bodies(signal)).await;
    }
    chain.first.balanced_books().await;
}

/// What is sent as JSON cannot be recorded as protobuf, so the SDK sends the same objects to two chains,
/// and what arrives is compared: its protobuf exporter is proven by itself.
async fn check_json() {
    let (by_json, by_proto) = (Chain::start().await, Chain::start().await);
    for signal in Signal::ALL {
        let doors = [by_json.first.http().await, by_proto.first.http().await];
        sdk::node("json+proto", signal, &doors).await;
        by_proto.backend.items_reach(signal, 1).await;
        by_json.assert_arrives(signal, &by_proto.backend.bodies(signal)).await;
    }
}

#[tokio::test]
async fn the_python_sdk_is_passed_on_unchanged_over_grpc() {
    check(Sdk::Python("grpc")).await;
}

#[tokio::test]
async fn the_python_sdk_is_passed_on_unchanged_over_http() {
    check(Sdk::Python("http")).await;
}

#[tokio::test]
async fn the_node_sdk_is_passed_on_unchanged_over_grpc() {
    check(Sdk::Node("grpc")).await;
}

#[tokio::test]
async fn the_node_sdk_is_passed_on_unchanged_over_http() {
    check(Sdk::Node("proto")).await;
}

#[tokio::test]
async fn the_node_sdk_is_passed_on_completely_as_json() {
    check_json().await;
}

#[tokio::test]
async fn the_rust_sdk_is_passed_on_unchanged() {
    check(Sdk::Rust).await;
}

/// The ground that the checks above stand on: two endpoints get the same.
#[tokio::test]
async fn every_client_sends_the_same_to_each_endpoint() {
    let clients = [
        Sdk::Python("grpc"),
        Sdk::Python("http"),
        Sdk::Node("grpc"),
        Sdk::Node("proto"),
        Sdk::Rust,
    ];
    for client in clients {
        let (one, other) = (Backend::start().await, Backend::start().await);
        for signal in Signal::ALL {
            client.send(signal, &[one.address, other.address]).await;
            let sent = otlp::items(signal, &one.bodies(signal));
            assert!(!sent.is_empty(), "{client:?} sent no {signal}");
            otlp::assert_same(&sent, &otlp::items(signal, &other.bodies(signal)));
        }
    }
}

#[tokio::test]
async fn every_field_of_every_signal_survives_two_collectors() {
    let chain = Chain::start().await;
    let grpc = Grpc::connect(chain.first.grpc().await).await.unwrap();
    for signal in Signal::ALL {
        let request = samples::rich(signal);
        assert!(grpc.export(signal, &request).await.unwrap().is_ok());
        chain.assert_arrives(signal, &[request]).await;
    }
}

#[tokio::test]
async fn every_coding_arrives_as_what_was_encoded() {
    let chain = Chain::start().await;
    let request = samples::rich(Signal::Traces);
    let mut sent = Vec::new();
    let grpc = Grpc::connect(chain.first.grpc().await).await.unwrap();
    for coding in ["identity", "gzip", "snappy", "zstd"] {
        let reply = grpc.export_coded(Signal::Traces, &request, coding).await.unwrap();
        assert!(reply.is_ok(), "{coding} over gRPC: {reply:?}");
        sent.push(request.clone());
    }
    let http = chain.first.http().await;
    for coding in ["gzip", "zstd", "zlib", "snappy", "deflate", "lz4", "x-snappy-framed"] {
        let headers = [("content-type", "application/x-protobuf"), ("content-encoding", coding)];
        let body = tests::codings::encode(coding, &request);
        let reply = post(http, "/v1/traces", &headers, body).await.unwrap();
        assert_eq!(reply.status, 200, "{coding} over HTTP: {}", reply.text());
        sent.push(request.clone());
    }
    chain.assert_arrives(Signal::Traces, &sent).await;
}

#[tokio::test]
async fn an_empty_request_is_answered_and_not_passed_on() {
    let chain = Chain::start().await;
    let grpc = Grpc::connect(chain.first.grpc().await).await.unwrap();
    let http = chain.first.http().await;
    for signal in Signal::ALL {
        assert!(grpc.export(signal, b"").await.unwrap().is_ok());
        assert_eq!(post_proto(http, signal, "").await.unwrap().status, 200);
        let reply = post_json(http, signal, "{}").await.unwrap();
        assert_eq!((reply.status, reply.text().as_str()), (200, "{\"partialSuccess\":{}}"));
        // What comes after the empty request is the first to arrive.
        let request = samples::request(signal, 1);
        assert!(grpc.export(signal, &request).await.unwrap().is_ok());
        chain.assert_arrives(signal, &[request]).await;
        assert_eq!(chain.backend.bodies(signal).len(), 1);
    }
}

#[tokio::test]
async fn the_proto_file_holds_what_was_sent_with_unknown_fields() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.bin");
    let last = Collector::start(&configs::to_file(&path, "proto")).await;
    let first = Collector::start(&configs::limited_and_batched(last.grpc().await)).await;
    let grpc = Grpc::connect(first.grpc().await).await.unwrap();
    let (request, markers) = otlp::span_with_unknown_fields();
    assert!(grpc.export(Signal::Traces, &request).await.unwrap().is_ok());
    let file = file_where(&path, |bytes| bytes.len() >= request.len()).await;
    let records = otlp::records_of_file(&file);
    otlp::assert_same(
        &otlp::items(Signal::Traces, &[request]),
        &otlp::items(Signal::Traces, &records),
    );
    let text = String::from_utf8_lossy(&file);
    for marker in markers {
        assert!(text.contains(marker), "the unknown field {marker} is gone");
    }
}

#[tokio::test]
async fn curl_sends_json_and_the_file_holds_the_same_json() {
    let directory = tempfile::tempdir().unwrap();
    for signal in Signal::ALL {
        let path = directory.path().join(format!("{signal}.json"));
        let collector = Collector::start(&configs::to_file(&path, "json")).await;
        let golden = root().join(format!("tests/golden/{signal}.json"));
        let answer = sdk::curl(signal, &golden, collector.http().await).await;
        assert_eq!(answer, "{\"partialSuccess\":{}}");
        let file = file_where(&path, |bytes| bytes.ends_with(b"\n")).await;
        let written: Value = serde_json::from_slice(&file).unwrap();
        let sent: Value = serde_json::from_slice(&std::fs::read(golden).unwrap()).unwrap();
        assert_eq!(written, sent);
    }
}

#[tokio::test]
async fn json_that_a_collector_wrote_is_read_back_without_loss() {
    let directory = tempfile::tempdir().unwrap();
    for signal in Signal::ALL {
        let path = directory.path().join(format!("{signal}.json"));
        let writer = Collector::start(&configs::to_file(&path, "json")).await;
        let request = samples::rich(signal);
        let grpc = Grpc::connect(writer.grpc().await).await.unwrap();
        assert!(grpc.export(signal, &request).await.unwrap().is_ok());
        let file = file_where(&path, |bytes| bytes.ends_with(b"\n")).await;
        let chain = Chain::start().await;
        let http = chain.first.http().await;
        assert_eq!(post_json(http, signal, file).await.unwrap().status, 200);
        chain.assert_arrives(signal, &[request]).await;
    }
}

async fn file_where(path: &Path, is_complete: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    wait::until("the file to be complete", || {
        let bytes = std::fs::read(path).unwrap_or_default();
        std::future::ready((!bytes.is_empty() && is_complete(&bytes)).then_some(bytes))
    })
    .await
}
