use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::{OtlpGrpcExporter, OtlpGrpcExporterConfig};
use crate::{
    component::{Export, Exporter, Kind, Lifecycle},
    net::{
        compression::{Coding, decompress},
        grpc_client::scripted::{Answer, Backend},
        status::{GrpcCode, Status},
    },
    pipeline::{Charge, Payload, Reason},
    signal::Signal,
    testing::context,
};

async fn exporter(
    script: Vec<Answer>,
    compression: &str,
) -> (OtlpGrpcExporter, Backend, tokio::task::JoinSet<()>) {
    let (backend, tasks) = Backend::start(script).await;
    let mut config = OtlpGrpcExporterConfig {
        endpoint: backend.address.to_string(),
        compression: compression.to_owned(),
        ..Default::default()
    };
    config.tls.b.insecure = true;
    let context = context(Kind::Exporter, "otlp_grpc", Signal::Logs);
    let exporter = OtlpGrpcExporter::build(config, context).unwrap();
    exporter.start().await.unwrap();
    (exporter, backend, tasks)
}

fn payload() -> Payload {
    let chunk = Bytes::from(b"telemetry".repeat(1000));
    let mut payload = Payload::new(Signal::Logs, chunk.clone(), 1, Charge::NONE);
    payload.merge(Payload::new(Signal::Logs, chunk, 2, Charge::NONE));
    payload
}

#[tokio::test]
async fn sends_the_chunks_as_one_message_in_every_coding() {
    for (name, coding) in [
        ("none", Coding::Identity),
        ("gzip", Coding::Gzip),
        ("zstd", Coding::Zstd),
        ("snappy", Coding::SnappyFramed),
    ] {
        let (exporter, backend, _tasks) = exporter(vec![], name).await;
        exporter.export(payload()).await.unwrap();
        let seen = backend.seen().remove(0);
        assert_eq!(seen.path, "/opentelemetry.proto.collector.logs.v1.LogsService/Export");
        let agent = seen.headers["user-agent"].to_str().unwrap();
        assert!(agent.starts_with("Test Collector/1.2.3 (linux/"), "{agent}");
        assert_eq!(seen.body[0], u8::from(coding != Coding::Identity));
        assert_eq!(seen.body[1..5], u32::try_from(seen.body.len() - 5).unwrap().to_be_bytes());
        let body = decompress(coding, &seen.body[5..], 1 << 20).unwrap();
        assert_eq!(body, payload().contiguous());
        let encoding = seen.headers.get("grpc-encoding").map(|value| value.to_str().unwrap());
        assert_eq!(encoding, (name != "none").then_some(name));
    }
}

#[tokio::test]
async fn answers_as_the_backend_does() {
    let mut throttled = Status::new(GrpcCode::ResourceExhausted, "later");
    throttled.retry_delay = Some(Duration::from_secs(7));
    let script = vec![
        Answer::Reply(b"\x0a\x07\x08\x02\x12\x03old".to_vec()),
        Answer::Status(throttled),
        Answer::TrailersOnly(Status::new(GrpcCode::ResourceExhausted, "never")),
        Answer::Status(Status::new(GrpcCode::Unavailable, "down")),
        Answer::Status(Status::new(GrpcCode::InvalidArgument, "bad")),
    ];
    let (exporter, _backend, _tasks) = exporter(script, "gzip").await;
    let accepted = exporter.export(payload()).await.unwrap();
    assert_eq!((accepted.refused_items, &*accepted.message), (2, "old"));
    let rejected = exporter.export(payload()).await.unwrap_err();
    assert_eq!(rejected.reason, Reason::Overloaded);
    assert_eq!(rejected.retry_after, Some(Duration::from_secs(7)));
    for (reason, is_retryable) in
        [(Reason::Refused, false), (Reason::Unavailable, true), (Reason::Malformed, false)]
    {
        let rejected = exporter.export(payload()).await.unwrap_err();
        assert_eq!((rejected.reason, rejected.is_retryable()), (reason, is_retryable));
    }
    exporter.stop(Instant::now() + Duration::from_secs(1)).await;
    assert!(exporter.export(payload()).await.unwrap_err().is_retryable());
}

#[tokio::test]
async fn checks_by_sending_an_empty_request() {
    let (exporter, backend, _tasks) = exporter(vec![], "gzip").await;
    let said = exporter.check().await.unwrap();
    assert_eq!(said, format!("{} accepts logs over OTLP/gRPC", backend.address));
    assert_eq!(backend.seen()[0].body, &[0, 0, 0, 0, 0][..]);
}
