//! Fills in `${env:NAME}`, `${file:path}` and the like.
//!
//! A value that is one whole `${...}` takes the type that its text has as YAML, unless a string is
//! wanted, which takes the text as it is. Inside a longer text only the text is spliced in. `$$`
//! stands for one `$`.

use std::sync::Arc;

use super::{
    load::Environment,
    source::{Source, Text},
    yaml::{self, MAX_BYTES, MAX_DEPTH},
};
use crate::settings::{Finding, Node, Position, Value};

const MAX_PASSES: usize = 1000;
const TOO_MANY: &str = "too many recursive expansions";

/// Fills in a whole document and hands back the warnings.
pub fn expand(
    root: &mut Node,
    environment: Environment<'_>,
    errors: &mut Vec<Finding>,
) -> Vec<Finding> {
    let mut expander = Expander { environment, errors, warnings: Vec::new() };
    expander.node(root, "", 0);
    expander.warnings
}

struct Expander<'a> {
    environment: Environment<'a>,
    errors: &'a mut Vec<Finding>,
    warnings: Vec<Finding>,
}

/// What became of a text.
enum Expanded {
    Text(String),
    Whole { parsed: Node, raw: String },
}

impl Expander<'_> {
    fn node(&mut self, node: &mut Node, path: &str, depth: usize) {
        if depth > MAX_DEPTH {
            self.errors.push(Finding::error(&node.position, path, TOO_MANY));
            return;
        }
        match &mut node.value {
            Value::Null => {}
            Value::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.node(item, &join(path, &index.to_string()), depth + 1);
                }
            }
            Value::Map(entries) => {
                for entry in entries {
                    self.node(&mut entry.value, &join(path, &entry.key), depth + 1);
                }
            }
            Value::Scalar { text, .. } => {
                if !text.contains('$') {
                    return;
                }
                match self.text(text.clone(), &node.position, path) {
                    Ok(Expanded::Text(expanded)) if expanded == *text => {
                        *text = unescape(&expanded);
                    }
                    Ok(Expanded::Text(expanded)) => {
                        *node = Node::string(unescape(&expanded), node.position.clone());
                    }
                    Ok(Expanded::Whole { parsed, raw }) => {
                        self.put(node, parsed, &raw, (path, depth));
                    }
                    Err(message) => self.errors.push(Finding::error(&node.position, path, message)),
                }
            }
        }
    }

    fn put(&mut self, node: &mut Node, parsed: Node, raw: &str, (path, depth): (&str, usize)) {
        let position = node.position.clone();
        match self.spliced(raw.to_owned(), &position, path) {
            Ok(text) => {
                *node = parsed;
                place(node, &position);
                // The warnings of the text are the same as those of the value.
                let known = self.warnings.len();
                self.node(node, path, depth + 1);
                self.warnings.truncate(known);
                node.raw = Some(unescape(&text).into());
            }
            Err(message) => self.errors.push(Finding::error(&position, path, message)),
        }
    }

    /// Fills in a text until a whole `${...}` or no `${...}` is left.
    fn text(
        &mut self,
        mut text: String,
        position: &Position,
        path: &str,
    ) -> Result<Expanded, String> {
        for _ in 0..MAX_PASSES {
            let Some((start, end)) = innermost(&text) else {
                return Ok(Expanded::Text(text));
            };
            let value =
                self.read(text.get(start + 2..end - 1).unwrap_or_default(), position, path)?;
            if (start, end) == (0, text.len()) {
                let parsed = match &value {
                    // `${X:-}` is an empty text, not null.
                    Text::Default(raw) if raw.is_empty() => Node::string("", position.clone()),
                    Text::Found(raw) | Text::Default(raw) => parsed(raw, position),
                    Text::Unset => Node::new(Value::Null, position.clone()),
                };
                return Ok(Expanded::Whole { parsed, raw: into_raw(value) });
            }
            splice(&mut text, start..end, value)?;
        }
        Err(TOO_MANY.to_owned())
    }

    /// Fills in a text as nothing but text.
    fn spliced(
        &mut self,
        mut text: String,
        position: &Position,
        path: &str,
    ) -> Result<String, String> {
        for _ in 0..MAX_PASSES {
            let Some((start, end)) = innermost(&text) else {
                return Ok(text);
            };
            let value =
                self.read(text.get(start + 2..end - 1).unwrap_or_default(), position, path)?;
            splice(&mut text, start..end, value)?;
        }
        Err(TOO_MANY.to_owned())
    }

    fn read(&mut self, reference: &str, position: &Position, path: &str) -> Result<Text, String> {
        let source = Source::of_reference(reference)?;
        let text = source.read(&self.environment)?;
        if let (Text::Unset, Source::Env { name, .. }) = (&text, source) {
            let message = format!(
                "Configuration references unset environment variable {name:?}, taken as empty"
            );
            self.warnings.push(Finding::warning(position, path, message));
        }
        Ok(text)
    }
}

/// Where the first innermost `${...}` stands that no `$` before it escapes.
fn innermost(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        let end = from + text.get(from..)?.find('}')? + 1;
        let start = text.get(from..end)?.rfind("${").map(|start| from + start);
        if let Some(start) = start {
            let before = text.get(from..start)?;
            let dollars = before.len() - before.trim_end_matches('$').len();
            if dollars % 2 == 0 {
                return Some((start, end));
            }
        }
        from = end;
    }
}

fn splice(text: &mut String, range: std::ops::Range<usize>, value: Text) -> Result<(), String> {
    text.replace_range(range, &into_raw(value));
    if text.len() > MAX_BYTES {
        return Err(format!("the expanded text has more than the {MAX_BYTES} bytes allowed"));
    }
    Ok(())
}

fn into_raw(text: Text) -> String {
    match text {
        Text::Found(raw) | Text::Default(raw) => raw,
        Text::Unset => String::new(),
    }
}

/// The text as YAML, or as it is if it is none.
fn parsed(raw: &str, position: &Position) -> Node {
    yaml::parse(raw, &Arc::clone(&position.source))
        .unwrap_or_else(|_| Node::string(raw, position.clone()))
}

/// Moves a value to where its `${...}` stands.
fn place(node: &mut Node, position: &Position) {
    node.position = position.clone();
    match &mut node.value {
        Value::Null | Value::Scalar { .. } => {}
        Value::List(items) => items.iter_mut().for_each(|item| place(item, position)),
        Value::Map(entries) => {
            for entry in entries {
                entry.position = position.clone();
                place(&mut entry.value, position);
            }
        }
    }
}

fn unescape(text: &str) -> String {
    text.replace("$$", "$")
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}::{key}") }
}

#[cfg(test)]
mod tests;
