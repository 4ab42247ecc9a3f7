//! Bodies of log records, whose maps and lists are gone through to the innermost values.

use super::{rules::Rules, summary::Tally};
use crate::{
    otlp::any_value::{AnyValue, ArrayView, KvListView, OwnedValue},
    pipeline::Growth,
};

/// What a body is called that is one value.
const PLAIN: &str = "body";

/// Values nested deeper are refused at the door.
const MAX_DEPTH: usize = 64;

/// What becomes of a body, if it does not stay as it is.
pub(super) fn redacted(
    body: AnyValue<'_>,
    rules: &Rules,
    tally: &mut Tally,
    growth: &mut Growth,
) -> Option<OwnedValue> {
    let is_plain = !matches!(body, AnyValue::Array(_) | AnyValue::KvList(_));
    let path = if is_plain { PLAIN.to_owned() } else { String::new() };
    let after = Walk { rules, tally, growth, path }.value(body, 0);
    if is_plain && after.is_none() {
        // That such a body is allowed is not told.
        tally.forget();
    }
    after
}

struct Walk<'a> {
    rules: &'a Rules,
    tally: &'a mut Tally,
    growth: &'a mut Growth,
    /// Keys from the body down to here; empty if nobody is told.
    path: String,
}

impl Walk<'_> {
    fn value(&mut self, value: AnyValue<'_>, depth: usize) -> Option<OwnedValue> {
        match value {
            AnyValue::Array(_) | AnyValue::KvList(_) if depth >= MAX_DEPTH => None,
            AnyValue::Array(array) => self.array(array, depth),
            AnyValue::KvList(map) => self.map(map, depth),
            _ => {
                let text = value.to_text();
                if self.rules.allows_value(&text) {
                    self.tally.allowed.note(&self.path, self.growth);
                    return None;
                }
                let masked = self.rules.masked(&text, self.growth)?;
                self.tally.masked.note(&self.path, self.growth);
                Some(OwnedValue::Str(masked))
            }
        }
    }

    fn array(&mut self, array: ArrayView<'_>, depth: usize) -> Option<OwnedValue> {
        let mut changed: Option<Vec<OwnedValue>> = None;
        for (index, element) in array.iter().enumerate() {
            let mark = self.enter(|path| path.push_str(&format!("[{index}]")));
            let after = self.value(element, depth + 1);
            self.path.truncate(mark);
            if after.is_some() && changed.is_none() {
                changed = Some(array.iter().take(index).map(OwnedValue::from).collect());
            }
            if let Some(changed) = &mut changed {
                changed.push(after.unwrap_or_else(|| element.into()));
            }
        }
        changed.map(OwnedValue::Array)
    }

    fn map(&mut self, map: KvListView<'_>, depth: usize) -> Option<OwnedValue> {
        let entries = map.entries();
        let mut changed: Option<Vec<(String, OwnedValue)>> = None;
        for (index, (key, value)) in entries.iter().enumerate() {
            let mark = self.enter(|path| path.push_str(key));
            let fate = self.entry(key, value, depth);
            self.path.truncate(mark);
            if !matches!(fate, Fate::Kept) && changed.is_none() {
                let before = entries.iter().take(index);
                changed = Some(before.map(|(key, value)| (key.to_owned(), value.into())).collect());
            }
            if let Some(changed) = &mut changed {
                match fate {
                    Fate::Kept => changed.push((key.to_owned(), value.into())),
                    Fate::Removed => {}
                    Fate::Changed(after) => changed.push((key.to_owned(), after)),
                }
            }
        }
        changed.map(OwnedValue::KvList)
    }

    fn entry(&mut self, key: &str, value: AnyValue<'_>, depth: usize) -> Fate {
        if self.rules.ignores(key) {
            self.tally.ignored += 1;
            return Fate::Kept;
        }
        if !self.rules.allows_key(key) {
            self.tally.redacted.note(&self.path, self.growth);
            return Fate::Removed;
        }
        if self.rules.masks_key(key) {
            self.tally.masked.note(&self.path, self.growth);
            // Of what is no text nothing is left, not even its digest.
            let text = value.as_str().unwrap_or_default();
            return Fate::Changed(self.rules.masked_whole(text, self.growth).into());
        }
        self.value(value, depth + 1).map_or(Fate::Kept, Fate::Changed)
    }

    /// Adds a part to the path. Returns where it ended before.
    fn enter(&mut self, put: impl FnOnce(&mut String)) -> usize {
        let mark = self.path.len();
        if self.tally.tells_keys() {
            if mark > 0 {
                self.path.push('.');
            }
            put(&mut self.path);
        }
        mark
    }
}

enum Fate {
    Kept,
    Removed,
    Changed(OwnedValue),
}
