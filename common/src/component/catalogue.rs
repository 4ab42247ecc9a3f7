//! Which collector has which component, over all binaries and releases.
//!
//! A collector knows from here what belongs to another collector (a foreign pipeline is checked for
//! names only) and what is upstream's but not ours yet. A test holds this table against the registries.

use crate::component::Kind;
use Home::{Common, Logs, Metrics, Traces};
use Kind::{Connector, Exporter, Extension, Processor, Receiver};

/// Where a component can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// In every collector.
    Common,
    /// In `traces-collector` and `combined-collector`.
    Traces,
    /// In `metrics-collector` and `combined-collector`.
    Metrics,
    /// In `logs-collector` and `combined-collector`.
    Logs,
}

impl Home {
    /// The collector to run for a component that lives here.
    #[must_use]
    pub const fn collector(self) -> &'static str {
        match self {
            Self::Common => "any collector",
            Self::Traces => "traces-collector",
            Self::Metrics => "metrics-collector",
            Self::Logs => "logs-collector",
        }
    }
}

/// One component of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What kind it is.
    pub kind: Kind,
    /// Its type in configs.
    pub name: &'static str,
    /// Older and other spellings.
    pub aliases: &'static [&'static str],
    /// Which collectors have it, or will.
    pub home: Home,
    /// Whether this release has it.
    pub is_available: bool,
}

const fn here(
    kind: Kind,
    name: &'static str,
    aliases: &'static [&'static str],
    home: Home,
) -> Listed {
    Listed { kind, name, aliases, home, is_available: true }
}

const fn later(
    kind: Kind,
    name: &'static str,
    aliases: &'static [&'static str],
    home: Home,
) -> Listed {
    Listed { kind, name, aliases, home, is_available: false }
}

/// Every component that a collector has, or that upstream has and we know of.
pub static CATALOGUE: &[Listed] = &[
    here(Receiver, "otlp", &[], Common),
    here(Receiver, "nop", &[], Common),
    later(Receiver, "jaeger", &[], Traces),
    later(Receiver, "zipkin", &[], Traces),
    later(Receiver, "prometheus", &[], Metrics),
    later(Receiver, "host_metrics", &["hostmetrics"], Metrics),
    later(Receiver, "kubelet_stats", &["kubeletstats"], Metrics),
    later(Receiver, "k8s_cluster", &[], Metrics),
    later(Receiver, "statsd", &[], Metrics),
    later(Receiver, "file_log", &["filelog"], Logs),
    later(Receiver, "k8s_events", &[], Logs),
    later(Receiver, "k8s_objects", &["k8sobjects"], Logs),
    later(Receiver, "journald", &[], Logs),
    later(Receiver, "syslog", &[], Logs),
    later(Receiver, "fluent_forward", &["fluentforward"], Logs),
    here(Processor, "batch", &[], Common),
    here(Processor, "memory_limiter", &[], Common),
    here(Processor, "resource", &[], Common),
    here(Processor, "attributes", &[], Common),
    here(Processor, "filter", &[], Common),
    here(Processor, "transform", &[], Common),
    here(Processor, "redaction", &[], Common),
    here(Processor, "group_by_attrs", &["groupbyattrs"], Common),
    later(Processor, "k8s_attributes", &["k8sattributes"], Common),
    here(Processor, "resource_detection", &["resourcedetection"], Common),
    here(Processor, "probabilistic_sampler", &[], Common),
    later(Processor, "tail_sampling", &[], Traces),
    here(Processor, "span", &[], Traces),
    later(Processor, "group_by_trace", &["groupbytrace"], Traces),
    later(Processor, "cumulative_to_delta", &["cumulativetodelta"], Metrics),
    later(Processor, "metrics_transform", &["metricstransform"], Metrics),
    later(Processor, "interval", &[], Metrics),
    later(Processor, "log_dedup", &["logdedup"], Logs),
    here(Exporter, "otlp_grpc", &["otlp"], Common),
    here(Exporter, "otlp_http", &["otlphttp"], Common),
    here(Exporter, "debug", &["logging"], Common),
    here(Exporter, "file", &[], Common),
    here(Exporter, "nop", &[], Common),
    later(Exporter, "load_balancing", &["loadbalancing"], Common),
    later(Exporter, "kafka", &[], Common),
    later(Exporter, "aws_s3", &["awss3"], Common),
    later(Exporter, "jaeger", &[], Traces),
    later(Exporter, "zipkin", &[], Traces),
    later(Exporter, "prometheus", &[], Metrics),
    later(Exporter, "prometheus_remote_write", &["prometheusremotewrite"], Metrics),
    later(Exporter, "loki", &[], Logs),
    here(Connector, "forward", &[], Common),
    here(Connector, "routing", &[], Common),
    here(Connector, "count", &[], Common),
    here(Connector, "failover", &[], Common),
    here(Connector, "round_robin", &["roundrobin"], Common),
    later(Connector, "span_metrics", &["spanmetrics"], Traces),
    later(Connector, "service_graph", &["servicegraph"], Traces),
    here(Extension, "health_check", &[], Common),
    here(Extension, "pprof", &[], Common),
    here(Extension, "zpages", &[], Common),
    here(Extension, "file_storage", &[], Common),
    here(Extension, "basicauth", &["basic_auth"], Common),
    here(Extension, "bearertokenauth", &["bearer_token_auth"], Common),
    here(Extension, "oauth2client", &["oauth2_client"], Common),
    here(Extension, "headers_setter", &[], Common),
    later(Extension, "oidc", &[], Common),
    later(Extension, "k8s_leader_elector", &[], Common),
];

/// Finds a component by its name or an older spelling.
#[must_use]
pub fn find(kind: Kind, name: &str) -> Option<&'static Listed> {
    CATALOGUE.iter().find(|listed| {
        listed.kind == kind && (listed.name == name || listed.aliases.contains(&name))
    })
}

#[cfg(test)]
mod tests;
