use super::*;
use crate::{
    component::Kind,
    pipeline::{Books, Budget, Charge, Reason},
    testing::{Bench, otlp_text, settings},
};

fn config(yaml: &str) -> AttributesProcessorConfig {
    let config: AttributesProcessorConfig = settings::read(yaml).unwrap();
    let mut issues = Issues::default();
    config.validate(&mut issues);
    assert_eq!(issues.list, []);
    config
}

fn transformed(yaml: &str, signal: Signal, before: &str) -> Payload {
    let request = otlp_text::encode(signal, before).unwrap();
    let processor = AttributesProcessor::new(&config(yaml), signal).unwrap();
    processor.transform(Payload::new(signal, request, 1, Charge::NONE)).unwrap()
}

/// Marks what is selected, and compares with the text in which `+` stands for the mark.
#[track_caller]
fn check(selection: &str, signal: Signal, expected: &str) {
    let yaml = format!("actions: [{{key: hit, value: 1, action: insert}}]\n{selection}");
    let after = transformed(&yaml, signal, &expected.replace(" +", ""));
    assert_eq!(after.items(), 1);
    let text = otlp_text::text(signal, after.chunks()).unwrap();
    assert_eq!(text, expected.replace(" +", " hit=1"), "{selection}");
}

const TRACES: &str = "resource service.name=shop env=prod
  scope lib
    span get @kind=2 a=1 b=x
    span put @kind=3 a=2
  scope other
    span get
resource env=dev
  scope lib
    span get @kind=1 a=1
";

/// The text with a mark on the items of these numbers.
fn marked(text: &str, items: &[usize], word: &str) -> String {
    let mut item = 0;
    let lines = text.lines().map(|line| {
        let is_item = line.trim_start().starts_with(word);
        item += usize::from(is_item);
        if is_item && items.contains(&item) { format!("{line} +\n") } else { format!("{line}\n") }
    });
    lines.collect()
}

#[track_caller]
fn check_spans(selection: &str, spans: &[usize]) {
    check(selection, Signal::Traces, &marked(TRACES, spans, "span"));
}

#[test]
fn without_a_selection_all_items_are_changed() {
    check_spans("", &[1, 2, 3, 4]);
    check("", Signal::Logs, "resource a=1\n  scope lib\n    log text +\n");
    let metrics = "resource a=1
  scope lib
    sum requests @temporality=2 @monotonic=1
      point 1 +
      point 2 b=1 +
    gauge size
      point 3 +
";
    check("", Signal::Metrics, metrics);
}

#[test]
fn spans_are_told_by_all_that_is_written() {
    let strict = |rest: &str| format!("include: {{match_type: strict, {rest}}}");
    check_spans(&strict("services: [shop, x]"), &[1, 2, 3]);
    check_spans(&strict("services: [<nil-service-name>]"), &[4]);
    check_spans(&strict("span_names: [put]"), &[2]);
    check_spans(&strict("span_kinds: [SPAN_KIND_SERVER, SPAN_KIND_INTERNAL]"), &[1, 4]);
    check_spans(&strict("libraries: [{name: lib}]"), &[1, 2, 4]);
    check_spans(&strict("libraries: [{name: lib, version: ''}]"), &[1, 2, 4]);
    check_spans(&strict("libraries: [{name: lib, version: '1'}]"), &[]);
    check_spans(&strict("libraries: [{name: lib}, {name: other}]"), &[]);
    check_spans(&strict("resources: [{key: env, value: dev}]"), &[4]);
    check_spans(&strict("attributes: [{key: a}]"), &[1, 2, 4]);
    check_spans(&strict("attributes: [{key: a, value: 1}]"), &[1, 4]);
    check_spans(&strict("attributes: [{key: a, value: '1'}]"), &[]);
    check_spans(&strict("attributes: [{key: a, value: 1.0}]"), &[]);
    check_spans(&strict("attributes: [{key: a, value: 1}, {key: b}]"), &[1]);
    check_spans(&strict("span_names: [get], attributes: [{key: a}]"), &[1, 4]);
    check_spans("include: {attributes: [{key: b}]}", &[1]);
}

