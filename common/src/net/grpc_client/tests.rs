use std::{sync::Arc, time::Duration};

use bytes::{Buf, Bytes};
use tokio::{sync::Notify, time::Instant};

use super::{
    GrpcClient, GrpcClientSettings, Message, pool,
    scripted::{Answer, Backend},
};
use crate::{
    net::status::{GrpcCode, Status},
    pipeline::{Backoff, RequestContext},
    settings::{Issues, Secret},
};

const PATH: &str = "/service/Method";

fn settings(endpoint: &str) -> GrpcClientSettings {
    let mut settings = GrpcClientSettings { endpoint: endpoint.to_owned(), ..Default::default() };
    settings.tls.b.insecure = true;
    settings
}

fn client(settings: GrpcClientSettings) -> GrpcClient {
    let client = GrpcClient::new(settings, None, "test/1 (linux/amd64)").unwrap();
    client.start().unwrap();
    client
}

fn message(parts: &[&[u8]]) -> Message {
    let parts: Vec<_> = parts.iter().map(|part| Bytes::copy_from_slice(part)).collect();
    Message::frame(&parts, false).unwrap()
}

#[test]
fn frames_small_parts_in_one_piece_and_large_ones_without_copying() {
    let mut small = message(&[b"ab", b"cd"]);
    assert_eq!(small.chunk(), b"\0\0\0\0\x04abcd");
    small.advance(6);
    assert_eq!((small.remaining(), small.chunk()), (3, &b"bcd"[..]));

    let part = Bytes::from(vec![7; 9000]);
    let mut large = Message::frame(&[part.clone(), Bytes::new(), part.clone()], true).unwrap();
    assert_eq!(large.chunk(), [1, 0, 0, 0x46, 0x50]);
    let mut slices = [std::io::IoSlice::new(&[]); 4];
    assert_eq!(large.chunks_vectored(&mut slices), 3);
    assert_eq!(slices[1].as_ptr(), part.as_ptr());
    large.advance(5 + 9000 + 1);
    assert_eq!((large.remaining(), large.chunk().len()), (8999, 8999));
}

#[tokio::test]
async fn sends_path_headers_and_body_and_returns_the_reply() {
    let (backend, _tasks) = Backend::start([Answer::Reply(b"hello".to_vec())]).await;
    let mut settings = settings(&format!("dns:///{}", backend.address));
    settings.headers = [
        ("x-tenant".to_owned(), Secret::new("blue")),
        ("x-key-bin".to_owned(), Secret::new("\u{1}")),
    ]
    .into_iter()
    .collect();
    let client = client(settings);
    let body = vec![3; 200_000];
    assert_eq!(
        client.call(PATH, message(&[&body, b"end"]), &RequestContext::EMPTY).await.unwrap(),
        "hello"
    );

    let seen = backend.seen().remove(0);
    assert_eq!((seen.path.as_str(), seen.authority), (PATH, backend.address.to_string()));
    assert_eq!(seen.headers["content-type"], "application/grpc");
    assert_eq!(seen.headers["te"], "trailers");
    assert_eq!(seen.headers["user-agent"], "test/1 (linux/amd64)");
    assert_eq!(seen.headers["x-tenant"], "blue");
    assert_eq!(seen.headers["x-key-bin"], "AQ");
    assert_eq!(seen.headers["grpc-encoding"], "gzip");
    assert_eq!(seen.body.len(), 200_008);
    assert!(seen.body.ends_with(b"end"));
    client.stop(Instant::now() + Duration::from_secs(1)).await;
    let failure = client.call(PATH, message(&[]), &RequestContext::EMPTY).await.unwrap_err();
    assert_eq!(failure.status.message, "the exporter is stopped");
}

#[tokio::test]
async fn tells_statuses_from_trailers_and_from_trailers_only() {
    let mut status = Status::new(GrpcCode::ResourceExhausted, "slow down, 100% full");
    status.retry_delay = Some(Duration::from_millis(1500));
    let script = [
        Answer::Status(status.clone()),
        Answer::TrailersOnly(status.clone()),
        Answer::Http(503),
        Answer::Http(404),
        Answer::Reset(h2::Reason::CANCEL),
        Answer::Reset(h2::Reason::INTERNAL_ERROR),
        // Moved to another connection, since the server says that it did not look at it.
        Answer::Reset(h2::Reason::REFUSED_STREAM),
    ];
    let (backend, _tasks) = Backend::start(script).await;
    let client = client(settings(&backend.address.to_string()));
    for code in [
        None,
        None,
        Some(GrpcCode::Unavailable),
        Some(GrpcCode::Unimplemented),
        Some(GrpcCode::Cancelled),
        Some(GrpcCode::Unavailable),
    ] {
        let failure =
            client.call(PATH, message(&[b"x"]), &RequestContext::EMPTY).await.unwrap_err();
        match code {
            None => assert_eq!(failure.status, status),
            Some(code) => assert_eq!(failure.status.code, code, "{}", failure.status.message),
        }
    }
    assert_eq!(client.call(PATH, message(&[b"x"]), &RequestContext::EMPTY).await.unwrap(), "");
    assert_eq!(backend.seen().len(), 8);
}

