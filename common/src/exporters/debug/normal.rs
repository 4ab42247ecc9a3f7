//! `verbosity: normal`: one line per item.

use bytes::Bytes;
use opentelemetry_proto::tonic::{
    common::v1::{InstrumentationScope, KeyValue},
    metrics::v1::{
        ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint,
        SummaryDataPoint, exponential_histogram_data_point::Buckets, metric::Data,
        number_data_point::Value,
    },
    resource::v1::Resource,
};
use prost::DecodeError;

use super::text::{fixed, id, plain, shortest};
use crate::{otlp::decode, signal::Signal};

/// The text for the chunks of one payload.
pub(super) fn text(signal: Signal, chunks: &[Bytes]) -> Result<String, DecodeError> {
    match signal {
        Signal::Traces => traces(chunks),
        Signal::Metrics => metrics(chunks),
        Signal::Logs => logs(chunks),
    }
}

fn traces(chunks: &[Bytes]) -> Result<String, DecodeError> {
    let mut out = String::new();
    for (index, group) in decode::traces(chunks)?.resource_spans.iter().enumerate() {
        resource_line(
            &mut out,
            "ResourceTraces",
            index,
            &group.schema_url,
            group.resource.as_ref(),
        );
        for (index, group) in group.scope_spans.iter().enumerate() {
            scope_line(&mut out, "ScopeTraces", index, &group.schema_url, group.scope.as_ref());
            for span in &group.spans {
                let (trace_id, span_id) = (id(&span.trace_id), id(&span.span_id));
                let attributes = spaced(&span.attributes);
                out.push_str(&format!("{} {trace_id} {span_id}{attributes}\n", span.name));
            }
        }
    }
    Ok(out)
}

fn logs(chunks: &[Bytes]) -> Result<String, DecodeError> {
    let mut out = String::new();
    for (index, group) in decode::logs(chunks)?.resource_logs.iter().enumerate() {
        resource_line(&mut out, "ResourceLog", index, &group.schema_url, group.resource.as_ref());
        for (index, group) in group.scope_logs.iter().enumerate() {
            scope_line(&mut out, "ScopeLog", index, &group.schema_url, group.scope.as_ref());
            for record in &group.log_records {
                let body = plain(record.body.as_ref());
                out.push_str(&format!("{body} {}\n", pairs(&record.attributes).join(" ")));
            }
        }
    }
    Ok(out)
}

fn metrics(chunks: &[Bytes]) -> Result<String, DecodeError> {
    let mut out = String::new();
    for (index, group) in decode::metrics(chunks)?.resource_metrics.iter().enumerate() {
        resource_line(
            &mut out,
            "ResourceMetrics",
            index,
            &group.schema_url,
            group.resource.as_ref(),
        );
        for (index, group) in group.scope_metrics.iter().enumerate() {
            scope_line(&mut out, "ScopeMetrics", index, &group.schema_url, group.scope.as_ref());
            for metric in &group.metrics {
                write_metric(&mut out, metric);
            }
        }
    }
    Ok(out)
}

fn write_metric(out: &mut String, metric: &Metric) {
    let mut line = |attributes: &[KeyValue], value: String| {
        out.push_str(&format!("{}{{{}}} {value}\n", metric.name, pairs(attributes).join(",")));
    };
    match &metric.data {
        None => {}
        Some(Data::Gauge(data)) => {
            data.data_points.iter().for_each(|point| line(&point.attributes, number(point)));
        }
        Some(Data::Sum(data)) => {
            data.data_points.iter().for_each(|point| line(&point.attributes, number(point)));
        }
        Some(Data::Histogram(data)) => {
            data.data_points.iter().for_each(|point| line(&point.attributes, histogram(point)));
        }
        Some(Data::ExponentialHistogram(data)) => {
            data.data_points.iter().for_each(|point| line(&point.attributes, exponential(point)));
        }
        Some(Data::Summary(data)) => {
            data.data_points.iter().for_each(|point| line(&point.attributes, summary(point)));
        }
    }
}

