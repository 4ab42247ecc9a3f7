mod mirrored;

use super::*;
use crate::{
    pipeline::{Budget, Charge, Reason},
    testing::{otlp_text, settings},
};

/// What a config makes of a request, as text.
fn transformed(signal: Signal, yaml: &str, before: &str) -> Result<String, Rejected> {
    let config: TransformProcessorConfig = settings::read(yaml).unwrap();
    let mut issues = Issues::default();
    config.validate(&mut issues);
    assert!(issues.list.is_empty(), "{:?}", issues.list);
    let groups = config.compile(signal, &mut issues);
    let processor =
        TransformProcessor { id: "transform".to_owned(), groups, failures: Seldom::default() };
    let request = otlp_text::encode(signal, before).unwrap();
    let payload = Payload::new(signal, request, 1, Charge::NONE);
    let after = processor.transform(payload)?;
    Ok(otlp_text::text(signal, after.chunks()).unwrap())
}

/// What is wrong with a config.
fn mistakes(yaml: &str) -> Vec<(String, String)> {
    let config: TransformProcessorConfig = settings::read(yaml).unwrap();
    let mut issues = Issues::default();
    config.validate(&mut issues);
    issues.list.into_iter().map(|issue| (issue.path, issue.message)).collect()
}

#[test]
fn statements_see_what_the_ones_before_them_did() {
    let yaml = r#"
trace_statements:
  - set(span.attributes["a"], "one")
  - set(span.attributes["b"], span.attributes["a"]) where span.attributes["a"] == "one"
  - set(span.name, "done") where span.attributes["b"] == "one" and resource.attributes["r"] == "x"
"#;
    let before = "resource r=x\n  scope lib\n    span work\n";
    let after = transformed(Signal::Traces, yaml, before).unwrap();
    assert_eq!(after, "resource r=x\n  scope lib\n    span done a=one b=one\n");
}

#[test]
fn a_span_sets_its_resource() {
    let yaml = r#"
trace_statements:
  - context: span
    statements:
      - set(resource.attributes["last"], name)
"#;
    let before = "resource r=x\n  scope lib\n    span first\n    span second\n";
    let after = transformed(Signal::Traces, yaml, before).unwrap();
    assert_eq!(after, "resource r=x last=second\n  scope lib\n    span first\n    span second\n");
}

#[test]
fn mistakes_are_told_with_their_place() {
    let found = mistakes("trace_statements: ['set(span.nam, 1)']");
    assert_eq!(found[0].0, "trace_statements::0");
    println!("{}", found[0].1);
    let found = mistakes("trace_statements: ['sett(span.name, \"x\")']");
    println!("{}", found[0].1);
    let found = mistakes("trace_statements: ['set(span.name, \"x\") where name == 1']");
    println!("{}", found[0].1);
    let found = mistakes("trace_statements: [{context: log, statements: []}]");
    println!("{}", found[0].1);
}

#[test]
fn a_metric_that_is_copied_without_an_end_is_refused() {
    let yaml = "metric_statements: ['copy_metric(Concat([metric.name, \"x\"], \"\"))']";
    let config: TransformProcessorConfig = settings::read(yaml).unwrap();
    let groups = config.compile(Signal::Metrics, &mut Issues::default());
    let processor =
        TransformProcessor { id: "transform".to_owned(), groups, failures: Seldom::default() };
    let before = "resource r=x\n  scope lib\n    gauge requests\n      point 3\n";
    let request = otlp_text::encode(Signal::Metrics, before).unwrap();
    let budget = Budget::new(8 << 20);
    let charge = budget.reserve(request.len()).unwrap();
    let payload = Payload::new(Signal::Metrics, request, 1, charge);
    assert_eq!(processor.transform(payload).unwrap_err().reason, Reason::Overloaded);
}
