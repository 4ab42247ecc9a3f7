use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{
        AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList, any_value::Value,
    },
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    metrics::v1::{
        Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
        HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary,
        SummaryDataPoint, exemplar, exponential_histogram_data_point::Buckets, metric::Data,
        number_data_point, summary_data_point::ValueAtQuantile,
    },
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span},
};
use prost::Message;

use super::{DebugExporter, DebugExporterConfig, Verbosity, sampling::Sampler, text};
use crate::{
    component::{Export, Exporter, Kind, Lifecycle},
    pipeline::{Charge, Payload},
    settings::{Issues, Settings},
    signal::Signal,
    testing::{context, otlp_text::attribute},
};

const START: u64 = 1_136_214_245_123_450_000;

fn word(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

fn resource() -> Option<Resource> {
    Some(Resource { attributes: vec![word("service.name", "shop")], ..Resource::default() })
}

fn scope() -> Option<InstrumentationScope> {
    Some(InstrumentationScope {
        name: "lib".to_owned(),
        version: "2".to_owned(),
        attributes: vec![attribute("beta", Value::BoolValue(true))],
        ..InstrumentationScope::default()
    })
}

fn traces() -> Vec<u8> {
    let span = Span {
        trace_id: vec![0xab; 16],
        span_id: vec![1; 8],
        parent_span_id: vec![0; 8],
        name: "GET /".to_owned(),
        kind: 2,
        trace_state: "a=b".to_owned(),
        start_time_unix_nano: START,
        end_time_unix_nano: START + 1_000_000_000,
        attributes: vec![word("route", "/"), attribute("code", Value::IntValue(200))],
        status: Some(Status { message: "late".to_owned(), code: 2 }),
        dropped_events_count: 3,
        events: vec![span::Event {
            time_unix_nano: START,
            name: "log".to_owned(),
            attributes: vec![word("x", "y")],
            dropped_attributes_count: 0,
        }],
        links: vec![span::Link {
            trace_id: vec![2; 16],
            span_id: vec![3; 8],
            ..span::Link::default()
        }],
        ..Span::default()
    };
    let scope_spans =
        vec![ScopeSpans { scope: scope(), spans: vec![span], schema_url: String::new() }];
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: resource(),
            scope_spans,
            schema_url: "https://schema".to_owned(),
        }],
    }
    .encode_to_vec()
}

fn logs() -> Vec<u8> {
    let map = KeyValueList {
        values: vec![
            attribute("b", Value::DoubleValue(1.0)),
            attribute("a", Value::ArrayValue(ArrayValue { values: vec![AnyValue::default()] })),
            attribute("c", Value::BytesValue(vec![255])),
        ],
    };
    let log_records = vec![
        LogRecord {
            time_unix_nano: START,
            severity_number: 10,
            severity_text: "INFO".to_owned(),
            event_name: "boot".to_owned(),
            body: Some(AnyValue { value: Some(Value::StringValue("up".to_owned())) }),
            attributes: vec![attribute("map", Value::KvlistValue(map))],
            flags: 1,
            ..LogRecord::default()
        },
        LogRecord::default(),
    ];
    let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
    ExportLogsServiceRequest {
        resource_logs: vec![ResourceLogs {
            resource: resource(),
            scope_logs,
            ..ResourceLogs::default()
        }],
    }
    .encode_to_vec()
}

fn metric(name: &str, data: Data) -> Metric {
    Metric { name: name.to_owned(), unit: "1".to_owned(), data: Some(data), ..Metric::default() }
}

/// A point of each kind of metric.
fn points() -> (
    NumberDataPoint,
    NumberDataPoint,
    HistogramDataPoint,
    ExponentialHistogramDataPoint,
    SummaryDataPoint,
) {
    let number = |value| NumberDataPoint {
        attributes: vec![word("k", "v"), word("l", "w")],
        time_unix_nano: START,
        value: Some(value),
        ..NumberDataPoint::default()
    };
    let exemplar = Exemplar {
        span_id: vec![1; 8],
        value: Some(exemplar::Value::AsDouble(0.5)),
        filtered_attributes: vec![word("f", "g")],
        ..Exemplar::default()
    };
    let mut sum = number(number_data_point::Value::AsInt(7));
    sum.exemplars = vec![exemplar];
    let histogram = HistogramDataPoint {
        count: 3,
        sum: Some(1.5),
        min: Some(0.1),
        max: Some(1e21),
        bucket_counts: vec![1, 2],
        explicit_bounds: vec![10.0],
        ..HistogramDataPoint::default()
    };
    let exponential = ExponentialHistogramDataPoint {
        count: 6,
        zero_count: 2,
        positive: Some(Buckets { offset: 1, bucket_counts: vec![1, 1] }),
        negative: Some(Buckets { offset: 0, bucket_counts: vec![1, 1] }),
        ..ExponentialHistogramDataPoint::default()
    };
    let summary = SummaryDataPoint {
        count: 4,
        sum: 2.0,
        quantile_values: vec![ValueAtQuantile { quantile: 0.99, value: 0.00001 }],
        ..SummaryDataPoint::default()
    };
    let gauge = number(number_data_point::Value::AsDouble(2.5));
    (gauge, sum, histogram, exponential, summary)
}

