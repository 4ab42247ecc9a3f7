//! What an older version left on disk is delivered.

use std::process::Command;

use common::signal::Signal;
use tempfile::TempDir;
use tests::{
    backend::Backend,
    collector::{COMBINED, Setup, root},
};

/// Three spans that wait, behind two that were delivered.
#[tokio::test]
async fn a_queue_of_0_1_0_is_delivered_from_where_it_stopped() {
    let directory = TempDir::new().unwrap();
    let archive = root().join("tests/fixtures/queue/0.1.0.tar.gz");
    let unpacked =
        Command::new("tar").arg("-xzf").arg(archive).arg("-C").arg(directory.path()).status();
    assert!(unpacked.unwrap().success());
    let backend = Backend::start().await;
    let config = format!(
        "receivers: {{otlp: {{protocols: {{grpc: {{endpoint: '127.0.0.1:0'}}}}}}}}\n\
         exporters:\n  otlp_grpc:\n    endpoint: '{}'\n    tls: {{insecure: true}}\n    \
         sending_queue: {{storage: file_storage}}\n\
         extensions: {{file_storage: {{directory: '{}'}}}}\n\
         service:\n  extensions: [file_storage]\n  pipelines:\n    \
         traces: {{receivers: [otlp], exporters: [otlp_grpc]}}\n",
        backend.address,
        directory.path().display()
    );
    let mut collector = Setup::new(COMBINED).config(&config).start().await;
    backend.items_reach(Signal::Traces, 3).await;
    let metrics = collector
        .metrics_where("three spans sent", |metrics| {
            metrics.sum("otelcol_exporter_sent_spans", &[]) == 3.0
        })
        .await;
    assert_eq!(metrics.sum("otelcol_exporter_queue_damaged_records", &[]), 0.0);
    assert_eq!(collector.stop().await.code(), Some(0));
    let bodies: Vec<u8> = backend.received().into_iter().flat_map(|one| one.body).collect();
    let text = String::from_utf8_lossy(&bodies);
    for (name, is_there) in [("span 2", false), ("span 3", true), ("span 5", true)] {
        assert_eq!(text.contains(name), is_there, "{name}");
    }
}