#[test]
fn patterns_are_found_anywhere() {
    let regexp = |rest: &str| format!("include: {{match_type: regexp, {rest}}}");
    check_spans(&regexp("services: ['^sh']"), &[1, 2, 3]);
    check_spans(&regexp("span_names: [u, no]"), &[2]);
    check_spans(&regexp("span_kinds: [CLIENT]"), &[2]);
    check_spans(&regexp("libraries: [{name: '^l'}]"), &[1, 2, 4]);
    check_spans(&regexp("attributes: [{key: a, value: '^[12]$'}]"), &[1, 2, 4]);
    check_spans(&regexp("resources: [{key: env, value: ^p}]"), &[1, 2, 3]);
}

#[test]
fn what_is_excluded_stays_as_it_is() {
    let exclude = "exclude: {match_type: strict, span_names: [get]}";
    check_spans(exclude, &[2]);
    check_spans("exclude: {match_type: strict, services: [shop]}", &[4]);
    check_spans("exclude: {match_type: strict, services: [shop], span_names: [put]}", &[1, 3, 4]);
    let include = "include: {match_type: strict, libraries: [{name: lib}]}";
    check_spans(&format!("{include}\n{exclude}"), &[2]);
    check_spans(&format!("{include}\nexclude: {{attributes: [{{key: b}}]}}"), &[2, 4]);
}

#[test]
fn log_records_are_told_by_body_and_severity() {
    let logs = "resource env=prod
  scope lib
    log \"it works\" @severity=9 a=1
    log 17 @severity=17
    log nothing
";
    let check_logs = |selection: &str, records: &[usize]| {
        check(selection, Signal::Logs, &marked(logs, records, "log"));
    };
    check_logs("include: {match_type: strict, log_bodies: [nothing, '17']}", &[2, 3]);
    check_logs("include: {match_type: regexp, log_bodies: [works]}", &[1]);
    check_logs("include: {log_severity_number: {min: 9}}", &[1, 2]);
    check_logs("include: {log_severity_number: {min: 10, match_undefined: true}}", &[2, 3]);
    check_logs("include: {match_type: strict, log_severity_texts: ['']}", &[1, 2, 3]);
    check_logs("exclude: {attributes: [{key: a}]}", &[2, 3]);
    check_logs("include: {match_type: strict, resources: [{key: env, value: prod}]}", &[1, 2, 3]);
}

#[test]
fn metrics_are_told_by_their_name() {
    let metrics = "resource env=prod
  scope lib
    gauge size
      point 1 +
      point 2 +
    gauge heat
      point 3
";
    check("include: {match_type: strict, metric_names: [size]}", Signal::Metrics, metrics);
    check("exclude: {match_type: regexp, metric_names: [ea]}", Signal::Metrics, metrics);
    // Upstream does not look at them.
    let all = metrics.replace("point 3", "point 3 +");
    for key in ["include", "exclude"] {
        let selection =
            format!("{key}: {{match_type: strict, resources: [{{key: env, value: no}}]}}");
        check(&selection, Signal::Metrics, &all);
    }
}

#[test]
fn actions_act_on_items_and_not_on_resources() {
    let yaml = "actions:
- {key: env, action: delete}
- {key: name, from_attribute: a, action: upsert}
";
    let before = "resource env=prod\n  scope lib\n    span get env=x a=1\n    span put\n";
    let after = "resource env=prod\n  scope lib\n    span get a=1 name=1\n    span put\n";
    let payload = transformed(yaml, Signal::Traces, before);
    assert_eq!(otlp_text::text(Signal::Traces, payload.chunks()).unwrap(), after);
}