fn number(point: &NumberDataPoint) -> String {
    match point.value {
        None => String::new(),
        Some(Value::AsInt(value)) => value.to_string(),
        Some(Value::AsDouble(value)) => shortest(value),
    }
}

fn totals(count: u64, sum: Option<f64>, min: Option<f64>, max: Option<f64>) -> String {
    let mut text = format!("count={count}");
    for (name, value) in [("sum", sum), ("min", min), ("max", max)] {
        if let Some(value) = value {
            text.push_str(&format!(" {name}={}", shortest(value)));
        }
    }
    text
}

fn histogram(point: &HistogramDataPoint) -> String {
    let mut text = totals(point.count, point.sum, point.min, point.max);
    for (index, count) in point.bucket_counts.iter().enumerate() {
        match point.explicit_bounds.get(index) {
            Some(bound) => text.push_str(&format!(" le{}={count}", shortest(*bound))),
            None => text.push_str(&format!(" {count}")),
        }
    }
    text
}

fn exponential(point: &ExponentialHistogramDataPoint) -> String {
    let mut text = totals(point.count, point.sum, point.min, point.max);
    let base = 2_f64.powf(2_f64.powf(-f64::from(point.scale)));
    let none = Buckets::default();
    let negative = point.negative.as_ref().unwrap_or(&none);
    for (index, count) in
        (negative.offset..).zip(&negative.bucket_counts).collect::<Vec<_>>().iter().rev()
    {
        // A negative bucket ends, towards zero, where its mirror image starts.
        let upper = -base.powf(f64::from(*index));
        text.push_str(&format!(" le{}={count}", shortest(upper)));
    }
    if point.zero_count != 0 {
        text.push_str(&format!(" zero={}", point.zero_count));
    }
    let positive = point.positive.as_ref().unwrap_or(&none);
    for (index, count) in (positive.offset..).zip(&positive.bucket_counts) {
        let upper = base.powf(f64::from(index) + 1.0);
        text.push_str(&format!(" le{}={count}", shortest(upper)));
    }
    text
}

fn summary(point: &SummaryDataPoint) -> String {
    let mut text = format!("count={} sum={}", point.count, fixed(point.sum));
    for value in &point.quantile_values {
        text.push_str(&format!(" q{}={}", shortest(value.quantile), shortest(value.value)));
    }
    text
}

fn resource_line(
    out: &mut String,
    title: &str,
    index: usize,
    url: &str,
    resource: Option<&Resource>,
) {
    let attributes = resource.map_or(&[][..], |resource| &resource.attributes);
    out.push_str(&format!("{title} #{index}{}{}\n", bracketed(url), spaced(attributes)));
}

fn scope_line(
    out: &mut String,
    title: &str,
    index: usize,
    url: &str,
    scope: Option<&InstrumentationScope>,
) {
    let none = InstrumentationScope::default();
    let scope = scope.unwrap_or(&none);
    let mut details = String::new();
    if !scope.name.is_empty() {
        details.push_str(&format!(" {}", scope.name));
        if !scope.version.is_empty() {
            details.push_str(&format!("@{}", scope.version));
        }
    }
    let (url, attributes) = (bracketed(url), spaced(&scope.attributes));
    out.push_str(&format!("{title} #{index}{details}{url}{attributes}\n"));
}

fn bracketed(url: &str) -> String {
    if url.is_empty() { String::new() } else { format!(" [{url}]") }
}

fn spaced(attributes: &[KeyValue]) -> String {
    pairs(attributes).iter().flat_map(|pair| [" ", pair]).collect()
}

fn pairs(attributes: &[KeyValue]) -> Vec<String> {
    attributes.iter().map(|pair| format!("{}={}", pair.key, plain(pair.value.as_ref()))).collect()
}
