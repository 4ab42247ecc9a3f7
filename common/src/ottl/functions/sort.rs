//! `Sort`.

use std::cmp::Ordering;

use super::{Arguments, Converter, Function, converter};
use crate::{
    otlp::any_value::OwnedValue,
    ottl::{
        error::Error,
        failure::Failure,
        value::{List, Value},
    },
};

pub(super) const FUNCTIONS: &[Function] = &[converter(
    "Sort",
    &["target", "order?"],
    "a list in the order `asc` or `desc`; numbers by size, others as texts, lists of maps, lists or \
     bytes as they are",
    sort,
)];

fn sort(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.list()?;
    let is_descending = match arguments.find("order") {
        None => false,
        Some(order) => match order.literal_text()?.as_str() {
            "asc" => false,
            "desc" => true,
            other => return Err(order.error(format!("order must be asc or desc, not {other:?}"))),
        },
    };
    Ok(Converter::pure(move |view| {
        let elements = target.list(view)?.into_elements();
        Ok(Value::List(List::new(sorted(elements, is_descending)?)))
    }))
}

fn sorted(elements: Vec<OwnedValue>, is_descending: bool) -> Result<Vec<OwnedValue>, Failure> {
    let is_any = |test: fn(&OwnedValue) -> bool| elements.iter().any(test);
    if is_any(|element| {
        matches!(element, OwnedValue::KvList(_) | OwnedValue::Array(_) | OwnedValue::Bytes(_))
    }) {
        return Ok(elements);
    }
    if is_any(|one| matches!(one, OwnedValue::Str(_) | OwnedValue::Bool(_) | OwnedValue::Empty)) {
        let keyed = elements.into_iter().map(|element| {
            let text = Value::of_owned(&element).stored_text()?.into_owned();
            Ok((text, element))
        });
        let keyed = keyed.collect::<Result<Vec<_>, Failure>>()?;
        return Ok(by_key(keyed, is_descending, String::cmp));
    }
    if is_any(|element| matches!(element, OwnedValue::Double(_))) {
        let keyed = elements.into_iter().map(|element| match element {
            OwnedValue::Int(int) => (int as f64, element),
            OwnedValue::Double(double) => (double, element),
            _ => (f64::NAN, element),
        });
        return Ok(by_key(keyed.collect(), is_descending, doubles));
    }
    let keyed = elements.into_iter().map(|element| match element {
        OwnedValue::Int(int) => (int, element),
        _ => (0, element),
    });
    Ok(by_key(keyed.collect(), is_descending, i64::cmp))
}

fn by_key<K>(
    mut keyed: Vec<(K, OwnedValue)>,
    is_descending: bool,
    compare: fn(&K, &K) -> Ordering,
) -> Vec<OwnedValue> {
    keyed.sort_by(|(a, _), (b, _)| if is_descending { compare(b, a) } else { compare(a, b) });
    keyed.into_iter().map(|(_, element)| element).collect()
}

/// What is no number comes before all that are.
fn doubles(a: &f64, b: &f64) -> Ordering {
    a.partial_cmp(b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
}
