//! Requests to the running receiver over HTTP.

use http::Request;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Answer, Bench, ONE_SPAN};
use crate::{
    net::{
        compression::{Coding, compress},
        status::{Status, http_status},
    },
    pipeline::Reason,
};

const PROTOBUF: &str = "application/x-protobuf";

async fn post(bench: &Bench, content_type: &str, coding: &str, body: &[u8]) -> Answer {
    let mut request = Request::post("/v1/traces").header("content-type", content_type);
    if !coding.is_empty() {
        request = request.header("content-encoding", coding);
    }
    bench.send(request, body.to_vec()).await
}

#[tokio::test]
async fn protobuf_arrives_and_is_answered() {
    let bench = Bench::http("").await;
    let answer = post(&bench, "application/x-protobuf; charset=utf-8", "", ONE_SPAN).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, PROTOBUF));
    assert_eq!(answer.body, &b"\x0a\x00"[..]);
    assert_eq!(bench.pipeline.accepted().payloads()[0].contiguous(), ONE_SPAN);
    assert_eq!(bench.count("otelcol_receiver_accepted_spans"), 1.0);
}

#[tokio::test]
async fn json_arrives_as_protobuf_and_is_answered_in_json() {
    let bench = Bench::http("").await;
    let json = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"abc"}]}]}]}"#;
    let answer = post(&bench, "application/json", "", json).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.text(), r#"{"partialSuccess":{}}"#);
    let payload = bench.pipeline.accepted().payloads().remove(0);
    assert_eq!(payload.items(), 1);
    assert_eq!(payload.charges()[0].bytes(), payload.size() as u64);
    let answer = post(&bench, "application/json", "", b"{\"resourceSpans\":7}").await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().starts_with(r#"{"code":3,"message":""#), "{}", answer.text());
}

#[tokio::test]
async fn each_coding_of_http_is_understood() {
    let bench = Bench::http("").await;
    let mut sent = 0;
    for coding in Coding::ALL.into_iter().filter(|coding| *coding != Coding::Identity) {
        let body = compress(coding, None, &[ONE_SPAN.into()]);
        let answer = post(&bench, PROTOBUF, coding.name(), &body).await;
        assert_eq!(answer.status, 200, "{coding:?}");
        sent += 1;
    }
    assert_eq!(bench.pipeline.accepted().items(), sent);
    for unknown in ["br", "identity"] {
        let answer = post(&bench, PROTOBUF, unknown, ONE_SPAN).await;
        let status = Status::from_proto(&answer.body);
        assert_eq!(answer.status, 400);
        assert_eq!(status.message, format!("unsupported Content-Encoding: {unknown}"));
    }
    assert_eq!(post(&bench, PROTOBUF, "gzip", b"no gzip").await.status, 400);
}

#[tokio::test]
async fn codings_can_be_left_out() {
    let bench = Bench::http(", compression_algorithms: ['']").await;
    let body = compress(Coding::Gzip, None, &[ONE_SPAN.into()]);
    assert_eq!(post(&bench, PROTOBUF, "gzip", &body).await.status, 400);
    assert_eq!(post(&bench, PROTOBUF, "", ONE_SPAN).await.status, 200);
    let bench = Bench::http(", compression_algorithms: []").await;
    assert_eq!(post(&bench, PROTOBUF, "gzip", ONE_SPAN).await.status, 200);
}

#[tokio::test]
async fn each_rejection_has_its_status() {
    let bench = Bench::http("").await;
    for reason in Reason::ALL {
        bench.pipeline.reject_all(Some(reason));
        let answer = post(&bench, PROTOBUF, "", ONE_SPAN).await;
        assert_eq!(answer.status, http_status(reason).as_u16(), "{reason:?}");
        let retry_after = if reason == Reason::Overloaded { "1" } else { "" };
        assert_eq!(answer.header("retry-after"), retry_after, "{reason:?}");
    }
}

#[tokio::test]
async fn limits_hold_before_and_after_decompression() {
    let bench = Bench::http(", max_request_body_size: 100").await;
    let answer = post(&bench, PROTOBUF, "", &[0; 101]).await;
    assert_eq!(answer.status, 413);
    assert_eq!(Status::from_proto(&answer.body).message, "http: request body too large");
    let bomb = compress(Coding::Zstd, None, &[vec![0; 1000].into()]);
    assert_eq!(post(&bench, PROTOBUF, "zstd", &bomb).await.status, 413);
    assert_eq!(bench.budget.used(), 0);
}

