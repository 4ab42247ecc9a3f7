//! Hostile and clumsy clients: the process goes on, nothing accepted is lost, the counters tell.

mod protobuf;

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use common::{component::Tasks, signal::Signal};
use tests::{
    backend::Backend,
    client::{self, Grpc, HttpReply, post, post_json, post_proto},
    codings,
    collector::{Collector, Setup},
    otlp::{samples, status},
    wait,
};

use crate::configs;

const INVALID_ARGUMENT: u32 = 3;
const RESOURCE_EXHAUSTED: u32 = 8;
const UNIMPLEMENTED: u32 = 12;

const MIB: usize = 1 << 20;
const SMALL_LIMITS: &str = "receivers:
  otlp:
    protocols:
      grpc: {endpoint: '127.0.0.1:0', max_recv_msg_size_mib: 1}
      http: {endpoint: '127.0.0.1:0', max_request_body_size: 1048576}
exporters: {nop: }
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [nop]}
    metrics: {receivers: [otlp], exporters: [nop]}
    logs: {receivers: [otlp], exporters: [nop]}
";

/// A collector with limits of 1 MiB that must still work after what a test did to it.
struct Victim {
    collector: Collector,
    grpc: SocketAddr,
    http: SocketAddr,
}

impl Victim {
    async fn start() -> Self {
        let collector = Collector::start(SMALL_LIMITS).await;
        let (grpc, http) = (collector.grpc().await, collector.http().await);
        Self { collector, grpc, http }
    }

    async fn assert_works(mut self) {
        let grpc = Grpc::connect(self.grpc).await.unwrap();
        let request = samples::request(Signal::Traces, 2);
        let reply = grpc.export(Signal::Traces, &request).await.unwrap();
        assert!(reply.is_ok(), "{reply:?}");
        assert_eq!(post_proto(self.http, Signal::Traces, request).await.unwrap().status, 200);
        let metrics = self.collector.balanced_books().await;
        assert!(metrics.sum("otelcol_receiver_accepted_spans", &[]) >= 4.0);
        assert!(self.collector.is_running());
    }
}

