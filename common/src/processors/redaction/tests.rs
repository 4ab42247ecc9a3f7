use bytes::Bytes;
use opentelemetry_proto::tonic::{
    common::v1::{InstrumentationScope, KeyValue, any_value::Value},
    metrics::v1::{
        Exemplar, Gauge, Histogram, HistogramDataPoint, Metric, MetricsData, NumberDataPoint,
        ResourceMetrics, ScopeMetrics, Summary, SummaryDataPoint, metric::Data,
    },
    resource::v1::Resource,
    trace::v1::{
        ResourceSpans, ScopeSpans, Span, TracesData,
        span::{Event, Link},
    },
};
use prost::Message as _;
use serde_json::{Value as Json, json};

use super::*;
use crate::{
    otlp::{any_value::AnyValue, decode, log_record::LogRecordView},
    pipeline::{Budget, Charge, Reason},
    testing::{otlp_text::attribute, settings},
    wire::{Fields, writer::put_bytes_field},
};

fn processor(yaml: &str) -> RedactionProcessor {
    assert_eq!(settings::findings::<RedactionProcessorConfig>(yaml).unwrap(), "", "{yaml}");
    RedactionProcessor::new(settings::read(yaml).unwrap()).unwrap()
}

fn redacted(yaml: &str, signal: Signal, request: Vec<u8>) -> Bytes {
    let payload = Payload::new(signal, request.into(), 1, Charge::NONE);
    let after = processor(yaml).transform(payload).unwrap();
    assert_eq!(after.items(), 1);
    after.chunks().concat().into()
}

fn value(json: &Json) -> OwnedValue {
    match json {
        Json::Null => OwnedValue::Empty,
        Json::Bool(bit) => (*bit).into(),
        Json::Number(number) => match number.as_i64() {
            Some(int) => int.into(),
            None => number.as_f64().unwrap().into(),
        },
        Json::String(text) => text.as_str().into(),
        Json::Array(list) => OwnedValue::Array(list.iter().map(value).collect()),
        Json::Object(map) => {
            OwnedValue::KvList(map.iter().map(|(key, inner)| (key.clone(), value(inner))).collect())
        }
    }
}

fn json(value: AnyValue<'_>) -> Json {
    match value {
        AnyValue::Empty => Json::Null,
        AnyValue::Str(text) => text.into(),
        AnyValue::Bool(bit) => bit.into(),
        AnyValue::Int(int) => int.into(),
        AnyValue::Double(double) => double.into(),
        AnyValue::Bytes(bytes) => bytes.into(),
        AnyValue::Array(array) => array.iter().map(json).collect(),
        AnyValue::KvList(map) => {
            map.entries().iter().map(|(key, value)| (key.to_owned(), json(value))).collect()
        }
    }
}

fn record(case: &Json) -> Vec<u8> {
    let mut draft = Draft::new(&[], log_record::ATTRIBUTES);
    for (key, attribute) in case["attributes"].as_object().unwrap() {
        draft.set_attribute(key, &value(attribute));
    }
    if !case["body"].is_null() {
        draft.set_value(log_record::BODY, &value(&case["body"]));
    }
    draft.bytes().to_vec()
}

/// A record in a scope in a resource: all of them are field 2 of what is around but the resource.
fn request(record: &[u8]) -> Vec<u8> {
    [2, 2, 1].iter().fold(record.to_vec(), |inner, number| {
        let mut outer = Vec::new();
        put_bytes_field(&mut outer, *number, &inner);
        outer
    })
}

