//! Lists and maps: `Len`, `Keys`, `SliceToMap` and their like.

use indexmap::IndexMap;

use super::{Arg, Arguments, Converter, Function, converter};
use crate::ottl::{
    error::Error,
    failure::Failure,
    value::{List, Map, Value},
};

pub(super) const FUNCTIONS: &[Function] = &[
    converter("Len", &["target"], "the bytes of a text, or the elements of a list or map", len),
    converter(
        "Index",
        &["target", "value"],
        "where a text or an element stands first in a text or list; -1 if nowhere",
        index,
    ),
    converter("ContainsValue", &["target", "item"], "whether an element is in a list", contains),
    converter("Coalesce", &["values"], "the first value that is not nil", coalesce),
    converter("Keys", &["target"], "the keys of a map as a list", keys),
    converter("Values", &["target"], "the values of a map as a list", values),
    converter(
        "SliceToMap",
        &["target", "key_path?", "value_path?"],
        "a map of a list, its keys and values taken from each element where paths say so",
        slice_to_map,
    ),
    converter(
        "ToKeyValueString",
        &["target", "delimiter?", "pair_delimiter?", "sort_output?"],
        "a map as text: `key=value other=value`",
        to_key_value_string,
    ),
];

fn len(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.expr()?;
    Ok(Converter::pure(move |view| {
        let len = match target.eval(view)? {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Map(map) => map.len(),
            Value::List(list) => list.len(),
            Value::Messages(messages) => messages.contents.len(),
            other => return Err(other.mismatch("a string, a list or a map").into()),
        };
        Ok(place(len))
    }))
}

fn place(index: usize) -> Value<'static> {
    Value::Int(i64::try_from(index).unwrap_or(i64::MAX))
}

fn index(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.expr()?;
    let value = arguments.get("value")?.expr()?;
    Ok(Converter::pure(move |view| {
        let found = match (target.eval(view)?, value.eval(view)?) {
            (Value::Text(text), Value::Text(part)) => text.find(&*part),
            (Value::Text(_), other) => {
                return Err(other.mismatch("a string to look for in a string").into());
            }
            (Value::List(list), value) => list.iter().position(|element| element == value),
            (other, _) => return Err(other.mismatch("a string or a list").into()),
        };
        Ok(found.map_or(Value::Int(-1), place))
    }))
}

fn contains(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.list()?;
    let item = arguments.get("item")?.expr()?;
    Ok(Converter::pure(move |view| {
        let (list, item) = (target.list(view)?, item.eval(view)?);
        Ok(Value::Bool(list.iter().any(|element| element == item)))
    }))
}

fn coalesce(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let values = arguments.get("values")?;
    let exprs = values.elements()?.into_iter().map(Arg::expr).collect::<Result<Vec<_>, _>>()?;
    if exprs.is_empty() {
        return Err(values.error("values must have at least one element"));
    }
    Ok(Converter::pure(move |view| {
        for expr in &exprs {
            match expr.eval(view)? {
                Value::Nil => {}
                value => return Ok(value.into_owned()),
            }
        }
        Ok(Value::Nil)
    }))
}

fn keys(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.map()?;
    Ok(Converter::pure(move |view| {
        Ok(Value::List(List::of_texts(target.map(view)?.iter().map(|(key, _)| key))))
    }))
}

fn values(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.map()?;
    Ok(Converter::pure(move |view| {
        let entries = target.map(view)?.into_entries();
        Ok(Value::List(List::new(entries.into_iter().map(|(_, value)| value).collect())))
    }))
}

fn slice_to_map(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.list()?;
    let key_path = path(arguments, "key_path")?;
    let value_path = path(arguments, "value_path")?;
    Ok(Converter::pure(move |view| {
        let mut entries = IndexMap::new();
        for (index, element) in target.list(view)?.iter().enumerate() {
            let key = match &key_path {
                None => index.to_string(),
                Some(path) => match taken(element.clone(), path, index)? {
                    Value::Text(text) => text.into_owned(),
                    other => return Err(other.mismatch("a string as key of an element").into()),
                },
            };
            let value = match &value_path {
                None => element,
                Some(path) => taken(element, path, index)?,
            };
            entries.insert(key, value.into_stored()?);
        }
        Ok(Value::Map(Map::new(entries.into_iter().collect())))
    }))
}

fn path(arguments: &Arguments<'_>, name: &'static str) -> Result<Option<Vec<String>>, Error> {
    let Some(given) = arguments.find(name) else { return Ok(None) };
    let keys = given.elements()?.into_iter().map(Arg::literal_text);
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    if keys.is_empty() {
        return Err(given.error(format!("{name} must have at least one key")));
    }
    Ok(Some(keys))
}

fn taken<'v>(element: Value<'v>, path: &[String], index: usize) -> Result<Value<'v>, Failure> {
    let mut value = element;
    for key in path {
        let found = match value {
            Value::Map(map) => map.into_value(key),
            _ => None,
        };
        value = found.ok_or_else(|| {
            Failure::new(format!("element {index} of the list has no {}", path.join(".")))
        })?;
    }
    Ok(value)
}

fn to_key_value_string(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.map()?;
    let delimiter = separator(arguments, "delimiter", "=")?;
    let between = separator(arguments, "pair_delimiter", " ")?;
    if delimiter == between {
        return Err(arguments.error("delimiter and pair_delimiter must not be the same"));
    }
    let is_sorted = match arguments.find("sort_output") {
        Some(is_sorted) => is_sorted.literal_bool()?,
        None => false,
    };
    Ok(Converter::pure(move |view| {
        let map = target.map(view)?;
        let mut entries: Vec<_> = map.iter().collect();
        if is_sorted {
            entries.sort_by_key(|(key, _)| *key);
        }
        let mut out = String::new();
        for (index, (key, value)) in entries.into_iter().enumerate() {
            if index > 0 {
                out.push_str(&between);
            }
            put(key, &delimiter, &between, &mut out);
            out.push_str(&delimiter);
            put(&value.stored_text()?, &delimiter, &between, &mut out);
        }
        Ok(Value::from(out))
    }))
}

fn separator(arguments: &Arguments<'_>, name: &'static str, usual: &str) -> Result<String, Error> {
    let Some(given) = arguments.find(name) else { return Ok(usual.to_owned()) };
    match given.literal_text()? {
        text if text.is_empty() => Err(given.error(format!("{name} must not be empty"))),
        text => Ok(text),
    }
}

/// Writes a key or value, in quotes if one could not tell where it ends.
fn put(text: &str, delimiter: &str, between: &str, out: &mut String) {
    let text = text.replace('"', "\\\"");
    if text.contains(between) || text.contains(delimiter) {
        out.extend(["\"", &text, "\""]);
    } else {
        out.push_str(&text);
    }
}
