use std::time::Duration;

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, any_value},
    trace::v1::Span,
};
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::{
    otlp::{decode, envelope, response::Status},
    testing::generate,
};

const NO_LIMIT: usize = 1 << 20;

fn span_of(fields: &str) -> Result<Span, JsonError> {
    let text = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{fields}}}]}}]}}]}}"#);
    let bytes = from_json(Signal::Traces, text.as_bytes(), NO_LIMIT)?;
    let mut request = decode::traces(&[Bytes::from(bytes)]).unwrap();
    Ok(request.resource_spans.remove(0).scope_spans.remove(0).spans.remove(0))
}

fn error_of(fields: &str) -> String {
    span_of(fields).unwrap_err().to_string()
}

fn value_of(json: &str) -> Option<any_value::Value> {
    let span = span_of(&format!(r#""attributes":[{{"key":"k","value":{json}}}]"#)).unwrap();
    span.attributes[0].value.clone().and_then(|value: AnyValue| value.value)
}

#[test]
fn names_may_be_camel_or_snake_and_unknown_ones_are_skipped() {
    let span = span_of(
        r#""traceId":"0102030405060708090A0b0c0d0e0f10","span_id":"0000000000000001",
        "startTimeUnixNano":"18446744073709551615","end_time_unix_nano":7,"flags":257,
        "new_thing":{"deep":[1,{"x":null}]},"kind":"SPAN_KIND_SERVER","status":null,"events":null,
        "name":null,"droppedAttributesCount":"3""#,
    )
    .unwrap();
    assert_eq!(span.trace_id, (1..=16).collect::<Vec<u8>>());
    assert_eq!(span.span_id, [0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!((span.start_time_unix_nano, span.end_time_unix_nano), (u64::MAX, 7));
    assert_eq!((span.kind, span.flags, span.dropped_attributes_count), (2, 257, 3));
}

#[test]
fn numbers_may_be_text_and_text_may_be_special() {
    use any_value::Value::{BoolValue, BytesValue, DoubleValue, IntValue, StringValue};
    assert_eq!(value_of(r#"{"intValue":"-9223372036854775808"}"#), Some(IntValue(i64::MIN)));
    assert_eq!(value_of(r#"{"intValue":12}"#), Some(IntValue(12)));
    assert_eq!(value_of(r#"{"int_value":0}"#), Some(IntValue(0)));
    assert_eq!(value_of(r#"{"doubleValue":"-Infinity"}"#), Some(DoubleValue(f64::NEG_INFINITY)));
    assert_eq!(value_of(r#"{"doubleValue":"1.5e3"}"#), Some(DoubleValue(1500.0)));
    assert_eq!(value_of(r#"{"doubleValue":3}"#), Some(DoubleValue(3.0)));
    assert!(matches!(value_of(r#"{"doubleValue":"NaN"}"#), Some(DoubleValue(x)) if x.is_nan()));
    assert_eq!(value_of(r#"{"bytesValue":"AQI="}"#), Some(BytesValue(vec![1, 2])));
    assert_eq!(value_of(r#"{"stringValue":"\u00fc\n"}"#), Some(StringValue("ü\n".to_owned())));
    assert_eq!(value_of(r#"{"stringValue":null}"#), Some(StringValue(String::new())));
    assert_eq!(value_of(r#"{"boolValue":false}"#), Some(BoolValue(false)));
    assert_eq!(value_of("null"), None);
    assert_eq!(value_of("{}"), None);
}

#[test]
fn unknown_enum_numbers_are_kept() {
    assert_eq!(span_of(r#""kind":77"#).unwrap().kind, 77);
}

#[test]
fn errors_name_the_field_and_the_place() {
    let at = "resourceSpans[0].scopeSpans[0].spans[0]";
    assert_eq!(
        error_of(r#""traceId":"abc""#),
        format!("{at}.traceId: length mismatch: 3 hex digits instead of 32 at line 1 column 59")
    );
    let attribute = format!("{at}.attributes[1].value.intValue: \"x\" is not an integer");
    let found = error_of(r#""attributes":[{},{"value":{"intValue":"x"}}]"#);
    assert!(found.starts_with(&attribute), "{found}");
    for (fields, says) in [
        (r#""kind":"SERVER""#, "kind: unknown enum value \"SERVER\""),
        (r#""kind":null"#, "kind: invalid type: null, expected a number or the name of an enum"),
        (r#""droppedLinksCount":null"#, "expected an unsigned 32-bit integer"),
        (r#""droppedLinksCount":-1"#, "droppedLinksCount: -1 is out of range"),
        (r#""spanId":"000000000000000g""#, "is not hex"),
        (r#""events":{}"#, "events: invalid type: map, expected an array"),
        (r#""status":[]"#, "status: invalid type: sequence, expected an object (Status)"),
        (r#""name":{}"#, "name: invalid type: map, expected a string"),
        (r#""name":"\"#, "invalid escape"),
    ] {
        let found = error_of(fields);
        assert!(found.contains(says), "{found}");
    }
}

#[test]
fn errors_quote_only_the_beginning_of_a_text() {
    let long = "\u{e9}\u{1}".repeat(1 << 16);
    let text = serde_json::to_string(&long).unwrap();
    let places = [
        r#""kind":"#,
        r#""flags":"#,
        r#""startTimeUnixNano":"#,
        r#""events":"#,
        r#""status":"#,
        r#""attributes":[{"value":{"doubleValue":"#,
        r#""attributes":[{"value":{"boolValue":"#,
    ];
    for place in places {
        let error = error_of(&format!("{place}{text}"));
        assert!(error.contains("\u{e9}") && error.len() < 1000, "{} bytes", error.len());
    }
    let error = from_json(Signal::Logs, text.as_bytes(), NO_LIMIT).unwrap_err().to_string();
    assert!(error.len() < 1000, "{} bytes", error.len());
}

#[test]
fn text_that_is_no_object_is_refused() {
    for text in ["", "[]", "1", "\"x\"", "{} {}", "{", "{\"resourceSpans\":[{]}"] {
        assert!(from_json(Signal::Traces, text.as_bytes(), NO_LIMIT).is_err(), "{text}");
    }
    assert_eq!(from_json(Signal::Traces, b" {} ", NO_LIMIT), Ok(Vec::new()));
}

#[test]
fn output_is_capped() {
    let text = format!(r#"{{"resourceLogs":[{{"schemaUrl":"{}"}}]}}"#, "x".repeat(100));
    assert_eq!(
        from_json(Signal::Logs, text.as_bytes(), 50),
        Err(JsonError::TooLarge { limit: 50 })
    );
    assert!(from_json(Signal::Logs, text.as_bytes(), 107).is_ok());
}

/// A span attribute of so many values inside each other.
fn nested(levels: usize) -> String {
    let open = r#"{"kvlistValue":{"values":[{"key":"k","value":"#.repeat(levels - 1);
    let close = "}]}}".repeat(levels - 1);
    format!(r#""attributes":[{{"key":"k","value":{open}{{"intValue":"1"}}{close}}}]"#)
}

#[test]
fn nesting_is_followed_as_far_as_a_walk_does() {
    let text = |levels| {
        format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{{{}}}]}}]}}]}}"#, nested(levels))
    };
    let deepest = from_json(Signal::Traces, text(64).as_bytes(), NO_LIMIT).unwrap();
    assert!(envelope::walk(Signal::Traces, Bytes::from(deepest)).is_ok());
    let error = from_json(Signal::Traces, text(65).as_bytes(), NO_LIMIT).unwrap_err();
    assert!(error.to_string().contains("values nested deeper than 64"), "{error}");
    let unknown = format!(r#"{{"unknown":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(from_json(Signal::Logs, unknown.as_bytes(), NO_LIMIT), Ok(Vec::new()));
}

#[test]
fn empty_parents_are_written_and_defaults_are_not() {
    let text = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"n","kind":0}]}]}]}"#;
    let bytes = from_json(Signal::Traces, text.as_bytes(), NO_LIMIT).unwrap();
    let written = to_json(Signal::Traces, &[Bytes::from(bytes)]);
    assert_eq!(
        String::from_utf8(written).unwrap(),
        r#"{"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{"name":"n","status":{}}]}]}]}"#
    );
}

#[test]
fn chunks_become_one_object() {
    let chunk = Bytes::from_static(&[0x0a, 0x03, 0x1a, 0x01, b'u']);
    assert_eq!(
        String::from_utf8(to_json(Signal::Logs, &[chunk.clone(), chunk])).unwrap(),
        r#"{"resourceLogs":[{"resource":{},"schemaUrl":"u"},{"resource":{},"schemaUrl":"u"}]}"#
    );
}

#[test]
fn responses_and_statuses_have_json() {
    assert_eq!(response_to_json(Signal::Traces, &[0x0a, 0]), br#"{"partialSuccess":{}}"#);
    let text = br#"{"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"no"}}"#;
    let bytes = response_from_json(Signal::Metrics, text).unwrap();
    assert_eq!(response_to_json(Signal::Metrics, &bytes), text);
    let status = Status::new(14, "full \"now\"").with_retry_after(Duration::from_millis(1500));
    let text = status_to_json(&status);
    assert_eq!(
        String::from_utf8(text.clone()).unwrap(),
        r#"{"code":14,"message":"full \"now\"","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"1.500s"}]}"#
    );
    assert_eq!(status_from_json(&text), Ok(status));
    assert!(status_from_json(b"[1").is_err());
    assert_eq!(status_from_json(br#"{"message":"m","x":1}"#), Ok(Status::new(0, "m")));
}

#[test]
fn floats_are_written_as_go_does() {
    for (value, text) in [
        (1.0, "1"),
        (0.1, "0.1"),
        (1e21, "1e+21"),
        (1.5e-7, "1.5e-7"),
        (-2.5, "-2.5"),
        (f64::INFINITY, "\"Infinity\""),
    ] {
        let bytes = AnyValue { value: Some(any_value::Value::DoubleValue(value)) }.encode_to_vec();
        let json = message_to_json(&schema::ANY_VALUE, &[&bytes]);
        assert_eq!(String::from_utf8(json).unwrap(), format!("{{\"doubleValue\":{text}}}"));
    }
}

/// Sets what JSON always writes, so that an absent message and an empty one compare equal.
fn with_parents(mut request: ExportTraceServiceRequest) -> ExportTraceServiceRequest {
    for group in &mut request.resource_spans {
        group.resource.get_or_insert_default();
        for scope in &mut group.scope_spans {
            scope.scope.get_or_insert_default();
            for span in &mut scope.spans {
                span.status.get_or_insert_default();
            }
        }
    }
    request
}

proptest! {
    #[test]
    fn traces_come_back_as_they_were(request in generate::traces()) {
        let bytes = Bytes::from(request.encode_to_vec());
        let json = to_json(Signal::Traces, &[bytes]);
        let back = Bytes::from(from_json(Signal::Traces, &json, NO_LIMIT).unwrap());
        prop_assert_eq!(decode::traces(&[back]).unwrap(), with_parents(request));
    }

    #[test]
    fn json_is_stable_and_valid((signal, request) in generate::signal_and_request()) {
        let json = to_json(signal, &[Bytes::from(request)]);
        prop_assert!(serde_json::from_slice::<serde_json::Value>(&json).is_ok());
        let back = from_json(signal, &json, NO_LIMIT).unwrap();
        prop_assert!(envelope::walk(signal, Bytes::from(back.clone())).is_ok());
        let again = to_json(signal, &[Bytes::from(back)]);
        prop_assert_eq!(String::from_utf8(again).unwrap(), String::from_utf8(json).unwrap());
    }

    #[test]
    fn metrics_come_back_as_they_were(mut request in generate::metrics()) {
        let bytes = Bytes::from(request.encode_to_vec());
        let json = to_json(Signal::Metrics, &[bytes]);
        let back = Bytes::from(from_json(Signal::Metrics, &json, NO_LIMIT).unwrap());
        for group in &mut request.resource_metrics {
            group.resource.get_or_insert_default();
            for scope in &mut group.scope_metrics {
                scope.scope.get_or_insert_default();
            }
        }
        prop_assert_eq!(decode::metrics(&[back]).unwrap(), request);
    }

    #[test]
    fn logs_come_back_as_they_were(mut request in generate::logs()) {
        let bytes = Bytes::from(request.encode_to_vec());
        let json = to_json(Signal::Logs, &[bytes]);
        let back = Bytes::from(from_json(Signal::Logs, &json, NO_LIMIT).unwrap());
        for group in &mut request.resource_logs {
            group.resource.get_or_insert_default();
            for scope in &mut group.scope_logs {
                scope.scope.get_or_insert_default();
            }
        }
        prop_assert_eq!(decode::logs(&[back]).unwrap(), request);
    }

    #[test]
    fn any_text_never_panics(signal in generate::signal(), text in "\\PC{0,40}", bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        for text in [text.as_bytes(), &bytes] {
            prop_assert!(from_json(signal, text, 10).map_or(true, |out| out.len() <= 10));
        }
        let json = to_json(signal, &[Bytes::from(bytes)]);
        prop_assert!(serde_json::from_slice::<serde_json::Value>(&json).is_ok());
    }

    #[test]
    fn damaged_json_never_panics((signal, request) in generate::signal_and_request(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut json = to_json(signal, &[Bytes::from(request)]);
        let at = at.index(json.len());
        json[at] = byte;
        if let Ok(bytes) = from_json(signal, &json, NO_LIMIT) {
            prop_assert!(envelope::walk(signal, Bytes::from(bytes)).is_ok());
        }
    }
}
