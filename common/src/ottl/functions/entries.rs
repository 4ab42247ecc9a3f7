//! Editors that leave entries out of a map: `delete_key` and its like.

use super::{Arguments, Editor, Function, Make};
use crate::ottl::{error::Error, value::Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "delete_key",
        parameters: &["target", "key"],
        about: "removes a key from a map",
        contexts: &[],
        make: Make::Editor(delete_key),
    },
    Function {
        name: "delete_matching_keys",
        parameters: &["target", "pattern"],
        about: "removes the keys of a map in which a pattern is found",
        contexts: &[],
        make: Make::Editor(|arguments| matching_keys(arguments, false)),
    },
    Function {
        name: "keep_matching_keys",
        parameters: &["target", "pattern"],
        about: "removes the keys of a map in which a pattern is not found",
        contexts: &[],
        make: Make::Editor(|arguments| matching_keys(arguments, true)),
    },
    Function {
        name: "keep_keys",
        parameters: &["target", "keys"],
        about: "removes all other keys from a map",
        contexts: &[],
        make: Make::Editor(keep_keys),
    },
];

fn delete_key(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let target = arguments.get("target")?.path()?;
    let key = arguments.get("key")?.text()?;
    Ok(Editor::new(move |cursor| match key.constant() {
        Some(Value::Text(key)) => target.delete_entry(cursor, key),
        _ => {
            let key = key.text(cursor.view())?.into_owned();
            target.delete_entry(cursor, &key)
        }
    }))
}

fn matching_keys(arguments: &Arguments<'_>, keeps: bool) -> Result<Editor, Error> {
    let target = arguments.get("target")?.path()?;
    let pattern = arguments.get("pattern")?.pattern()?;
    Ok(Editor::new(move |cursor| {
        let pattern = pattern.get(cursor.view())?;
        target.retain_keys(cursor, |key| pattern.is_match(key) == keeps)
    }))
}

fn keep_keys(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let target = arguments.get("target")?.path()?;
    let keys = arguments.get("keys")?.elements()?;
    let keys = keys.into_iter().map(|key| key.text()).collect::<Result<Vec<_>, _>>()?;
    Ok(Editor::new(move |cursor| {
        let view = cursor.view();
        let keys = keys.iter().map(|key| Ok(key.text(view)?.into_owned()));
        let keys = keys.collect::<Result<Vec<_>, crate::ottl::Failure>>()?;
        target.retain_keys(cursor, |found| keys.iter().any(|key| key == found))
    }))
}
