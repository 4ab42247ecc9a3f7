//! Editors of whole maps.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::{Arguments, Editor, Function, Make};
use crate::{
    otlp::{any_value::OwnedValue, edit::AttributeEdit},
    ottl::{
        error::Error,
        value::{Map, Value},
    },
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "merge_maps",
        parameters: &["target", "source", "strategy"],
        about: "puts the entries of a map into another: \"insert\", \"update\" or \"upsert\"",
        contexts: &[],
        make: Make::Editor(merge_maps),
    },
    Function {
        name: "flatten",
        parameters: &["target", "prefix?", "depth?", "resolve_conflicts?"],
        about: "moves what is in maps and lists inside to the outside, its keys joined with points",
        contexts: &[],
        make: Make::Editor(flatten),
    },
    Function {
        name: "limit",
        parameters: &["target", "limit", "priority_keys"],
        about: "removes entries until a number of them is left; those with priority stay",
        contexts: &[],
        make: Make::Editor(limit),
    },
    Function {
        name: "truncate_all",
        parameters: &["target", "limit", "utf8_safe?", "truncation_marker?"],
        about: "cuts the texts of a map to a number of bytes",
        contexts: &[],
        make: Make::Editor(truncate_all),
    },
    Function {
        name: "stringify_all",
        parameters: &["target"],
        about: "makes texts of all values of a map",
        contexts: &[],
        make: Make::Editor(stringify_all),
    },
];

type Entries = Vec<(String, OwnedValue)>;

fn merge_maps(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let target = arguments.get("target")?.path()?;
    let source = arguments.get("source")?.map()?;
    let strategy = arguments.get("strategy")?;
    let (inserts, updates) = match strategy.literal_text()?.as_str() {
        "insert" => (true, false),
        "update" => (false, true),
        "upsert" => (true, true),
        other => {
            let message = format!("{other:?} must be \"insert\", \"update\" or \"upsert\"");
            return Err(strategy.error(message));
        }
    };
    Ok(Editor::new(move |cursor| {
        let view = cursor.view();
        let before = target.get(view)?.into_map()?;
        let mut entries = before.into_entries();
        let places = (0..entries.len()).rev();
        let known = entries.iter().map(|(key, _)| key.clone()).rev().zip(places);
        let known: HashMap<String, usize> = known.collect();
        for (key, value) in source.map(view)?.into_entries() {
            match known.get(&key).and_then(|place| entries.get_mut(*place)) {
                Some(entry) if updates => entry.1 = value,
                None if inserts => entries.push((key, value)),
                _ => {}
            }
        }
        target.set(cursor, Value::Map(Map::new(entries)))
    }))
}

/// What `flatten` collects.
struct Flat {
    entries: IndexMap<String, OwnedValue>,
    /// How often the name of a key was found taken, if it was.
    conflicts: HashMap<String, usize>,
    resolves_conflicts: bool,
    max_depth: i64,
}

fn flatten(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let target = arguments.get("target")?.path()?;
    let prefix = arguments.find("prefix").map(|prefix| prefix.literal_text()).transpose()?;
    let prefix = prefix.unwrap_or_default();
    let max_depth = match arguments.find("depth") {
        None => i64::MAX,
        Some(depth) => match depth.literal_int()? {
            number @ 1.. => number,
            other => return Err(depth.error(format!("{other} must be at least 1"))),
        },
    };
    let resolves = arguments.find("resolve_conflicts").map(|one| one.literal_bool()).transpose()?;
    let resolves_conflicts = resolves.unwrap_or(false);
    Ok(Editor::new(move |cursor| {
        let view = cursor.view();
        let before = target.get(view)?.into_map()?;
        let before = before.into_entries();
        let is_flat =
            |(_, value): &(_, _)| !matches!(value, OwnedValue::KvList(_) | OwnedValue::Array(_));
        if prefix.is_empty() && before.iter().all(is_flat) {
            return Ok(());
        }
        let (entries, conflicts) = (IndexMap::new(), HashMap::new());
        let mut flat = Flat { entries, conflicts, resolves_conflicts, max_depth };
        flat.map(before, &prefix, 0);
        target.set(cursor, Value::Map(Map::new(flat.entries.into_iter().collect())))
    }))
}

