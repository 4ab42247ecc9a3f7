use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};

use super::*;
use crate::{
    otlp::any_value::OwnedValue,
    ottl::{
        time::Time,
        value::{List, Map},
    },
};

const ALL: [Comparison; 6] = [Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual];

/// The comparisons that hold.
fn holding(a: &Value<'_>, b: &Value<'_>) -> Vec<Comparison> {
    ALL.into_iter().filter(|comparison| compare(a, *comparison, b)).collect()
}

#[test]
fn smaller_values_are_less_in_every_ordered_type() {
    let time = |nanos| Value::Time(Time::from_unix_nanos(nanos));
    for (a, b) in [
        (Value::Bool(false), Value::Bool(true)),
        (Value::Int(-1), Value::Int(3)),
        (Value::Int(1), Value::Double(1.5)),
        (Value::Double(0.5), Value::Int(1)),
        (Value::text("a"), Value::text("ab")),
        (Value::Bytes(vec![1].into()), Value::Bytes(vec![1, 0].into())),
        (Value::Duration(1), Value::Duration(2)),
        (time(1), time(2)),
    ] {
        assert_eq!(holding(&a, &b), [NotEqual, Less, LessOrEqual], "{a:?} {b:?}");
        assert_eq!(holding(&b, &a), [NotEqual, Greater, GreaterOrEqual], "{a:?} {b:?}");
        assert_eq!(holding(&a, &a), [Equal, LessOrEqual, GreaterOrEqual], "{a:?}");
    }
}

#[test]
fn values_of_different_types_are_only_unequal() {
    for (a, b) in [
        (Value::text("1"), Value::Int(1)),
        (Value::Bool(true), Value::Int(1)),
        (Value::Nil, Value::text("")),
        (Value::Bytes(vec![b'a'].into()), Value::text("a")),
        (Value::Duration(1), Value::Int(1)),
        (Value::TraceId([1; 16]), Value::Bytes(vec![1; 16].into())),
    ] {
        assert_eq!(holding(&a, &b), [NotEqual], "{a:?} {b:?}");
        assert_eq!(holding(&b, &a), [NotEqual], "{b:?} {a:?}");
    }
    assert_eq!(holding(&Value::Double(f64::NAN), &Value::Double(f64::NAN)), [NotEqual]);
    assert_eq!(holding(&Value::Nil, &Value::Nil), [Equal, LessOrEqual, GreaterOrEqual]);
}

#[test]
fn maps_lists_and_ids_are_equal_or_not() {
    let list = |elements: &[i64]| {
        Value::List(List::new(elements.iter().map(|int| OwnedValue::Int(*int)).collect()))
    };
    assert_eq!(holding(&list(&[1, 2]), &list(&[1, 2])), [Equal]);
    assert_eq!(holding(&list(&[1, 2]), &list(&[2, 1])), [NotEqual]);
    let doubles = Value::List(List::new(vec![OwnedValue::Double(1.0)]));
    assert_eq!(holding(&list(&[1]), &doubles), [NotEqual]);
    let map = |keys: [&str; 2]| {
        Value::Map(Map::new(keys.map(|key| (key.to_owned(), OwnedValue::from(key))).to_vec()))
    };
    assert_eq!(holding(&map(["a", "b"]), &map(["b", "a"])), [Equal]);
    assert_eq!(holding(&map(["a", "b"]), &map(["a", "c"])), [NotEqual]);
    assert_eq!(holding(&Value::SpanId([1; 8]), &Value::SpanId([2; 8])), [NotEqual]);
}
