use bytes::Bytes;
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{AnyValue, any_value::Value},
};
use proptest::prelude::*;

use super::*;
use crate::{
    component::Kind,
    pipeline::{Books, Budget, Charge, Reason},
    signal::Signal,
    testing::{Bench, generate, mirror, otlp_text, settings},
    wire::writer::{put_bytes_field, put_varint_field},
};

const INSERT: &str = "attributes: [{key: env, value: prod, action: insert}]";

fn processor(yaml: &str) -> ResourceProcessor {
    let config: ResourceProcessorConfig = settings::read(yaml).unwrap();
    let mut issues = Issues::default();
    config.validate(&mut issues);
    assert_eq!(issues.list, []);
    ResourceProcessor { actions: Actions::new(&config.attributes).unwrap() }
}

fn transformed(yaml: &str, signal: Signal, request: Bytes) -> Payload {
    processor(yaml).transform(Payload::new(signal, request, 1, Charge::NONE)).unwrap()
}

#[track_caller]
fn check(yaml: &str, signal: Signal, before: &str, after: &str) {
    let request = otlp_text::encode(signal, before).unwrap();
    let payload = transformed(yaml, signal, request);
    assert_eq!(payload.items(), 1);
    assert_eq!(otlp_text::text(signal, payload.chunks()).unwrap(), after);
}

#[test]
fn resources_of_all_signals_are_changed_and_nothing_else() {
    let items = [
        (Signal::Traces, "span work env=dev"),
        (Signal::Logs, "log text env=dev"),
        (Signal::Metrics, "gauge size\n      point 1 env=dev"),
    ];
    for (signal, item) in items {
        let before = format!("resource a=1\n  scope lib\n    {item}\nresource env=dev\n");
        let after = format!("resource a=1 env=prod\n  scope lib\n    {item}\nresource env=dev\n");
        check(INSERT, signal, &before, &after);
    }
}

#[test]
fn a_wrapper_without_a_resource_gets_one() {
    for signal in Signal::ALL {
        let mut scope = Vec::new();
        put_bytes_field(&mut scope, 2, &[]);
        let mut wrapper = Vec::new();
        put_bytes_field(&mut wrapper, 2, &scope);
        let mut request = Vec::new();
        put_bytes_field(&mut request, 1, &wrapper);
        let after = transformed(INSERT, signal, request.into());
        let text = otlp_text::text(signal, after.chunks()).unwrap();
        assert!(text.starts_with("resource env=prod\n"), "{text}");
    }
}

#[test]
fn a_payload_that_nothing_changes_is_passed_on_as_it_is() {
    let yaml = "attributes: [{key: a, action: delete}, {key: env, value: x, action: upsert}]";
    let request =
        otlp_text::encode(Signal::Logs, "resource env=x\n  scope s\n    log l\n").unwrap();
    let after = transformed(yaml, Signal::Logs, request.clone());
    assert_eq!(after.chunks()[0].as_ptr(), request.as_ptr());
}

#[test]
fn unknown_fields_survive_at_every_level() {
    let with_unknown = |fields: &[(u32, &[u8])]| {
        let mut message = Vec::new();
        put_varint_field(&mut message, 2000, 7);
        fields.iter().for_each(|(number, field)| put_bytes_field(&mut message, *number, field));
        message
    };
    let attribute = with_unknown(&[(1, b"env")]);
    let wrapper = with_unknown(&[(1, &with_unknown(&[(1, &attribute)])), (2, &with_unknown(&[]))]);
    let request = with_unknown(&[(1, &wrapper)]);
    let yaml = "attributes: [{key: env, value: prod, action: update}]";
    let after = transformed(yaml, Signal::Traces, request.into());
    let mut unknown = Vec::new();
    put_varint_field(&mut unknown, 2000, 7);
    let bytes = after.contiguous();
    assert_eq!(bytes.windows(unknown.len()).filter(|window| *window == unknown).count(), 5);
    let text = otlp_text::text(Signal::Traces, after.chunks()).unwrap();
    assert!(text.starts_with("resource env=prod\n"), "{text}");
}

