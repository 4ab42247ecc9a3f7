use Operator::{Add, Divide, Multiply, Subtract};

use super::*;
use crate::ottl::time::Time;

fn result(a: Value<'_>, operator: Operator, b: Value<'_>) -> Result<Value<'static>, String> {
    calculate(&a, operator, &b).map_err(|failure| failure.to_string())
}

#[test]
fn integers_stay_integers_and_wrap_around() {
    for (a, operator, b, expected) in [
        (7, Divide, 2, 3),
        (-7, Divide, 2, -3),
        (i64::MAX, Add, 1, i64::MIN),
        (i64::MIN, Divide, -1, i64::MIN),
        (3, Multiply, -4, -12),
        (3, Subtract, 5, -2),
    ] {
        assert_eq!(result(a.into(), operator, b.into()), Ok(Value::Int(expected)), "{a} {b}");
    }
}

#[test]
fn an_integer_beside_a_double_becomes_one() {
    let Ok(Value::Double(sum)) = result(Value::Int(1), Add, Value::Double(0.5)) else {
        panic!("no double")
    };
    assert_eq!(sum.to_bits(), 1.5_f64.to_bits());
    let Ok(Value::Double(quotient)) = result(Value::Double(1.0), Divide, Value::Int(4)) else {
        panic!("no double")
    };
    assert_eq!(quotient.to_bits(), 0.25_f64.to_bits());
}

#[test]
fn times_and_durations_are_added_and_subtracted() {
    let time = |nanos| Value::Time(Time::from_unix_nanos(nanos));
    assert_eq!(result(time(5), Subtract, time(3)), Ok(Value::Duration(2)));
    assert_eq!(result(time(5), Add, Value::Duration(3)), Ok(time(8)));
    assert_eq!(result(Value::Duration(3), Add, time(5)), Ok(time(8)));
    assert_eq!(result(time(5), Subtract, Value::Duration(3)), Ok(time(2)));
    assert_eq!(result(Value::Duration(5), Subtract, Value::Duration(7)), Ok(Value::Duration(-2)));
}

#[test]
fn what_cannot_be_calculated_says_so() {
    for (a, operator, b, expected) in [
        (Value::Int(1), Divide, Value::Int(0), "division by zero"),
        (Value::Double(1.0), Divide, Value::Int(0), "division by zero"),
        (Value::text("a"), Add, Value::Int(1), "cannot add a string and an integer"),
        (Value::Nil, Multiply, Value::Int(1), "cannot multiply nil and an integer"),
        (Value::Duration(1), Multiply, Value::Int(2), "cannot multiply a duration and an integer"),
    ] {
        assert_eq!(result(a, operator, b), Err(expected.to_owned()));
    }
    let text = negative(&Value::text("a")).unwrap_err();
    assert_eq!(text.to_string(), "expected a number, found a string");
}