fn status_body(reply: &HttpReply) -> (i32, String) {
    assert_eq!(reply.header("content-type"), "application/x-protobuf");
    status::code_and_message(&reply.body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_requests_from_200_connections_all_arrive() {
    const CONNECTIONS: usize = 200;
    const REQUESTS: usize = 50;
    let backend = Backend::start().await;
    let collector = Collector::start(&configs::limited_and_batched(backend.address)).await;
    let (address, tasks) = (collector.grpc().await, Tasks::default());
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            tasks.spawn(async move {
                let grpc = Grpc::connect(address).await.unwrap();
                let request = samples::request(Signal::Traces, 3);
                for _ in 0..REQUESTS {
                    assert!(grpc.export(Signal::Traces, &request).await.unwrap().is_ok());
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    let items = CONNECTIONS * REQUESTS * 3;
    backend.items_reach(Signal::Traces, items).await;
    let metrics = collector.balanced_books().await;
    assert_eq!(metrics.sum("otelcol_receiver_accepted_spans", &[]), items as f64);
    assert_eq!(backend.items(Signal::Traces), items);
}

#[tokio::test]
async fn a_request_of_64_mib_passes_where_the_limit_allows_it() {
    let backend = Backend::start().await;
    let collector = Collector::start(&configs::limited_and_batched(backend.address)).await;
    let request = samples::request_of_size(Signal::Logs, 64 * MIB);
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    assert!(grpc.export(Signal::Logs, &request).await.unwrap().is_ok());
    let reply = post_proto(collector.http().await, Signal::Logs, request).await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text());
    // Counting the items of such a request takes longer than sending it.
    let arrived = || backend.bodies(Signal::Logs).iter().map(Bytes::len).sum::<usize>();
    wait::until_true("both requests at the backend", || arrived() >= 2 * 64 * MIB).await;
}

#[tokio::test]
async fn a_request_over_the_limit_is_told_so() {
    let victim = Victim::start().await;
    let request = samples::request_of_size(Signal::Traces, 2 * MIB);
    let grpc = Grpc::connect(victim.grpc).await.unwrap();
    let reply = grpc.export(Signal::Traces, &request).await.unwrap();
    assert_eq!(reply.code, RESOURCE_EXHAUSTED, "{}", reply.message);
    let reply = post_proto(victim.http, Signal::Traces, request).await.unwrap();
    assert_eq!(reply.status, 413, "{}", reply.text());
    victim.assert_works().await;
}

#[tokio::test]
async fn bombs_of_every_coding_are_stopped_at_the_limit() {
    let victim = Victim::start().await;
    let bomb = vec![0_u8; 256 * MIB];
    let grpc = Grpc::connect(victim.grpc).await.unwrap();
    for coding in ["gzip", "snappy", "zstd", "deflate"] {
        let body = client::frame(&codings::encode(coding, &bomb), true);
        if body.len() > MIB {
            continue;
        }
        let path = Signal::Traces.grpc_path();
        let reply = grpc.call(path, body, &[("grpc-encoding", coding)]).await.unwrap();
        assert_eq!(reply.code, RESOURCE_EXHAUSTED, "{coding}: {}", reply.message);
    }
    for coding in ["gzip", "zstd", "zlib", "deflate", "lz4", "snappy", "x-snappy-framed"] {
        let headers = [("content-type", "application/x-protobuf"), ("content-encoding", coding)];
        let body = codings::encode(coding, &bomb);
        let reply = post(victim.http, "/v1/traces", &headers, body).await;
        // A body that is itself too large may cost the connection before the answer is read.
        assert!(reply.is_err() || reply.is_ok_and(|reply| reply.status == 413), "{coding}");
    }
    let rss = |samples: &tests::metrics::Samples| samples.sum("otelcol_process_memory_rss", &[]);
    let metrics = victim.collector.metrics_where("memory to be told", |all| rss(all) > 0.0).await;
    assert!(rss(&metrics) < 200e6, "{} bytes after the bombs", rss(&metrics));
    victim.assert_works().await;
}

#[tokio::test]
async fn a_truncated_or_wrong_coding_is_malformed() {
    let victim = Victim::start().await;
    let request = samples::rich(Signal::Traces);
    for coding in ["gzip", "zstd", "zlib", "deflate", "lz4", "snappy", "x-snappy-framed"] {
        let headers = [("content-type", "application/x-protobuf"), ("content-encoding", coding)];
        let mut cut = codings::encode(coding, &request);
        cut.truncate(cut.len() / 2);
        for body in [cut, b"not encoded at all".to_vec()] {
            let reply = post(victim.http, "/v1/traces", &headers, body).await.unwrap();
            assert_eq!(reply.status, 400, "{coding}: {}", reply.text());
        }
    }
    let headers = [("content-type", "application/json"), ("content-encoding", "brotli")];
    let reply = post(victim.http, "/v1/traces", &headers, "{}").await.unwrap();
    assert_eq!(reply.status, 400);
    assert!(reply.text().contains("unsupported Content-Encoding: brotli"), "{}", reply.text());
    victim.assert_works().await;
}

#[tokio::test]
async fn malformed_protobuf_is_refused_with_the_path_of_the_field() {
    let victim = Victim::start().await;
    let mut request = samples::request(Signal::Traces, 1).to_vec();
    // The last bytes belong to the schema URL of the resource block.
    request.truncate(request.len() - 1);
    let grpc = Grpc::connect(victim.grpc).await.unwrap();
    let reply = grpc.export(Signal::Traces, &request).await.unwrap();
    assert_eq!(reply.code, INVALID_ARGUMENT);
    assert!(reply.message.contains("resource_spans"), "{}", reply.message);
    let reply = post_proto(victim.http, Signal::Traces, request).await.unwrap();
    assert_eq!(reply.status, 400);
    let (code, message) = status_body(&reply);
    assert_eq!(code, 3);
    assert!(message.contains("resource_spans"), "{message}");
    victim.assert_works().await;
}

#[tokio::test]
async fn malformed_json_is_refused_with_the_path_of_the_field() {
    let victim = Victim::start().await;
    let wrong_kind = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":7}]}]}]}"#;
    let short_id = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"ab"}]}]}]}"#;
    for (body, expected) in [
        (wrong_kind, "name"),
        (short_id, "length mismatch"),
        (r#"{"resourceSpans":["#, ""),
        ("[]", ""),
        ("", ""),
    ] {
        let reply = post_json(victim.http, Signal::Traces, body).await.unwrap();
        assert_eq!(reply.status, 400, "{body}: {}", reply.text());
        assert_eq!(reply.header("content-type"), "application/json");
        assert!(reply.text().contains("\"code\":3"), "{}", reply.text());
        assert!(reply.text().contains(expected), "{body}: {}", reply.text());
    }
    victim.assert_works().await;
}

#[tokio::test]
async fn nesting_without_end_is_refused() {
    let victim = Victim::start().await;
    let deep = format!(
        r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{{"body":{}{{}}{}}}]}}]}}]}}"#,
        r#"{"arrayValue":{"values":["#.repeat(5_000),
        "]}}".repeat(5_000)
    );
    let reply = post_json(victim.http, Signal::Logs, deep).await.unwrap();
    assert_eq!(reply.status, 400, "{}", reply.text());
    // Lengths that promise ever more bytes, as deep as the message is long.
    let reply = post_proto(victim.http, Signal::Logs, vec![0x0A_u8; 100_000]).await.unwrap();
    assert_eq!(reply.status, 400, "{}", reply.text());
    victim.assert_works().await;
}

