//! Collectors that do everything that is measured, and what can be asked of them.

use std::{collections::BTreeSet, time::Duration};

use common::{component::Tasks, signal::Signal};
use tempfile::TempDir;
use tests::{
    backend::{Answer, Backend},
    client,
    collector::{COMBINED, Collector, Setup},
    otlp::samples,
};
use tokio::time::Instant;

use super::{
    Query,
    expressions::metric_names,
    prometheus::{Prometheus, Target, serve},
    queries, rules,
};

/// What others expose: Prometheus itself and kube-state-metrics.
const FOREIGN: [&str; 8] = [
    "ALERTS",
    "up",
    "kube_horizontalpodautoscaler_spec_max_replicas",
    "kube_horizontalpodautoscaler_status_current_replicas",
    "kube_pod_container_resource_limits",
    "kube_pod_container_resource_requests",
    "kube_pod_container_status_last_terminated_reason",
    "kube_pod_container_status_restarts_total",
];
const KUBE_STATE: &str = include_str!("kube_state.txt");
/// Places whose queries find nothing while nothing grows and nothing is down.
const MAY_BE_SILENT: [&str; 2] = ["runbook ", "delivery: Time until the queue is full"];
const STEP: Duration = Duration::from_millis(200);
/// Rates need several scrapes of series that are there only once something was sent: eight seconds on an
/// idle machine, over twenty beside three others.
const PATIENCE: Duration = Duration::from_secs(120);

/// Collectors with clients and with backends that take, refuse and never answer.
struct Rig {
    /// What its names look like.
    shape: &'static str,
    usual: Collector,
    detailed: Collector,
    _backends: [Backend; 3],
    _directory: TempDir,
}

impl Rig {
    /// One rig with plain names, one with type and unit in them.
    async fn both() -> [Self; 2] {
        let plain = |setup: Setup| setup;
        [Self::start("plain", plain).await, Self::start("suffixed", Setup::suffixed).await]
    }

    async fn start(shape: &'static str, named: fn(Setup) -> Setup) -> Self {
        let directory = TempDir::new().unwrap();
        let backends = [Backend::start().await, Backend::start().await, Backend::start().await];
        let [takes, refuses, hangs] = &backends;
        refuses.answer(Answer::INVALID);
        hangs.answer(Answer::Never);
        let start = async |config: &str| {
            let config = config
                .replace("TAKES", &takes.address.to_string())
                .replace("REFUSES", &refuses.address.to_string())
                .replace("HANGS", &hangs.address.to_string())
                .replace("QUEUES", &directory.path().display().to_string());
            named(Setup::new(COMBINED).config(&config)).start().await
        };
        let usual = start(include_str!("live.yaml")).await;
        let detailed = start(include_str!("detailed.yaml")).await;
        Self { shape, usual, detailed, _backends: backends, _directory: directory }
    }

    /// Sends each signal to each receiver, over each protocol.
    async fn send(&self) {
        let narrow = self.usual.endpoint("Starting HTTP server", "otlp/narrow").await;
        for signal in Signal::ALL {
            post(&self.usual, signal).await;
            client::post_proto(narrow, signal, samples::request(signal, 5)).await.unwrap();
        }
        post(&self.detailed, Signal::Traces).await;
    }

    async fn names(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for collector in [&self.usual, &self.detailed] {
            let samples = collector.metrics().await;
            let is_left_out = |name| samples.sum(name, &[]) > 0.0;
            let left_out =
                ["otelcol_telemetry_dropped_series", "otelcol_telemetry_dropped_series_total"];
            assert!(!left_out.into_iter().any(is_left_out), "some series are left out");
            names.extend(samples.0.into_iter().map(|sample| sample.name));
        }
        names
    }
}

async fn post(collector: &Collector, signal: Signal) {
    let request = samples::request(signal, 5);
    let grpc = client::Grpc::connect(collector.grpc().await).await.unwrap();
    grpc.export(signal, &request).await.unwrap();
    client::post_proto(collector.http().await, signal, request).await.unwrap();
}

/// What is asked for under names that nobody exposes.
async fn unexposed(rigs: &[Rig]) -> Vec<String> {
    let mut known: BTreeSet<String> =
        rules::recording().into_iter().map(|rule| rule.name).collect();
    known.extend(FOREIGN.map(str::to_owned));
    for rig in rigs {
        rig.send().await;
        known.extend(rig.names().await);
    }
    let mut missing = Vec::new();
    for Query { place, expression } in queries() {
        let names = metric_names(&expression);
        missing.extend(names.difference(&known).map(|name| format!("{place}: {name}")));
    }
    missing
}

/// The queries without an answer, but for those that may find nothing; the rules that fail or know the
/// names of one rig only; the targets that are not scraped.
async fn unanswered(prometheus: &Prometheus, rigs: &[Rig]) -> Vec<String> {
    for rig in rigs {
        rig.send().await;
    }
    let alerts = rules::alerts();
    let mut missing = prometheus.failed_targets().await;
    missing.extend(prometheus.failed_rules().await);
    for rule in rules::recording() {
        let shapes = prometheus.series(&format!("count by (cluster) ({})", rule.name)).await;
        if shapes != Ok(rigs.len()) {
            missing.push(format!("{}: {shapes:?} shapes of names", rule.name));
        }
    }
    for Query { place, expression } in queries() {
        let may_be_silent = MAY_BE_SILENT.iter().any(|found| place.starts_with(found))
            || alerts.iter().any(|alert| alert.name == place);
        match prometheus.series(&expression).await {
            Err(error) => panic!("{place}: {expression}: {error}"),
            Ok(0) if !may_be_silent => missing.push(format!("{place}: {expression}")),
            Ok(_) => {}
        }
    }
    missing
}

/// Asks until nothing is left.
async fn comes_to_nothing<F>(what: &str, mut ask: impl FnMut() -> F)
where
    F: Future<Output = Vec<String>>,
{
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = ask().await;
        if left.is_empty() {
            return;
        }
        assert!(Instant::now() < deadline, "{what}:\n{}", left.join("\n"));
        tokio::time::sleep(STEP).await;
    }
}

#[tokio::test]
async fn every_metric_that_is_asked_for_is_one_that_collectors_expose() {
    let rigs = Rig::both().await;
    comes_to_nothing("nobody exposes", || unexposed(&rigs)).await;
}

#[tokio::test]
async fn a_prometheus_that_scrapes_collectors_answers_every_query() {
    let rigs = Rig::both().await;
    let tasks = Tasks::default();
    let kubernetes = serve(KUBE_STATE, &tasks).await;
    let targets: Vec<Target> = rigs
        .iter()
        .flat_map(|rig| {
            let pages = [
                ("traces-collector", rig.usual.metrics_address()),
                ("logs-collector", rig.detailed.metrics_address()),
                ("kube-state-metrics", kubernetes),
            ];
            pages.map(|(job, address)| Target { job, cluster: rig.shape, address })
        })
        .collect();
    let prometheus = Prometheus::start(&targets, &rules::paths()).await;
    comes_to_nothing("no answer, no health or no series of", || unanswered(&prometheus, &rigs))
        .await;
}