fn metrics() -> Vec<u8> {
    let (gauge, sum, histogram, exponential, summary) = points();
    let gauge = Gauge { data_points: vec![gauge] };
    let sum = Sum { data_points: vec![sum], aggregation_temporality: 2, is_monotonic: true };
    let histogram = Histogram { data_points: vec![histogram], aggregation_temporality: 1 };
    let exponential =
        ExponentialHistogram { data_points: vec![exponential], aggregation_temporality: 2 };
    let metrics = vec![
        metric("gauge", Data::Gauge(gauge)),
        metric("sum", Data::Sum(sum)),
        metric("histogram", Data::Histogram(histogram)),
        metric("exponential", Data::ExponentialHistogram(exponential)),
        metric("summary", Data::Summary(Summary { data_points: vec![summary] })),
    ];
    let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }],
    }
    .encode_to_vec()
}

/// What is printed for one request, without the collector's log.
async fn printed(signal: Signal, request: Vec<u8>, items: usize, verbosity: Verbosity) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out").to_string_lossy().into_owned();
    let config = DebugExporterConfig {
        verbosity,
        use_internal_logger: false,
        output_paths: Some(vec![path.clone()]),
        ..DebugExporterConfig::default()
    };
    let exporter = DebugExporter::build(config, context(Kind::Exporter, "debug", signal)).unwrap();
    exporter.start().await.unwrap();
    let payload = Payload::new(signal, request.into(), items, Charge::NONE);
    exporter.export(payload).await.unwrap();
    std::fs::read_to_string(path).unwrap()
}

#[tokio::test]
async fn basic_prints_counts() {
    for (signal, request, items, expected) in [
        (Signal::Traces, traces(), 1, "Traces\t{\"resource spans\": 1, \"spans\": 1}\n"),
        (
            Signal::Metrics,
            metrics(),
            5,
            "Metrics\t{\"resource metrics\": 1, \"metrics\": 5, \"data points\": 5}\n",
        ),
        (Signal::Logs, logs(), 2, "Logs\t{\"resource logs\": 1, \"log records\": 2}\n"),
    ] {
        assert_eq!(printed(signal, request, items, Verbosity::Basic).await, expected);
    }
}

#[tokio::test]
async fn normal_prints_a_line_per_item() {
    let expected = "Traces\t{\"resource spans\": 1, \"spans\": 1}\n\
        ResourceTraces #0 [https://schema] service.name=shop\n\
        ScopeTraces #0 lib@2 beta=true\n\
        GET / abababababababababababababababab 0101010101010101 route=/ code=200\n\n";
    assert_eq!(printed(Signal::Traces, traces(), 1, Verbosity::Normal).await, expected);

    let expected = "Logs\t{\"resource logs\": 1, \"log records\": 2}\n\
        ResourceLog #0 service.name=shop\n\
        ScopeLog #0\n\
        up map={\"a\":[null],\"b\":1,\"c\":\"/w==\"}\n \n\n";
    assert_eq!(printed(Signal::Logs, logs(), 2, Verbosity::Normal).await, expected);

    let expected = "Metrics\t{\"resource metrics\": 1, \"metrics\": 5, \"data points\": 5}\n\
        ResourceMetrics #0\n\
        ScopeMetrics #0\n\
        gauge{k=v,l=w} 2.5\n\
        sum{k=v,l=w} 7\n\
        histogram{} count=3 sum=1.5 min=0.1 max=1e+21 le10=1 2\n\
        exponential{} count=6 le-2=1 le-1=1 zero=2 le4=1 le8=1\n\
        summary{} count=4 sum=2.000000 q0.99=1e-05\n\n";
    assert_eq!(printed(Signal::Metrics, metrics(), 5, Verbosity::Normal).await, expected);
}

