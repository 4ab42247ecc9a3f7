//! Setting what a path names.

use super::{
    Access, Key, MetricField, Path, Source, data_point, ids,
    keys::{self, Step},
    read::{any, points_kind},
    span_fields::{self, int32},
};
use crate::{
    otlp::{
        any_value::OwnedValue,
        edit::{AttributeEdit, Draft},
        field_numbers::{exemplar, gauge, span, sum},
        metric::DataKind,
    },
    ottl::{
        context::Level,
        cursor::Cursor,
        failure::Failure,
        value::{Map, Messages, Value},
    },
};

impl Path {
    /// Sets what it names. Maps and lists on the way come to be.
    ///
    /// # Errors
    /// [`Failure`] if the value is of another type than the field, or a key does not fit.
    pub fn set(&self, cursor: &mut Cursor<'_, '_, '_>, value: Value<'_>) -> Result<(), Failure> {
        match (self.source, &*self.keys) {
            (Source::Request(_), _) => {
                Err(Failure::new("what is known of a request stays as it is"))
            }
            (Source::Cache, []) => {
                *cursor.cache = entries(value)?;
                Ok(())
            }
            (Source::Cache, keys) => {
                let steps = steps(keys, cursor)?;
                let value = value.into_stored()?;
                in_entries(cursor.cache, &steps, value)
            }
            (Source::Field(level, Access::Attributes), []) => {
                replace_attributes(cursor, level, &entries(value)?);
                Ok(())
            }
            (Source::Field(level, Access::Attributes), [Key::Text(key)]) => {
                let value = value.into_stored()?;
                cursor.edit(level, |draft| draft.set_attribute(key, &value));
                Ok(())
            }
            (Source::Field(level, Access::Attributes), keys) => {
                let steps = steps(keys, cursor)?;
                set_in_attributes(cursor, level, &steps, value.into_stored()?)
            }
            (Source::Field(level, Access::Any(number)), []) => {
                let value = value.into_stored()?;
                cursor.edit(level, |draft| draft.set_value(number, &value));
                Ok(())
            }
            (Source::Field(level, Access::Any(number)), keys) => {
                let steps = steps(keys, cursor)?;
                let value = value.into_stored()?;
                let mut whole = OwnedValue::from(any(cursor.view().draft(level), number));
                keys::put(&mut whole, &steps, value)?;
                cursor.edit(level, |draft| draft.set_value(number, &whole));
                Ok(())
            }
            (Source::Field(level, Access::TraceState), [key]) => {
                let member = key.as_text(cursor.view())?.into_owned();
                let Value::Text(text) = &value else {
                    return Err(value.mismatch("a string").into());
                };
                let before = cursor.view().draft(level).field(span::TRACE_STATE).string();
                if let Some(after) = span_fields::with_member(before, &member, text) {
                    cursor.edit(level, |draft| draft.set_string(span::TRACE_STATE, &after));
                }
                Ok(())
            }
            (Source::Field(..), [_, ..]) => {
                // Lists of numbers have elements, messages have none that could be set.
                Err(Failure::new("an element of this field cannot be set"))
            }
            (Source::Field(level, access), []) => set_field(cursor, level, access, &value),
        }
    }

    /// The attribute that it names, if it names one by a constant key.
    pub(in crate::ottl) fn attribute(&self) -> Option<(Level, &str)> {
        match (self.source, &*self.keys) {
            (Source::Field(level, Access::Attributes), [Key::Text(key)]) => Some((level, key)),
            _ => None,
        }
    }

    /// Removes an entry of the map that it names.
    ///
    /// # Errors
    /// [`Failure`] if it names no map.
    pub fn delete_entry(&self, cursor: &mut Cursor<'_, '_, '_>, key: &str) -> Result<(), Failure> {
        match self.all_attributes() {
            Some(level) => {
                cursor.edit(level, |draft| draft.delete_attribute(key));
                Ok(())
            }
            None => self.retain_keys(cursor, |found| found != key),
        }
    }

    /// Keeps the entries of the map that it names for whose keys a condition holds.
    ///
    /// # Errors
    /// [`Failure`] if it names no map.
    pub fn retain_keys(
        &self,
        cursor: &mut Cursor<'_, '_, '_>,
        mut keep: impl FnMut(&str) -> bool,
    ) -> Result<(), Failure> {
        match self.all_attributes() {
            Some(level) => {
                cursor.edit(level, |draft| draft.retain_attributes(keep));
                Ok(())
            }
            None => self.edit_entries(cursor, |key, _| match keep(key) {
                true => AttributeEdit::Keep,
                false => AttributeEdit::Remove,
            }),
        }
    }

