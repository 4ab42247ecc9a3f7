use std::sync::Arc;

use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, span::Event};
use prost::Message as _;

use super::{CountConnector, CountConnectorConfig};
use crate::{
    component::{Connector, ConnectorOutputs, Context, Kind},
    otlp::{decode, item::items, resource::resources_of},
    pipeline::{Accepted, Charge, Consumer, Edge, Payload, Reason},
    settings::{Issues, Settings},
    signal::Signal,
    testing::{Bench, ScriptedConsumer, otlp_text, settings},
};

struct Rig {
    bench: Bench,
    edge: Edge,
    metrics: ScriptedConsumer,
}

fn rig(signal: Signal, yaml: &str) -> Rig {
    let (bench, metrics) = (Bench::default(), ScriptedConsumer::default());
    let context = Context { signal: Some(signal), ..bench.context(Kind::Connector, "count") };
    let edge = metrics.edge(&context.books);
    let outputs = ConnectorOutputs { pipelines: vec![("metrics".parse().unwrap(), edge)] };
    let config: CountConnectorConfig = settings::read(yaml).unwrap();
    let consumer: Arc<dyn Consumer> = CountConnector::build(config, context, outputs).unwrap();
    let edge = bench.edge_into(consumer, "count");
    Rig { bench, edge, metrics }
}

fn payload(signal: Signal, text: &str) -> Payload {
    let request = otlp_text::encode(signal, text).unwrap();
    let items = crate::otlp::envelope::count_items(signal, &request);
    Payload::new(signal, request, items, Charge::NONE)
}

/// What comes out for a request, without times.
async fn counts(signal: Signal, yaml: &str, text: &str) -> String {
    let rig = rig(signal, yaml);
    rig.edge.send(payload(signal, text)).await.unwrap();
    assert!(rig.bench.flow("count").is_balanced());
    let chunks = rig.metrics.accepted().take();
    let chunks: Vec<_> = chunks.iter().flat_map(|payload| payload.chunks().to_vec()).collect();
    for resource in resources_of(&chunks) {
        for scope in resource.scopes() {
            assert_eq!(scope.name(), super::counting::SCOPE_NAME);
            assert!(items(Signal::Metrics, &scope).count() > 0);
        }
    }
    let text = otlp_text::text(Signal::Metrics, &chunks).unwrap();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("scope "));
    let is_time = |word: &&str| word.starts_with("@start=") || word.starts_with("@time=");
    let without_times = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().filter(|word| !is_time(word)).collect();
        words.join(" ") + "\n"
    };
    lines.map(without_times).collect()
}

const SPANS: &str = "
    resource service=a env=prod
      scope lib
        span one kind=x
        span two
      scope other
        span three kind=y
    resource service=b
      scope lib
        span four kind=x
    resource service=c";

#[tokio::test]
async fn each_resource_is_counted_by_itself() {
    let expected = "resource service=a env=prod\nsum trace.span.count @temporality=1 @monotonic=1\n\
                    point 3\nresource service=b\n\
                    sum trace.span.count @temporality=1 @monotonic=1\npoint 1\n";
    assert_eq!(counts(Signal::Traces, "{}", SPANS).await, expected);
    // A section that names nothing is as good as none.
    assert_eq!(counts(Signal::Traces, "spans: {}", SPANS).await, expected);
}

#[tokio::test]
async fn attributes_are_looked_up_from_the_inside_out() {
    let yaml = "
        spans:
          by.kind: {attributes: [{key: kind}]}
          by.env: {attributes: [{key: env, default_value: none}, {key: kind, default_value: 7}]}";
    let expected = "resource service=a env=prod\n\
        sum by.env @temporality=1 @monotonic=1\n\
        point 1 env=prod kind=x\npoint 1 env=prod kind=y\npoint 1 env=prod kind=7\n\
        sum by.kind @temporality=1 @monotonic=1\npoint 1 kind=x\npoint 1 kind=y\n\
        resource service=b\n\
        sum by.env @temporality=1 @monotonic=1\npoint 1 env=none kind=x\n\
        sum by.kind @temporality=1 @monotonic=1\npoint 1 kind=x\n";
    let found = counts(Signal::Traces, yaml, SPANS).await;
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&found), sorted(expected), "{found}");
}

