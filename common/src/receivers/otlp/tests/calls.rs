//! Requests to the running receiver over gRPC.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UnixStream},
    time::Instant,
};

use super::{Bench, Call, ONE_SPAN};
use crate::{
    component::Lifecycle,
    net::{
        compression::{Coding, compress},
        grpc_server::GrpcServerSettings,
        status::{GrpcCode, Status, grpc_code},
    },
    pipeline::{Accepted, Reason, Rejected},
    signal::Signal,
};

fn told(status: &Status) -> (GrpcCode, &str) {
    (status.code, &status.message)
}

#[tokio::test]
async fn a_request_arrives_and_is_answered() {
    let bench = Bench::grpc("").await;
    let (status, response) = bench.call(Call::default()).await;
    assert_eq!(told(&status), (GrpcCode::Ok, ""));
    assert_eq!(response, &b"\x0a\x00"[..]);
    let payloads = bench.pipeline.accepted().payloads();
    assert_eq!(payloads[0].contiguous(), ONE_SPAN);
    assert_eq!(payloads[0].items(), 1);
    assert!(payloads[0].context().peer().is_some());
    assert!(payloads[0].context().all_metadata().is_empty());
    assert_eq!(bench.budget.used(), ONE_SPAN.len() as u64);
    assert_eq!(bench.count("otelcol_receiver_accepted_spans"), 1.0);
}

#[tokio::test]
async fn each_coding_of_grpc_is_understood() {
    let bench = Bench::grpc("").await;
    let codings = [
        ("gzip", Coding::Gzip),
        ("zstd", Coding::Zstd),
        ("snappy", Coding::Snappy),
        ("snappy", Coding::SnappyFramed),
        ("deflate", Coding::Deflate),
    ];
    for (name, coding) in codings {
        let call = Call {
            headers: vec![("grpc-encoding", name)],
            is_compressed: true,
            message: compress(coding, None, &[ONE_SPAN.into()]),
            ..Call::default()
        };
        let (status, _) = bench.call(call).await;
        assert_eq!(told(&status), (GrpcCode::Ok, ""), "{coding:?}");
    }
    assert_eq!(bench.pipeline.accepted().items(), codings.len());
    let payload = bench.pipeline.accepted().payloads().pop().unwrap();
    assert_eq!(payload.charges()[0].bytes(), ONE_SPAN.len() as u64);
    let call = Call { headers: vec![("grpc-encoding", "br")], ..Call::default() };
    let (status, _) = bench.call(call).await;
    assert_eq!(status.code, GrpcCode::Unimplemented);
    assert!(status.message.contains("\"br\""), "{}", status.message);
}

#[tokio::test]
async fn each_rejection_has_its_code_and_overload_says_when_to_come_back() {
    let bench = Bench::grpc("").await;
    for reason in Reason::ALL {
        bench.pipeline.reject_all(Some(reason));
        let (status, _) = bench.call(Call::default()).await;
        assert_eq!(status.code, grpc_code(reason), "{reason:?}");
        assert_eq!(status.retry_delay.is_some(), reason == Reason::Overloaded, "{reason:?}");
    }
    assert_eq!(bench.count("otelcol_receiver_refused_spans"), Reason::ALL.len() as f64);
}

#[tokio::test]
async fn a_message_keeps_what_no_header_could_carry() {
    let bench = Bench::grpc("").await;
    let rejected = Rejected::new(Reason::Unavailable, "100% größer\n")
        .retry_after(Duration::from_millis(2500));
    let _script = bench.pipeline.clone().then(Err(rejected));
    let (status, _) = bench.call(Call::default()).await;
    assert_eq!(told(&status), (GrpcCode::Unavailable, "100% größer\n"));
    assert_eq!(status.retry_delay, Some(Duration::from_millis(2500)));
}

#[tokio::test]
async fn a_partial_success_is_passed_on() {
    let bench = Bench::grpc("").await;
    let accepted = Accepted { refused_items: 3, message: "old".into() };
    let _script = bench.pipeline.clone().then(Ok(accepted));
    let (status, response) = bench.call(Call::default()).await;
    assert_eq!(status.code, GrpcCode::Ok);
    assert_eq!(response, &b"\x0a\x07\x08\x03\x12\x03old"[..]);
}

#[tokio::test]
async fn limits_hold_before_and_after_decompression() {
    let bench = Bench::grpc(", max_recv_msg_size_mib: 1").await;
    let (status, _) = bench.call(Call { message: vec![0; (1 << 20) + 1], ..Call::default() }).await;
    assert_eq!(
        told(&status),
        (
            GrpcCode::ResourceExhausted,
            "grpc: received message larger than max (1048577 vs. 1048576)"
        )
    );
    let bomb = Call {
        headers: vec![("grpc-encoding", "gzip")],
        is_compressed: true,
        message: compress(Coding::Gzip, None, &[vec![0; 2 << 20].into()]),
        ..Call::default()
    };
    let (status, _) = bench.call(bomb).await;
    assert_eq!(status.code, GrpcCode::ResourceExhausted);
    assert_eq!(bench.budget.used(), 0);
}

#[tokio::test]
async fn a_message_of_many_frames_and_windows_arrives_whole() {
    let bench = Bench::grpc("").await;
    let message: Vec<u8> = ONE_SPAN.repeat((4 << 20) / ONE_SPAN.len());
    let (status, _) = bench.call(Call { message: message.clone(), ..Call::default() }).await;
    assert_eq!(told(&status), (GrpcCode::Ok, ""));
    let payload = bench.pipeline.accepted().payloads().remove(0);
    assert_eq!(payload.items(), message.len() / ONE_SPAN.len());
    assert_eq!(payload.contiguous(), message);
}

