use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinSet,
};

use super::{Encoding, OtlpHttpExporter, OtlpHttpExporterConfig, OtlpHttpSettings};
use crate::{
    component::{Export, Exporter, Kind},
    net::{
        compression::{Coding, decompress},
        http_client::HttpClientSettings,
    },
    pipeline::{Accepted, Charge, Payload, Reason},
    settings::{Both, Issues, Secret, Settings},
    signal::Signal,
    testing::context,
};

/// Head and body of each request.
type Seen = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// Answers every request with the same bytes and closes.
struct Backend {
    url: String,
    seen: Seen,
    _tasks: JoinSet<()>,
}

impl Backend {
    async fn start(answer: impl Into<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (answer, seen) = (answer.into(), Seen::default());
        let mut tasks = JoinSet::new();
        let serving = Arc::clone(&seen);
        tasks.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                let (head, length) = loop {
                    request.push(stream.read_u8().await.unwrap());
                    if request.ends_with(b"\r\n\r\n") {
                        let head = String::from_utf8(request).unwrap().to_lowercase();
                        let length = head.split("content-length: ").nth(1).unwrap();
                        let length = length.split("\r\n").next().unwrap().parse().unwrap();
                        break (head, length);
                    }
                };
                let mut body = vec![0; length];
                stream.read_exact(&mut body).await.unwrap();
                serving.lock().push((head, body));
                stream.write_all(&answer).await.unwrap();
            }
        });
        Self { url, seen, _tasks: tasks }
    }
}

fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend_from_slice(body);
    answer
}

fn config(url: &str) -> OtlpHttpExporterConfig {
    let http = HttpClientSettings { endpoint: url.to_owned(), ..Default::default() };
    Both { a: http, b: OtlpHttpSettings::default() }
}

fn build(config: OtlpHttpExporterConfig) -> OtlpHttpExporter {
    OtlpHttpExporter::build(config, context(Kind::Exporter, "otlp_http", Signal::Traces)).unwrap()
}

/// One empty resource group.
fn payload() -> Payload {
    Payload::new(Signal::Traces, Bytes::from_static(&[0x0a, 0x00]), 1, Charge::NONE)
}

#[tokio::test]
async fn posts_in_every_coding_with_the_right_headers() {
    for (name, coding) in [
        ("none", Coding::Identity),
        ("gzip", Coding::Gzip),
        ("zstd", Coding::Zstd),
        ("zlib", Coding::Zlib),
        ("deflate", Coding::Deflate),
        ("snappy", Coding::Snappy),
        ("x-snappy-framed", Coding::SnappyFramed),
        ("lz4", Coding::Lz4),
    ] {
        let backend = Backend::start(answer(200, "", b"")).await;
        let mut config = config(&format!("{}/base/", backend.url));
        config.a.compression = name.to_owned();
        config.a.headers = [("X-Tenant".to_owned(), Secret::new("blue"))].into_iter().collect();
        build(config).export(payload()).await.unwrap();
        let (head, body) = backend.seen.lock().remove(0);
        assert!(head.starts_with("post /base/v1/traces http/1.1\r\n"), "{head}");
        assert!(head.contains("content-type: application/x-protobuf\r\n"), "{head}");
        assert!(head.contains("user-agent: test collector/1.2.3 (linux/"), "{head}");
        assert!(head.contains("x-tenant: blue\r\n"), "{head}");
        assert_eq!(head.contains(&format!("content-encoding: {name}\r\n")), name != "none");
        assert_eq!(decompress(coding, &body, 1000).unwrap(), [0x0a, 0x00]);
    }
}

