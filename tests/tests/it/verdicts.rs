//! What each answer of a backend means: tried again, split, or dropped with its reason counted and told.

use std::time::Duration;

use common::signal::Signal;
use tests::{
    backend::{Answer, Backend},
    client::Grpc,
    collector::Collector,
    metrics::Samples,
    otlp::{self, samples},
    wait,
};

use crate::configs;

const QUEUED: &str = "sending_queue: {num_consumers: 1}\n    \
                      retry_on_failure: {initial_interval: 20ms, max_interval: 50ms}";
const UNQUEUED: &str = "sending_queue: {enabled: false}\n    retry_on_failure: {enabled: false}";
const HINT: Option<Duration> = Some(Duration::ZERO);

/// What the backend says; the reason that is counted, none if it is tried again; the code that a client
/// without a queue in between sees.
type Row = (Answer, Option<&'static str>, u32);

fn refusal(code: u32, status: u16) -> Answer {
    Answer::Refuse { code, status, retry_after: None }
}

fn over_grpc() -> Vec<Row> {
    let mut rows: Vec<Row> = vec![
        (refusal(1, 0), None, 14),
        (refusal(2, 0), Some("refused"), 13),
        (refusal(3, 0), Some("malformed"), 3),
        (refusal(4, 0), None, 4),
        (refusal(5, 0), Some("refused"), 13),
        (refusal(6, 0), Some("refused"), 13),
        (refusal(7, 0), Some("forbidden"), 7),
        (refusal(8, 0), Some("refused"), 13),
        (refusal(9, 0), Some("refused"), 13),
        (refusal(10, 0), None, 14),
        (refusal(11, 0), None, 14),
        (refusal(12, 0), Some("unsupported"), 12),
        (refusal(13, 0), Some("refused"), 13),
        (refusal(14, 0), None, 14),
        (refusal(15, 0), None, 14),
        (refusal(16, 0), Some("unauthenticated"), 16),
        // A code that gRPC does not have.
        (refusal(42, 0), Some("refused"), 13),
    ];
    rows.push((Answer::Refuse { code: 8, status: 0, retry_after: HINT }, None, 14));
    rows
}

fn over_http() -> Vec<Row> {
    let mut rows: Vec<Row> = vec![
        (refusal(0, 400), Some("malformed"), 3),
        (refusal(0, 401), Some("unauthenticated"), 16),
        (refusal(0, 403), Some("forbidden"), 7),
        (refusal(0, 404), Some("unsupported"), 12),
        (refusal(0, 429), None, 14),
        (refusal(0, 502), None, 14),
        (refusal(0, 503), None, 14),
        (refusal(0, 504), None, 4),
    ];
    let permanent = [304, 402, 405, 406, 408, 409, 410, 415, 418, 422, 451, 500, 501, 505, 507];
    rows.extend(permanent.map(|status| (refusal(0, status), Some("refused"), 13)));
    rows.push((Answer::Refuse { code: 0, status: 429, retry_after: HINT }, None, 14));
    rows
}

fn config(exporter: &str, backend: &Backend, delivery: &str) -> String {
    let endpoint = match exporter {
        "otlp_grpc" => format!("{}\n    tls: {{insecure: true}}", backend.address),
        _ => format!("http://{}", backend.address),
    };
    let section = format!("exporters:\n  {exporter}:\n    endpoint: {endpoint}\n    {delivery}\n");
    configs::pipelines(&section, &[], &[exporter])
}

async fn collector(exporter: &str, backend: &Backend, delivery: &str) -> (Collector, Grpc) {
    let collector = Collector::start(&config(exporter, backend, delivery)).await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    (collector, grpc)
}

fn dropped(metrics: &Samples, exporter: &str, reason: &str) -> f64 {
    let labels = [("component", exporter), ("flow", "dropped"), ("reason", reason)];
    metrics.sum("otelcol_stage_items", &labels)
}

/// Each answer once, for a request of three items, through a queue.
async fn check_queued(exporter: &str, rows: Vec<Row>) {
    let backend = Backend::start().await;
    let (collector, grpc) = collector(exporter, &backend, QUEUED).await;
    let request = samples::request(Signal::Logs, 3);
    let (mut sent, mut lost) = (0.0, std::collections::BTreeMap::<&str, f64>::new());
    for (answer, reason, _) in rows {
        backend.forget();
        backend.answer_next([answer.clone()]);
        assert!(grpc.export(Signal::Logs, &request).await.unwrap().is_ok());
        match reason {
            Some(reason) => *lost.entry(reason).or_default() += 3.0,
            None => sent += 3.0,
        }
        let what = format!("{exporter} to count {answer:?} as {reason:?}");
        collector
            .metrics_where(&what, |metrics| {
                let is_sent = metrics.sum("otelcol_exporter_sent_log_records", &[]) == sent;
                let failed = metrics.sum("otelcol_exporter_send_failed_log_records", &[]);
                let is_failed = failed == lost.values().sum::<f64>();
                let mut lost = lost.iter();
                is_sent
                    && is_failed
                    && lost.all(|(reason, items)| dropped(metrics, exporter, reason) == *items)
            })
            .await;
        let tries = if reason.is_some() { 1 } else { 2 };
        assert_eq!(backend.received().len(), tries, "{answer:?}");
    }
    collector.balanced_books().await;
    // Many requests were dropped within a second or two, and told once or twice.
    let told = collector.logs().count("Exporting failed. Dropping data.");
    assert!((1..=3).contains(&told), "{told} lines");
    let line = collector.logged("Exporting failed. Dropping data.").await;
    assert_eq!(line.field("otelcol.component.id"), exporter);
    let (code, text) = match exporter {
        "otlp_grpc" => ("code = Unknown", "scripted refusal"),
        _ => ("400", "/v1/logs"),
    };
    let error = line.field("error");
    assert!(error.contains(code) && error.contains(text), "{error}");
}

/// Each answer once, straight to the client.
async fn check_unqueued(exporter: &str, rows: Vec<Row>) {
    let backend = Backend::start().await;
    let (collector, grpc) = collector(exporter, &backend, UNQUEUED).await;
    let request = samples::request(Signal::Logs, 3);
    for (answer, _, code) in rows {
        backend.answer_next([answer.clone()]);
        let reply = grpc.export(Signal::Logs, &request).await.unwrap();
        assert_eq!(reply.code, code, "{answer:?}: {}", reply.message);
    }
    assert!(grpc.export(Signal::Logs, &request).await.unwrap().is_ok());
    let metrics = collector.balanced_books().await;
    assert_eq!(metrics.sum("otelcol_exporter_sent_log_records", &[]), 3.0);
    assert_eq!(metrics.sum("otelcol_receiver_accepted_log_records", &[]), 3.0);
}

#[tokio::test]
async fn every_grpc_code_is_tried_again_or_dropped_with_its_reason() {
    check_queued("otlp_grpc", over_grpc()).await;
}

#[tokio::test]
async fn every_http_status_is_tried_again_or_dropped_with_its_reason() {
    check_queued("otlp_http", over_http()).await;
}

#[tokio::test]
async fn without_a_queue_the_client_is_told_every_grpc_code() {
    check_unqueued("otlp_grpc", over_grpc()).await;
}

#[tokio::test]
async fn without_a_queue_the_client_is_told_every_http_status() {
    check_unqueued("otlp_http", over_http()).await;
}

#[tokio::test]
async fn partial_success_is_counted_as_rejected_items_and_told_with_the_backends_words() {
    for exporter in ["otlp_grpc", "otlp_http"] {
        let backend = Backend::start().await;
        let (collector, grpc) = collector(exporter, &backend, QUEUED).await;
        backend.answer(Answer::Partial { rejected: 2, message: "two too old".to_owned() });
        let request = samples::request(Signal::Logs, 5);
        for _ in 0..4 {
            assert!(grpc.export(Signal::Logs, &request).await.unwrap().is_ok());
        }
        collector
            .metrics_where("12 items sent and 8 dropped", |metrics| {
                metrics.sum("otelcol_exporter_sent_log_records", &[]) == 12.0
                    && metrics.sum("otelcol_exporter_send_failed_log_records", &[]) == 8.0
                    && dropped(metrics, exporter, "partial_success") == 8.0
            })
            .await;
        assert_eq!(backend.received().len(), 4, "nothing is sent twice");
        let line = collector.logged("Exporting failed. Dropping data.").await;
        assert!(line.field("error").contains("two too old"), "{}", line.field("error"));
        assert_eq!(line.field("otelcol.component.id"), exporter);
        assert_eq!(collector.logs().count("Exporting failed. Dropping data."), 1);
    }
}

#[tokio::test]
async fn what_a_backend_finds_too_large_is_split_until_it_fits() {
    for exporter in ["otlp_grpc", "otlp_http"] {
        let backend = Backend::start().await;
        let (collector, grpc) = collector(exporter, &backend, QUEUED).await;
        // The whole, its first half and a quarter; then everything is taken.
        backend.answer_next([Answer::TooLarge, Answer::TooLarge, Answer::TooLarge]);
        let request = samples::request(Signal::Logs, 16);
        assert!(grpc.export(Signal::Logs, &request).await.unwrap().is_ok());
        let metrics = collector
            .metrics_where("16 items sent", |metrics| {
                metrics.sum("otelcol_exporter_sent_log_records", &[]) == 16.0
            })
            .await;
        assert_eq!(metrics.sum("otelcol_exporter_send_failed_log_records", &[]), 0.0);
        let taken = backend.bodies(Signal::Logs).split_off(3);
        otlp::assert_same(
            &otlp::items(Signal::Logs, &[request]),
            &otlp::items(Signal::Logs, &taken),
        );
    }
}

#[tokio::test]
async fn a_single_item_that_is_too_large_is_dropped_and_the_next_passes() {
    for exporter in ["otlp_grpc", "otlp_http"] {
        let backend = Backend::start().await;
        let (collector, grpc) = collector(exporter, &backend, QUEUED).await;
        backend.answer_next([Answer::TooLarge]);
        for _ in 0..2 {
            let request = samples::request(Signal::Logs, 1);
            assert!(grpc.export(Signal::Logs, &request).await.unwrap().is_ok());
        }
        wait::until_true("both tries", || backend.received().len() == 2).await;
        let metrics = collector.balanced_books().await;
        assert_eq!(dropped(&metrics, exporter, "too_large"), 1.0);
    }
}
