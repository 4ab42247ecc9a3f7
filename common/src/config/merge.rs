//! Lays one source over another: maps merge, everything else replaces what was there.

use std::collections::HashMap;

use crate::settings::{Entry, Node, Value};

/// Lays `over` on `base`.
pub fn merge(base: &mut Node, over: Node) {
    match (&mut base.value, over.value) {
        (Value::Map(entries), Value::Map(more)) => {
            let mut places: HashMap<String, usize> = entries
                .iter()
                .enumerate()
                .map(|(place, entry)| (entry.key.clone(), place))
                .collect();
            for entry in more {
                match places.get(&entry.key).and_then(|place| entries.get_mut(*place)) {
                    Some(there) => replace(there, entry),
                    None => {
                        places.insert(entry.key.clone(), entries.len());
                        entries.push(entry);
                    }
                }
            }
        }
        (_, value) => {
            *base = Node { value, position: over.position, raw: over.raw };
        }
    }
}

/// Puts an entry into a map, over what is there under its key.
pub fn insert(entries: &mut Vec<Entry>, entry: Entry) {
    match entries.iter_mut().find(|there| there.key == entry.key) {
        Some(there) => replace(there, entry),
        None => entries.push(entry),
    }
}

fn replace(there: &mut Entry, entry: Entry) {
    there.position = entry.position;
    merge(&mut there.value, entry.value);
}

#[cfg(test)]
mod tests;