#[test]
fn what_is_added_is_charged() {
    let budget = Budget::new(1 << 20);
    let request = otlp_text::encode(Signal::Logs, "resource a=1\n  scope s\n    log l\n").unwrap();
    let charge = budget.reserve(request.len()).unwrap();
    let payload = Payload::new(Signal::Logs, request, 1, charge);
    let after = processor(INSERT).transform(payload).unwrap();
    assert_eq!(budget.used(), after.size() as u64);
    drop(after);
    assert_eq!(budget.used(), 0);
}

#[test]
fn a_request_of_many_empty_resources_is_refused_before_it_fills_memory() {
    let budget = Budget::new(16 << 20);
    let request = Bytes::from([0x0a, 0x00].repeat(500_000));
    let charge = budget.reserve(request.len()).unwrap();
    let payload = Payload::new(Signal::Logs, request, 0, charge);
    let yaml = format!("attributes: [{{key: a, value: {}, action: insert}}]", "x".repeat(100));
    let rejected = processor(&yaml).transform(payload).unwrap_err();
    assert_eq!(rejected.reason, Reason::Overloaded);
    assert!(rejected.retry_after.is_some());
    assert_eq!(budget.used(), 0);
}

#[test]
fn it_is_built_as_a_transform() {
    let config = settings::read(INSERT).unwrap();
    let context = Bench::default().context(Kind::Processor, "resource");
    let stage = ResourceProcessor::build(config, context, Edge::new(Books::unread())).unwrap();
    assert!(matches!(stage, Stage::Transform(_)));
}

#[test]
fn no_actions_are_an_error() {
    let config: ResourceProcessorConfig = settings::read("attributes: []").unwrap();
    let mut issues = Issues::default();
    config.validate(&mut issues);
    assert_eq!(issues.list[0].path, "attributes");
    let config: ResourceProcessorConfig = settings::read("attributes: [{key: a}]").unwrap();
    let mut issues = Issues::default();
    config.validate(&mut issues);
    assert_eq!(issues.list[0].path, "attributes::0::action");
}

/// Upserts through prost.
macro_rules! upserted {
    ($request:ident, $groups:ident, $bytes:expr, $op:expr) => {{
        let mut request = mirror::decode::<$request>($bytes);
        for group in &mut request.$groups {
            let resource = group.resource.get_or_insert_default();
            mirror::edit_prost(&mut resource.attributes, $op);
        }
        format!("{request:?}")
    }};
}

fn expected(signal: Signal, bytes: &[u8], op: &mirror::Op) -> String {
    match signal {
        Signal::Traces => upserted!(ExportTraceServiceRequest, resource_spans, bytes, op),
        Signal::Metrics => upserted!(ExportMetricsServiceRequest, resource_metrics, bytes, op),
        Signal::Logs => upserted!(ExportLogsServiceRequest, resource_logs, bytes, op),
    }
}

proptest! {
    #[test]
    fn a_request_equals_decode_edit_encode(
        (signal, requests) in generate::signal_and_requests(),
        key in mirror::key(),
        int: i64,
    ) {
        prop_assume!(!key.is_empty());
        let yaml = format!("attributes: [{{key: {key}, value: {int}, action: upsert}}]");
        let mut requests = requests.into_iter().map(|request| {
            Payload::new(signal, request.into(), 1, Charge::NONE)
        });
        let mut before = requests.next().unwrap();
        requests.for_each(|request| before.merge(request));
        let value = AnyValue { value: Some(Value::IntValue(int)) };
        let op = mirror::Op::Set(key, value);
        let expected = expected(signal, &before.contiguous(), &op);
        let after = processor(&yaml).transform(before).unwrap();
        let nothing = mirror::Op::Retain("no such key".to_owned());
        let found = self::expected(signal, &after.contiguous(), &nothing);
        prop_assert_eq!(found, expected);
    }
}
