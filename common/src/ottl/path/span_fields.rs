//! What only spans have: kind, status, trace state.

use std::borrow::Cow;

use super::{Access, Key};
use crate::{
    otlp::{
        edit::Draft,
        field_numbers::{span, span_status},
        message::Message,
        schema::{EnumName, enums},
        trace_state,
    },
    ottl::{
        cursor::View,
        failure::Failure,
        value::{Messages, Value},
    },
};

const STATUS: &str = "a span status";
const MAX_MEMBERS: usize = 32;

/// The kinds by their numbers, as OTTL calls them.
const KINDS: [EnumName; 6] = [
    ("Unspecified", 0),
    ("Internal", 1),
    ("Server", 2),
    ("Client", 3),
    ("Producer", 4),
    ("Consumer", 5),
];

/// The names of kinds that a field has.
const fn kind_names(access: Access) -> &'static [EnumName] {
    match access {
        Access::SpanKindText => &KINDS,
        _ => &enums::SPAN_KIND,
    }
}

pub(super) fn get<'e>(draft: &'e Draft<'_>, access: Access) -> Value<'e> {
    let status = || draft.inner_message(span::STATUS).unwrap_or(Message::EMPTY);
    match access {
        Access::TraceState => Value::text(draft.field(span::TRACE_STATE).string()),
        Access::SpanKindText | Access::SpanKindName => {
            let name = enums::name_of(kind_names(access), draft.field(span::KIND).int32());
            Value::text(name.unwrap_or_default())
        }
        Access::StatusCode => Value::Int(status().int32(span_status::CODE).into()),
        Access::StatusMessage => Value::text(status().string(span_status::MESSAGE)),
        _ => {
            let content: Vec<u8> =
                draft.message().repeated(span::STATUS).flatten().copied().collect();
            Value::Messages(Messages { kind: STATUS, contents: vec![Cow::Owned(content)] })
        }
    }
}

pub(super) fn set(draft: &mut Draft<'_>, access: Access, value: &Value<'_>) -> Result<(), Failure> {
    let set_status = |draft: &mut Draft<'_>, set: &dyn Fn(&mut Draft<'_>)| {
        draft.edit_message(span::STATUS, 0, |status| set(status));
    };
    match (access, value) {
        (Access::TraceState, Value::Text(text)) => draft.set_string(span::TRACE_STATE, text),
        (Access::SpanKindText | Access::SpanKindName, Value::Text(text)) => {
            let mut names = kind_names(access).iter();
            let kind = names.find(|(name, _)| name == text);
            let (_, kind) =
                kind.ok_or_else(|| Failure::new(format!("{text:?} is no kind of span")))?;
            draft.set_varint(span::KIND, int32((*kind).into()));
        }
        (Access::StatusCode, Value::Int(code)) => {
            set_status(draft, &|status| status.set_varint(span_status::CODE, int32(*code)));
        }
        (Access::StatusMessage, Value::Text(text)) => {
            set_status(draft, &|status| status.set_string(span_status::MESSAGE, text));
        }
        (Access::Status, Value::Messages(Messages { kind: STATUS, contents })) => {
            draft.set_bytes(span::STATUS, &contents.concat());
        }
        (Access::StatusCode, _) => return Err(value.mismatch("an integer").into()),
        (Access::Status, _) => return Err(value.mismatch(STATUS).into()),
        _ => return Err(value.mismatch("a string").into()),
    }
    Ok(())
}

/// An integer as an int32 or enum is encoded; what does not fit loses its high bits, as in Go.
pub(super) const fn int32(int: i64) -> u64 {
    int as i32 as i64 as u64
}

fn only_text<'e>(keys: &'e [Key], view: View<'e>) -> Result<Cow<'e, str>, Failure> {
    match keys {
        [key] => key.as_text(view),
        _ => Err(Failure::new("a trace state has exactly one key")),
    }
}

/// The value of a member of a trace state; an empty text if it is not there.
pub(super) fn trace_state_member<'e>(
    text: &'e str,
    keys: &'e [Key],
    view: View<'e>,
) -> Result<Value<'e>, Failure> {
    let key = only_text(keys, view)?;
    let members = trace_state::members(text);
    let Ok(members) = members.and_then(Iterator::collect::<Result<Vec<_>, _>>) else {
        return Ok(Value::Nil);
    };
    let found = members.into_iter().find(|(known, _)| *known == key);
    Ok(Value::text(found.map_or("", |(_, value)| value)))
}

/// The trace state with another value of a member, which comes first then. Nothing if it cannot be had.
pub(super) fn with_member(text: &str, key: &str, value: &str) -> Option<String> {
    let members = trace_state::members(text).ok()?.collect::<Result<Vec<_>, _>>().ok()?;
    let first = format!("{key}={value}");
    // What is put in must be a member itself.
    trace_state::members(&first).ok()?.next()?.ok()?;
    let others = members.iter().filter(|(known, _)| *known != key).take(MAX_MEMBERS - 1);
    Some(others.fold(first, |text, (key, value)| format!("{text},{key}={value}")))
}