#[test]
fn a_payload_of_which_nothing_is_selected_is_passed_on_as_it_is() {
    let yaml = "actions: [{key: a, action: delete}]\ninclude: {attributes: [{key: no}]}";
    let request = otlp_text::encode(Signal::Traces, TRACES).unwrap();
    let processor = AttributesProcessor::new(&config(yaml), Signal::Traces).unwrap();
    let payload = Payload::new(Signal::Traces, request.clone(), 4, Charge::NONE);
    let after = processor.transform(payload).unwrap();
    assert_eq!(after.chunks()[0].as_ptr(), request.as_ptr());
}

#[test]
fn a_request_of_many_empty_items_is_refused_before_it_fills_memory() {
    let budget = Budget::new(16 << 20);
    let mut scope = Vec::new();
    crate::wire::writer::put_bytes_field(&mut scope, 2, &[0x12, 0x00].repeat(500_000));
    let mut request = Vec::new();
    crate::wire::writer::put_bytes_field(&mut request, 1, &scope);
    let charge = budget.reserve(request.len()).unwrap();
    let payload = Payload::new(Signal::Logs, request.into(), 500_000, charge);
    let yaml = format!("actions: [{{key: a, value: {}, action: insert}}]", "x".repeat(100));
    let processor = AttributesProcessor::new(&config(&yaml), Signal::Logs).unwrap();
    let rejected = processor.transform(payload).unwrap_err();
    assert_eq!(rejected.reason, Reason::Overloaded);
    assert_eq!(budget.used(), 0);
}

fn built(yaml: &str, signal: Signal) -> Result<(), String> {
    let mut context = Bench::default().context(Kind::Processor, "attributes");
    context.signal = Some(signal);
    let yaml = format!("actions: [{{key: a, action: delete}}]\n{yaml}");
    let stage = AttributesProcessor::build(config(&yaml), context, Edge::new(Books::unread()));
    match stage {
        Ok(stage) => {
            assert!(matches!(stage, Stage::Transform(_)));
            Ok(())
        }
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn a_property_of_another_signal_is_an_error() {
    let cases = [
        (Signal::Traces, "include: {match_type: strict, log_bodies: [a]}", "include: log_bodies"),
        (
            Signal::Traces,
            "exclude: {match_type: strict, metric_names: [a]}",
            "exclude: metric_names",
        ),
        (Signal::Logs, "include: {match_type: strict, services: [a]}", "include: services"),
        (
            Signal::Logs,
            "include: {match_type: strict, span_kinds: [SPAN_KIND_SERVER]}",
            "include: span_kinds",
        ),
        (Signal::Metrics, "include: {attributes: [{key: a}]}", "include: attributes"),
        (
            Signal::Metrics,
            "include: {log_severity_number: {min: 1}}",
            "include: log_severity_number",
        ),
        (Signal::Metrics, "include: {}", "include: one of metric_names, resources must be set"),
        (Signal::Logs, "exclude: {match_type: strict}", "exclude: one of log_bodies,"),
    ];
    for (signal, yaml, start) in cases {
        let error = built(yaml, signal).unwrap_err();
        assert!(error.starts_with(start), "{yaml}: {error}");
    }
    let fine = [
        (
            Signal::Traces,
            "include: {match_type: strict, services: [a]}\nexclude: {attributes: [{key: a}]}",
        ),
        (Signal::Logs, "include: {log_severity_number: {min: 1}}"),
        (Signal::Metrics, "include: {resources: [{key: a}]}"),
    ];
    for (signal, yaml) in fine {
        assert_eq!(built(yaml, signal), Ok(()), "{yaml}");
    }
}

#[test]
fn no_actions_are_an_error() {
    let config: AttributesProcessorConfig = settings::read("actions: []").unwrap();
    let mut issues = Issues::default();
    config.validate(&mut issues);
    assert_eq!(issues.list[0].path, "actions");
}
