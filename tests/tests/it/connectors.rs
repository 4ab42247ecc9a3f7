//! Connectors: tenants kept apart, and a backend that another one stands in for.

use std::time::Duration;

use common::signal::Signal;
use tests::{
    backend::{Answer, Backend},
    client::{Grpc, GrpcReply},
    collector::{COMBINED, Collector, Setup, free_address, root},
    otlp::{assert_same, items, samples},
};
use tokio::time::Instant;

/// `multi-tenant.yaml` as it is, with a backend for each tenant and a small queue for the second.
struct Tenants {
    a: Backend,
    b: Backend,
    collector: Collector,
    grpc: Grpc,
}

impl Tenants {
    async fn start() -> Self {
        let (a, b) = (Backend::start().await, Backend::start().await);
        let file = root().join("tests/fixtures/configs/multi-tenant.yaml");
        let setup = Setup::new(COMBINED).arg(&format!("--config={}", file.display()));
        let settings = [
            ("receivers.otlp.protocols.grpc.endpoint", "127.0.0.1:0".to_owned()),
            ("exporters.otlp/tenant-a.endpoint", a.address.to_string()),
            ("exporters.otlp/tenant-b.endpoint", b.address.to_string()),
            ("exporters.otlp/tenant-b.sending_queue.queue_size", "5".to_owned()),
            ("exporters.otlp/tenant-b.sending_queue.num_consumers", "1".to_owned()),
        ];
        let setup = settings
            .iter()
            .fold(setup, |setup, (path, value)| setup.arg(&format!("--set={path}={value}")));
        let collector = setup.start().await;
        let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
        Self { a, b, collector, grpc }
    }

    async fn send(&self, tenant: &str) -> GrpcReply {
        let request = samples::request(Signal::Traces, 3);
        let headers = [("x-tenant", tenant)];
        self.grpc.export_with(Signal::Traces, &request, &headers).await.unwrap()
    }
}

#[tokio::test]
async fn each_tenant_has_its_backend() {
    let rig = Tenants::start().await;
    for tenant in ["tenant-b", "tenant-a", "other", "tenant-b"] {
        assert!(rig.send(tenant).await.is_ok());
    }
    let request = samples::request(Signal::Traces, 3);
    assert!(rig.grpc.export(Signal::Traces, &request).await.unwrap().is_ok());
    rig.a.items_reach(Signal::Traces, 9).await;
    rig.b.items_reach(Signal::Traces, 6).await;
    let sent = [&request, &request];
    assert_same(
        &items(Signal::Traces, &sent),
        &items(Signal::Traces, &rig.b.bodies(Signal::Traces)),
    );
    assert_eq!(rig.a.items(Signal::Traces), 9);
    rig.collector.balanced_books().await;
}

#[tokio::test]
async fn a_tenant_whose_backend_is_blocked_leaves_the_others_as_they_were() {
    let rig = Tenants::start().await;
    rig.b.answer(Answer::Never);
    let mut taken = 0;
    for _ in 0..20 {
        taken += usize::from(rig.send("tenant-b").await.is_ok());
    }
    assert_eq!(taken, 5, "its own queue is full");
    let begin = Instant::now();
    for _ in 0..100 {
        assert!(rig.send("tenant-a").await.is_ok());
        assert!(!rig.send("tenant-b").await.is_ok());
    }
    rig.a.items_reach(Signal::Traces, 300).await;
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    let metrics = rig.collector.balanced_books().await;
    assert_eq!(metrics.sum("otelcol_stage_items", &[("flow", "dropped")]), 0.0);
    assert_eq!(metrics.sum("otelcol_receiver_refused_spans", &[]), 345.0);
}

fn levels(first: std::net::SocketAddr, second: std::net::SocketAddr) -> String {
    let exporter = |name: &str, address| {
        format!(
            "  otlp_grpc/{name}:\n    endpoint: {address}\n    tls: {{insecure: true}}\n    \
             sending_queue: {{enabled: false}}\n    retry_on_failure: {{enabled: false}}\n"
        )
    };
    format!(
        "receivers:\n  otlp: {{protocols: {{grpc: {{endpoint: 127.0.0.1:0}}}}}}\n\
         connectors:\n  failover:\n    priority_levels: [[traces/first], [traces/second]]\n    \
         retry_interval: 1s\n\
         exporters:\n{}{}\
         service:\n  pipelines:\n    \
         traces: {{receivers: [otlp], exporters: [failover]}}\n    \
         traces/first: {{receivers: [failover], exporters: [otlp_grpc/first]}}\n    \
         traces/second: {{receivers: [failover], exporters: [otlp_grpc/second]}}\n",
        exporter("first", first),
        exporter("second", second)
    )
}

#[tokio::test]
async fn a_lower_level_stands_in_until_the_higher_one_works_again() {
    let (address, second) = (free_address(), Backend::start().await);
    let collector = Collector::start(&levels(address, second.address)).await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let request = samples::request(Signal::Traces, 2);
    let send = async || grpc.export(Signal::Traces, &request).await.unwrap();
    for _ in 0..3 {
        let reply = send().await;
        assert!(reply.is_ok(), "{}", reply.message);
    }
    assert_eq!(second.items(Signal::Traces), 6);
    collector.logged("A priority level failed, a lower one takes over.").await;
    let first = Backend::start_at(address).await;
    let begin = Instant::now();
    while first.items(Signal::Traces) == 0 {
        assert!(send().await.is_ok());
        assert!(begin.elapsed() < Duration::from_secs(30), "the first level stays unused");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    collector.logged("A higher priority level works again.").await;
    let metrics = collector.balanced_books().await;
    assert_eq!(metrics.sum("otelcol_connector_failover_active_level", &[]), 1.0);
    assert_eq!(metrics.sum("otelcol_connector_failover_count", &[]), 1.0);
    drop(first);
    drop(second);
    let reply = send().await;
    assert!(!reply.is_ok(), "nobody takes it, so the client keeps it");
    collector.balanced_books().await;
}