#[tokio::test]
async fn posts_json_to_the_url_of_the_signal() {
    let backend = Backend::start(answer(200, "", b"")).await;
    let mut config = config("");
    config.a.compression = "none".to_owned();
    config.b.encoding = Encoding::Json;
    config.b.traces_endpoint = format!("{}/exactly?here=1", backend.url);
    build(config).export(payload()).await.unwrap();
    let (head, body) = backend.seen.lock().remove(0);
    assert!(head.starts_with("post /exactly?here=1 http/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/json\r\n"), "{head}");
    assert_eq!(String::from_utf8(body).unwrap(), r#"{"resourceSpans":[{"resource":{}}]}"#);
}

#[tokio::test]
async fn reads_partial_success_in_both_encodings() {
    let proto =
        (b"\x0a\x07\x08\x02\x12\x03old".to_vec(), "content-type: application/x-protobuf\r\n");
    let json = br#"{"partialSuccess":{"rejectedSpans":"2","errorMessage":"old"}}"#.to_vec();
    for (body, header) in [proto, (json, "content-type: application/json; charset=utf-8\r\n")] {
        let backend = Backend::start(answer(200, header, &body)).await;
        let accepted = build(config(&backend.url)).export(payload()).await.unwrap();
        assert_eq!((accepted.refused_items, &*accepted.message), (2, "old"));
    }
}

#[tokio::test]
async fn refuses_for_good_when_the_reply_cannot_be_read() {
    let answer = answer(200, "content-type: application/json\r\n", b"{");
    let backend = Backend::start(answer).await;
    let rejected = build(config(&backend.url)).export(payload()).await.unwrap_err();
    assert_eq!(rejected.reason, Reason::Refused);
}

#[tokio::test]
async fn retries_what_may_pass_later_and_waits_as_told() {
    let cases = [
        (429, "", true, None),
        (429, "retry-after: 12\r\n", true, Some(12)),
        (503, "retry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\n", true, Some(0)),
        (503, "retry-after: soon\r\n", true, None),
        (502, "retry-after: 12\r\n", true, None),
        (504, "", true, None),
        (400, "", false, None),
        (408, "", false, None),
        (413, "", false, None),
        (500, "", false, None),
    ];
    for (status, headers, is_retryable, seconds) in cases {
        let backend = Backend::start(answer(status, headers, b"")).await;
        let rejected = build(config(&backend.url)).export(payload()).await.unwrap_err();
        assert_eq!(rejected.is_retryable(), is_retryable, "{status}");
        assert_eq!(rejected.retry_after, seconds.map(Duration::from_secs), "{status} {headers}");
        assert_eq!(
            rejected.message,
            format!(
                "error exporting items, request to {}/v1/traces responded with HTTP Status Code {status}",
                backend.url
            )
        );
    }
}

#[tokio::test]
async fn tells_the_message_of_a_status_and_of_a_failed_connection() {
    let body = b"\x08\x03\x12\x03bad";
    let header = "content-type: application/x-protobuf\r\n";
    let backend = Backend::start(answer(400, header, body)).await;
    let rejected = build(config(&backend.url)).export(payload()).await.unwrap_err();
    assert!(rejected.message.ends_with("HTTP Status Code 400, Message=bad"), "{rejected}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let rejected = build(config(&url)).export(payload()).await.unwrap_err();
    assert_eq!(rejected.reason, Reason::Unavailable);
    assert!(rejected.message.starts_with("failed to make an HTTP request: "), "{rejected}");
    assert!(rejected.message.contains("refused"), "{rejected}");
}

#[test]
fn reports_what_cannot_work() {
    let mut config = config("");
    config.a.compression = "snappy".to_owned();
    config.a.compression_params.level = 3;
    config.a.read_buffer_size = 4;
    config.b.logs_endpoint = "ftp://logs".to_owned();
    let mut issues = Issues::default();
    config.validate(&mut issues);
    let found: Vec<_> = issues.list.iter().map(|issue| issue.path.as_str()).collect();
    assert_eq!(found, ["compression_params::level", "read_buffer_size", "logs_endpoint"]);
}

#[tokio::test]
async fn no_more_requests_are_under_way_than_connections_are_allowed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut config = config(&format!("http://{}", listener.local_addr().unwrap()));
    config.a.max_conns_per_host = 1;
    let exporter = build(config);
    let send = || exporter.export(payload());
    let serve = async {
        let (mut first, _) = listener.accept().await.unwrap();
        let second = tokio::time::timeout(Duration::from_millis(100), listener.accept());
        assert!(second.await.is_err(), "a second connection came beside the first");
        respond(&mut first).await;
        let (mut second, _) = listener.accept().await.unwrap();
        respond(&mut second).await;
        (first, second)
    };
    let (one, two, _open) = tokio::join!(send(), send(), serve);
    assert_eq!((one, two), (Ok(Accepted::FULLY), Ok(Accepted::FULLY)));
}

async fn respond(stream: &mut tokio::net::TcpStream) {
    let mut some = [0; 4096];
    assert!(stream.read(&mut some).await.unwrap() > 0);
    stream.write_all(&answer(200, "", b"")).await.unwrap();
}
