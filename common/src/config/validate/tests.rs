use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::*;
use crate::{
    component::{
        BuildError, Connector, ConnectorOutputs, Context, Holder, PipelineId, Processor, Stage,
    },
    pipeline::Edge,
    settings::Settings,
    signal::{Signal, SignalSet},
    testing::settings::{lines, node},
};

/// Sends metrics about whatever it is sent.
struct Count;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Empty {}

impl Settings for Empty {}

impl Connector for Count {
    const NAME: &'static str = "count";
    type Config = Empty;

    fn outputs(_input: Signal) -> SignalSet {
        SignalSet::only(Signal::Metrics)
    }

    fn build(_: Empty, _: Context, _: ConnectorOutputs) -> Result<Arc<dyn Holder>, BuildError> {
        Err(BuildError::new("never built"))
    }
}

/// A processor that spans alone have.
struct Span;

impl Processor for Span {
    const NAME: &'static str = "span";
    const SIGNALS: SignalSet = SignalSet::only(Signal::Traces);
    type Config = Empty;

    fn build(_: Empty, _: Context, _: Edge) -> Result<Stage, BuildError> {
        Err(BuildError::new("never built"))
    }
}

fn registry(signals: &[Signal]) -> Registry {
    let registry = crate::registry().connector::<Count>().processor::<Span>();
    signals.iter().copied().fold(registry, Registry::signal)
}

fn validate(yaml: &str, registry: &Registry) -> (Plan, String) {
    let (config, _) = Config::read(&node(yaml).unwrap());
    let (plan, findings) = Validator::new(&config, registry, "traces-collector").validate();
    (plan, lines(&findings))
}

/// What the combined collector finds, each line without the name of the file.
#[track_caller]
fn check(yaml: &str, expected: &str) {
    let (_, found) = validate(yaml, &registry(&Signal::ALL));
    let found = found.replace("test.yaml:", "");
    assert_eq!(found, expected, "{yaml}\n--- found:\n{found}");
}

