use std::collections::BTreeMap;

use opentelemetry_proto::tonic::{
    collector::{logs::v1::ExportLogsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::any_value::Value,
    logs::v1::{LogRecord, ResourceLogs, ScopeLogs},
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::{
    component::Kind,
    otlp::{
        decode,
        trace_state::{Randomness, Threshold, TraceState},
    },
    pipeline::Charge,
    settings::{Issues, Settings},
    telemetry::metrics::SampleValue,
    testing::{Bench, generate, otlp_text::attribute, settings},
};

const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn config(yaml: &str) -> ProbabilisticSamplerConfig {
    let config: ProbabilisticSamplerConfig = settings::read(yaml).unwrap();
    let mut issues = Issues::default();
    config.validate(&mut issues);
    assert_eq!(issues.list, [], "{yaml}");
    config
}

fn processor(bench: &Bench, signal: Signal, yaml: &str) -> ProbabilisticSamplerProcessor {
    let mut context = bench.context(Kind::Processor, "probabilistic_sampler");
    context.signal = Some(signal);
    ProbabilisticSamplerProcessor::new(config(yaml), &context)
}

/// Decisions by policy, as the metric tells them.
fn counted(bench: &Bench) -> BTreeMap<String, f64> {
    let samples = bench.host.telemetry.metrics.samples().into_iter();
    samples
        .filter(|sample| sample.metric.labels == ["policy", "sampled"])
        .map(|sample| {
            let labels: Vec<_> = sample.labels.into_iter().map(|(_, value)| value).collect();
            match sample.value {
                SampleValue::Number(number) => (labels.join(" "), number),
                SampleValue::Histogram(_) => unreachable!("it is a counter"),
            }
        })
        .collect()
}

fn bytes_of(id: &str) -> Vec<u8> {
    let digits: Vec<_> = id.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

fn span(id: &str, trace_state: &str) -> Span {
    Span { trace_id: bytes_of(id), trace_state: trace_state.to_owned(), ..Span::default() }
}

fn request(span: Span) -> ExportTraceServiceRequest {
    let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }
}

/// The trace state of a span that is kept, and the policy.
fn sampled(yaml: &str, span: Span) -> (Option<String>, String) {
    let bench = Bench::default();
    let processor = processor(&bench, Signal::Traces, yaml);
    let before = request(span).encode_to_vec();
    let payload = Payload::new(Signal::Traces, before.into(), 1, Charge::NONE);
    let after = processor.transform(payload).unwrap();
    let counted: Vec<_> = counted(&bench).into_iter().collect();
    let [(policy, 1.0)] = counted.as_slice() else { panic!("{counted:?}") };
    let (policy, is_sampled) = policy.rsplit_once(' ').unwrap();
    assert_eq!(is_sampled, if after.is_empty() { "false" } else { "true" });
    let mut left = decode::traces(after.chunks()).unwrap().resource_spans;
    assert_eq!(left.len(), after.items());
    let span = left.pop().map(|mut group| group.scope_spans.remove(0).spans.remove(0));
    (span.map(|span| span.trace_state), policy.to_owned())
}

#[track_caller]
fn check(yaml: &str, span: Span, expected: Option<&str>, policy: &str) {
    let (state, by) = sampled(yaml, span);
    assert_eq!((state.as_deref(), by.as_str()), (expected, policy), "{yaml}");
}

#[test]
fn hashes_and_shares_are_those_of_upstream() {
    let rows = [
        ("00000000000000000000000000000001", 0, "74f42e348fe2c2"),
        (ID, 0, "fdc80d0b42008d"),
        ("0af7651916cd43dd8448eb211c80319c", 0, "886c204b10dde4"),
        ("0af7651916cd43dd8448eb211c80319c", 22, "f984040d03019e"),
        (ID, 22, "3e50158161306b"),
    ];
    let shares = [(1, "fd74"), (10, "e668"), (25, "c"), (50, "8"), (99, "029"), (100, "0")];
    for (id, seed, randomness) in rows {
        for (percentage, threshold) in shares {
            let yaml = format!("{{sampling_percentage: {percentage}, hash_seed: {seed}}}");
            let state = format!("ot=rv:{randomness};th:{threshold}");
            let is_kept = format!("{threshold:0<14}").as_str() <= randomness;
            check(&yaml, span(id, ""), is_kept.then_some(state.as_str()), "trace_id_hash");
        }
    }
}

#[test]
fn what_is_hashed_may_not_carry_sampling_of_others() {
    let yaml = "sampling_percentage: 100";
    check(yaml, span(ID, "a=1"), Some("ot=rv:fdc80d0b42008d;th:0,a=1"), "trace_id_hash");
    let states = ["ot=th:0", "ot=rv:ffffffffffffff", "ot=th:g", "a"];
    for state in states {
        check(yaml, span(ID, state), None, "trace_id_hash");
        let open = "{sampling_percentage: 1, fail_closed: false}";
        check(open, span(ID, state), Some(state), "trace_id_hash");
    }
    let none = "00000000000000000000000000000000";
    check(yaml, span(none, ""), None, "missing_randomness");
    let open = "{sampling_percentage: 1, fail_closed: false}";
    let state = Some("ot=rv:ffffffffffffff;th:0");
    check(open, span(none, ""), state, "missing_randomness");
    check(open, span("", ""), state, "missing_randomness");
}

#[test]
fn proportional_multiplies_with_what_was_before() {
    let yaml = "{sampling_percentage: 25, mode: proportional}";
    let (kept, dropped) = ("000000000000000000c0000000000000", "000000000000000000bfffffffffffff");
    check(yaml, span(kept, ""), Some("ot=th:c"), "trace_id_w3c");
    check(yaml, span(dropped, ""), None, "trace_id_w3c");
    let state = "ot=rv:f0000000000000;th:c";
    check(yaml, span(dropped, state), Some("ot=rv:f0000000000000;th:f"), "sampling_randomness");
    check(yaml, span(dropped, "ot=rv:efffffffffffff;th:c"), None, "sampling_randomness");
    let least = "ot=rv:ffffffffffffff;th:ffffffffffffff";
    check(yaml, span(kept, least), None, "sampling_randomness");
    let third = "{sampling_percentage: 33.3333, mode: proportional, sampling_precision: 2}";
    check(third, span(kept, ""), Some("ot=th:ab"), "trace_id_w3c");
}

#[test]
fn equalizing_leaves_what_is_rarer_already() {
    let yaml = "{sampling_percentage: 50, mode: equalizing}";
    let kept = "000000000000000000c0000000000000";
    check(yaml, span(kept, "b=2"), Some("ot=th:8,b=2"), "trace_id_w3c");
    check(yaml, span(kept, "ot=th:c"), Some("ot=th:c"), "trace_id_w3c");
    check(yaml, span(kept, "ot=th:4"), Some("ot=th:8"), "trace_id_w3c");
    check(yaml, span(kept, "ot=th:d"), None, "trace_id_w3c");
    check(yaml, span(kept, "ot=rv:7fffffffffffff"), None, "sampling_randomness");
    let open = "{sampling_percentage: 50, mode: equalizing, fail_closed: false}";
    check(open, span(kept, "ot=th:d"), Some("ot=th:0"), "trace_id_w3c");
    check(open, span(kept, "ot=th:x"), Some("ot=th:x"), "missing_randomness");
    check(open, span("", "ot=th:d"), Some("ot=th:d"), "missing_randomness");
}

#[test]
fn a_priority_keeps_or_drops_a_span() {
    let with = |value: Value| {
        let attributes = vec![attribute("sampling.priority", value)];
        Span { attributes, ..span(ID, "") }
    };
    let text = |text: &str| Value::StringValue(text.to_owned());
    let always = [Value::IntValue(1), Value::DoubleValue(0.1), text("0x1p-2"), text("Inf")];
    for value in always {
        check("{}", with(value), Some("ot=th:0"), "sampling_priority");
    }
    for value in [Value::IntValue(0), Value::DoubleValue(-0.0), text("0")] {
        check("sampling_percentage: 100", with(value), None, "sampling_priority");
    }
    let ignored = [
        Value::IntValue(-1),
        Value::DoubleValue(f64::NAN),
        text("1 "),
        text("1e999"),
        Value::BoolValue(true),
    ];
    for value in ignored {
        let state = Some("ot=rv:fdc80d0b42008d;th:0");
        check("sampling_percentage: 100", with(value), state, "trace_id_hash");
    }
    let rarer = Span { trace_state: "ot=th:4".to_owned(), ..with(Value::IntValue(1)) };
    let yaml = "{sampling_percentage: 1, mode: equalizing}";
    check(yaml, rarer, Some("ot=th:4"), "sampling_priority");
}

#[test]
fn nothing_is_kept_without_a_percentage() {
    check("{}", span(ID, ""), None, "sampling_priority");
    check("sampling_percentage: 0.006", span(ID, ""), None, "sampling_priority");
    let yaml = "{mode: proportional, fail_closed: false}";
    check(yaml, span(ID, "ot=th:x"), Some("ot=th:x"), "sampling_priority");
}

/// A log record in one line: its trace id, then its attributes.
fn record(id: &str, attributes: &[(&str, Value)]) -> LogRecord {
    let attributes = attributes.iter().map(|(key, value)| attribute(key, value.clone()));
    LogRecord { trace_id: bytes_of(id), attributes: attributes.collect(), ..LogRecord::default() }
}

#[track_caller]
fn check_record(yaml: &str, record: LogRecord, expected: Option<[&str; 2]>, policy: &str) {
    let bench = Bench::default();
    let processor = processor(&bench, Signal::Logs, yaml);
    let scope_logs = vec![ScopeLogs { log_records: vec![record], ..ScopeLogs::default() }];
    let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
    let before = ExportLogsServiceRequest { resource_logs }.encode_to_vec();
    let payload = Payload::new(Signal::Logs, before.into(), 1, Charge::NONE);
    let after = processor.transform(payload).unwrap();
    let mut left = decode::logs(after.chunks()).unwrap().resource_logs;
    let marks = left.pop().map(|mut group| {
        let record = group.scope_logs.remove(0).log_records.remove(0);
        let text = |key: &str| {
            let found = record.attributes.iter().find(|attribute| attribute.key == key);
            match found.and_then(|found| found.value.clone()).and_then(|value| value.value) {
                Some(Value::StringValue(text)) => text,
                other => format!("{other:?}"),
            }
        };
        [text("sampling.randomness"), text("sampling.threshold")]
    });
    assert_eq!(marks, expected.map(|marks| marks.map(str::to_owned)), "{yaml}");
    let is_kept = if expected.is_some() { "true" } else { "false" };
    assert_eq!(counted(&bench), BTreeMap::from([(format!("{policy} {is_kept}"), 1.0)]), "{yaml}");
}

#[test]
fn log_records_are_hashed_by_trace_id_or_attribute() {
    let text = |text: &str| Value::StringValue(text.to_owned());
    let hashed = Some(["fdc80d0b42008d", "0"]);
    check_record("sampling_percentage: 100", record(ID, &[]), hashed, "trace_id_hash");
    let yaml = "{sampling_percentage: 100, from_attribute: id}";
    check_record(yaml, record(ID, &[("id", text("x"))]), hashed, "trace_id_hash");
    let bytes = Value::BytesValue(bytes_of(ID));
    check_record(yaml, record("", &[("id", bytes.clone())]), hashed, "id");
    let yaml = "{sampling_percentage: 100, from_attribute: id, attribute_source: record}";
    check_record(yaml, record("", &[("id", bytes)]), hashed, "id");
    check_record(yaml, record(ID, &[("id", text(""))]), None, "missing_randomness");
    let open = "{sampling_percentage: 1, from_attribute: id, fail_closed: false}";
    check_record(open, record("", &[]), Some(["None", "0"]), "missing_randomness");
    let carried = record(ID, &[("sampling.threshold", text("8"))]);
    check_record(open, carried.clone(), Some(["None", "8"]), "trace_id_hash");
    check_record("sampling_percentage: 100", carried, None, "trace_id_hash");
}

#[test]
fn log_records_carry_sampling_in_attributes() {
    let text = |text: &str| Value::StringValue(text.to_owned());
    let with = |randomness: &str, threshold: &str| {
        let marks =
            [("sampling.randomness", text(randomness)), ("sampling.threshold", text(threshold))];
        record("", &marks)
    };
    let yaml = "{sampling_percentage: 25, mode: proportional}";
    let kept = Some(["ffffffffffffff", "f"]);
    check_record(yaml, with("ffffffffffffff", "c"), kept, "sampling_randomness");
    check_record(yaml, with("efffffffffffff", "c"), None, "sampling_randomness");
    check_record(yaml, with("+fffffffffffff", "c"), None, "missing_randomness");
    let open = "{sampling_percentage: 25, mode: equalizing, fail_closed: false}";
    let kept = Some(["bfffffffffffff", "0"]);
    check_record(open, with("bfffffffffffff", "d"), kept, "sampling_randomness");
    let kept = "000000000000000000c0000000000000";
    check_record(open, record(kept, &[]), Some(["None", "c"]), "trace_id_w3c");
}

#[test]
fn a_log_record_may_ask_for_a_percentage() {
    let with = |value| record(ID, &[("p", value)]);
    let yaml = "{sampling_percentage: 100, sampling_priority: p}";
    let all = Some(["fdc80d0b42008d", "0"]);
    let check = |value, expected, policy| check_record(yaml, with(value), expected, policy);
    check(Value::IntValue(10), Some(["fdc80d0b42008d", "e666"]), "sampling_priority");
    check(Value::DoubleValue(0.1), None, "sampling_priority");
    check(Value::IntValue(0), all, "trace_id_hash");
    check(Value::IntValue(101), all, "trace_id_hash");
    check(Value::DoubleValue(-1.0), all, "trace_id_hash");
    check(Value::StringValue("1".to_owned()), all, "trace_id_hash");
    check_record(
        "sampling_priority: p",
        with(Value::IntValue(100)),
        Some(["None", "0"]),
        "sampling_priority",
    );
}

#[test]
fn a_span_that_stays_as_it_is_is_not_written_anew() {
    let yaml = "{sampling_percentage: 50, mode: equalizing}";
    let processor = processor(&Bench::default(), Signal::Traces, yaml);
    let request = request(span("000000000000000000c0000000000000", "ot=th:c"));
    let bytes = bytes::Bytes::from(request.encode_to_vec());
    let payload = Payload::new(Signal::Traces, bytes.clone(), 1, Charge::NONE);
    let after = processor.transform(payload).unwrap();
    assert_eq!(after.chunks()[0].as_ptr(), bytes.as_ptr());
}

#[test]
fn mistakes_are_told_with_their_place() {
    let cases = [
        ("sampling_percentage: -1", "sampling_percentage", "-1 must be a number from 0 to 100"),
        ("sampling_percentage: .nan", "sampling_percentage", "NaN must be a number from 0 to 100"),
        (
            "sampling_percentage: 1e-16",
            "sampling_percentage",
            "1e-16 must be 0 or at least 1.3877787807814457e-15",
        ),
        ("sampling_precision: 0", "sampling_precision", "0 must be from 1 to 14"),
        ("sampling_precision: 15", "sampling_precision", "15 must be from 1 to 14"),
        (
            "{mode: equalizing, hash_seed: 1}",
            "hash_seed",
            "has an effect only with mode hash_seed, nothing is hashed else",
        ),
    ];
    for (yaml, path, message) in cases {
        let config: ProbabilisticSamplerConfig = settings::read(yaml).unwrap();
        let mut issues = Issues::default();
        config.validate(&mut issues);
        let found: Vec<_> = issues.list.iter().map(|one| (&*one.path, &*one.message)).collect();
        assert_eq!(found, [(path, message)], "{yaml}");
    }
    assert!(settings::read::<ProbabilisticSamplerConfig>("mode: other").is_err());
    assert!(settings::read::<ProbabilisticSamplerConfig>("attribute_source: body").is_err());
    assert_eq!(config("{mode: '', sampling_percentage: 200}").mode, SamplerMode::HashSeed);
}

proptest! {
    #[test]
    fn what_is_kept_is_what_the_threshold_says(mut before in generate::traces(), percentage in 1..101_u32) {
        let yaml = format!("{{sampling_percentage: {percentage}, mode: equalizing}}");
        let processor = processor(&Bench::default(), Signal::Traces, &yaml);
        let threshold = Threshold::of_probability(f64::from(percentage as f32) / 100.0, 4).unwrap();
        let request = before.encode_to_vec();
        let items = crate::otlp::envelope::count_items(Signal::Traces, &request);
        let payload = Payload::new(Signal::Traces, request.into(), items, Charge::NONE);
        let after = processor.transform(payload).unwrap();
        for group in &mut before.resource_spans {
            for scope in &mut group.scope_spans {
                scope.spans.retain_mut(|span| {
                    let id = Randomness::of_trace_id(&span.trace_id);
                    let is_kept = span::is_trace_id(&span.trace_id)
                        && TraceState::parse(&span.trace_state) == Ok(TraceState::default())
                        && threshold.keeps(id);
                    span.trace_state = format!("ot=th:{threshold}");
                    is_kept
                });
            }
        }
        let spans = |request: &ExportTraceServiceRequest| -> Vec<Span> {
            let scopes = request.resource_spans.iter().flat_map(|group| &group.scope_spans);
            scopes.flat_map(|scope| scope.spans.clone()).collect()
        };
        prop_assert_eq!(spans(&decode::traces(after.chunks()).unwrap()), spans(&before));
    }
}