#[tokio::test]
async fn metrics_and_their_points_are_counted() {
    let text = "resource a=1\n  scope lib\n    sum requests\n      point 1 route=x\n      point 2 route=x\n    gauge load\n      point 3 route=y\n";
    let yaml = "datapoints: {points: {attributes: [{key: route}]}}";
    let expected = "resource a=1\nsum metric.count @temporality=1 @monotonic=1\npoint 2\n\
                    sum points @temporality=1 @monotonic=1\npoint 2 route=x\npoint 1 route=y\n";
    assert_eq!(counts(Signal::Metrics, yaml, text).await, expected);
}

#[tokio::test]
async fn log_records_are_counted() {
    let text = "resource a=1\n  scope lib\n    log one\n    log two\n";
    let expected = "resource a=1\nsum log.record.count @temporality=1 @monotonic=1\npoint 2\n";
    assert_eq!(counts(Signal::Logs, "{}", text).await, expected);
}

fn span(times: (u64, u64), events: &[u64]) -> Span {
    let event = |&time_unix_nano| Event { time_unix_nano, ..Event::default() };
    Span {
        start_time_unix_nano: times.0,
        end_time_unix_nano: times.1,
        events: events.iter().map(event).collect(),
        ..Span::default()
    }
}

#[tokio::test]
async fn points_last_from_the_earliest_to_the_latest_time() {
    let spans = vec![span((50, 70), &[60, 0]), span((20, 0), &[]), span((30, 90), &[55])];
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let mut request = Vec::new();
    let group = ResourceSpans { scope_spans, ..ResourceSpans::default() };
    crate::wire::writer::put_bytes_field(&mut request, 1, &group.encode_to_vec());
    let rig = rig(Signal::Traces, "{}");
    rig.edge.send(Payload::new(Signal::Traces, request.into(), 3, Charge::NONE)).await.unwrap();
    let sent = rig.metrics.accepted().take();
    let metrics = decode::metrics(sent[0].chunks()).unwrap();
    let points: Vec<String> = metrics.resource_metrics[0].scope_metrics[0]
        .metrics
        .iter()
        .map(|metric| format!("{metric:?}"))
        .collect();
    let has = |text: &str, first: u64, last: u64| {
        text.contains(&format!("start_time_unix_nano: {first}, time_unix_nano: {last}"))
    };
    assert!(has(&points[0], 20, 90), "{}", points[0]);
    assert!(has(&points[1], 55, 60), "{}", points[1]);
    assert_eq!(sent[0].items(), 2);
}

#[tokio::test]
async fn what_the_metrics_pipeline_rejects_stays_with_the_client() {
    let rig = rig(Signal::Traces, "{}");
    rig.metrics.reject_all(Some(Reason::Overloaded));
    let rejected = rig.edge.send(payload(Signal::Traces, SPANS)).await.unwrap_err();
    assert_eq!(rejected.reason, Reason::Overloaded);
    let flow = rig.bench.flow("count");
    assert_eq!((flow.offered, flow.refused, flow.created, flow.is_balanced()), (4, 4, 0, true));
    rig.metrics.reject_all(None);
    assert_eq!(rig.edge.send(payload(Signal::Traces, SPANS)).await, Ok(Accepted::FULLY));
    let flow = rig.bench.flow("count");
    assert_eq!((flow.merged, flow.created, flow.passed_on), (4, 2, 2));
    assert!(flow.is_balanced());
}

#[tokio::test]
async fn what_nothing_counts_is_accepted_and_makes_nothing() {
    let rig = rig(Signal::Traces, "spans: {missing: {attributes: [{key: nowhere}]}}");
    assert_eq!(rig.edge.send(payload(Signal::Traces, SPANS)).await, Ok(Accepted::FULLY));
    assert!(rig.metrics.offered().is_empty());
    assert!(rig.bench.flow("count").is_balanced());
}