#[test]
fn does_what_upstream_does() {
    // What v0.159.0 of the Go collector makes of these records.
    let cases: Vec<Json> = serde_json::from_str(include_str!("tests/golden.json")).unwrap();
    for case in &cases {
        let (name, config) = (&case["name"], case["config"].to_string());
        let config: RedactionProcessorConfig = settings::read(&config).unwrap();
        let processor = RedactionProcessor::new(config).unwrap();
        let request = request(&record(case)).into();
        let payload = Payload::new(Signal::Logs, request, 1, Charge::NONE);
        let after = processor.transform(payload).unwrap().chunks().concat();
        let record = [1, 2, 2].iter().fold(after.as_slice(), |outer, number| {
            let mut fields = Fields::new(outer).map(Result::unwrap);
            fields.find_map(|field| field.bytes().filter(|_| field.number == *number)).unwrap()
        });
        let record = LogRecordView::new(record);
        let attributes: Json =
            record.attributes().iter().map(|(key, value)| (key.to_owned(), json(value))).collect();
        assert_eq!(attributes, case["after"]["attributes"], "{name}");
        assert_eq!(json(record.body()), case["after"]["body"], "{name}");
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

fn secret() -> Vec<KeyValue> {
    vec![text("a", "x"), text("card", "no 4111")]
}

fn masked() -> Vec<KeyValue> {
    vec![text("a", "x"), text("card", "no ****")]
}

const DIGITS: &str = "{allow_all_keys: true, blocked_values: ['[0-9]+']}";

fn traces(attributes: &[KeyValue], links: &[KeyValue]) -> Vec<u8> {
    let attributes = attributes.to_vec();
    let event =
        Event { name: "4111".to_owned(), attributes: attributes.clone(), ..Event::default() };
    let plain = Event { name: "plain".to_owned(), ..Event::default() };
    let span = Span {
        name: "pay 4111".to_owned(),
        attributes: attributes.clone(),
        events: vec![event.clone(), plain, event],
        links: vec![Link { attributes: links.to_vec(), ..Link::default() }],
        ..Span::default()
    };
    let scope =
        InstrumentationScope { attributes: attributes.clone(), ..InstrumentationScope::default() };
    let scope_spans =
        vec![ScopeSpans { scope: Some(scope), spans: vec![span], ..ScopeSpans::default() }];
    let resource = Some(Resource { attributes, ..Resource::default() });
    let resource_spans = vec![ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }];
    TracesData { resource_spans }.encode_to_vec()
}

#[test]
fn attributes_of_resources_scopes_spans_and_events_are_masked_and_those_of_links_are_not() {
    let after = redacted(DIGITS, Signal::Traces, traces(&secret(), &secret()));
    assert_eq!(
        decode::message::<TracesData>(after).unwrap(),
        decode::message(traces(&masked(), &secret()).as_slice()).unwrap()
    );
}

fn metrics(attributes: &[KeyValue], exemplars: &[KeyValue]) -> Vec<u8> {
    let attributes = || attributes.to_vec();
    let exemplar = Exemplar { filtered_attributes: exemplars.to_vec(), ..Exemplar::default() };
    let number = NumberDataPoint {
        attributes: attributes(),
        exemplars: vec![exemplar],
        ..NumberDataPoint::default()
    };
    let histogram = HistogramDataPoint { attributes: attributes(), ..Default::default() };
    let summary = SummaryDataPoint { attributes: attributes(), ..Default::default() };
    let metrics = [
        Data::Gauge(Gauge { data_points: vec![number] }),
        Data::Histogram(Histogram { data_points: vec![histogram], ..Histogram::default() }),
        Data::Summary(Summary { data_points: vec![summary] }),
    ]
    .map(|data| Metric { name: "4111".to_owned(), data: Some(data), ..Metric::default() });
    let scope_metrics = vec![ScopeMetrics { metrics: metrics.to_vec(), ..ScopeMetrics::default() }];
    let resource_metrics = vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }];
    MetricsData { resource_metrics }.encode_to_vec()
}

#[test]
fn attributes_of_data_points_are_masked_and_those_of_exemplars_are_not() {
    let after = redacted(DIGITS, Signal::Metrics, metrics(&secret(), &secret()));
    assert_eq!(
        decode::message::<MetricsData>(after).unwrap(),
        decode::message(metrics(&masked(), &secret()).as_slice()).unwrap()
    );
}

