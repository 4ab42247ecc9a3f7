//! Editors that replace parts of texts, or whole texts.

use globset::{GlobBuilder, GlobMatcher};
use indexmap::IndexMap;

use super::{Arguments, Compiled, Converter, Editor, Function, Make, kept::MAX_KEPT};
use crate::{
    otlp::edit::AttributeEdit,
    ottl::{
        cursor::View,
        error::Error,
        expr::Expr,
        failure::Failure,
        value::{Map, Value},
    },
    settings::Pattern,
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "replace_pattern",
        parameters: &["target", "regex_pattern", "replacement", "function?", "replacement_format?"],
        about: "replaces each match of a pattern in a text; the replacement may name its groups",
        contexts: &[],
        make: Make::Editor(replace_pattern),
    },
    Function {
        name: "replace_all_patterns",
        parameters: &[
            "target",
            "mode",
            "regex_pattern",
            "replacement",
            "function?",
            "replacement_format?",
        ],
        about: "the same in all keys or all texts of a map",
        contexts: &[],
        make: Make::Editor(replace_all_patterns),
    },
    Function {
        name: "replace_match",
        parameters: &["target", "pattern", "replacement", "function?", "replacement_format?"],
        about: "replaces a text that a glob matches as a whole",
        contexts: &[],
        make: Make::Editor(replace_match),
    },
    Function {
        name: "replace_all_matches",
        parameters: &["target", "pattern", "replacement", "function?", "replacement_format?"],
        about: "the same for all texts of a map",
        contexts: &[],
        make: Make::Editor(replace_all_matches),
    },
];

/// What is put in the place of what was found.
struct Replacement {
    text: Expr,
    function: Option<Converter>,
    format: Option<Expr>,
}

impl Replacement {
    fn new(arguments: &Arguments<'_>) -> Result<Self, Error> {
        let function = arguments.find("function");
        let format = arguments.find("replacement_format");
        Ok(Self {
            text: arguments.get("replacement")?.text()?,
            function: function.map(|function| function.function(0)).transpose()?,
            format: format.map(|format| format.text()).transpose()?,
        })
    }

    /// A text with what the function and the format make of it.
    fn finish(&self, text: String, view: View<'_>) -> Result<String, Failure> {
        let Some(function) = &self.function else { return Ok(text) };
        let locals = [Value::from(text)];
        let text = match function.call(view.with_locals(&locals))? {
            Value::Text(text) => text.into_owned(),
            other => return Err(other.mismatch("a string from the function").into()),
        };
        match &self.format {
            None => Ok(text),
            Some(format) => formatted(&format.text(view)?, &text),
        }
    }

    /// A text with all matches replaced; nothing if there is none.
    fn in_text(
        &self,
        text: &str,
        pattern: &Pattern,
        template: &str,
        view: View<'_>,
    ) -> Result<Option<String>, Failure> {
        pattern.replace_all(text, template, |replacement, out| {
            match self.function {
                None => out.push_str(replacement),
                Some(_) => out.push_str(&self.finish(replacement.to_owned(), view)?),
            }
            Ok(())
        })
    }
}

/// A format with one `%s`, in whose place the text is put.
fn formatted(format: &str, text: &str) -> Result<String, Failure> {
    let mut parts = format.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    let mut count = 0;
    let mut is_sound = true;
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        match part.strip_prefix('s') {
            Some(rest) => {
                count += 1;
                out.push_str(if count == 1 { text } else { "%!s(MISSING)" });
                out.push_str(rest);
            }
            // As Go says it of a lone sign at the end.
            None if part.is_empty() && parts.peek().is_none() => out.push_str("%!(NOVERB)"),
            None => is_sound = false,
        }
    }
    if count > 0 && is_sound {
        return Ok(out);
    }
    Err(Failure::new(format!("the format {format:?} must have one %s and no other directive")))
}