#[tokio::test]
async fn a_full_budget_refuses_with_a_hint() {
    let bench = Bench::grpc("").await;
    bench.budget.set_limit(10);
    let (status, _) = bench.call(Call::default()).await;
    assert_eq!(told(&status), (GrpcCode::Unavailable, "data refused due to high memory usage"));
    assert_eq!(status.retry_delay, Some(Duration::from_secs(1)));
}

#[tokio::test]
async fn what_is_not_served_is_named_with_its_place() {
    let bench = Bench::grpc("").await;
    let check = async |path| bench.call(Call { path, ..Call::default() }).await.0;
    assert_eq!(
        told(&check(Signal::Metrics.grpc_path()).await),
        (
            GrpcCode::Unimplemented,
            "metrics are not served by this traces-collector; send them to a metrics-collector or \
             run the combined-collector"
        )
    );
    assert_eq!(
        told(&check("/grpc.health.v1.Health/Check").await),
        (GrpcCode::Unimplemented, "unknown service grpc.health.v1.Health")
    );
    assert_eq!(
        told(&check("/opentelemetry.proto.collector.trace.v1.TraceService/Import").await),
        (
            GrpcCode::Unimplemented,
            "unknown method Import for service opentelemetry.proto.collector.trace.v1.TraceService"
        )
    );
}

#[tokio::test]
async fn damaged_and_empty_requests_do_not_reach_the_pipeline() {
    let bench = Bench::grpc("").await;
    let (status, _) = bench.call(Call { message: b"\x0a\xff".to_vec(), ..Call::default() }).await;
    assert_eq!(status.code, GrpcCode::InvalidArgument);
    let (status, response) = bench.call(Call { message: vec![], ..Call::default() }).await;
    assert_eq!((status.code, &response[..]), (GrpcCode::Ok, &b"\x0a\x00"[..]));
    let call = Call { headers: vec![("content-type", "application/json")], ..Call::default() };
    let (status, _) = bench.call(call).await;
    assert_eq!(status.code, GrpcCode::Internal);
    assert!(bench.pipeline.offered().is_empty());
    assert_eq!(bench.count("otelcol_receiver_accepted_spans"), 0.0);
}

#[tokio::test]
async fn metadata_goes_along_where_it_is_wanted() {
    let bench = Bench::grpc(", include_metadata: true").await;
    let call = Call { headers: vec![("X-Tenant", "a"), ("x-tenant", "b")], ..Call::default() };
    bench.call(call).await;
    let payload = bench.pipeline.accepted().payloads().remove(0);
    let tenants: Vec<_> = payload.context().metadata("x-tenant").collect();
    assert_eq!(tenants, ["a", "b"]);
    assert_eq!(payload.context().metadata("host").next(), Some("test"));
}

#[tokio::test]
async fn a_unix_socket_serves_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("otlp.sock");
    let yaml = format!("protocols: {{grpc: {{endpoint: '{}', transport: unix}}}}", path.display());
    let bench = Bench::start(&yaml).await;
    let stream = UnixStream::connect(&path).await.unwrap();
    let (status, _) = Call::default().over(hyper_util::rt::TokioIo::new(stream)).await;
    assert_eq!(status.code, GrpcCode::Ok);
    assert_eq!(bench.pipeline.accepted().payloads()[0].context().peer(), None);
}

#[tokio::test]
async fn stopping_waits_for_calls_that_run() {
    let bench = Bench::grpc("").await;
    let _script = bench.pipeline.clone().then_after(Duration::from_millis(50), Ok(Accepted::FULLY));
    let address = bench.address();
    let stream = TcpStream::connect(&address).await.unwrap();
    let call = Call::default().over(hyper_util::rt::TokioIo::new(stream));
    let stop = async {
        while bench.pipeline.offered().is_empty() && bench.budget.used() == 0 {
            tokio::task::yield_now().await;
        }
        bench.receiver.stop(Instant::now() + Duration::from_secs(5)).await;
    };
    let ((status, _), ()) = tokio::join!(call, stop);
    assert_eq!(status.code, GrpcCode::Ok);
    assert!(TcpStream::connect(&address).await.is_err());
}

#[tokio::test]
async fn random_bytes_end_their_connection_and_nothing_else() {
    let bench = Bench::grpc("").await;
    for seed in 0..20 {
        let mut stream = TcpStream::connect(bench.address()).await.unwrap();
        let mut random = fastrand::Rng::with_seed(seed);
        let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        bytes.extend((0..500).map(|_| random.u8(..)));
        stream.write_all(&bytes).await.unwrap();
        stream.shutdown().await.unwrap();
        let _end = stream.read_to_end(&mut Vec::new()).await;
    }
    assert_eq!(bench.call(Call::default()).await.0.code, GrpcCode::Ok);
}

#[tokio::test]
async fn an_old_connection_is_closed_after_its_calls() {
    let bench = Bench::grpc(
        ", keepalive: {server_parameters: {max_connection_age: 20ms, max_connection_age_grace: 1s}}",
    )
    .await;
    let mut stream = TcpStream::connect(bench.address()).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut answer = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer));
    assert!(closed.await.is_ok());
}

#[test]
fn the_default_is_four_mebibytes() {
    assert_eq!(GrpcServerSettings::default().max_message_bytes(), 4 << 20);
}
