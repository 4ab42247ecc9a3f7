use std::{sync::Arc, time::Duration};

use super::{FailoverConnector, FailoverConnectorConfig};
use crate::{
    component::{BuildError, Connector, ConnectorOutputs, Holder, Kind},
    pipeline::{Consumer, Edge, Reason},
    settings::{Issues, Settings},
    telemetry::metrics::SampleValue,
    testing::{Bench, ScriptedConsumer, numbered_logs, settings},
};

const INTERVAL: Duration = Duration::from_secs(60);

fn config(yaml: &str) -> FailoverConnectorConfig {
    settings::read(yaml).unwrap()
}

fn build(
    bench: &Bench,
    yaml: &str,
    consumers: &[&ScriptedConsumer],
) -> Result<Arc<dyn Holder>, BuildError> {
    let context = bench.context(Kind::Connector, "failover");
    let pipelines = consumers.iter().zip(1..).map(|(consumer, index)| {
        (format!("logs/{index}").parse().unwrap(), consumer.edge(&context.books))
    });
    let outputs = ConnectorOutputs { pipelines: pipelines.collect() };
    FailoverConnector::build(config(yaml), context, outputs)
}

fn edge(bench: &Bench, yaml: &str, consumers: &[&ScriptedConsumer]) -> Edge {
    let consumer: Arc<dyn Consumer> = build(bench, yaml, consumers).unwrap();
    bench.edge_into(consumer, "failover")
}

const THREE_LEVELS: &str = "{priority_levels: [[logs/1], [logs/2], [logs/3]], retry_interval: 60s}";

fn three() -> [ScriptedConsumer; 3] {
    [0; 3].map(|_| ScriptedConsumer::default())
}

fn rig(bench: &Bench, levels: &[ScriptedConsumer; 3]) -> Edge {
    edge(bench, THREE_LEVELS, &levels.iter().collect::<Vec<_>>())
}

/// How many payloads each level was offered since the last time.
fn offers(levels: &[ScriptedConsumer; 3]) -> [usize; 3] {
    levels.each_ref().map(|level| level.offered().len())
}

