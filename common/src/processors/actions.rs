//! Actions on attributes: what `resource` does to resources, and others to items.
//!
//! They are made one after the other on a draft; a later one sees what an earlier one did.

mod hash;
mod settings;
mod source;

use std::borrow::Cow;

pub(super) use settings::check;
pub use settings::{ActionKind, ActionSettings};

use self::source::{ContextKey, Source};
use crate::{
    otlp::{
        any_value::{AnyValue, OwnedValue, PlainValue, number},
        edit::{AttributeEdit, Draft},
    },
    pipeline::RequestContext,
    settings::{Pattern, PatternError},
};

/// A list of actions.
#[derive(Clone, Debug)]
pub(super) struct Actions {
    list: Vec<Action>,
    /// What some of them want to know of the request.
    context_keys: Vec<ContextKey>,
}

#[derive(Clone, Debug)]
struct Action {
    key: String,
    deed: Deed,
}

#[derive(Clone, Debug)]
enum Deed {
    Put { when: When, source: Source, default: Option<OwnedValue> },
    Delete(Option<Pattern>),
    Hash(Option<Pattern>),
    Extract(Pattern),
    Convert(Target),
}

/// For which attributes a value is put.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Absent,
    Present,
    Always,
}

/// What type an attribute gets.
#[derive(Clone, Copy, Debug)]
enum Target {
    Text,
    Int,
    Double,
}

impl Actions {
    /// The actions of settings that [`check`] has nothing against.
    ///
    /// # Errors
    /// [`PatternError`] if a pattern is none.
    pub(super) fn new(settings: &[ActionSettings]) -> Result<Self, PatternError> {
        let mut context_keys = Vec::new();
        let mut list = Vec::with_capacity(settings.len());
        for action in settings {
            let deed = deed(action, &mut context_keys)?;
            list.extend(deed.map(|deed| Action { key: action.key.clone(), deed }));
        }
        Ok(Self { list, context_keys })
    }

    /// The actions with what they take from the context of one request.
    #[must_use]
    pub(super) fn for_request(&self, context: &RequestContext) -> RequestActions<'_> {
        let from_context = self.context_keys.iter().map(|key| key.value_in(context)).collect();
        RequestActions { list: &self.list, from_context }
    }
}

fn deed(
    settings: &ActionSettings,
    context_keys: &mut Vec<ContextKey>,
) -> Result<Option<Deed>, PatternError> {
    let pattern = || match settings.pattern.as_str() {
        "" => Ok(None),
        pattern => Pattern::new(pattern).map(Some),
    };
    let mut put = |when| Deed::Put {
        when,
        source: Source::of(settings, context_keys),
        default: settings.default_value.clone().map(|PlainValue(value)| value),
    };
    Ok(match settings.action {
        ActionKind::Missing => None,
        ActionKind::Insert => Some(put(When::Absent)),
        ActionKind::Update => Some(put(When::Present)),
        ActionKind::Upsert => Some(put(When::Always)),
        ActionKind::Delete => Some(Deed::Delete(pattern()?)),
        ActionKind::Hash => Some(Deed::Hash(pattern()?)),
        ActionKind::Extract => pattern()?.map(Deed::Extract),
        ActionKind::Convert => match settings.converted_type.as_str() {
            "string" => Some(Deed::Convert(Target::Text)),
            "int" => Some(Deed::Convert(Target::Int)),
            "double" => Some(Deed::Convert(Target::Double)),
            _ => None,
        },
    })
}

/// Actions as they are for one request.
#[derive(Debug)]
pub(super) struct RequestActions<'a> {
    list: &'a [Action],
    from_context: Vec<Option<OwnedValue>>,
}