#[tokio::test]
async fn fails_at_once_while_nobody_listens() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = client(settings(&address.to_string()));
    let failure = client.call(PATH, message(&[]), &RequestContext::EMPTY).await.unwrap_err();
    assert_eq!(failure.status.code, GrpcCode::Unavailable);
    assert!(failure.status.message.starts_with(&format!("cannot connect to {address}: ")));
}

#[tokio::test]
async fn connects_again_after_the_connection_ends() {
    let (backend, tasks) = Backend::start([]).await;
    let mut settings = settings(&backend.address.to_string());
    settings.wait_for_ready = true;
    let client = client(settings);
    client.call(PATH, message(&[]), &RequestContext::EMPTY).await.unwrap();
    let address = backend.address;
    drop((backend, tasks));
    tokio::task::yield_now().await;
    let listener = loop {
        if let Ok(listener) = tokio::net::TcpListener::bind(address).await {
            break listener;
        }
        tokio::task::yield_now().await;
    };
    let call = client.call(PATH, message(&[]), &RequestContext::EMPTY);
    let accepted = async { listener.accept().await.unwrap() };
    tokio::select! {
        _ = accepted => {}
        failed = call => assert!(failed.is_err()),
    }
}

#[test]
fn only_attempts_that_fail_in_a_row_lengthen_the_pause() {
    let mut pauses = pool::Pauses::new(Backoff { randomization: 0.0, ..pool::BACKOFF });
    let seconds = [false, false, false, true, true, false]
        .map(|was_open| pauses.after(was_open).as_secs_f64());
    assert_eq!(seconds, [1.0, 1.6, 2.56, 1.0, 1.0, 1.0]);
}

#[test]
fn reports_what_is_not_available_by_its_key() {
    let mut settings = settings("jaeger:14250");
    settings.compression = "lz4".to_owned();
    settings.balancer_name = "random".to_owned();
    settings.tls.a.ca_file = "/ca.pem".to_owned();
    settings.tls.a.tpm.enabled = true;
    settings.tls.a.min_version = "1.1".to_owned();
    let mut issues = Issues::default();
    settings.validate(&mut issues);
    let found: Vec<_> =
        issues.list.iter().map(|issue| (issue.path.as_str(), issue.is_warning)).collect();
    assert_eq!(
        found,
        [
            ("endpoint", true),
            ("compression", false),
            ("balancer_name", false),
            ("tls::tpm", false),
            ("tls::min_version", true),
        ]
    );
}

#[tokio::test]
async fn a_stop_waits_for_calls_and_no_longer() {
    const PATIENCE: Duration = Duration::from_secs(30);
    let told = Arc::new(Notify::new());
    let (backend, _tasks) = Backend::start([Answer::ResetLater(Arc::clone(&told))]).await;
    let client = client(settings(&backend.address.to_string()));
    let call = client.call(PATH, message(&[b"x"]), &RequestContext::EMPTY);
    let stop = async {
        while backend.seen().is_empty() {
            tokio::task::yield_now().await;
        }
        let started = Instant::now();
        tokio::join!(client.stop(started + PATIENCE), async { told.notify_one() });
        started.elapsed()
    };
    let (answer, took) = tokio::join!(call, stop);
    assert_eq!(answer.unwrap_err().status.code, GrpcCode::Cancelled);
    assert!(took < PATIENCE / 2, "{took:?}");
}

/// A stop that waited with the pool's lock held, as it once did, would wait for a change of the pool that waits
/// for the lock.
#[test]
fn stops_while_its_connections_change() {
    const PATIENCE: Duration = Duration::from_secs(30);
    let client = GrpcClient::new(settings("127.0.0.1:1"), None, "test/1 (linux/amd64)").unwrap();
    let (stopped, stops) = std::sync::mpsc::sync_channel(1);
    let changing = client.clone();
    std::thread::spawn(move || {
        while !changing.0.pool.borrow().is_closed {
            changing.0.pool.send_modify(|pool| pool.failure = None);
        }
    });
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for _ in 0..100_000 {
            runtime.block_on(client.stop(Instant::now() + PATIENCE));
        }
        client.0.pool.send_modify(pool::Pool::close);
        stopped.send(()).unwrap();
    });
    stops.recv_timeout(PATIENCE).expect("the stop hangs");
}