#[test]
fn what_is_fine_is_passed_on_as_it_came() {
    let yaml = "{allow_all_keys: true, blocked_values: [never], summary: debug}";
    for (signal, request) in [
        (Signal::Traces, traces(&secret(), &secret())),
        (Signal::Metrics, metrics(&secret(), &secret())),
        (Signal::Logs, request(&record(&json!({"attributes": {"a": 1}, "body": {"b": ["c"]}})))),
    ] {
        let before = Bytes::from(request);
        let payload = Payload::new(signal, before.clone(), 1, Charge::NONE);
        let after = processor(yaml).transform(payload).unwrap();
        assert_eq!(after.chunks()[0].as_ptr(), before.as_ptr());
    }
}

#[test]
fn masks_that_memory_does_not_hold_are_refused_before_they_are_made() {
    let budget = Budget::new(16 << 20);
    let body = Json::String("x".repeat(300 << 10));
    let request = request(&record(&json!({"attributes": {}, "body": body})));
    let charge = budget.reserve(request.len()).unwrap();
    let payload = Payload::new(Signal::Logs, request.into(), 1, charge);
    let yaml = "{blocked_values: [.], hash_function: sha3}";
    let rejected = processor(yaml).transform(payload).unwrap_err();
    assert_eq!(rejected.reason, Reason::Overloaded);
    assert_eq!(budget.used(), 0);
}

#[test]
fn paths_in_a_summary_that_memory_does_not_hold_are_refused() {
    let budget = Budget::new(16 << 20);
    let leaves: Vec<Json> = (0..1000).map(|_| "1".into()).collect();
    let body = json!({"k".repeat(1 << 20): leaves});
    let request = request(&record(&json!({"attributes": {}, "body": body})));
    let charge = budget.reserve(request.len()).unwrap();
    let payload = Payload::new(Signal::Logs, request.into(), 1, charge);
    let yaml = "{allow_all_keys: true, blocked_values: ['1'], summary: debug}";
    let rejected = processor(yaml).transform(payload).unwrap_err();
    assert_eq!(rejected.reason, Reason::Overloaded);
    assert_eq!(budget.used(), 0);
}

#[track_caller]
fn check_findings(yaml: &str, expected: &str) {
    let found = settings::findings::<RedactionProcessorConfig>(yaml).unwrap();
    assert!(found.contains(expected) && !found.contains('\n'), "{yaml}: {found}");
}

#[test]
fn settings_that_cannot_be_honoured_are_errors() {
    check_findings("blocked_values: [ok, '(']", "blocked_values::1: \"(\" is not");
    check_findings("allowed_values: ['(']", "allowed_values::0");
    check_findings("ignored_key_patterns: ['(']", "ignored_key_patterns::0");
    check_findings("blocked_key_patterns: ['(']", "blocked_key_patterns::0");
    check_findings("hash_function: sha256", "sha256");
    check_findings(
        "hash_function: hmac-sha256",
        "hmac_key: must have at least 32 bytes for this hash_function, not 0",
    );
    let key = "k".repeat(63);
    check_findings(
        &format!("{{hash_function: HMAC-SHA512, hmac_key: {key}}}"),
        "hmac_key: must have at least 64 bytes for this hash_function, not 63",
    );
    check_findings("url_sanitizer: {enabled: true}", "url_sanitizer::enabled: is not available");
    for system in ["sql", "redis", "valkey", "memcached", "mongo", "opensearch", "es"] {
        check_findings(
            &format!("db_sanitizer: {{{system}: {{enabled: true, attributes: [a]}}}}"),
            &format!("db_sanitizer::{system}::enabled: is not available"),
        );
    }
}

#[test]
fn settings_that_do_nothing_are_warned_of() {
    check_findings("summary: all", "expected one of debug, info, silent");
    check_findings("hmac_key: 0123456789abcdef0123456789abcdef", "hmac_key: is used by");
}

#[test]
fn sanitizers_that_are_off_are_fine() {
    processor(
        "{url_sanitizer: {enabled: false, attributes: [a], sanitize_span_name: true},
          db_sanitizer: {sanitize_span_name: false, sql: {enabled: false}}}",
    );
}

#[test]
fn the_key_is_not_shown() {
    let key = "not-to-be-seen-not-to-be-seen-not";
    let config: RedactionProcessorConfig = settings::read(&format!("hmac_key: {key}")).unwrap();
    assert!(!format!("{config:?}").contains(key));
}
