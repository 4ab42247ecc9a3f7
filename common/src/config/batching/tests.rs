use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::*;
use crate::{
    component::{BuildError, Connector, ConnectorOutputs, Context, Holder, Processor, Stage},
    config::validate::Validator,
    pipeline::Edge,
    settings::{Finding, Settings},
    signal::SignalSet,
    testing::settings::{lines, node},
};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Empty {}

impl Settings for Empty {}

/// A processor that answers at once.
struct Quick;

impl Processor for Quick {
    const NAME: &'static str = "quick";
    const SIGNALS: SignalSet = SignalSet::ALL;
    type Config = Empty;
    const IS_STATELESS: bool = true;

    fn build(_: Empty, _: Context, _: Edge) -> Result<Stage, BuildError> {
        Err(BuildError::new("never built"))
    }
}

/// A processor that keeps data.
struct Hold;

impl Processor for Hold {
    const NAME: &'static str = "hold";
    const SIGNALS: SignalSet = SignalSet::ALL;
    type Config = Empty;

    fn build(_: Empty, _: Context, _: Edge) -> Result<Stage, BuildError> {
        Err(BuildError::new("never built"))
    }
}

/// A connector from anything to metrics.
struct Count;

impl Connector for Count {
    const NAME: &'static str = "count";
    type Config = Empty;

    fn outputs(_: Signal) -> SignalSet {
        SignalSet::only(Signal::Metrics)
    }

    fn build(_: Empty, _: Context, _: ConnectorOutputs) -> Result<Arc<dyn Holder>, BuildError> {
        Err(BuildError::new("never built"))
    }
}

const AROUND: &str = "
receivers: {nop: }
processors:
  quick:
  memory_limiter: {check_interval: 1s, limit_mib: 100}
  hold:
  batch: {send_batch_size: 100}
  batch/big: {send_batch_size: 5000, send_batch_max_size: 6000, timeout: 1s}
  batch/none: {send_batch_size: 0}
exporters:
  debug:
  otlp_grpc/memory: {endpoint: a:1}
  otlp_grpc/disk: {endpoint: a:1, sending_queue: {storage: file_storage}}
  otlp_grpc/bytes: {endpoint: a:1, sending_queue: {storage: file_storage, sizer: bytes}}
  otlp_grpc/own: {endpoint: a:1, sending_queue: {storage: file_storage, batch: }}
connectors: {count: , forward: }
extensions: {file_storage: }
service:
  extensions: [file_storage]
  pipelines:
";

fn registry() -> Registry {
    let registry = crate::registry().processor::<Quick>().processor::<Hold>().connector::<Count>();
    Signal::ALL.into_iter().fold(registry, Registry::signal)
}

fn placed(pipelines: &str) -> (Batching, Config) {
    let yaml = format!("{AROUND}{pipelines}");
    let (config, findings) = Config::read(&node(&yaml).unwrap());
    assert_eq!(lines(&findings), "");
    let registry = registry();
    let (plan, findings) = Validator::new(&config, &registry, "test-collector").validate();
    assert!(!findings.iter().any(Finding::is_error), "{}", lines(&findings));
    (Batching::of(&config, &plan, &registry), config)
}

/// Where the batches of one pipeline run.
#[track_caller]
fn check(processors: &str, exporters: &str, expected: &str) {
    let pipeline = format!(
        "    traces: {{receivers: [nop], processors: [{processors}], exporters: [{exporters}]}}"
    );
    let found = placed(&pipeline).0.lines().join("\n");
    assert_eq!(found, expected, "{pipeline}\n--- found:\n{found}");
}

#[test]
fn a_batch_in_front_of_a_memory_queue_stays() {
    check("batch", "otlp_grpc/memory", "");
    check("quick, batch", "debug, otlp_grpc/memory", "");
    check("", "otlp_grpc/disk", "");
    check("quick, hold", "otlp_grpc/disk", "");
}

#[test]
fn a_batch_moves_behind_a_durable_queue_past_stateless_processors() {
    let disk = "\
pipeline \"traces\": batch runs after the durable queue of exporter \"otlp_grpc/disk\"
exporter \"otlp_grpc/disk\" for traces: the queue_size of 1000 requests is 100000 items, since its queue \
holds what is not batched yet";
    check("batch", "otlp_grpc/disk", disk);
    check("batch, quick", "otlp_grpc/disk", disk);
    check("memory_limiter, batch", "otlp_grpc/disk", disk);
    check("hold, batch", "otlp_grpc/disk", disk);
}

#[test]
fn other_exporters_keep_the_batch_in_front() {
    check(
        "batch",
        "debug, otlp_grpc/bytes, otlp_grpc/memory",
        "pipeline \"traces\": batch runs after the durable queue of exporter \"otlp_grpc/bytes\", and before \
         \"debug\", \"otlp_grpc/memory\"",
    );
}

