//! Statements run over prost structs by an interpreter of their own, to hold statements on bytes against.

mod reference;

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::KeyValue,
    logs::v1::{ResourceLogs, ScopeLogs},
    metrics::v1::{Metric, ResourceMetrics, ScopeMetrics, metric::Data},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans},
};
use proptest::{collection::vec, prelude::*};
use prost::Message as _;

use self::reference::{Line, Thing, line, unique};
use bytes::Bytes;

use super::*;
use crate::{
    pipeline::Charge,
    testing::{generate, mirror, settings},
};

/// What statements of one group make of an encoded request.
fn transformed(
    signal: Signal,
    context: &str,
    field: &str,
    lines: &[Line],
    request: &[u8],
) -> Bytes {
    let statements: Vec<String> = lines.iter().map(|line| line.text(field)).collect();
    let group = serde_json::json!([{"context": context, "statements": statements}]);
    let yaml = serde_json::json!({"error_mode": "ignore", key(signal): group}).to_string();
    let config: TransformProcessorConfig = settings::read(&yaml).unwrap();
    let mut issues = Issues::default();
    let groups = config.compile(signal, &mut issues);
    assert!(issues.list.is_empty(), "{:?}", issues.list);
    let processor =
        TransformProcessor { id: "transform".to_owned(), groups, failures: Seldom::default() };
    let payload = Payload::new(signal, Bytes::copy_from_slice(request), 1, Charge::NONE);
    processor.transform(payload).unwrap().chunks().concat().into()
}

fn resources() -> impl Strategy<Value = Option<Resource>> {
    (generate::resource(), unique())
        .prop_map(|(resource, attributes)| Some(Resource { attributes, ..resource }))
}

fn spans() -> impl Strategy<Value = ExportTraceServiceRequest> {
    let event = (generate::text(), unique());
    let one = (generate::span(), unique(), vec(event, 0..3)).prop_map(
        |(mut span, attributes, events)| {
            span.attributes = attributes;
            span.events.resize_with(events.len(), Default::default);
            for (event, (name, attributes)) in span.events.iter_mut().zip(events) {
                event.name = name;
                event.attributes = attributes;
            }
            span
        },
    );
    let scope = vec(one, 0..3).prop_map(|spans| ScopeSpans { spans, ..ScopeSpans::default() });
    let group = (resources(), vec(scope, 0..3)).prop_map(|(resource, scope_spans)| ResourceSpans {
        resource,
        scope_spans,
        ..ResourceSpans::default()
    });
    vec(group, 0..3).prop_map(|resource_spans| ExportTraceServiceRequest { resource_spans })
}

fn records() -> impl Strategy<Value = ExportLogsServiceRequest> {
    let one = (generate::log_record(), unique()).prop_map(|(mut record, attributes)| {
        record.attributes = attributes;
        record
    });
    let scope =
        vec(one, 0..3).prop_map(|log_records| ScopeLogs { log_records, ..ScopeLogs::default() });
    let group = (resources(), vec(scope, 0..3)).prop_map(|(resource, scope_logs)| ResourceLogs {
        resource,
        scope_logs,
        ..ResourceLogs::default()
    });
    vec(group, 0..3).prop_map(|resource_logs| ExportLogsServiceRequest { resource_logs })
}

fn points() -> impl Strategy<Value = ExportMetricsServiceRequest> {
    let one = (generate::metric(), vec(unique(), 5)).prop_map(|(mut metric, attributes)| {
        attributes_of(&mut metric.data)
            .into_iter()
            .zip(attributes)
            .for_each(|(old, new)| *old = new);
        metric
    });
    let scope =
        vec(one, 0..3).prop_map(|metrics| ScopeMetrics { metrics, ..ScopeMetrics::default() });
    let group = (resources(), vec(scope, 0..3)).prop_map(|(resource, scope_metrics)| {
        ResourceMetrics { resource, scope_metrics, ..ResourceMetrics::default() }
    });
    vec(group, 0..3).prop_map(|resource_metrics| ExportMetricsServiceRequest { resource_metrics })
}

