use super::*;
use crate::{
    pipeline::Charge,
    settings::Settings as _,
    testing::{otlp_text, settings},
};

/// What a config leaves of a request, as text, and how many items it counts.
fn filtered(signal: Signal, yaml: &str, before: &str) -> Result<(String, usize), Rejected> {
    let config: FilterProcessorConfig = settings::read(yaml).unwrap();
    let mut issues = Issues::default();
    config.validate(&mut issues);
    assert!(issues.list.is_empty(), "{:?}", issues.list);
    let counter = Counter::new("filtered", "filtered").unwrap();
    let filter = FilterProcessor::new(&config, signal, ("filter".to_owned(), counter)).unwrap();
    let request = otlp_text::encode(signal, before).unwrap();
    let items = before.matches("span ").count() + before.matches("log ").count();
    let items = items + before.matches("point ").count();
    let after = filter.transform(Payload::new(signal, request, items, Charge::NONE))?;
    let left = after.items();
    assert_eq!(filter.filtered.get(), (items - left) as u64);
    Ok((otlp_text::text(signal, after.chunks()).unwrap(), left))
}

const SPANS: &str = "\
resource service=a
  scope one
    span keep n=1
    span drop n=2
  scope two
    span drop n=3
resource service=b
  scope one
    span drop n=4
";

#[test]
fn a_condition_that_holds_drops_and_emptied_parents_go() {
    let expected = "resource service=a\n  scope one\n    span keep n=1\n";
    for yaml in [
        "trace_conditions: ['span.name == \"drop\"']",
        "traces: {span: ['name == \"drop\"']}",
        "trace_conditions: [{context: span, conditions: ['name == \"drop\"']}]",
        "spans: {exclude: {match_type: strict, span_names: [drop]}}",
        "spans: {include: {match_type: regexp, span_names: [^ke]}}",
    ] {
        assert_eq!(filtered(Signal::Traces, yaml, SPANS).unwrap(), (expected.to_owned(), 1));
    }
}

#[test]
fn one_of_the_conditions_is_enough() {
    let yaml = r#"
trace_conditions:
  - span.attributes["n"] == 1
  - span.attributes["n"] > 3
"#;
    let (after, left) = filtered(Signal::Traces, yaml, SPANS).unwrap();
    assert_eq!(left, 2);
    assert!(!after.contains("n=1") && after.contains("n=2") && after.contains("n=3"));
}

#[test]
fn a_resource_goes_with_all_that_is_in_it() {
    for yaml in [
        "trace_conditions: ['resource.attributes[\"service\"] == \"a\"']",
        "traces: {resource: ['attributes[\"service\"] == \"a\"']}",
    ] {
        let (after, left) = filtered(Signal::Traces, yaml, SPANS).unwrap();
        assert_eq!(
            (after.as_str(), left),
            ("resource service=b\n  scope one\n    span drop n=4\n", 1)
        );
    }
}