fn active_level(bench: &Bench) -> Option<f64> {
    let samples = bench.host.telemetry.metrics.samples();
    let mut samples = samples.into_iter();
    let found =
        samples.find(|sample| sample.metric.name == "otelcol_connector_failover_active_level");
    match found?.value {
        SampleValue::Number(level) => Some(level),
        _ => None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_moves_to_the_next_level_and_stays_there() {
    let (bench, levels) = (Bench::default(), three());
    let edge = rig(&bench, &levels);
    levels[0].reject_all(Some(Reason::Unavailable));
    for _ in 0..3 {
        edge.send(numbered_logs(0..2)).await.unwrap();
    }
    assert_eq!(offers(&levels), [1, 3, 0]);
    assert_eq!(active_level(&bench), Some(2.0));
    let flow = bench.flow("failover");
    assert_eq!((flow.offered, flow.passed_on, flow.is_balanced()), (6, 6, true));
}

#[tokio::test(start_paused = true)]
async fn one_payload_per_interval_is_tried_on_the_levels_above() {
    let (bench, levels) = (Bench::default(), three());
    let edge = rig(&bench, &levels);
    levels[0].reject_all(Some(Reason::Unavailable));
    levels[1].reject_all(Some(Reason::Refused));
    edge.send(numbered_logs(0..1)).await.unwrap();
    assert_eq!(offers(&levels), [1, 1, 1]);
    tokio::time::advance(INTERVAL).await;
    edge.send(numbered_logs(0..1)).await.unwrap();
    edge.send(numbered_logs(0..1)).await.unwrap();
    assert_eq!(offers(&levels), [2, 2, 3]);
    levels[1].reject_all(None);
    tokio::time::advance(INTERVAL).await;
    edge.send(numbered_logs(0..1)).await.unwrap();
    edge.send(numbered_logs(0..1)).await.unwrap();
    assert_eq!(offers(&levels), [3, 4, 3]);
    assert_eq!(active_level(&bench), Some(2.0));
    levels[0].reject_all(None);
    tokio::time::advance(INTERVAL).await;
    edge.send(numbered_logs(0..1)).await.unwrap();
    assert_eq!(active_level(&bench), Some(1.0));
    assert!(bench.flow("failover").is_balanced());
}

#[tokio::test(start_paused = true)]
async fn what_every_level_refuses_stays_with_the_client_and_nothing_changes() {
    let (bench, levels) = (Bench::default(), three());
    let edge = rig(&bench, &levels);
    levels[0].reject_all(Some(Reason::Refused));
    levels[1].reject_all(Some(Reason::TimedOut));
    levels[2].reject_all(Some(Reason::Refused));
    let rejected = edge.send(numbered_logs(0..2)).await.unwrap_err();
    assert_eq!(rejected.reason, Reason::TimedOut);
    assert_eq!(rejected.message, "scripted: refused; scripted: timed_out");
    levels[0].reject_all(None);
    edge.send(numbered_logs(0..2)).await.unwrap();
    assert_eq!(offers(&levels), [2, 1, 1]);
    let flow = bench.flow("failover");
    assert_eq!((flow.refused, flow.passed_on, flow.is_balanced()), (2, 2, true));
}

#[tokio::test(start_paused = true)]
async fn the_levels_above_are_asked_before_a_client_is_refused() {
    let (bench, levels) = (Bench::default(), three());
    let edge = rig(&bench, &levels);
    levels[0].reject_all(Some(Reason::Unavailable));
    levels[1].reject_all(Some(Reason::Unavailable));
    edge.send(numbered_logs(0..1)).await.unwrap();
    levels[2].reject_all(Some(Reason::Unavailable));
    levels[0].reject_all(None);
    edge.send(numbered_logs(0..1)).await.unwrap();
    assert_eq!(active_level(&bench), Some(1.0));
}

#[tokio::test]
async fn all_pipelines_of_a_level_must_take_a_payload() {
    let (bench, levels) = (Bench::default(), three());
    let yaml = "{priority_levels: [[logs/1, logs/2], [logs/3]]}";
    let edge = edge(&bench, yaml, &levels.iter().collect::<Vec<_>>());
    edge.send(numbered_logs(0..2)).await.unwrap();
    assert_eq!(levels.each_ref().map(|level| level.accepted().items()), [2, 2, 0]);
    levels[1].reject_all(Some(Reason::Overloaded));
    edge.send(numbered_logs(0..2)).await.unwrap();
    assert_eq!(levels.each_ref().map(|level| level.accepted().items()), [4, 2, 2]);
    assert!(bench.flow("failover").is_balanced());
}

#[tokio::test]
async fn there_is_room_as_long_as_one_level_has_some() {
    let (bench, levels) = (Bench::default(), three());
    let connector = build(&bench, THREE_LEVELS, &levels.iter().collect::<Vec<_>>()).unwrap();
    levels[0].set_full(true);
    assert!(connector.has_room(1));
    levels[1].set_full(true);
    levels[2].set_full(true);
    assert!(!connector.has_room(1));
}

#[test]
fn a_pipeline_that_is_not_fed_is_an_error() {
    let one = ScriptedConsumer::default();
    let yaml = "priority_levels: [[logs/1], [logs/other]]";
    let error = build(&Bench::default(), yaml, &[&one]).err().unwrap();
    assert_eq!(
        error.to_string(),
        "pipeline \"logs/other\" is not fed by this connector, name the connector as one of its \
         receivers; it feeds [logs/1]"
    );
}

#[test]
fn settings_are_checked() {
    let yaml = "
        priority_levels: [[], [logs/1]]
        retry_interval: 0s
        retry_gap: 1m
        max_retries: 3
        sending_queue: {queue_size: 5}";
    let mut issues = Issues::default();
    config(yaml).validate(&mut issues);
    let found: Vec<(&str, bool)> =
        issues.list.iter().map(|issue| (&*issue.path, issue.is_warning)).collect();
    let expected = [
        ("priority_levels::0", false),
        ("retry_interval", false),
        ("retry_gap", true),
        ("max_retries", true),
        ("sending_queue", false),
    ];
    assert_eq!(found, expected);
    let mut issues = Issues::default();
    config("sending_queue: {enabled: false}").validate(&mut issues);
    assert_eq!(issues.list.len(), 1);
    assert_eq!(issues.list[0].path, "priority_levels");
}
