//! Our own metrics as text, in Prometheus' format 0.0.4.

use std::collections::BTreeMap;

use prometheus::{
    TextEncoder,
    proto::{self, LabelPair, MetricFamily, MetricType},
};

use crate::telemetry::{
    BuildInfo, Metrics, Resource,
    metrics::{Metric, MetricKind, Sample, SampleValue},
    settings::{IncludeExclude, PrometheusReader},
};

/// The content type of what [`render`] returns.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/// All visible metrics, sorted by name, with `target_info` for the resource.
#[must_use]
pub fn render(
    metrics: &Metrics,
    options: &PrometheusReader,
    resource: &Resource,
    build: &BuildInfo,
) -> String {
    let constant =
        options.with_resource_constant_labels.as_ref().map_or_else(BTreeMap::new, |filter| {
            labels_of(resource.attributes().filter(|(name, _)| admits(filter, name)))
        });
    let mut families = BTreeMap::new();
    for sample in metrics.samples() {
        let mut labels = constant.clone();
        if !options.without_scope_info {
            labels.insert("otel_scope_name".to_owned(), sample.metric.scope.to_owned());
            labels.insert("otel_scope_schema_url".to_owned(), String::new());
            labels.insert("otel_scope_version".to_owned(), build.version.to_string());
        }
        labels.extend(sample.labels.iter().map(|(name, value)| (label_name(name), value.clone())));
        families
            .entry(exposed_name(sample.metric, options))
            .or_insert_with(|| family(kind_of(sample.metric), sample.metric.help))
            .mut_metric()
            .push(line(&sample, labels));
    }
    families.insert("target_info".to_owned(), target_info(resource));
    families.insert("promhttp_metric_handler_errors_total".to_owned(), handler_errors());
    let families: Vec<_> = families
        .into_iter()
        .map(|(name, mut family)| {
            family.set_name(name);
            family
        })
        .collect();
    // Only a family without series fails to encode, and none of ours is empty.
    TextEncoder::new().encode_to_string(&families).unwrap_or_default()
}

fn admits(filter: &IncludeExclude, name: &str) -> bool {
    let is_in = |patterns: &[String]| {
        patterns.iter().any(|pattern| matches(pattern.as_bytes(), name.as_bytes()))
    };
    !is_in(&filter.excluded) && (filter.included.is_empty() || is_in(&filter.included))
}

fn exposed_name(metric: &Metric, options: &PrometheusReader) -> String {
    let mut name = metric.name.to_owned();
    let unit = match metric.unit {
        "s" => "_seconds",
        "ms" => "_milliseconds",
        "By" => "_bytes",
        _ => "",
    };
    if !options.without_units && !name.ends_with(unit) {
        name.push_str(unit);
    }
    if !options.without_type_suffix && metric.kind == MetricKind::Counter {
        name.push_str("_total");
    }
    name
}

const fn kind_of(metric: &Metric) -> MetricType {
    match metric.kind {
        MetricKind::Counter => MetricType::COUNTER,
        MetricKind::Gauge => MetricType::GAUGE,
        MetricKind::Histogram(_) => MetricType::HISTOGRAM,
    }
}

fn family(kind: MetricType, help: &str) -> MetricFamily {
    let mut family = MetricFamily::default();
    family.set_help(help.to_owned());
    family.set_field_type(kind);
    family
}

fn line(sample: &Sample, labels: BTreeMap<String, String>) -> proto::Metric {
    let mut line = proto::Metric::from_label(pairs(labels));
    match &sample.value {
        SampleValue::Histogram(histogram) => line.set_histogram(histogram.clone()),
        SampleValue::Number(number) if kind_of(sample.metric) == MetricType::COUNTER => {
            let mut counter = proto::Counter::default();
            counter.set_value(*number);
            line.set_counter(counter);
        }
        SampleValue::Number(number) => {
            let mut gauge = proto::Gauge::default();
            gauge.set_value(*number);
            line.set_gauge(gauge);
        }
    }
    line
}

fn target_info(resource: &Resource) -> MetricFamily {
    let mut line = proto::Metric::from_label(pairs(labels_of(resource.attributes())));
    let mut one = proto::Gauge::default();
    one.set_value(1.0);
    line.set_gauge(one);
    let mut family = family(MetricType::GAUGE, "Target metadata");
    family.set_metric(vec![line]);
    family
}

/// Go's handler counts its own errors; ours has none, but alerts ask for the series.
fn handler_errors() -> MetricFamily {
    let causes = ["encoding", "gathering"].map(|cause| {
        let labels = BTreeMap::from([("cause".to_owned(), cause.to_owned())]);
        let mut line = proto::Metric::from_label(pairs(labels));
        line.set_counter(proto::Counter::default());
        line
    });
    let help = "Total number of internal errors encountered by the promhttp metric handler.";
    let mut family = family(MetricType::COUNTER, help);
    family.set_metric(causes.into());
    family
}

fn labels_of<'a>(attributes: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::<_, String>::new();
    for (name, value) in attributes {
        // Two attributes can end up under one label; both values are kept, as upstream does.
        labels
            .entry(label_name(name))
            .and_modify(|joined| {
                joined.push(';');
                joined.push_str(value);
            })
            .or_insert_with(|| value.to_owned());
    }
    labels
}

fn label_name(name: &str) -> String {
    let mut label: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if label.starts_with(|c: char| c.is_ascii_digit()) {
        label.insert(0, '_');
    }
    label
}

fn pairs(labels: BTreeMap<String, String>) -> Vec<LabelPair> {
    labels
        .into_iter()
        .map(|(name, value)| {
            let mut pair = LabelPair::default();
            pair.set_name(name);
            pair.set_value(value);
            pair
        })
        .collect()
}

fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', pattern)), None) => matches(pattern, name),
        (Some((b'*', shorter)), Some((_, rest))) => {
            matches(shorter, name) || matches(pattern, rest)
        }
        (Some((b'?', pattern)), Some((_, name))) => matches(pattern, name),
        (Some((p, pattern)), Some((n, name))) => p == n && matches(pattern, name),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests;
