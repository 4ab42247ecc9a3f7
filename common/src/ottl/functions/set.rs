//! `set`.

use super::{Arguments, Editor, Function, Make};
use crate::ottl::{error::Error, value::Value};

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "set",
    parameters: &["target", "value"],
    about: "sets a field to a value; nil changes nothing",
    contexts: &[],
    make: Make::Editor(set),
}];

fn set(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let target = arguments.get("target")?.path()?;
    let value = arguments.get("value")?.expr()?;
    // What most statements do: an attribute is set to a value that is known since the start.
    if let (Some((level, key)), Some(constant)) = (target.attribute(), value.constant())
        && let Ok(stored) = constant.clone().into_stored()
        && !constant.is_nil()
    {
        let key = key.to_owned();
        return Ok(Editor::new(move |cursor| {
            cursor.edit(level, |draft| draft.set_attribute(&key, &stored));
            Ok(())
        }));
    }
    Ok(Editor::new(move |cursor| match value.constant() {
        Some(Value::Nil) => Ok(()),
        Some(constant) => target.set(cursor, constant.as_borrowed()),
        None => match value.eval(cursor.view())?.into_owned() {
            Value::Nil => Ok(()),
            value => target.set(cursor, value),
        },
    }))
}
