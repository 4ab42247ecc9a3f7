use common::{
    pipeline::Charge,
    settings::{Issues, Settings},
    testing::{otlp_text, settings},
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{ResourceSpans, ScopeSpans, Span, Status},
};
use prost::Message as _;

use super::*;

fn issues(yaml: &str) -> Vec<(String, String)> {
    let config: SpanProcessorConfig = settings::read(yaml).unwrap();
    let mut issues = Issues::default();
    config.validate(&mut issues);
    issues.list.into_iter().map(|issue| (issue.path, issue.message)).collect()
}

fn transformed(yaml: &str, request: Vec<u8>) -> Payload {
    let config: SpanProcessorConfig = settings::read(yaml).unwrap();
    let processor = SpanProcessor::new(config).unwrap();
    processor.transform(Payload::new(Signal::Traces, request.into(), 1, Charge::NONE)).unwrap()
}

/// What becomes of one span of a service.
#[track_caller]
fn check(yaml: &str, before: &str, after: &str) {
    let around = "resource service.name=shop\n  scope lib\n    span ";
    let request = otlp_text::encode(Signal::Traces, &format!("{around}{before}\n")).unwrap();
    let payload = transformed(yaml, request.to_vec());
    let text = otlp_text::text(Signal::Traces, payload.chunks()).unwrap();
    assert_eq!(text, format!("{around}{after}\n"), "{yaml}");
}

#[test]
fn a_name_is_made_of_attributes_if_all_are_there() {
    let yaml = "name: {from_attributes: [a, b], separator: '::'}";
    check(yaml, "old a=1 b=x", "1::x a=1 b=x");
    check(yaml, "old a=true b=0.5", "true::0.5 a=true b=0.5");
    check(yaml, "old a=1", "old a=1");
    check(yaml, "old", "old");
    check("name: {from_attributes: [b, a]}", "old a=1 b=x", "x1 a=1 b=x");
}

#[test]
fn a_value_without_a_text_is_named_as_such() {
    let double = |double: f64| {
        let mut text = String::new();
        edit::put_text(common::otlp::any_value::AnyValue::Double(double), &mut text);
        text
    };
    assert_eq!(double(1e22), "10000000000000000000000");
    assert_eq!(double(f64::NEG_INFINITY), "-Inf");
    let mut text = String::new();
    edit::put_text(common::otlp::any_value::AnyValue::Bytes(&[1]), &mut text);
    assert_eq!(text, "<unknown-attribute-type>");
}

const PATH: &str = r"'^/api/(?P<kind>\w+)/(?P<id>\d+)'";

#[test]
fn groups_of_a_rule_become_attributes() {
    let rules =
        |rules: &str, more: &str| format!("name: {{to_attributes: {{rules: [{rules}], {more}}}}}");
    let yaml = rules(PATH, "");
    check(&yaml, "/api/cart/7/x kind=1", r#"/api/{kind}/{id}/x kind=cart id="7""#);
    check(&yaml, "/other", "/other");
    let yaml = rules(PATH, "keep_original_name: true");
    check(&yaml, "/api/cart/7", r#"/api/cart/7 kind=cart id="7""#);
    // The second rule sees what the first has left.
    let both = format!("{PATH}, '(?P<word>id|7)'");
    check(&rules(&both, ""), "/api/cart/7", r#"/api/{kind}/{{word}} kind=cart id="7" word=id"#);
    let yaml = rules(&both, "keep_original_name: true");
    check(&yaml, "/api/cart/7", r#"/api/cart/7 kind=cart id="7" word="7""#);
    let yaml = rules(&both, "break_after_match: true");
    check(&yaml, "/api/cart/7", r#"/api/{kind}/{id} kind=cart id="7""#);
    check(&yaml, "x7", r#"x{word} word="7""#);
    // Upstream does not survive these two.
    let yaml = rules("'(?P<all>/(?P<rest>a*))b'", "");
    check(&yaml, "x/aab", "x{all}b all=/aa rest=aa");
    let yaml = rules("'a(?P<b>b)?(?P<c>c)'", "");
    check(&yaml, "xacx", "xa{c}x c=c");
}

#[test]
fn names_come_before_attributes_of_them() {
    let yaml = r"name: {from_attributes: [a], to_attributes: {rules: ['(?P<n>\d)']}}";
    check(yaml, "old a=x1", r#"x{n} a=x1 n="1""#);
    check(yaml, "o2", r#"o{n} n="2""#);
}

#[test]
fn a_status_replaces_the_one_before() {
    let before = Status { message: "old".to_owned(), code: 2 };
    let status = |yaml: &str| {
        let span = Span { status: Some(before.clone()), ..Span::default() };
        let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
        let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
        let request = ExportTraceServiceRequest { resource_spans };
        let after = transformed(&format!("status: {yaml}"), request.encode_to_vec());
        let mut after = common::otlp::decode::traces(after.chunks()).unwrap();
        let span = after.resource_spans.remove(0).scope_spans.remove(0).spans.remove(0);
        span.status.unwrap_or_default()
    };
    let of = |code, message: &str| Status { code, message: message.to_owned() };
    assert_eq!(status("{code: Ok}"), of(1, ""));
    assert_eq!(status("{code: Error}"), of(2, ""));
    assert_eq!(status("{code: Error, description: bad}"), of(2, "bad"));
    assert_eq!(status("{code: Unset}"), of(0, ""));
}

#[test]
fn only_selected_spans_are_changed() {
    let yaml = "include: {match_type: strict, services: [shop]}
exclude: {match_type: regexp, span_names: ['^/health']}
status: {code: Ok}";
    check(yaml, "/", "/ @status=1");
    check(yaml, "/healthz", "/healthz");
    check(&yaml.replace("[shop]", "[bank]"), "/", "/");
}

#[test]
fn mistakes_are_told_with_their_place() {
    let cases = [
        ("{}", "", "one of name::from_attributes, name::to_attributes::rules, status must be set"),
        ("status: {}", "status::code", "must be Ok, Error or Unset"),
        (
            "status: {code: Ok, description: a}",
            "status::description",
            "can be set only with code Error",
        ),
        (
            "{name: {separator: '-'}, status: {code: Ok}}",
            "name::separator",
            "has no effect without from_attributes",
        ),
        (
            "name: {to_attributes: {rules: ['(']}}",
            "name::to_attributes::rules::0",
            "\"(\" is not a regular expression: unclosed group",
        ),
        (
            "name: {to_attributes: {rules: ['a']}}",
            "name::to_attributes::rules::0",
            "has no group (?P<name>...), so it makes no attribute",
        ),
        (
            "name: {to_attributes: {rules: ['(a)']}}",
            "name::to_attributes::rules::0",
            "has a group without a name, which becomes an attribute without a key: write \
             (?P<name>...), or (?:...) for a group that is none",
        ),
    ];
    for (yaml, path, message) in cases {
        assert_eq!(issues(yaml), [(path.to_owned(), message.to_owned())], "{yaml}");
    }
    let yaml = "{status: {code: Ok}, include: {match_type: strict, log_bodies: [a]}}";
    assert_eq!(issues(yaml)[0].0, "include");
    assert!(settings::read::<SpanProcessorConfig>("status: {code: ok}").is_err());
}