fn ids(pipelines: &[PipelineId]) -> String {
    pipelines.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn order(plan: &Plan) -> String {
    ids(&plan.pipelines.iter().map(|pipeline| pipeline.id.clone()).collect::<Vec<_>>())
}

#[test]
fn a_whole_config_has_no_findings() {
    let yaml = "\
receivers: {nop: }
processors: {batch: }
exporters: {nop: }
service: {pipelines: {traces: {receivers: [nop, nop], processors: [batch], exporters: [nop]}}}";
    check(yaml, "");
    let (plan, _) = validate(yaml, &registry(&Signal::ALL));
    assert_eq!(plan.pipelines[0].receivers.len(), 1, "repetitions are ignored");
    assert_eq!(plan.signals(), SignalSet::only(Signal::Traces));
}

#[test]
fn an_empty_config_lacks_everything() {
    check(
        "{}",
        "\
1:1: receivers: no receiver configuration specified in config
1:1: exporters: no exporter configuration specified in config
1:1: service::pipelines: service must have at least one pipeline",
    );
}

#[test]
fn pipelines_need_both_ends_and_each_processor_once() {
    let yaml = "\
receivers: {nop: }
processors: {batch: }
exporters: {nop: }
service:
  pipelines:
    traces: {receivers: [], exporters: [nop]}
    logs: {receivers: [nop], processors: [batch, batch]}";
    check(
        yaml,
        "\
6:5: service::pipelines::traces: must have at least one receiver
7:5: service::pipelines::logs: must have at least one exporter
7:50: service::pipelines::logs: references processor \"batch\" multiple times",
    );
}

#[test]
fn references_lead_to_definitions_and_nearly_right_ones_are_shown() {
    let yaml = "\
receivers: {nop/one: }
exporters: {debug: , nop: }
service:
  extensions: [zpages]
  pipelines:
    traces: {receivers: [nop/on], processors: [batch], exporters: [degub, nop]}";
    check(
        yaml,
        "\
1:13: receivers::nop/one: receiver \"nop/one\" is defined but not used
2:13: exporters::debug: exporter \"debug\" is defined but not used
4:16: service::extensions: references extension \"zpages\" which is not configured
6:26: service::pipelines::traces: references receiver \"nop/on\" which is not configured, did you mean \"nop/one\"?
6:48: service::pipelines::traces: references processor \"batch\" which is not configured
6:68: service::pipelines::traces: references exporter \"degub\" which is not configured, did you mean \"debug\"?",
    );
}

#[test]
fn unknown_types_old_spellings_and_types_to_come_are_told_apart() {
    let yaml = "\
receivers: {otpl: , nop: , zipkin: }
exporters: {logging: , kafka: }
service:
  pipelines:
    traces: {receivers: [otpl, zipkin], exporters: [logging, kafka]}";
    let valid = crate::registry().names(crate::component::Kind::Receiver).join(" ");
    check(
        yaml,
        &format!(
            "\
1:13: receivers::otpl: unknown type: \"otpl\" for id: \"otpl\" (valid values: [{valid}]), did you mean \"otlp\"?
1:21: receivers::nop: receiver \"nop\" is defined but not used
1:28: receivers::zipkin: receiver \"zipkin\" is not available in this version
2:13: exporters::logging: \"logging\" is an old spelling of exporter \"debug\", write \"debug\" instead
2:24: exporters::kafka: exporter \"kafka\" is not available in this version"
        ),
    );
}

#[test]
fn what_nobody_uses_may_be_unavailable() {
    let yaml = "\
receivers: {nop: , zipkin: }
exporters: {nop: }
service: {pipelines: {traces: {receivers: [nop], exporters: [nop]}}}";
    check(yaml, "1:20: receivers::zipkin: receiver \"zipkin\" is defined but not used");
}

#[test]
fn settings_are_checked_and_all_findings_come_in_the_order_of_the_text() {
    let yaml = "\
exporters:
  otlp_grpc: {endpoint: 'x:1', sending_queue: {queue_size: -1}, retires: 1}
processors:
  batch: {send_batch_max_size: 1, tiemout: 1s}
receivers:
  nop:
service:
  pipelines:
    metrics: {receivers: [nop, nope], processors: [batch], exporters: [otlp_grpc]}";
    let (_, found) = validate(yaml, &registry(&Signal::ALL));
    let lines: Vec<&str> = found.lines().map(|line| line.split(": ").next().unwrap()).collect();
    let mut sorted = lines.clone();
    sorted.sort_unstable();
    assert_eq!(lines, sorted, "{found}");
    for part in ["retires", "queue_size", "did you mean \"timeout\"", "receiver \"nope\""] {
        assert!(found.contains(part), "{part} in\n{found}");
    }
}

#[test]
fn a_component_must_carry_the_signal_of_its_pipeline() {
    let yaml = "\
receivers: {nop: }
processors: {span: }
exporters: {nop: }
service: {pipelines: {logs: {receivers: [nop], processors: [span], exporters: [nop]}}}";
    let message = "\
2:14: processors::span: processor \"span\" cannot be used in pipeline \"logs\": telemetry type is not supported";
    check(yaml, message);
}

#[test]
fn connectors_need_both_sides_and_a_name_of_their_own() {
    let yaml = "\
receivers: {nop: }
exporters: {nop: , forward: }
connectors:
  forward:
  forward/in:
  count:
service:
  pipelines:
    traces: {receivers: [nop, forward/in], exporters: [nop, forward, count]}
    logs: {receivers: [nop, count], exporters: [nop]}";
    let (_, found) = validate(yaml, &registry(&Signal::ALL));
    for part in [
        "test.yaml:4:3: connectors::forward: ambiguous ID: Found both \"forward\" exporter and \"forward\" connector. \
         Change one of the components' IDs to eliminate ambiguity (e.g. rename \"forward\" connector to \"forward/connector\")",
        "test.yaml:4:3: connectors::forward: connector \"forward\" used as exporter in [traces] pipeline but not used in \
         any supported receiver pipeline",
        "test.yaml:5:3: connectors::forward/in: connector \"forward/in\" used as receiver in [traces] pipeline but not \
         used in any supported exporter pipeline",
        "test.yaml:6:3: connectors::count: connector \"count\" used as exporter in [traces] pipeline but not used in any \
         supported receiver pipeline",
        "test.yaml:6:3: connectors::count: connector \"count\" used as receiver in [logs] pipeline but not used in any \
         supported exporter pipeline",
    ] {
        assert!(found.contains(part), "{part} in\n{found}");
    }
}

#[test]
fn a_cycle_is_told_once_with_its_way() {
    let yaml = "\
receivers: {nop: }
exporters: {nop: }
connectors: {forward/x: , forward/y: }
service:
  pipelines:
    logs/b: {receivers: [forward/x], exporters: [forward/y]}
    logs/a: {receivers: [forward/y], exporters: [forward/x]}
    logs/c: {receivers: [nop], exporters: [nop]}";
    check(
        yaml,
        "7:5: service::pipelines::logs/a: cycle detected: pipeline \"logs/a\" -> pipeline \"logs/b\" -> pipeline \"logs/a\"",
    );
    let own = yaml.replace("[forward/y], exporters", "[forward/y, forward/x], exporters");
    let (_, found) = validate(&own, &registry(&Signal::ALL));
    assert!(
        found.contains("cycle detected: pipeline \"logs/a\" -> pipeline \"logs/a\""),
        "{found}"
    );
}

#[test]
fn pipelines_are_planned_source_to_sink() {
    let yaml = "\
receivers: {nop: }
exporters: {nop: }
connectors: {count: , forward: }
service:
  pipelines:
    metrics/last: {receivers: [forward], exporters: [nop]}
    metrics: {receivers: [count], exporters: [forward]}
    traces: {receivers: [nop], exporters: [nop, count]}";
    let (plan, found) = validate(yaml, &registry(&Signal::ALL));
    assert_eq!((order(&plan), found), ("traces metrics metrics/last".to_owned(), String::new()));
}

const SHARED: &str = "\
receivers: {nop: }
processors: {span: {no_such_key: 1}}
exporters: {nop: }
connectors: {count: }
service:
  pipelines:
    metrics: {receivers: [count, nop], exporters: [nop]}
    metrics/counts: {receivers: [count], exporters: [nop]}
    traces: {receivers: [nop], processors: [span], exporters: [nop, count]}
    logs: {receivers: [nop], exporters: [nop]}";

#[test]
fn a_collector_runs_its_signal_and_what_that_feeds() {
    let (plan, found) = validate(SHARED, &registry(&[Signal::Traces]));
    assert!(found.contains("no_such_key"), "{found}");
    assert_eq!(order(&plan), "traces metrics metrics/counts");
    assert_eq!(ids(&plan.foreign), "logs");
    let metrics = &plan.pipelines[1];
    assert_eq!((metrics.receivers.len(), metrics.sources.len()), (0, 1), "fed by count alone");
}

#[test]
fn the_collector_of_a_fed_signal_leaves_that_to_the_one_that_feeds() {
    let (plan, found) = validate(SHARED, &registry(&[Signal::Metrics]));
    assert_eq!(found, "", "settings of foreign pipelines are not ours to check");
    assert_eq!(order(&plan), "metrics");
    assert_eq!(ids(&plan.foreign), "metrics/counts traces logs");
    let metrics = &plan.pipelines[0];
    assert_eq!((metrics.receivers.len(), metrics.sources.len()), (1, 0));
}

#[test]
fn a_foreign_pipeline_is_checked_for_names() {
    let yaml = SHARED.replace("[nop, count]", "[nop, count, nope]").replace("span: {", "spann: {");
    let (_, found) = validate(&yaml, &registry(&[Signal::Logs]));
    assert!(found.contains("references exporter \"nope\" which is not configured"), "{found}");
    assert!(found.contains("unknown type: \"spann\""), "{found}");
}

#[test]
fn what_cannot_run_here_is_told_with_the_way_out() {
    let bare = Registry::default().signal(Signal::Traces).connector::<Count>();
    let yaml = SHARED.replace(", processors: [span]", "").replace("processors: {span", "#");
    let (_, found) = validate(&yaml, &bare);
    let fed = "exporters::nop: pipeline \"metrics\", which a connector feeds, cannot run in traces-collector: exporter \
               \"nop\" is only in any collector; send OTLP to the metrics-collector instead, or run the \
               combined-collector";
    assert!(found.contains(fed), "{found}");
    let own = "receivers::nop: receiver \"nop\" is not in traces-collector but in any collector; run that, or the \
               combined-collector";
    assert!(found.contains(own), "{found}");
}

#[test]
fn a_queue_names_a_storage_extension_that_runs() {
    let yaml = "\
receivers: {nop: }
exporters:
  otlp_grpc/a: {endpoint: a:1, sending_queue: {storage: file_storag}}
  otlp_grpc/b: {endpoint: a:1, sending_queue: {storage: zpages}}
  otlp_grpc/c: {endpoint: a:1, sending_queue: {storage: file_storage/idle}}
  otlp_grpc/d: {endpoint: a:1, sending_queue: {storage: file_storage}}
  otlp_grpc/e: {endpoint: a:1, sending_queue: {enabled: false, storage: nothing}}
extensions: {zpages: , file_storage: , file_storage/idle: }
service:
  extensions: [zpages, file_storage]
  pipelines:
    traces: {receivers: [nop], exporters: [otlp_grpc/a, otlp_grpc/b, otlp_grpc/c, otlp_grpc/d, otlp_grpc/e]}";
    check(
        yaml,
        "\
3:57: exporters::otlp_grpc/a::sending_queue::storage: no storage client extension found: extension \
\"file_storag\" is not configured; define it under extensions and list it in service::extensions, did you \
mean \"file_storage\"?
4:57: exporters::otlp_grpc/b::sending_queue::storage: requested extension is not a storage extension: \
\"zpages\" keeps nothing on disk; name a file_storage
5:57: exporters::otlp_grpc/c::sending_queue::storage: no storage client extension found: extension \
\"file_storage/idle\" is not in service::extensions; list it there
8:40: extensions::file_storage/idle: extension \"file_storage/idle\" is defined but not used",
    );
}

#[test]
fn a_storage_that_is_no_id_is_told_where_it_stands() {
    let yaml = "\
receivers: {nop: }
exporters: {otlp_grpc: {endpoint: a:1, sending_queue: {storage: file_storage/}}}
service: {pipelines: {traces: {receivers: [nop], exporters: [otlp_grpc]}}}";
    let (_, found) = validate(yaml, &registry(&Signal::ALL));
    assert!(
        found.contains("test.yaml:2:65: exporters::otlp_grpc::sending_queue::storage:"),
        "{found}"
    );
    assert!(found.contains("the part after / should not be empty"), "{found}");
}

#[test]
fn a_time_limit_that_drops_what_a_durable_queue_keeps_is_told() {
    let yaml = "\
receivers: {nop: }
exporters:
  otlp_grpc/a: {endpoint: a:1, retry_on_failure: {max_elapsed_time: 10m}, sending_queue: {storage: file_storage}}
  otlp_grpc/b: {endpoint: a:1, retry_on_failure: {max_elapsed_time: 0s}, sending_queue: {storage: file_storage}}
  otlp_grpc/c: {endpoint: a:1, retry_on_failure: {max_elapsed_time: 10m}}
extensions: {file_storage: }
service:
  extensions: [file_storage]
  pipelines:
    traces: {receivers: [nop], exporters: [otlp_grpc/a, otlp_grpc/b, otlp_grpc/c]}";
    check(
        yaml,
        "\
3:69: exporters::otlp_grpc/a::retry_on_failure::max_elapsed_time: after 10m0s of trying, what the durable \
queue keeps is dropped; without `max_elapsed_time` it is kept until the backend takes it",
    );
}
