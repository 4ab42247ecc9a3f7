use super::*;
use crate::{
    otlp::overlay::{self, Partition},
    testing::otlp_text,
};

fn route(context: Option<RouteContext>, condition: &str, statement: &str) -> RouteSettings {
    let (condition, statement) = (condition.to_owned(), statement.to_owned());
    RouteSettings { context, condition, statement, ..RouteSettings::default() }
}

fn context(written: Option<RouteContext>, condition: &str) -> &'static str {
    Rule::new(&route(written, condition, "")).unwrap().context()
}

#[test]
fn the_context_is_written_or_told_from_the_paths() {
    assert_eq!(context(None, r#"resource.attributes["a"] == 1 and span.name == "b""#), "span");
    assert_eq!(context(None, r#"datapoint.value_int > 1 and metric.name == "b""#), "datapoint");
    assert_eq!(context(None, r#"attributes["a"] == 1"#), "resource");
    assert_eq!(context(Some(RouteContext::Log), r#"attributes["a"] == 1"#), "log");
    let metadata = r#"otelcol.client.metadata["x-tenant"][0] == "a""#;
    assert_eq!(context(None, metadata), "resource");
    assert_eq!(context(Some(RouteContext::Otelcol), metadata), "resource");
}

#[test]
fn what_is_wrong_is_told() {
    let error = |condition: &str, statement: &str| {
        Rule::new(&route(Some(RouteContext::Span), condition, statement)).err().unwrap()
    };
    assert!(error("nmae == 1", "").contains("span has no field \"nmae\""));
    let set = error("", r#"set(name, "x") where true"#);
    assert!(set.contains("set cannot be used here, only route, delete_key, "), "{set}");
}

fn parted(route: &RouteSettings, before: &str) -> (String, String) {
    let Ok(Rule::Data(context, test)) = Rule::new(route) else { panic!("a rule on data") };
    let request = otlp_text::encode(Signal::Traces, before).unwrap();
    let items = before.matches("span ").count();
    let Partition { chosen, rest } =
        overlay::partition(Signal::Traces, &[request], items, grain(context), |place| {
            test.holds(place, &RequestContext::EMPTY).unwrap()
        });
    let text = |chunks: &[bytes::Bytes]| otlp_text::text(Signal::Traces, chunks).unwrap();
    (text(&chosen.chunks), text(&rest.chunks))
}

#[test]
fn a_statement_changes_what_goes_to_its_route_alone() {
    let before = "resource\n  scope lib\n    span one secret=x\n    span two secret=y\n";
    let statement = r#"delete_key(span.attributes, "secret") where span.name == "one""#;
    let (chosen, rest) = parted(&route(None, "", statement), before);
    assert_eq!(chosen, "resource\n  scope lib\n    span one\n");
    assert_eq!(rest, "resource\n  scope lib\n    span two secret=y\n");
}