#[test]
fn of_several_batches_the_last_ones_settings_win() {
    check(
        "batch, quick, batch/big",
        "otlp_grpc/disk",
        "\
pipeline \"traces\": batch, batch/big runs after the durable queue of exporter \"otlp_grpc/disk\", with \
the settings of batch/big
exporter \"otlp_grpc/disk\" for traces: the queue_size of 1000 requests is 5000000 items, since its queue \
holds what is not batched yet",
    );
    let (batching, _) = placed(
        "    traces: {receivers: [nop], processors: [batch, batch/big], exporters: [otlp_grpc/disk]}",
    );
    let moved = batching.moved(&"traces".parse().unwrap()).unwrap();
    assert_eq!((moved.settings.min_items, moved.settings.max_items), (5000, 6000));
    assert_eq!(moved.settings.timeout, std::time::Duration::from_secs(1));
}

#[test]
fn a_batch_before_a_stage_that_holds_stays_and_a_later_one_moves() {
    check(
        "batch, hold",
        "otlp_grpc/bytes",
        "pipeline \"traces\": batch runs before the durable queue of exporter \"otlp_grpc/bytes\", because \
         processor \"hold\" lies in between",
    );
    check(
        "batch, hold, batch/big",
        "otlp_grpc/bytes",
        "\
pipeline \"traces\": batch/big runs after the durable queue of exporter \"otlp_grpc/bytes\"
pipeline \"traces\": batch runs before the durable queue of exporter \"otlp_grpc/bytes\", because \
processor \"hold\" lies in between",
    );
}

#[test]
fn an_exporters_own_batch_wins() {
    check(
        "batch",
        "otlp_grpc/own",
        "\
pipeline \"traces\": batch runs after the durable queue of exporter \"otlp_grpc/own\"
exporter \"otlp_grpc/own\" for traces: the queue_size of 1000 requests is 100000 items, since its queue \
holds what is not batched yet
exporter \"otlp_grpc/own\" for traces: its own sending_queue::batch applies",
    );
}

#[test]
fn a_batch_of_no_size_leaves_the_queue_its_requests() {
    check(
        "batch/none",
        "otlp_grpc/disk",
        "pipeline \"traces\": batch/none runs after the durable queue of exporter \"otlp_grpc/disk\"",
    );
}

#[test]
fn a_batch_before_a_connector_stays() {
    let (batching, config) = placed(
        "
    traces/in: {receivers: [nop], processors: [batch], exporters: [forward, debug]}
    traces/out: {receivers: [forward], exporters: [otlp_grpc/disk]}
    traces/counted: {receivers: [nop], processors: [batch], exporters: [count]}
    metrics: {receivers: [count], exporters: [otlp_grpc/disk]}
    logs: {receivers: [nop], processors: [batch], exporters: [debug]}",
    );
    assert!(batching.changes().is_empty());
    assert_eq!(
        lines(&batching.warnings(&config)),
        "\
test.yaml:22:48: service::pipelines::traces/in: processor \"batch\" cannot run after the durable queue of \
exporter \"otlp_grpc/disk\", because connector \"forward\" lies in between: it acknowledges data that is \
only in its memory, and a crash loses that data
test.yaml:24:53: service::pipelines::traces/counted: processor \"batch\" cannot run after the durable \
queue of exporter \"otlp_grpc/disk\", because connector \"count\" lies in between: it acknowledges data \
that is only in its memory, and a crash loses that data"
    );
}

#[test]
fn pipelines_that_share_an_exporter_keep_their_own_settings() {
    let (batching, _) = placed(
        "
    traces: {receivers: [nop], processors: [batch], exporters: [otlp_grpc/disk]}
    traces/big: {receivers: [nop], processors: [batch/big], exporters: [otlp_grpc/disk]}
    traces/plain: {receivers: [nop], exporters: [otlp_grpc/disk]}
    logs: {receivers: [nop], processors: [batch], exporters: [otlp_grpc/disk]}",
    );
    let behind = batching.behind(&"otlp_grpc/disk".parse().unwrap(), Signal::Traces);
    let sizes: Vec<(String, usize)> =
        behind.iter().map(|(id, batch)| (id.to_string(), batch.min_items)).collect();
    assert_eq!(sizes, [("traces".to_owned(), 100), ("traces/big".to_owned(), 5000)]);
    let queue =
        "exporter \"otlp_grpc/disk\" for traces: the queue_size of 1000 requests is 5000000 items";
    assert!(batching.lines().iter().any(|line| line.starts_with(queue)), "{:?}", batching.lines());
}