fn attributes_of(data: &mut Option<Data>) -> Vec<&mut Vec<KeyValue>> {
    match data {
        None => Vec::new(),
        Some(Data::Gauge(data)) => data.data_points.iter_mut().map(|p| &mut p.attributes).collect(),
        Some(Data::Sum(data)) => data.data_points.iter_mut().map(|p| &mut p.attributes).collect(),
        Some(Data::Histogram(data)) => {
            data.data_points.iter_mut().map(|p| &mut p.attributes).collect()
        }
        Some(Data::ExponentialHistogram(data)) => {
            data.data_points.iter_mut().map(|p| &mut p.attributes).collect()
        }
        Some(Data::Summary(data)) => {
            data.data_points.iter_mut().map(|p| &mut p.attributes).collect()
        }
    }
}

fn run(
    lines: &[Line],
    own: &mut Vec<KeyValue>,
    text: &mut String,
    resource: &mut Option<Resource>,
) {
    let resource = &mut resource.get_or_insert_default().attributes;
    let mut thing = Thing { own, resource, text };
    lines.iter().for_each(|line| thing.run(line));
}

proptest! {
    #[test]
    fn statements_on_spans_equal_the_reference(
        mut expected in spans(),
        lines in vec(line(), 1..6),
    ) {
        let found = transformed(Signal::Traces, "span", "name", &lines, &expected.encode_to_vec());
        for group in &mut expected.resource_spans {
            for span in group.scope_spans.iter_mut().flat_map(|scope| &mut scope.spans) {
                run(&lines, &mut span.attributes, &mut span.name, &mut group.resource);
            }
        }
        prop_assert_eq!(mirror::decode::<ExportTraceServiceRequest>(&found), expected);
    }

    #[test]
    fn statements_on_events_equal_the_reference(
        mut expected in spans(),
        lines in vec(line(), 1..6),
    ) {
        let request = expected.encode_to_vec();
        let found = transformed(Signal::Traces, "spanevent", "name", &lines, &request);
        for group in &mut expected.resource_spans {
            let spans = group.scope_spans.iter_mut().flat_map(|scope| &mut scope.spans);
            for event in spans.flat_map(|span| &mut span.events) {
                run(&lines, &mut event.attributes, &mut event.name, &mut group.resource);
            }
        }
        prop_assert_eq!(mirror::decode::<ExportTraceServiceRequest>(&found), expected);
    }

    #[test]
    fn statements_on_log_records_equal_the_reference(
        mut expected in records(),
        lines in vec(line(), 1..6),
    ) {
        let request = expected.encode_to_vec();
        let found = transformed(Signal::Logs, "log", "severity_text", &lines, &request);
        for group in &mut expected.resource_logs {
            for one in group.scope_logs.iter_mut().flat_map(|scope| &mut scope.log_records) {
                run(&lines, &mut one.attributes, &mut one.severity_text, &mut group.resource);
            }
        }
        prop_assert_eq!(mirror::decode::<ExportLogsServiceRequest>(&found), expected);
    }

    #[test]
    fn statements_on_data_points_equal_the_reference(
        mut expected in points(),
        lines in vec(line(), 1..6),
    ) {
        let request = expected.encode_to_vec();
        let field = "metric.description";
        let found = transformed(Signal::Metrics, "datapoint", field, &lines, &request);
        for group in &mut expected.resource_metrics {
            for metric in group.scope_metrics.iter_mut().flat_map(|scope| &mut scope.metrics) {
                let Metric { data, description, .. } = metric;
                for attributes in attributes_of(data) {
                    run(&lines, attributes, description, &mut group.resource);
                }
            }
        }
        prop_assert_eq!(mirror::decode::<ExportMetricsServiceRequest>(&found), expected);
    }
}
