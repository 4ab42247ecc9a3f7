//! What kind of value something is: `IsString` and its like, and how it reads as another kind.

use super::{Arguments, Converter, Function, converter};
use crate::ottl::{error::Error, failure::Failure, value::Value};

pub(super) const FUNCTIONS: &[Function] = &[
    converter("IsString", &["target"], "whether it is a string", |given| {
        is(given, |value| matches!(value, Value::Text(_)))
    }),
    converter("IsMap", &["target"], "whether it is a map", |given| {
        is(given, |value| matches!(value, Value::Map(_)))
    }),
    converter("IsList", &["target"], "whether it is a list", |given| {
        is(given, |value| matches!(value, Value::List(_) | Value::Messages(_)))
    }),
    converter("IsInt", &["target"], "whether it is an integer", |given| {
        is(given, |value| matches!(value, Value::Int(_)))
    }),
    converter("IsDouble", &["target"], "whether it is a double", |given| {
        is(given, |value| matches!(value, Value::Double(_)))
    }),
    converter("IsBool", &["target"], "whether it is true or false", |given| {
        is(given, |value| matches!(value, Value::Bool(_)))
    }),
    converter("IsEmpty", &["target"], "whether it is nil, zero or without content", |given| {
        is(given, is_empty)
    }),
    converter("Int", &["target"], "it as an integer; nil for a text that is none", int),
    converter("Double", &["target"], "it as a double", double),
    converter(
        "String",
        &["target"],
        "it as a string; bytes in hex, lists and maps as JSON",
        string,
    ),
    converter("Bool", &["target"], "it as true or false", bool),
    converter(
        "ParseInt",
        &["target", "base"],
        "a text of digits of a base from 2 to 36 as an integer; with 0 the text says which",
        parse_int,
    ),
    converter("Log", &["target"], "the natural logarithm of a number", log),
];

fn is(arguments: &Arguments<'_>, test: fn(&Value<'_>) -> bool) -> Result<Converter, Error> {
    let target = arguments.get("target")?.expr()?;
    Ok(Converter::pure(move |view| Ok(Value::Bool(test(&target.eval(view)?)))))
}

fn is_empty(value: &Value<'_>) -> bool {
    match value {
        Value::Nil | Value::Bool(false) | Value::Int(0) | Value::Duration(0) => true,
        Value::Double(double) => double.to_bits() == 0,
        Value::Text(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::List(list) => list.is_empty(),
        Value::Messages(messages) => messages.contents.is_empty(),
        Value::TraceId(id) => *id == [0; 16],
        Value::SpanId(id) => *id == [0; 8],
        Value::Bool(_) | Value::Int(_) | Value::Duration(_) | Value::Time(_) => false,
    }
}

fn int(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.int_like()?;
    Ok(Converter::pure(move |view| Ok(target.int_like(view)?.map_or(Value::Nil, Value::Int))))
}

fn double(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.double_like()?;
    Ok(Converter::pure(move |view| Ok(target.double_like(view)?.map_or(Value::Nil, Value::Double))))
}

fn string(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text_like()?;
    Ok(Converter::pure(move |view| {
        Ok(target.text_like(view)?.map_or(Value::Nil, |text| Value::from(text.into_owned())))
    }))
}

fn bool(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.bool_like()?;
    Ok(Converter::pure(move |view| Ok(target.bool_like(view)?.map_or(Value::Nil, Value::Bool))))
}

fn log(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.double_like()?;
    Ok(Converter::pure(move |view| match target.double_like(view)? {
        None => Err(Failure::new("nil has no logarithm")),
        Some(number) if number <= 0.0 => {
            Err(Failure::new(format!("only numbers above zero have a logarithm, not {number}")))
        }
        Some(number) => Ok(Value::Double(number.ln())),
    }))
}

fn parse_int(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    let base = arguments.get("base")?;
    let base_expr = base.int()?;
    if let Some(Value::Int(known)) = base_expr.constant()
        && !matches!(known, 0 | 2..=36)
    {
        return Err(base.error(format!("base must be 0 or from 2 to 36, not {known}")));
    }
    Ok(Converter::pure(move |view| {
        let text = target.text(view)?;
        let base = base_expr.int(view)?;
        integer(&text, base).map(Value::Int).ok_or_else(|| {
            Failure::new(format!("{text:?} is no integer of base {base}, or beyond 64 bits"))
        })
    }))
}

/// Reads an integer as Go does.
fn integer(text: &str, base: i64) -> Option<i64> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let joined;
    let (radix, digits) = match base {
        2..=36 => (u32::try_from(base).ok()?, digits),
        0 => {
            let (radix, rest, has_prefix) = with_prefix(digits);
            joined = without_underscores(rest, has_prefix)?;
            (radix, joined.as_str())
        }
        _ => return None,
    };
    // What Rust would take: another sign.
    if !digits.starts_with(|first: char| first.is_digit(radix)) {
        return None;
    }
    let size = u64::from_str_radix(digits, radix).ok()?;
    if is_negative { 0_i64.checked_sub_unsigned(size) } else { i64::try_from(size).ok() }
}

/// The base that digits say themselves, what stands behind that, and whether they say any.
fn with_prefix(digits: &str) -> (u32, &str, bool) {
    let Some(rest) = digits.strip_prefix('0').filter(|rest| !rest.is_empty()) else {
        return (10, digits, false);
    };
    let behind = |letters: [char; 2]| rest.strip_prefix(letters);
    match (behind(['x', 'X']), behind(['b', 'B']), behind(['o', 'O'])) {
        (Some(rest), ..) => (16, rest, true),
        (_, Some(rest), _) => (2, rest, true),
        (.., Some(rest)) => (8, rest, true),
        _ => (8, rest, true),
    }
}

/// Underscores may stand between digits, and between a prefix and a digit.
fn without_underscores(digits: &str, has_prefix: bool) -> Option<String> {
    let is_wrong =
        digits.ends_with('_') || digits.contains("__") || (digits.starts_with('_') && !has_prefix);
    (!is_wrong).then(|| digits.replace('_', ""))
}