#[tokio::test]
async fn one_of_the_conditions_must_hold() {
    let yaml = "
        spans:
          picked: {conditions: ['attributes[\"kind\"] == \"x\"', 'span.name == \"two\"']}
          none: {conditions: ['name == \"other\"']}";
    let expected = "resource service=a env=prod\nsum picked @temporality=1 @monotonic=1\npoint 2\n\
                    resource service=b\nsum picked @temporality=1 @monotonic=1\npoint 1\n";
    assert_eq!(counts(Signal::Traces, yaml, SPANS).await, expected);
}

#[tokio::test]
async fn conditions_on_events_see_the_event_and_its_span() {
    let yaml = "spanevents: {e: {conditions: ['spanevent.time_unix_nano > 55 and span.end_time_unix_nano == 70']}}";
    let rig = rig(Signal::Traces, yaml);
    let spans = vec![span((50, 70), &[56, 55, 60]), span((50, 71), &[60])];
    let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
    let group = ResourceSpans { scope_spans, ..ResourceSpans::default() };
    let mut request = Vec::new();
    crate::wire::writer::put_bytes_field(&mut request, 1, &group.encode_to_vec());
    rig.edge.send(Payload::new(Signal::Traces, request.into(), 2, Charge::NONE)).await.unwrap();
    let sent = rig.metrics.accepted().take();
    let text = otlp_text::text(Signal::Metrics, sent[0].chunks()).unwrap();
    let point = text.lines().last().unwrap().trim();
    assert!(point.starts_with("point 2 ") && text.contains("sum e "), "{text}");
}

#[tokio::test]
async fn a_condition_that_cannot_be_evaluated_refuses_the_whole() {
    let rig = rig(Signal::Traces, "spans: {s: {conditions: ['name + 1 == 2']}}");
    let rejected = rig.edge.send(payload(Signal::Traces, SPANS)).await.unwrap_err();
    assert!(rejected.message.starts_with("\"name + 1 == 2\" failed: "), "{rejected}");
    assert!(rig.metrics.offered().is_empty());
    assert!(rig.bench.flow("count").is_balanced());
}

#[tokio::test]
async fn many_large_series_are_refused_while_memory_is_short() {
    let rig = rig(Signal::Logs, "logs: {large: {attributes: [{key: large}, {key: id}]}}");
    let mut text = format!("resource large={}\n  scope lib\n", "x".repeat(100_000));
    for id in 0..200 {
        text.push_str(&format!("    log \"\" id={id}\n"));
    }
    let budget = crate::pipeline::Budget::new(1 << 20);
    let request = otlp_text::encode(Signal::Logs, &text).unwrap();
    let charge = budget.of(Signal::Logs).reserve(request.len()).unwrap();
    let payload = Payload::new(Signal::Logs, request, 200, charge);
    let rejected = rig.edge.send(payload).await.unwrap_err();
    assert_eq!(rejected.reason, Reason::Overloaded);
    assert!(rig.metrics.offered().is_empty());
}

#[test]
fn settings_are_checked() {
    let yaml = "
        spans: {'': {}}
        metrics: {m: {attributes: [{key: a}]}}
        logs: {l: {attributes: [{key: a}, {key: ''}, {key: a}], conditions: ['body ==']}}
        profiles: {p: {}}";
    let mut issues = Issues::default();
    settings::read::<CountConnectorConfig>(yaml).unwrap().validate(&mut issues);
    let paths: Vec<&str> = issues.list.iter().map(|issue| &*issue.path).collect();
    let expected = [
        "spans",
        "metrics::m::attributes",
        "logs::l::conditions::0",
        "logs::l::attributes::1::key",
        "logs::l::attributes::2::key",
        "profiles",
    ];
    assert_eq!(paths, expected);
}
