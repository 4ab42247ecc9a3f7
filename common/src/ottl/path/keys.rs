//! What stands in brackets behind a path or a call: a way into maps and lists.

use std::borrow::Cow;

use crate::{
    otlp::any_value::OwnedValue,
    ottl::{
        cursor::View,
        expr::Expr,
        failure::Failure,
        value::{List, Map, Value},
    },
};

/// The place in a list may not be further out than this, since a list is filled up to it.
const MAX_INDEX: i64 = 1 << 16;

/// What is in brackets.
#[derive(Debug)]
pub enum Key {
    /// The key of a map.
    Text(String),
    /// A place in a list.
    Index(i64),
    /// What gives one of them.
    Expr(Box<Expr>),
}

/// A key once it is known.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::ottl) enum Step {
    Text(String),
    Index(i64),
}

impl Key {
    pub(in crate::ottl) fn as_text<'e>(&'e self, view: View<'e>) -> Result<Cow<'e, str>, Failure> {
        match self {
            Self::Text(text) => Ok(Cow::Borrowed(text)),
            Self::Index(_) => Err(Failure::new("a map has no numbers as keys")),
            Self::Expr(expr) => match expr.eval(view)? {
                Value::Text(text) => Ok(text),
                other => Err(other.mismatch("a string as key of a map").into()),
            },
        }
    }

    fn as_index(&self, view: View<'_>) -> Result<i64, Failure> {
        match self {
            Self::Index(index) => Ok(*index),
            Self::Text(_) => Err(Failure::new("a list has no texts as keys")),
            Self::Expr(expr) => match expr.eval(view)? {
                Value::Int(index) => Ok(index),
                other => Err(other.mismatch("an integer as place in a list").into()),
            },
        }
    }

    /// The key as it is now.
    pub(in crate::ottl) fn step(&self, view: View<'_>) -> Result<Step, Failure> {
        Ok(match self {
            Self::Text(text) => Step::Text(text.clone()),
            Self::Index(index) => Step::Index(*index),
            Self::Expr(expr) => match expr.eval(view)? {
                Value::Text(text) => Step::Text(text.into_owned()),
                Value::Int(index) => Step::Index(index),
                other => return Err(other.mismatch("a string or an integer as key").into()),
            },
        })
    }
}

/// What keys lead to in a value. A key that is not there leads to nil, a place that is not there nowhere.
#[inline]
pub(in crate::ottl) fn follow<'e>(
    value: Value<'e>,
    keys: &'e [Key],
    view: View<'e>,
) -> Result<Value<'e>, Failure> {
    if keys.is_empty() { Ok(value) } else { walk(value, keys, view, |_| Ok(Value::Nil)) }
}

/// The same in what a function or a lambda gave, where a key that is not there is a mistake.
pub(in crate::ottl) fn take<'e>(
    value: Value<'e>,
    keys: &'e [Key],
    view: View<'e>,
) -> Result<Value<'e>, Failure> {
    walk(value, keys, view, |key| Err(Failure::new(format!("the map has no key {key:?}"))))
}

fn walk<'e>(
    value: Value<'e>,
    keys: &'e [Key],
    view: View<'e>,
    missing: impl Fn(&str) -> Result<Value<'e>, Failure>,
) -> Result<Value<'e>, Failure> {
    let mut value = value;
    for key in keys {
        value = match value {
            Value::Map(map) => {
                let key = key.as_text(view)?;
                match map.into_value(&key) {
                    Some(value) => value,
                    None => return missing(&key),
                }
            }
            Value::List(list) => element(list, key.as_index(view)?)?,
            other => return Err(other.mismatch("a map or a list before a key").into()),
        };
    }
    Ok(value)
}

fn element(list: List<'_>, index: i64) -> Result<Value<'_>, Failure> {
    let element = usize::try_from(index).ok().and_then(|index| list.into_value(index));
    element.ok_or_else(|| out_of_bounds(index))
}

fn out_of_bounds(index: i64) -> Failure {
    Failure::new(format!("the list has no element {index}"))
}

/// Puts a value where steps lead to. Maps and lists come to be where nothing is.
pub(in crate::ottl) fn put(
    target: &mut OwnedValue,
    steps: &[Step],
    value: OwnedValue,
) -> Result<(), Failure> {
    let mut target = target;
    for step in steps {
        if *target == OwnedValue::Empty {
            *target = match step {
                Step::Text(_) => OwnedValue::KvList(Vec::new()),
                Step::Index(index) if (0..=MAX_INDEX).contains(index) => {
                    let len = usize::try_from(*index).unwrap_or_default() + 1;
                    OwnedValue::Array(vec![OwnedValue::Empty; len])
                }
                Step::Index(index) => return Err(out_of_bounds(*index)),
            };
        }
        target = match (target, step) {
            (OwnedValue::KvList(entries), Step::Text(key)) => entry(entries, key),
            (OwnedValue::Array(elements), Step::Index(index)) => usize::try_from(*index)
                .ok()
                .and_then(|index| elements.get_mut(index))
                .ok_or_else(|| out_of_bounds(*index))?,
            (OwnedValue::KvList(_), Step::Index(_)) => {
                return Err(Failure::new("a map has no numbers as keys"));
            }
            (OwnedValue::Array(_), Step::Text(_)) => {
                return Err(Failure::new("a list has no texts as keys"));
            }
            (other, _) => {
                return Err(Value::of_owned(other).mismatch("a map or a list before a key").into());
            }
        };
    }
    *target = value;
    Ok(())
}

/// The value of a key, which comes to be if it is not there.
pub(super) fn entry<'m>(
    entries: &'m mut Vec<(String, OwnedValue)>,
    key: &str,
) -> &'m mut OwnedValue {
    let index = match entries.iter().position(|(known, _)| known == key) {
        Some(index) => index,
        None => {
            entries.push((key.to_owned(), OwnedValue::Empty));
            entries.len() - 1
        }
    };
    #[expect(clippy::indexing_slicing, reason = "the index was found or made just above")]
    &mut entries[index].1
}

/// The value of a map's entry at the first of some keys, and what the others lead to in it.
pub(super) fn in_map<'e>(
    map: Map<'e>,
    keys: &'e [Key],
    view: View<'e>,
) -> Result<Value<'e>, Failure> {
    match keys.split_first() {
        None => Ok(Value::Map(map)),
        Some((first, rest)) => match map.into_value(&first.as_text(view)?) {
            None => Ok(Value::Nil),
            Some(value) => follow(value, rest, view),
        },
    }
}