    /// Where the attributes are that it names, all of them.
    fn all_attributes(&self) -> Option<Level> {
        match (self.source, &*self.keys) {
            (Source::Field(level, Access::Attributes), []) => Some(level),
            _ => None,
        }
    }

    /// Asks for each entry of the map that it names what becomes of it.
    ///
    /// Only what changes is written.
    ///
    /// # Errors
    /// [`Failure`] if it names no map.
    pub fn edit_entries(
        &self,
        cursor: &mut Cursor<'_, '_, '_>,
        mut edit: impl FnMut(&str, Value<'_>) -> AttributeEdit,
    ) -> Result<(), Failure> {
        if let Some(level) = self.all_attributes() {
            cursor.edit(level, |draft| {
                draft.edit_attributes(|key, value| edit(key, Value::of(value)));
            });
            return Ok(());
        }
        let before = self.get(cursor.view())?.into_map()?.into_entries();
        let mut after = Vec::with_capacity(before.len());
        let mut is_edited = false;
        for (key, value) in before {
            let verdict = edit(&key, Value::of_owned(&value));
            is_edited |= verdict != AttributeEdit::Keep;
            match verdict {
                AttributeEdit::Keep => after.push((key, value)),
                AttributeEdit::Remove => {}
                AttributeEdit::Value(value) => after.push((key, value)),
                AttributeEdit::Key(key) => after.push((key, value)),
            }
        }
        if is_edited { self.set(cursor, Value::Map(Map::new(after))) } else { Ok(()) }
    }
}

fn steps(keys: &[Key], cursor: &Cursor<'_, '_, '_>) -> Result<Vec<Step>, Failure> {
    keys.iter().map(|key| key.step(cursor.view())).collect()
}

fn entries(value: Value<'_>) -> Result<Vec<(String, OwnedValue)>, Failure> {
    match value {
        Value::Nil => Ok(Vec::new()),
        value => Ok(value.into_map()?.into_entries()),
    }
}

fn in_entries(
    entries: &mut Vec<(String, OwnedValue)>,
    steps: &[Step],
    value: OwnedValue,
) -> Result<(), Failure> {
    match steps.split_first() {
        Some((Step::Text(key), rest)) => keys::put(keys::entry(entries, key), rest, value),
        _ => Err(Failure::new("a map has no numbers as keys")),
    }
}

fn set_in_attributes(
    cursor: &mut Cursor<'_, '_, '_>,
    level: Level,
    steps: &[Step],
    value: OwnedValue,
) -> Result<(), Failure> {
    let Some((Step::Text(key), rest)) = steps.split_first() else {
        return Err(Failure::new("a map has no numbers as keys"));
    };
    cursor.edit(level, |draft| {
        let before = draft.attribute(key);
        let mut whole = before.map(OwnedValue::from).unwrap_or_default();
        keys::put(&mut whole, rest, value)?;
        draft.set_attribute(key, &whole);
        Ok(())
    })
}

fn replace_attributes(
    cursor: &mut Cursor<'_, '_, '_>,
    level: Level,
    entries: &[(String, OwnedValue)],
) {
    let entries = entries.iter().map(|(key, value)| (key.as_str(), value));
    cursor.edit(level, |draft| draft.replace_attributes(entries));
}

fn set_field(
    cursor: &mut Cursor<'_, '_, '_>,
    level: Level,
    access: Access,
    value: &Value<'_>,
) -> Result<(), Failure> {
    match access {
        Access::SchemaUrl => {
            let url = text(value)?;
            match level {
                Level::Scope => cursor.place.scope.set_schema_url(url),
                _ => cursor.place.resource.set_schema_url(url),
            }
            Ok(())
        }
        Access::Point(field) => {
            let kind = cursor.place.data_point().kind();
            cursor.edit(level, |draft| data_point::set(draft, kind, field, value))
        }
        Access::Metric(field) => {
            let data = cursor.place.metric_view().data();
            let kind = data.map(|data| data.kind());
            cursor.edit(level, |draft| set_metric(draft, kind, field, value))
        }
        Access::Index => Err(Failure::new("the place of an event cannot be set")),
        _ => cursor.edit(level, |draft| set_in(draft, access, value)),
    }
}

fn set_in(draft: &mut Draft<'_>, access: Access, value: &Value<'_>) -> Result<(), Failure> {
    match access {
        Access::AnyText(number) => draft.set_value(number, &text(value)?.into()),
        Access::Text(number) => draft.set_string(number, text(value)?),
        Access::Varint(number) => draft.set_varint(number, int32(int(value)?)),
        Access::Fixed32(number) => draft.set_fixed32(number, int(value)? as u32),
        Access::Nanos(number) => draft.set_fixed64(number, int(value)? as u64),
        Access::Time(number) => match value {
            Value::Time(time) => draft.set_fixed64(number, time.unix_nanos() as u64),
            other => return Err(other.mismatch("a time").into()),
        },
        Access::TraceId(number) => match value {
            Value::TraceId(id) => draft.set_bytes(number, ids::written(id)),
            other => return Err(other.mismatch("a trace id").into()),
        },
        Access::SpanId(number) => match value {
            Value::SpanId(id) => draft.set_bytes(number, ids::written(id)),
            other => return Err(other.mismatch("a span id").into()),
        },
        Access::TraceIdText(number) => {
            draft.set_bytes(number, ids::written(&ids::parse::<16>(text(value)?)?));
        }
        Access::SpanIdText(number) => {
            draft.set_bytes(number, ids::written(&ids::parse::<8>(text(value)?)?));
        }
        Access::Messages(number, kind) => match value {
            Value::Messages(messages) if messages.kind == kind => {
                draft.set_repeated(number, messages.contents.iter().map(|one| &**one));
            }
            other => return Err(other.mismatch(kind).into()),
        },
        Access::ExemplarDouble => {
            let double = double(value)?;
            draft.clear(exemplar::AS_INT);
            draft.set_double(exemplar::AS_DOUBLE, double);
        }
        Access::ExemplarInt => {
            let int = int(value)?;
            draft.clear(exemplar::AS_DOUBLE);
            draft.set_fixed64(exemplar::AS_INT, int as u64);
        }
        _ => return span_fields::set(draft, access, value),
    }
    Ok(())
}

/// A metric whose data has no such property stays as it is, as upstream has it.
fn set_metric(
    draft: &mut Draft<'_>,
    kind: Option<DataKind>,
    field: MetricField,
    value: &Value<'_>,
) -> Result<(), Failure> {
    let has_temporality = |kind: &DataKind| !matches!(kind, DataKind::Gauge | DataKind::Summary);
    match field {
        // What kind of data a metric has is changed by functions.
        MetricField::Type => {}
        MetricField::Temporality => {
            let temporality = int32(int(value)?);
            if let Some(kind) = kind.filter(has_temporality) {
                draft.edit_message(kind.field(), 0, |data| {
                    data.set_varint(sum::AGGREGATION_TEMPORALITY, temporality);
                });
            }
        }
        MetricField::Monotonic => {
            let Value::Bool(is_monotonic) = *value else {
                return Err(value.mismatch("a boolean").into());
            };
            if kind == Some(DataKind::Sum) {
                draft.edit_message(DataKind::Sum.field(), 0, |data| {
                    data.set_varint(sum::IS_MONOTONIC, is_monotonic.into());
                });
            }
        }
        MetricField::DataPoints => {
            let Some(kind) = kind else { return Ok(()) };
            match value {
                Value::Messages(Messages { kind: found, contents })
                    if *found == points_kind(kind) =>
                {
                    draft.edit_message(kind.field(), 0, |data| {
                        data.set_repeated(gauge::DATA_POINTS, contents.iter().map(|one| &**one));
                    });
                }
                other => return Err(other.mismatch(points_kind(kind)).into()),
            }
        }
    }
    Ok(())
}

fn text<'v>(value: &'v Value<'_>) -> Result<&'v str, Failure> {
    match value {
        Value::Text(text) => Ok(text),
        other => Err(other.mismatch("a string").into()),
    }
}

pub(super) fn int(value: &Value<'_>) -> Result<i64, Failure> {
    match value {
        Value::Int(int) => Ok(*int),
        other => Err(other.mismatch("an integer").into()),
    }
}

pub(super) fn double(value: &Value<'_>) -> Result<f64, Failure> {
    match value {
        Value::Double(double) => Ok(*double),
        other => Err(other.mismatch("a double").into()),
    }
}