fn replace_pattern(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let target = arguments.get("target")?.path()?;
    let pattern = arguments.get("regex_pattern")?.pattern()?;
    let replacement = Replacement::new(arguments)?;
    Ok(Editor::new(move |cursor| {
        let view = cursor.view();
        let value = target.get(view)?;
        if value.is_nil() {
            return Ok(());
        }
        let template = replacement.text.text(view)?;
        let Value::Text(text) = value else { return Ok(()) };
        let pattern = pattern.get(view)?;
        match replacement.in_text(&text, &pattern, &template, view)? {
            Some(after) => target.set(cursor, Value::from(after)),
            None => Ok(()),
        }
    }))
}

fn replace_all_patterns(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let target = arguments.get("target")?.path()?;
    let mode = arguments.get("mode")?;
    let is_for_keys = match mode.literal_text()?.as_str() {
        "key" => true,
        "value" => false,
        other => return Err(mode.error(format!("{other:?} must be \"key\" or \"value\""))),
    };
    let pattern = arguments.get("regex_pattern")?.pattern()?;
    let replacement = Replacement::new(arguments)?;
    Ok(Editor::new(move |cursor| {
        let view = cursor.view();
        let template = replacement.text.text(view)?;
        let pattern = pattern.get(view)?;
        let map = target.get(view)?.into_map()?;
        let mut after = IndexMap::with_capacity(map.len());
        let mut is_edited = false;
        for (key, value) in map.iter() {
            if is_for_keys {
                // An entry whose new key cannot be had is lost, as upstream has it.
                let Ok(changed) = replacement.in_text(key, &pattern, &template, view) else {
                    is_edited = true;
                    continue;
                };
                is_edited |= changed.is_some();
                let key = changed.unwrap_or_else(|| key.to_owned());
                after.insert(key, value.into_stored()?);
                continue;
            }
            let changed = match &value {
                Value::Text(text) => replacement.in_text(text, &pattern, &template, view),
                _ => Ok(None),
            };
            let value = match changed {
                Ok(Some(changed)) => {
                    is_edited = true;
                    changed.into()
                }
                _ => value.into_stored()?,
            };
            after.entry(key.to_owned()).or_insert(value);
        }
        if !is_edited {
            return Ok(());
        }
        target.set(cursor, Value::Map(Map::new(after.into_iter().collect())))
    }))
}

/// A glob.
fn glob(arguments: &Arguments<'_>) -> Result<Compiled<GlobMatcher>, Error> {
    arguments.get("pattern")?.compiled(MAX_KEPT, |text| {
        match GlobBuilder::new(text).empty_alternates(true).build() {
            Ok(glob) => Ok(glob.compile_matcher()),
            Err(error) => Err(format!("{text:?} is not a glob: {}", error.kind())),
        }
    })
}

fn replace_match(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let target = arguments.get("target")?.path()?;
    let glob = glob(arguments)?;
    let replacement = Replacement::new(arguments)?;
    Ok(Editor::new(move |cursor| {
        let view = cursor.view();
        let glob = glob.get(view)?;
        let value = target.get(view)?;
        let after = replacement.finish(replacement.text.text(view)?.into_owned(), view)?;
        match value {
            Value::Text(text) if glob.is_match(&*text) => target.set(cursor, Value::from(after)),
            _ => Ok(()),
        }
    }))
}

fn replace_all_matches(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let target = arguments.get("target")?.path()?;
    let glob = glob(arguments)?;
    let replacement = Replacement::new(arguments)?;
    Ok(Editor::new(move |cursor| {
        let view = cursor.view();
        let glob = glob.get(view)?;
        let after = replacement.finish(replacement.text.text(view)?.into_owned(), view)?;
        target.edit_entries(cursor, |_, value| match value {
            Value::Text(text) if glob.is_match(&*text) => {
                AttributeEdit::Value(after.clone().into())
            }
            _ => AttributeEdit::Keep,
        })
    }))
}

#[cfg(test)]
mod tests;
