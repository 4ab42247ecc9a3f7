//! The collectors that are compared, and the config that each gets for a scenario.

use std::{ffi::OsString, fmt::Write as _, path::PathBuf};

use common::signal::Signal;

use crate::{
    payload::{Coding, Transport},
    process::Launch,
    scenarios::{Kind, Scenario, Work},
};

/// How a collector is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// This project's.
    Ours,
    /// One that reads the same YAML.
    Yaml,
    /// Rotel, which takes arguments and does less.
    Rotel,
    /// No collector: the load goes straight to the sink.
    Rig,
}

/// One of the collectors.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) name: String,
    pub(crate) family: Family,
    pub(crate) binary: PathBuf,
}

/// Where things are in one measurement.
pub(crate) struct Places {
    /// One for each pipeline.
    pub(crate) receivers: Vec<u16>,
    pub(crate) sink: u16,
    pub(crate) storage: PathBuf,
}

impl Subject {
    /// The load without a collector.
    pub(crate) fn rig() -> Self {
        Self { name: "rig".to_owned(), family: Family::Rig, binary: PathBuf::new() }
    }

    /// `name=binary`; by the name rotel is known.
    pub(crate) fn peer(text: &str) -> Option<Self> {
        let (name, binary) = text.split_once('=')?;
        let family = if name.starts_with("rotel") { Family::Rotel } else { Family::Yaml };
        Some(Self { name: name.to_owned(), family, binary: binary.into() })
    }

    /// Whether it can do this at all.
    pub(crate) fn can(&self, scenario: &Scenario) -> bool {
        let Scenario { shape, kind, work, is_durable, pipelines, .. } = scenario;
        match self.family {
            Family::Ours | Family::Yaml => true,
            Family::Rig => matches!(kind, Kind::Load(_)) && *work != Work::Filter,
            Family::Rotel => {
                // This one compresses by gzip whatever it is told.
                shape.coding == Coding::Gzip
                    && matches!(kind, Kind::Load(_) | Kind::Idle | Kind::Latency)
                    && *work == Work::Nothing
                    && !is_durable
                    && *pipelines == 1
            }
        }
    }

    /// How it is started.
    pub(crate) fn launch(&self, scenario: &Scenario, places: &Places) -> Launch {
        let arguments = match self.family {
            Family::Rotel => rotel(scenario, places),
            _ => vec![format!("--config=yaml:{}", self.config(scenario, places)).into()],
        };
        let mut environment = Vec::new();
        if let (Family::Yaml, Kind::Within(plan)) = (self.family, scenario.kind) {
            // As its chart sets it.
            environment.push(("GOMEMLIMIT".to_owned(), format!("{}MiB", plan.memory_mib * 8 / 10)));
        }
        Launch {
            binary: self.binary.clone(),
            arguments,
            environment,
            cores: scenario.cores,
            port: places.receivers.first().copied().unwrap_or_default(),
        }
    }

    fn config(&self, scenario: &Scenario, places: &Places) -> String {
        let Scenario { shape, is_batched, is_durable, limit_mib, .. } = scenario;
        let mut receivers = String::new();
        let mut exporters = String::new();
        let mut pipelines = String::new();
        let processors = if *is_batched { "memory_limiter, WORK, batch" } else { "WORK" };
        let processors = match scenario.work {
            Work::Nothing => processors.replace("WORK, ", "").replace("WORK", ""),
            _ => processors.replace("WORK", work_id(scenario.work)),
        };
        let processors = match (scenario.kind, *is_batched) {
            (Kind::Overload, false) => "memory_limiter".to_owned(),
            _ => processors,
        };
        for (index, port) in places.receivers.iter().enumerate() {
            let receiver = match shape.transport {
                Transport::Grpc => {
                    format!("grpc: {{endpoint: 127.0.0.1:{port}, max_recv_msg_size_mib: 64}}")
                }
                Transport::Http => {
                    format!("http: {{endpoint: 127.0.0.1:{port}, max_request_body_size: 67108864}}")
                }
            };
            writeln!(receivers, "  otlp/{index}: {{protocols: {{{receiver}}}}}").ok();
            let (kind, endpoint) = match shape.transport {
                Transport::Grpc => ("otlp", format!("127.0.0.1:{}", places.sink)),
                Transport::Http => ("otlphttp", format!("http://127.0.0.1:{}", places.sink)),
            };
            writeln!(
                exporters,
                "  {kind}/{index}: {{endpoint: \"{endpoint}\", tls: {{insecure: true}}, {}, \
                 sending_queue: {{{}}}}}",
                compression(scenario),
                queue(scenario)
            )
            .ok();
            writeln!(
                pipelines,
                "    {}/{index}: {{receivers: [otlp/{index}], processors: [{processors}], \
                 exporters: [{kind}/{index}]}}",
                shape.signal
            )
            .ok();
        }
        let storage = places.storage.display();
        let (extension, used) = if *is_durable {
            (format!("file_storage: {{directory: {storage}, fsync: true}}"), "file_storage")
        } else {
            (String::new(), "")
        };
        format!(
            "extensions: {{{extension}}}\nreceivers:\n{receivers}processors:\n  batch:\n  \
             memory_limiter: {{check_interval: 1s, limit_mib: {limit_mib}}}\n{}\
             exporters:\n{exporters}service:\n  extensions: [{used}]\n  \
             telemetry: {{metrics: {{level: none}}}}\n  pipelines:\n{pipelines}",
            work(scenario.work, shape.signal)
        )
    }
}

