//! `ParseSeverity`.

use super::{Arguments, Converter, Function, Make};
use crate::{
    otlp::any_value::OwnedValue,
    ottl::{
        error::Error,
        failure::Failure,
        value::{Map, Value},
    },
};

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "ParseSeverity",
    parameters: &["target", "mapping"],
    about: "the level that a text or number stands for, by a map such as \
            {\"error\": [{\"equals\": [\"err\"]}, {\"range\": \"5xx\"}]}",
    contexts: &[],
    make: Make::Converter(parse_severity),
}];

/// What one level stands for.
struct Level {
    name: String,
    texts: Vec<String>,
    ranges: Vec<(i64, i64)>,
}

fn parse_severity(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.expr()?;
    let given = arguments.get("mapping")?;
    let mapping = given.map()?;
    let Some(Value::Map(mapping)) = mapping.constant() else {
        return Err(given.error("mapping must be a map that is written out"));
    };
    let levels = levels(mapping).map_err(|message| given.error(message))?;
    Ok(Converter::pure(move |view| {
        let value = target.eval(view)?;
        let level = match &value {
            Value::Text(text) => {
                levels.iter().find(|level| level.texts.iter().any(|known| known == text))
            }
            Value::Int(int) => levels
                .iter()
                .find(|level| level.ranges.iter().any(|(min, max)| (min..=max).contains(&int))),
            other => return Err(other.mismatch("a string or an integer").into()),
        };
        match level {
            Some(level) => Ok(Value::from(level.name.clone())),
            None => Err(Failure::new("no level of the mapping has this value")),
        }
    }))
}

fn levels(mapping: &Map<'_>) -> Result<Vec<Level>, String> {
    let mut levels = Vec::new();
    for (name, criteria) in mapping.iter() {
        let Value::List(criteria) = criteria else {
            return Err(format!("the criteria of {name:?} must be a list"));
        };
        let mut level = Level { name: name.to_owned(), texts: Vec::new(), ranges: Vec::new() };
        for criterion in criteria.iter() {
            let Value::Map(criterion) = criterion else {
                return Err(format!("a criterion of {name:?} must be a map with equals or range"));
            };
            if let Some(equals) = criterion.get("equals") {
                level.texts.extend(texts(equals)?);
            }
            if let Some(range) = criterion.get("range") {
                level.ranges.push(self::range(&range)?);
            }
        }
        levels.push(level);
    }
    Ok(levels)
}

fn texts(equals: Value<'_>) -> Result<Vec<String>, String> {
    let wrong = || "equals must be a list of strings".to_owned();
    let Value::List(list) = equals else { return Err(wrong()) };
    let texts = list.into_elements().into_iter().map(|element| match element {
        OwnedValue::Str(text) => Ok(text),
        _ => Err(wrong()),
    });
    texts.collect()
}

fn range(range: &Value<'_>) -> Result<(i64, i64), String> {
    match range {
        Value::Text(text) => match &**text {
            "2xx" => Ok((200, 299)),
            "3xx" => Ok((300, 399)),
            "4xx" => Ok((400, 499)),
            "5xx" => Ok((500, 599)),
            _ => Err(format!("range {text:?} must be 2xx, 3xx, 4xx, 5xx or a map")),
        },
        Value::Map(map) => match (map.get("min"), map.get("max")) {
            (Some(Value::Int(min)), Some(Value::Int(max))) => Ok((min, max)),
            _ => Err("a range needs min and max, both integers".to_owned()),
        },
        _ => Err("range must be a map with min and max, or such as 5xx".to_owned()),
    }
}