impl Flat {
    fn map(&mut self, entries: Entries, prefix: &str, depth: i64) {
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}.") };
        for (key, value) in entries {
            self.value(&key, value, depth, &prefix);
        }
    }

    fn value(&mut self, key: &str, value: OwnedValue, depth: i64, prefix: &str) {
        let key = format!("{prefix}{key}");
        match value {
            OwnedValue::KvList(entries) if depth < self.max_depth => {
                self.map(entries, &key, depth + 1);
            }
            OwnedValue::Array(elements) if depth < self.max_depth => {
                for (index, element) in elements.into_iter().enumerate() {
                    self.element(&key, index, element, depth);
                }
            }
            value => self.put(key, value),
        }
    }

    fn element(&mut self, key: &str, index: usize, element: OwnedValue, depth: i64) {
        let inner = format!("{key}.{index}");
        match element {
            OwnedValue::KvList(entries) if depth + 1 < self.max_depth => {
                self.map(entries, &inner, depth + 2);
            }
            // As upstream has it, there is no point between the two numbers.
            OwnedValue::Array(elements) if depth + 1 < self.max_depth => {
                for (index, element) in elements.into_iter().enumerate() {
                    self.value(&index.to_string(), element, depth + 3, &inner);
                }
            }
            element if self.resolves_conflicts => self.put(key.to_owned(), element),
            element => self.put(inner, element),
        }
    }

    fn put(&mut self, key: String, value: OwnedValue) {
        if !self.resolves_conflicts || !self.entries.contains_key(&key) {
            self.entries.insert(key, value);
            return;
        }
        let count = self.conflicts.entry(key.clone()).or_default();
        let numbered = format!("{key}.{count}");
        *count += 1;
        self.entries.insert(numbered, value);
    }
}

fn limit(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let target = arguments.get("target")?.path()?;
    let number = arguments.get("limit")?;
    let Ok(limit) = usize::try_from(number.literal_int()?) else {
        return Err(number.error("a limit cannot be negative"));
    };
    let priority = arguments.get("priority_keys")?;
    let keys = priority.elements()?.into_iter().map(|key| key.literal_text());
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    if keys.len() > limit {
        let message = format!("{} keys with priority are more than the limit {limit}", keys.len());
        return Err(priority.error(message));
    }
    Ok(Editor::new(move |cursor| {
        let map = target.get(cursor.view())?.into_map()?;
        if map.len() <= limit {
            return Ok(());
        }
        let mut count = keys.iter().filter(|key| map.get(key).is_some()).count();
        drop(map);
        target.edit_entries(cursor, |key, _| {
            if keys.iter().any(|known| known == key) {
                return AttributeEdit::Keep;
            }
            count += 1;
            if count <= limit { AttributeEdit::Keep } else { AttributeEdit::Remove }
        })
    }))
}

fn truncate_all(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let target = arguments.get("target")?.path()?;
    let number = arguments.get("limit")?;
    let Ok(limit) = usize::try_from(number.literal_int()?) else {
        return Err(number.error("a limit cannot be negative"));
    };
    let is_safe = arguments.find("utf8_safe").map(|one| one.literal_bool()).transpose()?;
    if is_safe == Some(false) {
        let message = "cutting inside of a character would leave what is no UTF-8, write true";
        return Err(arguments.get("utf8_safe")?.error(message));
    }
    let marker = arguments.find("truncation_marker");
    let text = marker.map(|one| one.literal_text()).transpose()?.unwrap_or_default();
    if let Some(marker) = marker.filter(|_| text.len() > limit) {
        return Err(marker.error(format!("the marker is longer than the limit {limit}")));
    }
    Ok(Editor::new(move |cursor| {
        target.edit_entries(cursor, |_, value| match value {
            Value::Text(before) if before.len() > limit => {
                let end = before.floor_char_boundary(limit - text.len());
                let kept = before.get(..end).unwrap_or_default();
                AttributeEdit::Value(format!("{kept}{text}").into())
            }
            _ => AttributeEdit::Keep,
        })
    }))
}

fn stringify_all(arguments: &Arguments<'_>) -> Result<Editor, Error> {
    let target = arguments.get("target")?.path()?;
    Ok(Editor::new(move |cursor| {
        target.edit_entries(cursor, |_, value| match value {
            Value::Text(_) => AttributeEdit::Keep,
            other => match other.as_text() {
                Some(text) => AttributeEdit::Value(text.into()),
                None => AttributeEdit::Keep,
            },
        })
    }))
}

#[cfg(test)]
mod tests;
