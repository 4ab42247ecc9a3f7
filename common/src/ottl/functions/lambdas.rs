//! Functions that call a lambda: `All`, `MapEach`, `When` and their like.
//!
//! The Collector's OTTL has them behind an alpha gate; here they are there.

use indexmap::IndexMap;

use super::{Arguments, Converter, Function, converter};
use crate::{
    otlp::any_value::OwnedValue,
    ottl::{
        compile::Lambda,
        cursor::View,
        error::Error,
        expr::Expr,
        failure::Failure,
        value::{List, Map, Value},
    },
};

pub(super) const FUNCTIONS: &[Function] = &[
    converter(
        "All",
        &["source", "predicate"],
        "whether a lambda holds for all elements (alpha upstream)",
        |given| quantified(given, true),
    ),
    converter(
        "Any",
        &["source", "predicate"],
        "whether a lambda holds for an element (alpha upstream)",
        |given| quantified(given, false),
    ),
    converter(
        "Filter",
        &["source", "predicate"],
        "the elements a lambda holds for (alpha upstream)",
        filter,
    ),
    converter(
        "Find",
        &["source", "predicate", "mapper?"],
        "the first element a lambda holds for, or what another makes of it; nil if there is none (alpha upstream)",
        find,
    ),
    converter(
        "MapEach",
        &["source", "mapper"],
        "what a lambda makes of each element (alpha upstream)",
        map_each,
    ),
    converter(
        "MapKeys",
        &["source", "key_mapper"],
        "a map with the keys a lambda gives (alpha upstream)",
        map_keys,
    ),
    converter(
        "Reduce",
        &["source", "seed", "accumulator"],
        "what a lambda makes of the elements one after the other (alpha upstream)",
        reduce,
    ),
    converter(
        "When",
        &["condition", "true_value", "false_value"],
        "one of two values as a lambda without arguments says (alpha upstream)",
        when,
    ),
];

/// What is gone through.
enum Source<'e> {
    List(List<'e>),
    Map(Map<'e>),
}

impl Source<'_> {
    fn of<'e>(expr: &'e Expr, view: View<'e>) -> Result<Source<'e>, Failure> {
        match expr.eval(view)? {
            Value::List(list) => Ok(Source::List(list)),
            Value::Map(map) => Ok(Source::Map(map)),
            other => Err(other.mismatch("a list or a map").into()),
        }
    }

    /// Its elements, each with its place or its key.
    fn iter(&self) -> Box<dyn Iterator<Item = (Value<'_>, Value<'_>)> + '_> {
        match self {
            Self::List(list) => Box::new((0..).map(Value::Int).zip(list.iter())),
            Self::Map(map) => Box::new(map.iter().map(|(key, value)| (Value::text(key), value))),
        }
    }
}

fn holds(lambda: &Lambda, view: View<'_>, arguments: &[Value<'_>]) -> Result<bool, Failure> {
    match lambda.call(view, arguments)? {
        Value::Bool(bit) => Ok(bit),
        other => Err(other.mismatch("true or false from a lambda").into()),
    }
}

/// What a lambda makes of an element, which must not be nil.
fn made(
    lambda: &Lambda,
    view: View<'_>,
    arguments: &[Value<'_>],
) -> Result<Value<'static>, Failure> {
    match lambda.call(view, arguments)? {
        Value::Nil => Err(Failure::new("a lambda must not give nil here")),
        value => Ok(value),
    }
}

fn quantified(arguments: &Arguments<'_>, is_all: bool) -> Result<Converter, Error> {
    let source = arguments.get("source")?.expr()?;
    let predicate = arguments.get("predicate")?.lambda(2)?;
    Ok(Converter::new(move |view| {
        for (key, value) in Source::of(&source, view)?.iter() {
            if holds(&predicate, view, &[key, value])? != is_all {
                return Ok(Value::Bool(!is_all));
            }
        }
        Ok(Value::Bool(is_all))
    }))
}

