//! The four collectors of the stack as processes with its configs, and a backend each.

use std::collections::BTreeSet;

use common::signal::Signal;
use serde_json::Value;
use tempfile::TempDir;
use tests::{
    backend::Backend,
    chaos::load::Requests as _,
    client::{Grpc, post_proto},
    collector::{Collector, Setup, free_address},
    numbered::Numbered,
    otlp::{self, samples},
    sink::Sink,
};

use super::{binary, files::path};

/// Starts a collector of the stack, with what no process on a shared machine can have set anew: its ports,
/// its volume, and where the others are.
async fn start(collector: &str, endpoints: &[(&str, String)], volume: &TempDir) -> Collector {
    let config = path(&format!("config/{collector}.yaml"));
    let mut setup = Setup::new(binary(collector)).arg(&format!("--config={}", config.display()));
    let queue = volume.path().join(collector);
    let fixed = [
        ("receivers.otlp.protocols.grpc.endpoint", "127.0.0.1:0".to_owned()),
        ("receivers.otlp.protocols.http.endpoint", "127.0.0.1:0".to_owned()),
        ("extensions.health_check.endpoint", free_address().to_string()),
        ("extensions.file_storage.directory", queue.display().to_string()),
    ];
    for (key, value) in &fixed {
        setup = setup.arg(&format!("--set={key}={value}"));
    }
    for (exporter, endpoint) in endpoints {
        setup = setup.arg(&format!("--set=exporters.{exporter}.endpoint={endpoint}"));
    }
    setup.start().await
}

#[tokio::test]
async fn what_the_front_door_takes_reaches_the_backend_of_its_signal() {
    let volume = TempDir::new().unwrap();
    let [jaeger, prometheus, loki] =
        [Backend::start().await, Backend::start().await, Backend::start().await];
    let traces = [("otlp_grpc/jaeger", jaeger.address.to_string())];
    let metrics = [("otlp_http/prometheus", format!("http://{}/api/v1/otlp", prometheus.address))];
    let logs = [("otlp_http/loki", format!("http://{}/otlp", loki.address))];
    let traces = start("traces-collector", &traces, &volume).await;
    let metrics = start("metrics-collector", &metrics, &volume).await;
    let logs = start("logs-collector", &logs, &volume).await;
    let behind = [
        ("otlp_grpc/traces", traces.grpc().await.to_string()),
        ("otlp_grpc/metrics", metrics.grpc().await.to_string()),
        ("otlp_grpc/logs", logs.grpc().await.to_string()),
    ];
    let node = start("node-collector", &behind, &volume).await;
    let grpc = Grpc::connect(node.grpc().await).await.unwrap();
    for (signal, backend) in Signal::ALL.into_iter().zip([&jaeger, &prometheus, &loki]) {
        let sent = [samples::rich(signal), samples::request(signal, 100)];
        assert!(grpc.export(signal, &sent[0]).await.unwrap().is_ok());
        let reply = post_proto(node.http().await, signal, sent[1].clone()).await.unwrap();
        assert_eq!(reply.status, 200);
        let sent = otlp::items(signal, &sent);
        backend.items_reach(signal, sent.len()).await;
        otlp::assert_same(&sent, &otlp::items(signal, &backend.bodies(signal)));
    }
    let came = |backend: &Backend| {
        let received = backend.received();
        let paths: BTreeSet<_> = received.into_iter().map(|one| one.path).collect();
        paths.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(came(&jaeger), [Signal::Traces.grpc_path()]);
    assert_eq!(came(&prometheus), ["/api/v1/otlp/v1/metrics"]);
    assert_eq!(came(&loki), ["/otlp/v1/logs"]);
}

fn of_source<'a>(counts: &'a Value, signal: Signal, source: &str) -> &'a Value {
    &counts[signal.name()]["sources"][source]
}

#[tokio::test]
async fn the_sink_tells_what_is_missing_doubled_and_altered() {
    let sink = Sink::start_at("127.0.0.1:0".parse().unwrap()).await;
    for signal in Signal::ALL {
        let items = Numbered::new(signal, "one");
        let send = async |body: &[u8]| {
            let reply = post_proto(sink.address(), signal, body.to_vec()).await.unwrap();
            assert_eq!(reply.status, 200);
        };
        send(&items.request(0..30)).await;
        send(&items.request(40..42)).await;
        send(&items.request(19..20)).await;
        let text = items.request(0..1);
        let at = text.windows(9).position(|nine| nine == b"/numbered").unwrap();
        let mut altered = text.to_vec();
        altered[at + 1] = b'N';
        send(&altered).await;
        send(&samples::request(signal, 3)).await;
        let counts = sink.counts();
        let one = of_source(&counts, signal, "one");
        assert_eq!(one["distinct"], 32, "{signal}: {one}");
        assert_eq!(one["duplicates"], 1, "{signal}: {one}");
        assert_eq!(one["altered"], 1, "{signal}: {one}");
        assert_eq!(one["missing"], 10, "{signal}");
        assert_eq!(one["first_missing"][0], 30, "{signal}");
        assert_eq!(counts[signal.name()]["others"].as_array().unwrap().len(), 3, "{signal}");
        assert_eq!(counts[signal.name()]["received"], 37, "{signal}");
    }
}