#[tokio::test]
async fn detailed_prints_every_field_of_spans() {
    let expected = "Traces\t{\"resource spans\": 1, \"spans\": 1}
ResourceSpans #0
Resource SchemaURL: https://schema
Resource attributes:
     -> service.name: Str(shop)
ScopeSpans #0
ScopeSpans SchemaURL: 
InstrumentationScope lib 2
InstrumentationScope attributes:
     -> beta: Bool(true)
Span #0
    Trace ID       : abababababababababababababababab
    Parent ID      : 
    ID             : 0101010101010101
    Name           : GET /
    Kind           : Server
    TraceState     : a=b
    Start time     : 2006-01-02 15:04:05.12345 +0000 UTC
    End time       : 2006-01-02 15:04:06.12345 +0000 UTC
    Status code    : Error
    Status message : late
    DroppedAttributesCount: 0
    DroppedEventsCount: 3
    DroppedLinksCount: 0
Attributes:
     -> route: Str(/)
     -> code: Int(200)
Events:
SpanEvent #0
     -> Name: log
     -> Timestamp: 2006-01-02 15:04:05.12345 +0000 UTC
     -> DroppedAttributesCount: 0
     -> Attributes::
          -> x: Str(y)
Links:
SpanLink #0
     -> Trace ID: 02020202020202020202020202020202
     -> ID: 0303030303030303
     -> TraceState: 
     -> DroppedAttributesCount: 0

";
    assert_eq!(printed(Signal::Traces, traces(), 1, Verbosity::Detailed).await, expected);
}