fn compression(scenario: &Scenario) -> String {
    let coding = scenario.shape.coding;
    let level = match (coding, scenario.shape.transport) {
        (Coding::Gzip6, Transport::Http) => ", compression_params: {level: 6}",
        _ => "",
    };
    format!("compression: {}{level}", coding.name())
}

/// As many requests as the smallest backlog needs, and then the client waits; in overload, what users
/// have by default.
fn queue(scenario: &Scenario) -> &'static str {
    match (scenario.kind, scenario.is_durable) {
        (Kind::Overload, true) => "storage: file_storage, sizer: bytes, queue_size: 50000000",
        (Kind::Overload, false) => "queue_size: 1000",
        (Kind::Within(_), _) => "enabled: true",
        (_, true) => "queue_size: 100, block_on_overflow: true, storage: file_storage",
        (_, false) => "queue_size: 100, block_on_overflow: true",
    }
}

const fn work_id(work: Work) -> &'static str {
    match work {
        Work::Nothing => "",
        Work::Insert | Work::Delete => "attributes",
        Work::Filter => "filter",
        Work::OneStatement | Work::FourStatements => "transform",
    }
}

fn work(work: Work, signal: Signal) -> String {
    let (context, statements) = match signal {
        Signal::Traces => ("trace", TRACE_STATEMENTS),
        Signal::Logs => ("log", LOG_STATEMENTS),
        Signal::Metrics => ("metric", METRIC_STATEMENTS),
    };
    let statements = |count: usize| {
        let list: Vec<_> = statements.iter().take(count).map(|one| format!("'{one}'")).collect();
        format!("  transform: {{{context}_statements: [{}]}}\n", list.join(", "))
    };
    match work {
        Work::Nothing => String::new(),
        Work::Insert => {
            "  attributes: {actions: [{key: env, value: prod, action: insert}]}\n".to_owned()
        }
        Work::Delete => {
            "  attributes: {actions: [{key: http.request.method, action: delete}]}\n".to_owned()
        }
        Work::Filter => match signal {
            Signal::Traces => "  filter: {trace_conditions: \
                 ['span.attributes[\"http.response.status_code\"] >= 400']}\n"
                .to_owned(),
            _ => "  filter: {log_conditions: ['log.severity_number < SEVERITY_NUMBER_WARN']}\n"
                .to_owned(),
        },
        Work::OneStatement => statements(1),
        Work::FourStatements => statements(4),
    }
}

const TRACE_STATEMENTS: [&str; 4] = [
    "set(span.attributes[\"env\"], \"prod\")",
    "delete_key(span.attributes, \"user_agent.original\")",
    "set(span.name, span.attributes[\"http.route\"]) where span.kind == SPAN_KIND_SERVER",
    "replace_pattern(span.attributes[\"url.path\"], \"[0-9]+\", \"{id}\")",
];
const LOG_STATEMENTS: [&str; 4] = [
    "set(log.attributes[\"env\"], \"prod\")",
    "delete_key(log.attributes, \"thread.name\")",
    "set(log.severity_text, \"warning\") where log.severity_number == SEVERITY_NUMBER_WARN",
    "replace_pattern(log.body, \"customer [0-9]+\", \"customer {id}\")",
];
const METRIC_STATEMENTS: [&str; 4] = [
    "set(datapoint.attributes[\"env\"], \"prod\")",
    "delete_key(datapoint.attributes, \"http.request.method\")",
    "set(datapoint.attributes[\"error\"], true) where \
     datapoint.attributes[\"http.response.status_code\"] >= 400",
    "replace_pattern(datapoint.attributes[\"http.route\"], \"[0-9]+/\", \"{id}/\")",
];

fn rotel(scenario: &Scenario, places: &Places) -> Vec<OsString> {
    let shape = &scenario.shape;
    let (port, sink) = (places.receivers.first().copied().unwrap_or_default(), places.sink);
    let spare = crate::process::free_port();
    let (grpc, http, protocol) = match shape.transport {
        Transport::Grpc => (port, spare, "grpc"),
        Transport::Http => (spare, port, "http"),
    };
    let mut arguments: Vec<String> = vec![
        "start".to_owned(),
        format!("--otlp-grpc-endpoint=127.0.0.1:{grpc}"),
        format!("--otlp-http-endpoint=127.0.0.1:{http}"),
        "--otlp-grpc-max-recv-msg-size-mib=64".to_owned(),
        "--exporter=otlp".to_owned(),
        format!("--otlp-exporter-protocol={protocol}"),
        format!("--otlp-exporter-endpoint=http://127.0.0.1:{sink}"),
        format!("--otlp-exporter-compression={}", shape.coding.name()),
    ];
    if !scenario.is_batched {
        arguments.push("--disable-batching".to_owned());
    }
    arguments.into_iter().map(OsString::from).collect()
}
