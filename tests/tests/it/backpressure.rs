//! Overload and refusing backends: refused with a hint, never dropped in silence, and all in the books.

use std::time::Duration;

use common::signal::Signal;
use tests::{
    backend::{Answer, Backend},
    client::{Grpc, post_proto},
    collector::{Collector, free_address},
    otlp::{self, samples},
    wait,
};

use crate::configs;

const UNAVAILABLE: u32 = 14;

/// A limit that the process alone exceeds, so that everything is refused.
const NO_ROOM: &str = "processors:\n  memory_limiter: {check_interval: 100ms, limit_mib: 1}\n\
    exporters: {nop: }\n";

#[tokio::test]
async fn over_the_memory_limit_clients_are_told_when_to_try_again() {
    let config = configs::pipelines(NO_ROOM, &["memory_limiter"], &["nop"]);
    let collector = Collector::start(&config).await;
    collector.logged("Memory usage is above soft limit. Refusing data.").await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let http = collector.http().await;
    for signal in Signal::ALL {
        let request = samples::request(signal, 5);
        let reply = grpc.export(signal, &request).await.unwrap();
        assert_eq!(reply.code, UNAVAILABLE, "{}", reply.message);
        assert!(reply.retry_after.is_some(), "no RetryInfo");
        let reply = post_proto(http, signal, request).await.unwrap();
        assert_eq!(reply.status, 503);
        assert!(reply.header("retry-after").parse::<u64>().is_ok(), "no Retry-After");
    }
    let metrics = collector.balanced_books().await;
    assert_eq!(metrics.sum("otelcol_receiver_refused_spans", &[]), 10.0);
    assert_eq!(metrics.sum("otelcol_receiver_accepted_spans", &[]), 0.0);
}

#[tokio::test]
async fn batch_holds_what_the_backend_refuses_and_delivers_it_later() {
    let backend = Backend::start().await;
    backend.answer(Answer::UNAVAILABLE);
    let collector = Collector::start(&configs::limited_and_batched(backend.address)).await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let request = samples::request(Signal::Traces, 20);
    assert!(grpc.export(Signal::Traces, &request).await.unwrap().is_ok());
    wait::until_true("the first refusal", || backend.items(Signal::Traces) >= 20).await;
    let metrics = collector.balanced_books().await;
    let batch = [("component", "batch"), ("otel_signal", "traces")];
    assert_eq!(metrics.sum("otelcol_stage_held_items", &batch), 20.0);
    backend.forget();
    backend.answer(Answer::Ok);
    backend.items_reach(Signal::Traces, 20).await;
    otlp::assert_same(
        &otlp::items(Signal::Traces, &[request]),
        &otlp::items(Signal::Traces, &backend.bodies(Signal::Traces)),
    );
    let is_delivered = |metrics: &tests::metrics::Samples| {
        metrics.sum("otelcol_exporter_sent_spans", &[]) == 20.0 && metrics.unbalanced().is_empty()
    };
    collector.metrics_where("20 spans sent", is_delivered).await;
}

#[tokio::test]
async fn what_a_backend_refuses_for_good_is_dropped_and_counted_and_the_next_passes() {
    let backend = Backend::start().await;
    backend.answer_next([Answer::INVALID]);
    let collector = Collector::start(&configs::limited_and_batched(backend.address)).await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    assert!(grpc.export(Signal::Logs, &samples::request(Signal::Logs, 7)).await.unwrap().is_ok());
    wait::until_true("the refusal", || backend.items(Signal::Logs) == 7).await;
    let next = samples::request(Signal::Logs, 3);
    assert!(grpc.export(Signal::Logs, &next).await.unwrap().is_ok());
    backend.items_reach(Signal::Logs, 10).await;
    let metrics = collector.balanced_books().await;
    assert_eq!(metrics.sum("otelcol_stage_items", &[("flow", "dropped")]), 7.0);
}

#[tokio::test]
async fn without_a_queue_the_client_gets_the_backends_answer() {
    let backend = Backend::start().await;
    let collector = Collector::start(&configs::pass_through(backend.address)).await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let request = samples::request(Signal::Metrics, 4);
    for (answer, code) in
        [(Answer::Ok, 0), (Answer::UNAVAILABLE, UNAVAILABLE), (Answer::INVALID, 3)]
    {
        backend.answer(answer);
        let reply = grpc.export(Signal::Metrics, &request).await.unwrap();
        assert_eq!(reply.code, code, "{}", reply.message);
    }
    backend.answer(Answer::Partial { rejected: 1, message: "one too old".to_owned() });
    let reply = grpc.export(Signal::Metrics, &request).await.unwrap();
    assert!(reply.is_ok());
    assert_eq!(otlp::partial_success_of(&reply.body), (1, "one too old".to_owned()));
    collector.balanced_books().await;
}