#[tokio::test]
async fn text_that_is_not_utf8_is_mended() {
    let backend = Backend::start().await;
    let collector = Collector::start(&configs::pass_through(backend.address)).await;
    let mut request = samples::request(Signal::Traces, 1).to_vec();
    let at = request.windows(6).position(|window| window == b"span-0").unwrap();
    request[at] = 0xFF;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    assert!(grpc.export(Signal::Traces, &request).await.unwrap().is_ok());
    backend.items_reach(Signal::Traces, 1).await;
    let arrived = tests::otlp::items(Signal::Traces, &backend.bodies(Signal::Traces));
    assert!(arrived[0].contains("\u{FFFD}pan-0"), "{}", arrived[0]);
}

#[tokio::test]
async fn what_is_not_otlp_over_http_is_told_what_is() {
    let victim = Victim::start().await;
    let reply = post(victim.http, "/v1/traces", &[("content-type", "text/xml")], "<a/>").await;
    let reply = reply.unwrap();
    assert_eq!(reply.status, 415);
    assert!(reply.text().contains("application/json, application/x-protobuf"), "{}", reply.text());
    let reply = client::get(victim.http, "/v1/traces").await.unwrap();
    assert_eq!((reply.status, reply.text().contains("[POST]")), (405, true));
    assert_eq!(client::get(victim.http, "/nothing/here").await.unwrap().status, 404);
    victim.assert_works().await;
}

#[tokio::test]
async fn a_wrong_signal_is_sent_to_the_right_collector() {
    let config = SMALL_LIMITS;
    let collector = Setup::new("traces-collector").config(config).start().await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    for signal in [Signal::Metrics, Signal::Logs] {
        let request = samples::request(signal, 1);
        let reply = grpc.export(signal, &request).await.unwrap();
        assert_eq!(reply.code, UNIMPLEMENTED);
        assert!(reply.message.contains(signal.collector()), "{}", reply.message);
        let reply = post_proto(collector.http().await, signal, request).await.unwrap();
        assert_eq!(reply.status, 404);
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        assert!(text.contains(signal.collector()), "{text}");
    }
}

#[tokio::test]
async fn half_a_request_and_a_silent_client_hold_nobody_up() {
    let victim = Victim::start().await;
    let head = "POST /v1/traces HTTP/1.1\r\nhost: c\r\ncontent-type: application/x-protobuf\r\n";
    let half = format!("{head}content-length: 1000\r\n\r\nonly this");
    let mut open = Vec::new();
    for bytes in [half.as_bytes(), head.as_bytes(), b"", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        open.push(client::write_raw(victim.http, bytes).await.unwrap());
        open.push(client::write_raw(victim.grpc, bytes).await.unwrap());
    }
    let gone = client::write_raw(victim.http, half.as_bytes()).await.unwrap();
    drop(gone);
    victim.assert_works().await;
    drop(open);
}

#[tokio::test]
async fn a_slow_client_is_served_while_others_go_on() {
    use tokio::io::AsyncWriteExt as _;
    let victim = Victim::start().await;
    let request = samples::request(Signal::Traces, 1);
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: c\r\nconnection: close\r\ncontent-type: \
         application/x-protobuf\r\ncontent-length: {}\r\n\r\n",
        request.len()
    );
    let mut slow = client::write_raw(victim.http, head.as_bytes()).await.unwrap();
    for chunk in request.chunks(16) {
        slow.write_all(chunk).await.unwrap();
        slow.flush().await.unwrap();
        assert_eq!(post_proto(victim.http, Signal::Logs, "").await.unwrap().status, 200);
    }
    let answer = client::read_rest(&mut slow, Duration::from_secs(10)).await;
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
    victim.assert_works().await;
}

#[tokio::test]
async fn random_bytes_are_survived_on_both_ports() {
    let victim = Victim::start().await;
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for round in 0..200_usize {
        let bytes: Vec<u8> = (0..round * 7)
            .map(|_| {
                // xorshift: the same bytes in every run.
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_le_bytes()[0]
            })
            .collect();
        drop(client::write_raw(victim.http, &bytes).await.unwrap());
        drop(client::write_raw(victim.grpc, &bytes).await.unwrap());
        let reply = post_proto(victim.http, Signal::ALL[round % 3], bytes).await.unwrap();
        assert!([200, 400].contains(&reply.status), "{}", reply.status);
    }
    victim.assert_works().await;
}
