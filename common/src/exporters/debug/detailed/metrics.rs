//! Metrics in full.

use bytes::Bytes;
use opentelemetry_proto::tonic::{
    common::v1::KeyValue,
    metrics::v1::{
        Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint,
        SummaryDataPoint, exemplar, exponential_histogram_data_point::Buckets, metric::Data,
        number_data_point::Value,
    },
};
use prost::DecodeError;

use super::{Page, index};
use crate::{
    exporters::debug::text::{fixed, id, time},
    otlp::decode,
};

/// What all kinds of data points start with.
struct Start<'a> {
    kind: &'static str,
    index: usize,
    attributes: &'a [KeyValue],
    start_nanos: u64,
    nanos: u64,
}

impl Page {
    pub(super) fn metrics(&mut self, chunks: &[Bytes]) -> Result<(), DecodeError> {
        for (index, group) in decode::metrics(chunks)?.resource_metrics.iter().enumerate() {
            self.resource("ResourceMetrics", index, &group.schema_url, group.resource.as_ref());
            for (index, group) in group.scope_metrics.iter().enumerate() {
                self.scope("ScopeMetrics", index, &group.schema_url, group.scope.as_ref());
                for (index, metric) in group.metrics.iter().enumerate() {
                    self.line(format!("Metric #{index}"));
                    self.metric(metric);
                }
            }
        }
        Ok(())
    }

    fn metric(&mut self, metric: &Metric) {
        self.line("Descriptor:");
        self.item("Name", &metric.name);
        self.item("Description", &metric.description);
        self.item("Unit", &metric.unit);
        self.item("DataType", data_type(metric.data.as_ref()));
        self.attributes("     -> Metadata", &metric.metadata);
        match &metric.data {
            None => {}
            Some(Data::Gauge(data)) => self.numbers(&data.data_points),
            Some(Data::Sum(data)) => {
                self.item("IsMonotonic", data.is_monotonic);
                self.item("AggregationTemporality", temporality(data.aggregation_temporality));
                self.numbers(&data.data_points);
            }
            Some(Data::Histogram(data)) => {
                self.item("AggregationTemporality", temporality(data.aggregation_temporality));
                data.data_points
                    .iter()
                    .enumerate()
                    .for_each(|(index, point)| self.histogram(index, point));
            }
            Some(Data::ExponentialHistogram(data)) => {
                self.item("AggregationTemporality", temporality(data.aggregation_temporality));
                data.data_points
                    .iter()
                    .enumerate()
                    .for_each(|(index, point)| self.exponential(index, point));
            }
            Some(Data::Summary(data)) => {
                data.data_points
                    .iter()
                    .enumerate()
                    .for_each(|(index, point)| self.summary(index, point));
            }
        }
    }

    fn start(&mut self, start: &Start<'_>) {
        self.line(format!("{} #{}", start.kind, start.index));
        self.attributes("Data point attributes", start.attributes);
        self.line(format!("StartTimestamp: {}", time(start.start_nanos)));
        self.line(format!("Timestamp: {}", time(start.nanos)));
    }

    fn numbers(&mut self, points: &[NumberDataPoint]) {
        for (index, point) in points.iter().enumerate() {
            self.start(&Start {
                kind: "NumberDataPoints",
                index,
                attributes: &point.attributes,
                start_nanos: point.start_time_unix_nano,
                nanos: point.time_unix_nano,
            });
            match point.value {
                None => {}
                Some(Value::AsInt(value)) => self.line(format!("Value: {value}")),
                Some(Value::AsDouble(value)) => self.line(format!("Value: {}", fixed(value))),
            }
            self.exemplars(&point.exemplars);
        }
    }

    fn totals(&mut self, count: u64, totals: [Option<f64>; 3]) {
        self.line(format!("Count: {count}"));
        for (name, value) in ["Sum", "Min", "Max"].iter().zip(totals) {
            if let Some(value) = value {
                self.line(format!("{name}: {}", fixed(value)));
            }
        }
    }