impl RequestActions<'_> {
    /// Makes all actions on the attributes of a draft.
    pub(super) fn apply(&self, draft: &mut Draft<'_>) {
        for Action { key, deed } in self.list {
            match deed {
                Deed::Put { when, source, default } => {
                    self.put(draft, (key, *when), source, default.as_ref());
                }
                Deed::Delete(pattern) => {
                    draft.delete_attribute(key);
                    if let Some(pattern) = pattern {
                        draft.retain_attributes(|key| !pattern.is_match(key));
                    }
                }
                Deed::Hash(pattern) => {
                    replace(draft, key, |value| Some(hash::hash(value).into()));
                    if let Some(pattern) = pattern {
                        draft.edit_attributes(|key, value| match pattern.is_match(key) {
                            true => AttributeEdit::Value(hash::hash(value).into()),
                            false => AttributeEdit::Keep,
                        });
                    }
                }
                Deed::Extract(pattern) => extract(draft, key, pattern),
                Deed::Convert(target) => replace(draft, key, |value| convert(value, *target)),
            }
        }
    }

    fn put(
        &self,
        draft: &mut Draft<'_>,
        (key, when): (&str, When),
        source: &Source,
        default: Option<&OwnedValue>,
    ) {
        let value = match source {
            Source::Value(value) => Some(Cow::Borrowed(value)),
            Source::Attribute(from) => draft.attribute(from).map(|value| Cow::Owned(value.into())),
            Source::Context(index) => {
                self.from_context.get(*index).and_then(Option::as_ref).map(Cow::Borrowed)
            }
            Source::Nothing => None,
        };
        let Some(value) = value.or(default.map(Cow::Borrowed)) else {
            return;
        };
        match when {
            When::Absent => drop(draft.insert_attribute(key, &value)),
            When::Present => drop(draft.update_attribute(key, &value)),
            When::Always => draft.set_attribute(key, &value),
        }
    }
}

/// Gives an attribute that is there another value, if there is one.
fn replace(
    draft: &mut Draft<'_>,
    key: &str,
    change: impl FnOnce(AnyValue<'_>) -> Option<OwnedValue>,
) {
    if let Some(value) = draft.attribute(key).and_then(change) {
        draft.set_attribute(key, &value);
    }
}

fn extract(draft: &mut Draft<'_>, key: &str, pattern: &Pattern) {
    let Some(text) = draft.attribute(key).and_then(AnyValue::as_str) else {
        return;
    };
    let Some(captures) = pattern.captures(text) else {
        return;
    };
    // A group that took no part gives an empty text.
    let groups = captures.iter().skip(1).map(|group| group.map_or("", |group| group.as_str()));
    let values: Vec<OwnedValue> = groups.map(OwnedValue::from).collect();
    for (name, value) in pattern.groups().iter().zip(&values) {
        draft.set_attribute(name, value);
    }
}

/// The value in another type, or nothing if it stays as it is.
fn convert(value: AnyValue<'_>, target: Target) -> Option<OwnedValue> {
    match (target, value) {
        (Target::Text, AnyValue::Str(_)) => None,
        (Target::Text, other) => Some(OwnedValue::Str(other.to_text().into_owned())),
        (Target::Int, AnyValue::Double(double)) => Some(whole(double).into()),
        (Target::Int, AnyValue::Bool(bit)) => Some(i64::from(bit).into()),
        (Target::Int, AnyValue::Str(text)) => number::parse_int(text).map(OwnedValue::from),
        #[expect(clippy::cast_precision_loss, reason = "as upstream does it")]
        (Target::Double, AnyValue::Int(int)) => Some((int as f64).into()),
        (Target::Double, AnyValue::Bool(bit)) => Some(f64::from(u8::from(bit)).into()),
        (Target::Double, AnyValue::Str(text)) => number::parse_double(text).map(OwnedValue::from),
        _ => None,
    }
}

/// The whole part. What is beyond the range of integers becomes the lowest, as upstream's on x86.
fn whole(double: f64) -> i64 {
    // 2^63, the first that is too large.
    const END: f64 = 9_223_372_036_854_775_808.0;
    if (-END..END).contains(&double) { double as i64 } else { i64::MIN }
}

#[cfg(test)]
mod tests;