#[tokio::test]
async fn the_backends_retry_hint_travels_back_to_the_client() {
    let backend = Backend::start().await;
    let delay = Duration::from_secs(7);
    backend.answer(Answer::Refuse { code: 14, status: 503, retry_after: Some(delay) });
    let collector = Collector::start(&configs::pass_through(backend.address)).await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let request = samples::request(Signal::Traces, 1);
    let reply = grpc.export(Signal::Traces, &request).await.unwrap();
    assert_eq!(reply.retry_after, Some(delay));
    let reply = post_proto(collector.http().await, Signal::Traces, request).await.unwrap();
    assert_eq!(reply.header("retry-after"), "7");
}

#[tokio::test]
async fn an_absent_backend_is_unavailable_and_its_return_is_noticed() {
    let address = free_address();
    let collector = Collector::start(&configs::pass_through(address)).await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let request = samples::request(Signal::Traces, 1);
    let reply = grpc.export(Signal::Traces, &request).await.unwrap();
    assert_eq!(reply.code, UNAVAILABLE, "{}", reply.message);
    let backend = Backend::start_at(address).await;
    wait::until("the backend to be found again", || async {
        grpc.export(Signal::Traces, &request).await.unwrap().is_ok().then_some(())
    })
    .await;
    assert_eq!(backend.items(Signal::Traces), 1);
    collector.balanced_books().await;
}

#[tokio::test]
async fn a_full_queue_refuses_and_says_so_in_words_that_people_search_for() {
    let backend = Backend::start().await;
    backend.answer(Answer::Never);
    let exporter = format!(
        "exporters:\n  otlp_grpc:\n    endpoint: {}\n    tls: {{insecure: true}}\n    \
         sending_queue: {{num_consumers: 1, queue_size: 2}}\n",
        backend.address
    );
    let collector = Collector::start(&configs::pipelines(&exporter, &[], &["otlp_grpc"])).await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let request = samples::request(Signal::Traces, 1);
    let reply = wait::until("a full queue", || async {
        let reply = grpc.export(Signal::Traces, &request).await.unwrap();
        (!reply.is_ok()).then_some(reply)
    })
    .await;
    assert_eq!(reply.code, UNAVAILABLE);
    assert!(reply.message.contains("sending queue is full"), "{}", reply.message);
    collector.balanced_books().await;
}

#[tokio::test]
async fn one_dead_backend_does_not_slow_a_healthy_one() {
    let (healthy, dead) = (Backend::start().await, Backend::start().await);
    dead.answer(Answer::Never);
    let exporter = |name: &str, backend: &Backend, queue_size: usize| {
        format!(
            "  otlp_grpc/{name}:\n    endpoint: {}\n    tls: {{insecure: true}}\n    \
             sending_queue: {{queue_size: {queue_size}}}\n",
            backend.address
        )
    };
    let (one, two) = (exporter("healthy", &healthy, 1000), exporter("dead", &dead, 2));
    let sections = format!("exporters:\n{one}{two}");
    let ids = ["otlp_grpc/healthy", "otlp_grpc/dead"];
    let collector = Collector::start(&configs::pipelines(&sections, &[], &ids)).await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let request = samples::request(Signal::Traces, 1);
    for _ in 0..50 {
        assert!(grpc.export(Signal::Traces, &request).await.unwrap().is_ok());
    }
    healthy.items_reach(Signal::Traces, 50).await;
    collector.balanced_books().await;
}

#[tokio::test]
async fn own_metrics_stay_under_500_series() {
    let backend = Backend::start().await;
    let collector = Collector::start(&configs::limited_and_batched(backend.address)).await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    for signal in Signal::ALL {
        assert!(grpc.export(signal, &samples::request(signal, 10)).await.unwrap().is_ok());
    }
    let metrics = collector.balanced_books().await;
    assert!(metrics.0.len() <= 500, "{} series", metrics.0.len());
    for name in [
        "otelcol_receiver_accepted_spans",
        "otelcol_receiver_accepted_metric_points",
        "otelcol_receiver_accepted_log_records",
        "otelcol_exporter_sent_spans",
        "otelcol_process_uptime",
        "otelcol_process_memory_rss",
        "target_info",
    ] {
        assert!(metrics.has(name), "no {name}");
    }
}