#[tokio::test]
async fn a_full_budget_refuses_with_a_hint() {
    let bench = Bench::http("").await;
    bench.budget.set_limit(5);
    let answer = post(&bench, "application/json", "", b"{\"resourceSpans\":[]}").await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    assert!(answer.text().contains(r#""retryDelay":"1s""#), "{}", answer.text());
}

#[tokio::test]
async fn methods_types_and_paths_are_checked_in_this_order() {
    let bench = Bench::http("").await;
    let check = async |request: http::request::Builder| {
        let answer = bench.send(request, "").await;
        (answer.status, answer.text())
    };
    assert_eq!(
        check(Request::get("/v1/traces")).await,
        (405, "405 method not allowed, supported: [POST]".to_owned())
    );
    assert_eq!(check(Request::head("/v1/traces")).await, (405, String::new()));
    assert_eq!(
        check(Request::post("/v1/traces").header("content-type", "text/plain")).await,
        (
            415,
            "415 unsupported media type, supported: [application/json, application/x-protobuf]"
                .to_owned()
        )
    );
    assert_eq!(check(Request::post("/")).await, (404, "404 page not found\n".to_owned()));
    let (status, text) = check(Request::post("/v1/logs")).await;
    assert_eq!(status, 404);
    assert!(text.contains("send them to a logs-collector"), "{text}");
}

#[tokio::test]
async fn paths_headers_and_metadata_follow_the_settings() {
    let bench = Bench::http(
        ", traces_url_path: 'http://any/custom', include_metadata: true, \
         response_headers: {X-Served-By: tercet}",
    )
    .await;
    let request = Request::post("/custom").header("content-type", PROTOBUF).header("X-Tenant", "a");
    let answer = bench.send(request, ONE_SPAN).await;
    assert_eq!((answer.status, answer.header("x-served-by")), (200, "tercet"));
    let payload = bench.pipeline.accepted().payloads().remove(0);
    assert_eq!(payload.context().metadata("x-tenant").next(), Some("a"));
    assert_eq!(payload.context().metadata("host").next(), Some("test"));
}

#[tokio::test]
async fn a_body_in_pieces_arrives_whole() {
    let bench = Bench::http("").await;
    let mut stream = TcpStream::connect(bench.address()).await.unwrap();
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: {PROTOBUF}\r\n\
         transfer-encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    for byte in ONE_SPAN {
        stream.write_all(&[b'1', b'\r', b'\n', *byte, b'\r', b'\n']).await.unwrap();
        stream.flush().await.unwrap();
        tokio::task::yield_now().await;
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200 OK"));
    assert_eq!(bench.pipeline.accepted().items(), 1);
}

#[tokio::test]
async fn a_body_that_stops_is_answered_and_its_charge_given_back() {
    let bench = Bench::http(", read_timeout: 50ms").await;
    let mut stream = TcpStream::connect(bench.address()).await.unwrap();
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: {PROTOBUF}\r\ncontent-length: 50\r\n\r\nab"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 400 "), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(bench.budget.used(), 0);
}

#[tokio::test]
async fn a_client_that_is_still_sending_sees_its_refusal() {
    let bench = Bench::http(", max_request_body_size: 2000000").await;
    let answer = post(&bench, PROTOBUF, "", &vec![0; 3_000_000]).await;
    assert_eq!(answer.status, 413);
    bench.budget.set_limit(1000);
    let answer = post(&bench, PROTOBUF, "", &vec![0; 2_000_000]).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
}

#[tokio::test]
async fn a_string_that_is_no_utf8_is_mended_and_counted() {
    let bench = Bench::http("").await;
    let answer = post(&bench, PROTOBUF, "", b"\x0a\x09\x12\x07\x12\x05\x2a\x03a\xffc").await;
    assert_eq!(answer.status, 200);
    assert_eq!(bench.count("otelcol_receiver_mended_strings"), 1.0);
    let payload = bench.pipeline.accepted().payloads().remove(0);
    assert_eq!(payload.charges()[0].bytes(), payload.size() as u64);
}

#[tokio::test]
async fn random_bodies_never_end_the_server() {
    let bench = Bench::http("").await;
    let mut random = fastrand::Rng::with_seed(7);
    for coding in Coding::ALL.into_iter().filter(|coding| *coding != Coding::Identity) {
        for content_type in [PROTOBUF, "application/json"] {
            let body: Vec<u8> = (0..200).map(|_| random.u8(..)).collect();
            assert_eq!(post(&bench, content_type, coding.name(), &body).await.status, 400);
        }
    }
    assert_eq!(post(&bench, PROTOBUF, "", ONE_SPAN).await.status, 200);
}