    fn histogram(&mut self, index: usize, point: &HistogramDataPoint) {
        self.start(&Start {
            kind: "HistogramDataPoints",
            index,
            attributes: &point.attributes,
            start_nanos: point.start_time_unix_nano,
            nanos: point.time_unix_nano,
        });
        self.totals(point.count, [point.sum, point.min, point.max]);
        for (index, bound) in point.explicit_bounds.iter().enumerate() {
            self.line(format!("ExplicitBounds #{index}: {}", fixed(*bound)));
        }
        for (index, count) in point.bucket_counts.iter().enumerate() {
            self.line(format!("Buckets #{index}, Count: {count}"));
        }
        self.exemplars(&point.exemplars);
    }

    fn exponential(&mut self, index: usize, point: &ExponentialHistogramDataPoint) {
        self.start(&Start {
            kind: "ExponentialHistogramDataPoints",
            index,
            attributes: &point.attributes,
            start_nanos: point.start_time_unix_nano,
            nanos: point.time_unix_nano,
        });
        self.totals(point.count, [point.sum, point.min, point.max]);
        let factor = std::f64::consts::LN_2 * 2_f64.powi(-point.scale);
        let bounds = |buckets: &Buckets, position: usize| {
            let index = f64::from(buckets.offset) + position as f64;
            ((index * factor).exp(), ((index + 1.0) * factor).exp())
        };
        let none = Buckets::default();
        let negative = point.negative.as_ref().unwrap_or(&none);
        for (position, count) in negative.bucket_counts.iter().enumerate().rev() {
            let (lower, upper) = bounds(negative, position);
            self.line(format!("Bucket [{}, {}), Count: {count}", fixed(-upper), fixed(-lower)));
        }
        if point.zero_count != 0 {
            self.line(format!("Bucket [0, 0], Count: {}", point.zero_count));
        }
        let positive = point.positive.as_ref().unwrap_or(&none);
        for (position, count) in positive.bucket_counts.iter().enumerate() {
            let (lower, upper) = bounds(positive, position);
            self.line(format!("Bucket ({}, {}], Count: {count}", fixed(lower), fixed(upper)));
        }
        self.exemplars(&point.exemplars);
    }

    fn summary(&mut self, index: usize, point: &SummaryDataPoint) {
        self.start(&Start {
            kind: "SummaryDataPoints",
            index,
            attributes: &point.attributes,
            start_nanos: point.start_time_unix_nano,
            nanos: point.time_unix_nano,
        });
        self.totals(point.count, [Some(point.sum), None, None]);
        for (index, value) in point.quantile_values.iter().enumerate() {
            let (quantile, value) = (fixed(value.quantile), fixed(value.value));
            self.line(format!("QuantileValue #{index}: Quantile {quantile}, Value {value}"));
        }
    }

    fn exemplars(&mut self, exemplars: &[Exemplar]) {
        if !exemplars.is_empty() {
            self.line("Exemplars:");
        }
        for (index, exemplar) in exemplars.iter().enumerate() {
            self.line(format!("Exemplar #{index}"));
            self.item("Trace ID", id(&exemplar.trace_id));
            self.item("Span ID", id(&exemplar.span_id));
            self.item("Timestamp", time(exemplar.time_unix_nano));
            match exemplar.value {
                None => {}
                Some(exemplar::Value::AsInt(value)) => self.item("Value", value),
                Some(exemplar::Value::AsDouble(value)) => self.item("Value", fixed(value)),
            }
            self.attributes("     -> FilteredAttributes", &exemplar.filtered_attributes);
        }
    }
}

const fn data_type(data: Option<&Data>) -> &'static str {
    match data {
        None => "Empty",
        Some(Data::Gauge(_)) => "Gauge",
        Some(Data::Sum(_)) => "Sum",
        Some(Data::Histogram(_)) => "Histogram",
        Some(Data::ExponentialHistogram(_)) => "ExponentialHistogram",
        Some(Data::Summary(_)) => "Summary",
    }
}

fn temporality(number: i32) -> &'static str {
    ["Unspecified", "Delta", "Cumulative"].get(index(number)).unwrap_or(&"")
}
