//! Arithmetic.
//!
//! Source: `pkg/ottl/math.go`. Integers wrap around and their division truncates; an integer beside a
//! double becomes one; times and durations are added and subtracted.

use super::{failure::Failure, value::Value};

/// What is done with two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// The result of an operation.
///
/// # Errors
/// [`Failure`] for a division by zero, and for what cannot be calculated with.
pub fn calculate(
    a: &Value<'_>,
    operator: Operator,
    b: &Value<'_>,
) -> Result<Value<'static>, Failure> {
    match (a, b) {
        (Value::Int(a), Value::Int(b)) => integers(*a, operator, *b).map(Value::Int),
        (Value::Int(a), Value::Double(b)) => doubles(*a as f64, operator, *b).map(Value::Double),
        (Value::Double(a), Value::Int(b)) => doubles(*a, operator, *b as f64).map(Value::Double),
        (Value::Double(a), Value::Double(b)) => doubles(*a, operator, *b).map(Value::Double),
        _ => with_times(a, operator, b),
    }
}

/// The negative of a number.
///
/// # Errors
/// [`Failure`] if it is none.
pub fn negative(value: &Value<'_>) -> Result<Value<'static>, Failure> {
    match value {
        Value::Int(int) => Ok(Value::Int(int.wrapping_neg())),
        Value::Double(double) => Ok(Value::Double(-double)),
        _ => Err(value.mismatch("a number").into()),
    }
}

fn integers(a: i64, operator: Operator, b: i64) -> Result<i64, Failure> {
    Ok(match operator {
        Operator::Add => a.wrapping_add(b),
        Operator::Subtract => a.wrapping_sub(b),
        Operator::Multiply => a.wrapping_mul(b),
        Operator::Divide if b == 0 => return Err(Failure::new("division by zero")),
        Operator::Divide => a.wrapping_div(b),
    })
}

fn doubles(a: f64, operator: Operator, b: f64) -> Result<f64, Failure> {
    Ok(match operator {
        Operator::Add => a + b,
        Operator::Subtract => a - b,
        Operator::Multiply => a * b,
        Operator::Divide if b == 0.0 => return Err(Failure::new("division by zero")),
        Operator::Divide => a / b,
    })
}

fn with_times(a: &Value<'_>, operator: Operator, b: &Value<'_>) -> Result<Value<'static>, Failure> {
    let too_far = || Failure::new("the time is out of range");
    Ok(match (a, operator, b) {
        (Value::Time(a), Operator::Subtract, Value::Time(b)) => Value::Duration(a.since(b)),
        (Value::Time(time), Operator::Add, Value::Duration(nanos))
        | (Value::Duration(nanos), Operator::Add, Value::Time(time)) => {
            Value::Time(time.checked_add(*nanos).ok_or_else(too_far)?)
        }
        (Value::Time(time), Operator::Subtract, Value::Duration(nanos)) => {
            Value::Time(time.checked_add(nanos.wrapping_neg()).ok_or_else(too_far)?)
        }
        (Value::Duration(a), Operator::Add, Value::Duration(b)) => {
            Value::Duration(a.wrapping_add(*b))
        }
        (Value::Duration(a), Operator::Subtract, Value::Duration(b)) => {
            Value::Duration(a.wrapping_sub(*b))
        }
        _ => {
            let operation = match operator {
                Operator::Add => "add",
                Operator::Subtract => "subtract",
                Operator::Multiply => "multiply",
                Operator::Divide => "divide",
            };
            let (a, b) = (a.kind(), b.kind());
            return Err(Failure::new(format!("cannot {operation} {a} and {b}")));
        }
    })
}

#[cfg(test)]
mod tests;
