use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use prost::Message as _;

use super::{
    keys::{Step, put},
    *,
};
use crate::{
    otlp::{any_value::OwnedValue, edit::Draft, field_numbers::span},
    ottl::{Context, functions::tests::run, value::Value},
};

const SPAN: &str = "resource service.name=shop\n  scope lib\n    span work @kind=2 a=1\n";

fn text(key: &str) -> Step {
    Step::Text(key.to_owned())
}

#[test]
fn the_longest_name_of_a_field_is_taken() {
    let found = find(Context::Span, &["kind", "string"]).unwrap();
    assert_eq!((found.access, found.parts), (Access::SpanKindText, 2));
    let found = find(Context::Span, &["name", "more"]).unwrap();
    assert_eq!(found.parts, 1);
    assert_eq!(find(Context::Span, &["body"]), None);
}

#[test]
fn fields_are_read_and_set() {
    for (statement, expected) in [
        ("set(name, \"other\")", SPAN.replace("span work", "span other")),
        ("set(kind, SPAN_KIND_CLIENT)", SPAN.replace("@kind=2", "@kind=3")),
        ("set(kind.string, \"Client\")", SPAN.replace("@kind=2", "@kind=3")),
        ("set(status.code, STATUS_CODE_ERROR)", SPAN.replace("@kind=2", "@kind=2 @status=2")),
        ("set(attributes[\"b\"], kind.string)", SPAN.replace("a=1", "a=1 b=Server")),
        ("set(resource.attributes[\"r\"], name)", SPAN.replace("=shop", "=shop r=work")),
        ("set(instrumentation_scope.name, \"x\")", SPAN.replace("scope lib", "scope x")),
        ("set(attributes[\"b\"], nil)", SPAN.to_owned()),
        ("set(attributes[\"b\"], attributes[\"none\"][\"deeper\"])", SPAN.to_owned()),
    ] {
        assert_eq!(run(Context::Span, statement, SPAN).as_deref(), Ok(&*expected), "{statement}");
    }
}

#[test]
fn an_edited_span_reads_like_one_that_arrives_so() {
    let status = |code, message: &str| Some(Status { code, message: message.to_owned() });
    let first = Span {
        kind: 2,
        trace_state: "a=1,b=2".to_owned(),
        status: status(1, "late"),
        ..Span::default()
    };
    let again = Span { status: status(2, ""), ..Span::default() };
    // A status in two parts is one status.
    for content in [first.encode_to_vec(), [first.encode_to_vec(), again.encode_to_vec()].concat()]
    {
        let mut edited = Draft::new(&content, span::ATTRIBUTES);
        edited.set_attribute("k", &OwnedValue::Int(1));
        edited.set_varint(span::KIND, 3);
        let whole = edited.bytes().to_vec();
        let arrived = Draft::new(&whole, span::ATTRIBUTES);
        for access in [
            Access::TraceState,
            Access::SpanKindText,
            Access::SpanKindName,
            Access::Status,
            Access::StatusCode,
            Access::StatusMessage,
        ] {
            let [edited, arrived] =
                [&edited, &arrived].map(|draft| span_fields::get(draft, access));
            assert_eq!(edited, arrived, "{access:?}");
        }
        assert_eq!(span_fields::get(&edited, Access::SpanKindText), Value::text("Client"));
        assert_eq!(span_fields::get(&edited, Access::StatusMessage), Value::text("late"));
    }
}

#[test]
fn what_does_not_fit_is_told_when_it_runs() {
    for (statement, expected) in [
        ("set(name, attributes[\"a\"])", "expected a string, found an integer"),
        ("set(kind, name)", "expected an integer, found a string"),
        ("set(kind.string, \"Nobody\")", "\"Nobody\" is no kind of span"),
        ("set(trace_id.string, \"ab\")", "an id of this kind has 32 hex digits"),
        (
            "set(attributes[\"a\"][\"b\"], 1)",
            "expected a map or a list before a key, found an integer",
        ),
        ("set(attributes, name)", "expected a map, found a string"),
        ("set(attributes[\"b\"], start_time)", "expected a value of an attribute, found a time"),
    ] {
        assert_eq!(run(Context::Span, statement, SPAN), Err(expected.to_owned()), "{statement}");
    }
}

#[test]
fn maps_and_lists_on_the_way_come_to_be() {
    let mut target = OwnedValue::Empty;
    put(&mut target, &[text("a"), Step::Index(2), text("b")], 1.into()).unwrap();
    let inner = OwnedValue::KvList(vec![("b".to_owned(), 1.into())]);
    let list = OwnedValue::Array(vec![OwnedValue::Empty, OwnedValue::Empty, inner]);
    assert_eq!(target, OwnedValue::KvList(vec![("a".to_owned(), list)]));
    assert!(put(&mut target, &[text("a"), Step::Index(3)], 1.into()).is_err());
    assert!(put(&mut target, &[Step::Index(0)], 1.into()).is_err());
    assert!(put(&mut OwnedValue::Empty, &[Step::Index(1 << 20)], 1.into()).is_err());
    assert!(put(&mut OwnedValue::Empty, &[Step::Index(-1)], 1.into()).is_err());
}