fn filter(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let source = arguments.get("source")?.expr()?;
    let predicate = arguments.get("predicate")?.lambda(2)?;
    Ok(Converter::new(move |view| match Source::of(&source, view)? {
        Source::List(list) => {
            let mut kept = Vec::new();
            for (index, value) in (0..).zip(list.iter()) {
                if holds(&predicate, view, &[Value::Int(index), value.as_borrowed()])? {
                    kept.push(value.into_stored()?);
                }
            }
            Ok(Value::List(List::new(kept)))
        }
        Source::Map(map) => {
            let mut kept = Vec::new();
            for (key, value) in map.iter() {
                if holds(&predicate, view, &[Value::text(key), value.as_borrowed()])? {
                    kept.push((key.to_owned(), value.into_stored()?));
                }
            }
            Ok(Value::Map(Map::new(kept)))
        }
    }))
}

fn find(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let source = arguments.get("source")?.expr()?;
    let predicate = arguments.get("predicate")?.lambda(2)?;
    let mapper = arguments.find("mapper").map(|mapper| mapper.lambda(2)).transpose()?;
    Ok(Converter::new(move |view| {
        for (key, value) in Source::of(&source, view)?.iter() {
            let found = [key, value];
            if holds(&predicate, view, &found)? {
                let [_, value] = &found;
                return match &mapper {
                    Some(mapper) => made(mapper, view, &found),
                    None => Ok(value.clone().into_owned()),
                };
            }
        }
        Ok(Value::Nil)
    }))
}

fn map_each(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let source = arguments.get("source")?.expr()?;
    let mapper = arguments.get("mapper")?.lambda(2)?;
    Ok(Converter::new(move |view| match Source::of(&source, view)? {
        Source::List(list) => {
            let elements = (0..)
                .zip(list.iter())
                .map(|(index, value)| stored(&mapper, view, &[Value::Int(index), value]));
            Ok(Value::List(List::new(elements.collect::<Result<_, _>>()?)))
        }
        Source::Map(map) => {
            let entries = map.iter().map(|(key, value)| {
                Ok((key.to_owned(), stored(&mapper, view, &[Value::text(key), value])?))
            });
            Ok(Value::Map(Map::new(entries.collect::<Result<_, Failure>>()?)))
        }
    }))
}

fn stored(lambda: &Lambda, view: View<'_>, arguments: &[Value<'_>]) -> Result<OwnedValue, Failure> {
    Ok(made(lambda, view, arguments)?.into_stored()?)
}

fn map_keys(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let source = arguments.get("source")?.map()?;
    let key_mapper = arguments.get("key_mapper")?.lambda(2)?;
    Ok(Converter::new(move |view| {
        let mut entries = IndexMap::new();
        for (key, value) in source.map(view)?.iter() {
            let key = match key_mapper.call(view, &[Value::text(key), value.as_borrowed()])? {
                Value::Text(key) => key.into_owned(),
                other => return Err(other.mismatch("a string from a lambda as key").into()),
            };
            entries.insert(key, value.into_stored()?);
        }
        Ok(Value::Map(Map::new(entries.into_iter().collect())))
    }))
}

fn reduce(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let source = arguments.get("source")?.expr()?;
    let seed = arguments.get("seed")?.expr()?;
    let accumulator = arguments.get("accumulator")?.lambda(3)?;
    Ok(Converter::new(move |view| {
        let mut reduced = seed.eval(view)?.into_owned();
        for (key, value) in Source::of(&source, view)?.iter() {
            reduced = made(&accumulator, view, &[reduced, key, value])?;
        }
        Ok(reduced)
    }))
}

fn when(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let condition = arguments.get("condition")?.lambda(0)?;
    let true_value = arguments.get("true_value")?.expr()?;
    let false_value = arguments.get("false_value")?.expr()?;
    Ok(Converter::new(move |view| {
        let chosen = if holds(&condition, view, &[])? { &true_value } else { &false_value };
        Ok(chosen.eval(view)?.into_owned())
    }))
}
