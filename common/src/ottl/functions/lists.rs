//! Editors of lists.

use super::{Arguments, Editor, Function, Make};
use crate::{
    otlp::any_value::OwnedValue,
    ottl::{
        error::Error,
        failure::Failure,
        value::{List, Value},
    },
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "append",
        parameters: &["target", "value?", "values?"],
        about: "adds values to a list; what is no list becomes one",
        contexts: &[],
        make: Make::Editor(append),
    },
    Function {
        name: "delete_index",
        parameters: &["target", "start_index", "end_index?"],
        about: "removes an element of a list, or those up to another that stays",
        contexts: &[],
        make: Make::Editor(delete_index),
    },
];

fn append(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let target = arguments.get("target")?.path()?;
    let mut added = Vec::new();
    added.extend(arguments.find("value").map(|value| value.expr()).transpose()?);
    if let Some(values) = arguments.find("values") {
        for value in values.elements()? {
            added.push(value.expr()?);
        }
    } else if added.is_empty() {
        return Err(arguments.error("append needs value or values"));
    }
    Ok(Editor::new(move |cursor| {
        let view = cursor.view();
        let mut elements = match target.get(view)? {
            Value::Nil => Vec::new(),
            Value::List(list) => list.into_elements(),
            map @ Value::Map(_) => return Err(map.mismatch("what an element can be").into()),
            other => vec![other.into_stored()?],
        };
        for value in &added {
            elements.push(value.eval(view)?.into_stored()?);
        }
        target.set(cursor, Value::List(List::new(elements)))
    }))
}

fn delete_index(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let target = arguments.get("target")?.path()?;
    let start = arguments.get("start_index")?.int()?;
    let end = arguments.find("end_index").map(|end| end.int()).transpose()?;
    Ok(Editor::new(move |cursor| {
        let view = cursor.view();
        let mut elements: Vec<OwnedValue> = match target.get(view)? {
            Value::List(list) => list.into_elements(),
            other => return Err(other.mismatch("a list").into()),
        };
        let len = elements.len();
        let first = start.int(view)?;
        let last = match &end {
            Some(end) => end.int(view)?,
            None => first.saturating_add(1),
        };
        let range = usize::try_from(first).ok().zip(usize::try_from(last).ok());
        // All of an empty list is removed without a question.
        let is_inside = |(first, last): &(usize, usize)| {
            (*first < len || (*first, *last) == (0, len)) && first <= last && *last <= len
        };
        let Some((first, last)) = range.filter(is_inside) else {
            let message = format!("a list of {len} elements has none from {first} to {last}");
            return Err(Failure::new(message));
        };
        elements.drain(first..last);
        target.set(cursor, Value::List(List::new(elements)))
    }))
}