#[tokio::test]
async fn detailed_prints_every_field_of_log_records() {
    let expected = "Logs\t{\"resource logs\": 1, \"log records\": 2}
ResourceLog #0
Resource SchemaURL: 
Resource attributes:
     -> service.name: Str(shop)
ScopeLogs #0
ScopeLogs SchemaURL: 
InstrumentationScope  
LogRecord #0
ObservedTimestamp: 1970-01-01 00:00:00 +0000 UTC
Timestamp: 2006-01-02 15:04:05.12345 +0000 UTC
SeverityText: INFO
SeverityNumber: Info2(10)
EventName: boot
Body: Str(up)
Attributes:
     -> map: Map({\"a\":[null],\"b\":1,\"c\":\"/w==\"})
Trace ID: 
Span ID: 
Flags: 1
LogRecord #1
ObservedTimestamp: 1970-01-01 00:00:00 +0000 UTC
Timestamp: 1970-01-01 00:00:00 +0000 UTC
SeverityText: 
SeverityNumber: Unspecified(0)
Body: Empty()
Trace ID: 
Span ID: 
Flags: 0

";
    assert_eq!(printed(Signal::Logs, logs(), 2, Verbosity::Detailed).await, expected);
}

const DETAILED_HEAD: &str = "Metrics\t{\"resource metrics\": 1, \"metrics\": 5, \"data points\": 5}
ResourceMetrics #0
Resource SchemaURL: 
ScopeMetrics #0
ScopeMetrics SchemaURL: 
InstrumentationScope  
";

const DETAILED_GAUGE: &str = "Metric #0
Descriptor:
     -> Name: gauge
     -> Description: 
     -> Unit: 1
     -> DataType: Gauge
NumberDataPoints #0
Data point attributes:
     -> k: Str(v)
     -> l: Str(w)
StartTimestamp: 1970-01-01 00:00:00 +0000 UTC
Timestamp: 2006-01-02 15:04:05.12345 +0000 UTC
Value: 2.500000
";

const DETAILED_SUM: &str = "Metric #1
Descriptor:
     -> Name: sum
     -> Description: 
     -> Unit: 1
     -> DataType: Sum
     -> IsMonotonic: true
     -> AggregationTemporality: Cumulative
NumberDataPoints #0
Data point attributes:
     -> k: Str(v)
     -> l: Str(w)
StartTimestamp: 1970-01-01 00:00:00 +0000 UTC
Timestamp: 2006-01-02 15:04:05.12345 +0000 UTC
Value: 7
Exemplars:
Exemplar #0
     -> Trace ID: 
     -> Span ID: 0101010101010101
     -> Timestamp: 1970-01-01 00:00:00 +0000 UTC
     -> Value: 0.500000
     -> FilteredAttributes:
          -> f: Str(g)
";

const DETAILED_HISTOGRAM: &str = "Metric #2
Descriptor:
     -> Name: histogram
     -> Description: 
     -> Unit: 1
     -> DataType: Histogram
     -> AggregationTemporality: Delta
HistogramDataPoints #0
StartTimestamp: 1970-01-01 00:00:00 +0000 UTC
Timestamp: 1970-01-01 00:00:00 +0000 UTC
Count: 3
Sum: 1.500000
Min: 0.100000
Max: 1000000000000000000000.000000
ExplicitBounds #0: 10.000000
Buckets #0, Count: 1
Buckets #1, Count: 2
";

const DETAILED_EXPONENTIAL: &str = "Metric #3
Descriptor:
     -> Name: exponential
     -> Description: 
     -> Unit: 1
     -> DataType: ExponentialHistogram
     -> AggregationTemporality: Cumulative
ExponentialHistogramDataPoints #0
StartTimestamp: 1970-01-01 00:00:00 +0000 UTC
Timestamp: 1970-01-01 00:00:00 +0000 UTC
Count: 6
Bucket [-4.000000, -2.000000), Count: 1
Bucket [-2.000000, -1.000000), Count: 1
Bucket [0, 0], Count: 2
Bucket (2.000000, 4.000000], Count: 1
Bucket (4.000000, 8.000000], Count: 1
";

const DETAILED_SUMMARY: &str = "Metric #4
Descriptor:
     -> Name: summary
     -> Description: 
     -> Unit: 1
     -> DataType: Summary
SummaryDataPoints #0
StartTimestamp: 1970-01-01 00:00:00 +0000 UTC
Timestamp: 1970-01-01 00:00:00 +0000 UTC
Count: 4
Sum: 2.000000
QuantileValue #0: Quantile 0.990000, Value 0.000010

";

#[tokio::test]
async fn detailed_prints_every_field_of_all_five_kinds_of_metrics() {
    let text = printed(Signal::Metrics, metrics(), 5, Verbosity::Detailed).await;
    let expected = [
        DETAILED_HEAD,
        DETAILED_GAUGE,
        DETAILED_SUM,
        DETAILED_HISTOGRAM,
        DETAILED_EXPONENTIAL,
        DETAILED_SUMMARY,
    ];
    assert_eq!(text, expected.concat());
}

#[test]
fn old_spellings_warn_and_work() {
    let config = DebugExporterConfig { log_level: "debug".to_owned(), ..Default::default() };
    let mut issues = Issues::default();
    config.validate(&mut issues);
    assert_eq!(issues.list.len(), 1);
    assert_eq!(issues.list[0].message, "is an old spelling, write `verbosity: detailed`");
    assert!(issues.list[0].is_warning);
    assert_eq!(config.effective_verbosity(), Verbosity::Detailed);
}

#[test]
fn refuses_outputs_that_would_not_be_used() {
    let check = |use_internal_logger, output_paths| {
        let config =
            DebugExporterConfig { use_internal_logger, output_paths, ..Default::default() };
        let mut issues = Issues::default();
        config.validate(&mut issues);
        issues.list.into_iter().map(|issue| issue.message).collect::<Vec<_>>()
    };
    let paths = Some(vec!["stderr".to_owned()]);
    assert_eq!(
        check(true, paths.clone()),
        ["output_paths is not supported when use_internal_logger is true"]
    );
    assert_eq!(
        check(false, Some(vec![])),
        ["output_paths must not be empty when use_internal_logger is false"]
    );
    assert!(check(false, paths).is_empty() && check(false, None).is_empty());
}

#[test]
fn numbers_look_as_go_prints_them() {
    for (value, expected) in [
        (0.0, "0"),
        (-1.5, "-1.5"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (0.0001, "0.0001"),
        (0.000_015, "1.5e-05"),
        (f64::INFINITY, "+Inf"),
        (f64::NAN, "NaN"),
    ] {
        assert_eq!(text::shortest(value), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn sampling_prints_the_first_and_then_every_so_many_th() {
    let sampler = Sampler::new(2, 3);
    let due: Vec<bool> = (0..8).map(|_| sampler.is_due("same")).collect();
    assert_eq!(due, [true, true, false, false, true, false, false, true]);
    assert!(sampler.is_due("another"));
    tokio::time::advance(std::time::Duration::from_secs(1)).await;
    assert!(sampler.is_due("same"));
    let sampler = Sampler::new(1, 0);
    let due = [sampler.is_due("x"), sampler.is_due("x"), sampler.is_due("x")];
    assert_eq!(due, [true, false, false]);
}
