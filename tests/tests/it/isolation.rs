//! One bad neighbour: a backend that takes nothing, a client that sends too much.

use std::{sync::Arc, time::Duration};

use common::{component::Tasks, signal::Signal};
use tests::{
    backend::{Answer, Backend},
    client::Grpc,
    collector::{Collector, free_address},
    otlp::samples,
};
use tokio::time::Instant;

use crate::configs;

fn exporter(name: &str, endpoint: &str, queue: &str) -> String {
    format!(
        "  otlp_grpc/{name}:\n    endpoint: {endpoint}\n    tls: {{insecure: true}}\n    \
         sending_queue: {{{queue}}}\n"
    )
}

/// A healthy backend beside a bad one.
struct Rig {
    healthy: Backend,
    collector: Collector,
    grpc: Grpc,
}

impl Rig {
    async fn start(bad_endpoint: &str, bad_queue: &str) -> Self {
        let healthy = Backend::start().await;
        let sections = format!(
            "exporters:\n{}{}",
            exporter("healthy", &healthy.address.to_string(), "queue_size: 1000"),
            exporter("bad", bad_endpoint, bad_queue)
        );
        let ids = ["otlp_grpc/healthy", "otlp_grpc/bad"];
        let collector = Collector::start(&configs::pipelines(&sections, &[], &ids)).await;
        let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
        Self { healthy, collector, grpc }
    }

    /// Sends so many requests of one span and says how many were taken.
    async fn send(&self, requests: usize) -> usize {
        let request = samples::request(Signal::Traces, 1);
        let mut taken = 0;
        for _ in 0..requests {
            taken += usize::from(self.grpc.export(Signal::Traces, &request).await.unwrap().is_ok());
        }
        taken
    }
}

#[tokio::test]
async fn a_backend_that_is_away_or_silent_or_slow_leaves_the_other_as_it_was() {
    let (silent, slow) = (Backend::start().await, Backend::start().await);
    silent.answer(Answer::Never);
    slow.answer(Answer::After(Duration::from_secs(3)));
    for bad in [free_address(), silent.address, slow.address] {
        let rig = Rig::start(&bad.to_string(), "num_consumers: 2, queue_size: 20").await;
        // Before its queue is full, and long after.
        assert_eq!(rig.send(10).await, 10, "{bad}");
        rig.healthy.items_reach(Signal::Traces, 10).await;
        let begin = Instant::now();
        assert_eq!(rig.send(200).await, 200, "{bad}");
        rig.healthy.items_reach(Signal::Traces, 210).await;
        assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
        // The bad one's copies are dropped, counted and told.
        let metrics = rig.collector.balanced_books().await;
        let dropped = metrics.sum("otelcol_stage_items", &[("flow", "dropped")]);
        assert!((180.0..=200.0).contains(&dropped), "{dropped} for {bad}");
        rig.collector.logged("One of several exporters refused data").await;
    }
}

#[tokio::test]
async fn a_full_queue_told_to_refuse_refuses_the_whole_before_any_takes_it() {
    let silent = Backend::start().await;
    silent.answer(Answer::Never);
    let queue = "num_consumers: 1, queue_size: 5, when_full: refuse";
    let rig = Rig::start(&silent.address.to_string(), queue).await;
    assert_eq!(rig.send(50).await, 5);
    rig.healthy.items_reach(Signal::Traces, 5).await;
    let metrics = rig.collector.balanced_books().await;
    assert_eq!(rig.healthy.items(Signal::Traces), 5, "a resend doubles nothing");
    assert_eq!(metrics.sum("otelcol_stage_items", &[("flow", "dropped")]), 0.0);
    assert_eq!(metrics.sum("otelcol_receiver_refused_spans", &[]), 45.0);
}

#[tokio::test]
async fn a_full_queue_told_to_drop_drops_although_it_is_the_only_one() {
    let silent = Backend::start().await;
    silent.answer(Answer::Never);
    let section = exporter(
        "only",
        &silent.address.to_string(),
        "num_consumers: 1, queue_size: 5, when_full: drop",
    );
    let config = configs::pipelines(&format!("exporters:\n{section}"), &[], &["otlp_grpc/only"]);
    let collector = Collector::start(&config).await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let request = samples::request(Signal::Traces, 1);
    for _ in 0..20 {
        assert!(grpc.export(Signal::Traces, &request).await.unwrap().is_ok());
    }
    let metrics = collector.balanced_books().await;
    let dropped = [("flow", "dropped"), ("reason", "overloaded")];
    assert_eq!(metrics.sum("otelcol_stage_items", &dropped), 15.0);
}

#[tokio::test]
async fn a_greedy_client_does_not_take_the_room_of_a_modest_one() {
    let backend = Backend::start().await;
    backend.answer(Answer::After(Duration::from_millis(300)));
    let sections = format!(
        "processors:\n  memory_limiter: {{check_interval: 100ms, limit_mib: 100}}\nexporters:\n{}",
        configs::unqueued_otlp(backend.address)
    );
    let config = configs::only_traces(&sections, &["memory_limiter"], &["otlp_grpc"]);
    let collector = Collector::start(&config).await;
    let address = collector.grpc().await;
    let large: Arc<[u8]> = samples::request_of_size(Signal::Traces, 3 << 20).as_ref().into();
    let tasks = Tasks::default();
    let greedy = Grpc::connect(address).await.unwrap();
    for _ in 0..60 {
        let (greedy, large, stopping) = (greedy.clone(), large.clone(), tasks.stopping().clone());
        tasks.spawn(async move {
            while !stopping.is_cancelled() {
                drop(greedy.export(Signal::Traces, &large).await);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
    }
    collector
        .metrics_where("the greedy client to be refused", |metrics| {
            metrics.sum("otelcol_budget_used_bytes", &[]) > f64::from(40 << 20)
        })
        .await;
    let modest = Grpc::connect(address).await.unwrap();
    let request = samples::request(Signal::Traces, 100);
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let begin = Instant::now();
        let reply = modest.export(Signal::Traces, &request).await.unwrap();
        assert!(reply.is_ok(), "{}", reply.message);
        slowest = slowest.max(begin.elapsed());
        backend.forget();
    }
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    tasks.stopping().cancel();
}
