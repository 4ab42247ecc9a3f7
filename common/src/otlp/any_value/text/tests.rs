use super::*;
use crate::otlp::{any_value::OwnedValue, message::Message};

#[track_caller]
fn check(value: impl Into<OwnedValue>, text: &str) {
    let mut encoded = Vec::new();
    value.into().encode(&mut encoded);
    assert_eq!(AnyValue::read(Message::new(&encoded)).to_text(), text);
}

fn map(entries: &[(&str, OwnedValue)]) -> OwnedValue {
    OwnedValue::KvList(
        entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
    )
}

#[test]
fn scalars_are_written_plainly() {
    check(OwnedValue::Empty, "");
    check("a \"b\"", "a \"b\"");
    check(true, "true");
    check(i64::MIN, "-9223372036854775808");
    check(OwnedValue::Bytes(vec![0, 255]), "AP8=");
}

#[test]
fn doubles_are_written_as_javascript_does() {
    let cases = [
        (0.0, "0"),
        (-0.0, "-0"),
        (1.0, "1"),
        (1.5, "1.5"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e-6, "0.000001"),
        (9.5e-7, "9.5e-7"),
        (-1e-7, "-1e-7"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (-1.25e300, "-1.25e+300"),
        (5e-324, "5e-324"),
        (f64::NAN, "NaN"),
        (f64::INFINITY, "Infinity"),
        (f64::NEG_INFINITY, "-Infinity"),
    ];
    for (double, text) in cases {
        check(double, text);
    }
}

#[test]
fn maps_and_lists_are_json_with_sorted_keys() {
    let list = OwnedValue::Array(vec![
        1_i64.into(),
        OwnedValue::Empty,
        OwnedValue::Bytes(vec![1]),
        OwnedValue::Bytes(Vec::new()),
        1e21.into(),
    ]);
    let before = map(&[("b", list), ("", map(&[])), ("a", "<&\u{7f}ä>".into())]);
    check(before, "{\"\":{},\"a\":\"<&\u{7f}ä>\",\"b\":[1,null,\"AQ==\",null,1e+21]}");
    let duplicate = map(&[("a", 1_i64.into()), ("b", 2_i64.into()), ("a", 3_i64.into())]);
    check(duplicate, "{\"a\":3,\"b\":2}");
    check(OwnedValue::Array(Vec::new()), "[]");
}

#[test]
fn text_in_json_is_escaped_as_in_go() {
    let list = OwnedValue::Array(vec!["\"\\\x08\x0c\n\r\t\0\x1f\u{2028}\u{2029}/".into()]);
    check(list, r#"["\"\\\b\f\n\r\t\u0000\u001f\u2028\u2029/"]"#);
}

#[test]
fn what_json_cannot_say_leaves_an_empty_text() {
    check(OwnedValue::Array(vec![map(&[("a", f64::NAN.into())])]), "");
}
