use super::*;

fn list(elements: Vec<OwnedValue>) -> Value<'static> {
    Value::List(List::new(elements))
}

#[test]
fn texts_are_made_as_upstream_makes_them() {
    for (value, expected) in [
        (Value::text("a"), "a"),
        (Value::Bytes(vec![0x0a, 0xff].into()), "0aff"),
        (Value::Int(-3), "-3"),
        (Value::Double(2.5), "2.5"),
        (Value::Double(3.0), "3"),
        (Value::Bool(true), "true"),
        (list(vec![1.into(), "<b>".into(), OwnedValue::Empty]), r#"[1,"\u003cb\u003e",null]"#),
        (
            Value::Map(Map::new(vec![("b".into(), 1.into()), ("a".into(), true.into())])),
            r#"{"a":true,"b":1}"#,
        ),
    ] {
        assert_eq!(value.clone().text_like().unwrap().as_deref(), Some(expected), "{value:?}");
    }
    assert_eq!(Value::Nil.text_like(), Ok(None));
    assert!(Value::Double(f64::INFINITY).text_like().is_err());
}

#[test]
fn numbers_are_read_from_what_can_be_one() {
    let ints = [
        (Value::Int(3), Some(3)),
        (Value::Double(3.9), Some(3)),
        (Value::Bool(true), Some(1)),
        (Value::text("42"), Some(42)),
        (Value::text("4.2"), None),
        (Value::Nil, None),
    ];
    for (value, expected) in ints {
        assert_eq!(value.int_like(), Ok(expected), "{value:?}");
    }
    assert!(list(Vec::new()).int_like().is_err());
    assert!(Value::text("x").double_like().is_err());
    assert!(Value::text("4.2").double_like().is_ok_and(|double| double.is_some()));
}

#[test]
fn truth_is_read_from_words_and_numbers() {
    for (value, expected) in [
        (Value::text("T"), Some(true)),
        (Value::text("FALSE"), Some(false)),
        (Value::Int(2), Some(true)),
        (Value::Double(0.0), Some(false)),
        (Value::Nil, None),
    ] {
        assert_eq!(value.bool_like(), Ok(expected), "{value:?}");
    }
    assert!(Value::text("yes").bool_like().is_err());
}

#[test]
fn bytes_of_numbers_have_the_highest_first() {
    let bytes = Value::Int(258).bytes_like().unwrap().unwrap();
    assert_eq!(*bytes, [0, 0, 0, 0, 0, 0, 1, 2]);
    assert_eq!(*Value::Bool(true).bytes_like().unwrap().unwrap(), [1]);
    assert_eq!(*Value::text("a").bytes_like().unwrap().unwrap(), *b"a");
}

#[test]
fn what_an_attribute_cannot_hold_is_told() {
    for (value, kind) in [
        (Value::Time(Time::from_unix_nanos(1)), "a time"),
        (Value::Duration(1), "a duration"),
        (Value::TraceId([0; 16]), "a trace id"),
    ] {
        assert_eq!(value.into_stored().unwrap_err().found, kind);
    }
}

#[test]
fn maps_are_equal_in_whatever_order_and_however_large() {
    let map = |entries: Vec<(i64, i64)>| {
        let entries = entries.into_iter().map(|(key, value)| (key.to_string(), value.into()));
        Map::new(entries.collect())
    };
    let forward: Vec<_> = (0..100_000).map(|number| (number, number)).collect();
    let backward: Vec<_> = forward.iter().rev().copied().collect();
    assert_eq!(map(forward.clone()), map(backward));
    // Of equal keys the first is read.
    assert_eq!(map(vec![(1, 1), (2, 2), (1, 3)]), map(vec![(2, 2), (1, 1)]));
    assert_ne!(map(vec![(1, 1), (2, 2), (1, 3)]), map(vec![(2, 2), (1, 3)]));
    assert_ne!(map(forward.clone()), map(forward[1..].to_vec()));
    assert_ne!(map(vec![(1, 1)]), map(vec![(2, 1)]));
}
