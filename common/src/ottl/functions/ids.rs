//! Ids: `TraceID`, `UUID` and their like, and `IsRootSpan`.

use data_encoding::HEXLOWER_PERMISSIVE;
use uuid::Uuid;

use super::{Arguments, Converter, Function, Make, converter};
use crate::{
    otlp::span::SpanView,
    ottl::{
        context::{Context, Level},
        error::Error,
        failure::Failure,
        value::Value,
    },
};

pub(super) const FUNCTIONS: &[Function] = &[
    converter("TraceID", &["target"], "an id of 16 bytes or 32 hex digits", |given| {
        id(given, Value::TraceId)
    }),
    converter("SpanID", &["target"], "an id of 8 bytes or 16 hex digits", |given| {
        id(given, Value::SpanId)
    }),
    converter("ProfileID", &["target"], "an id of 16 bytes or 32 hex digits", |given| {
        id(given, Value::TraceId)
    }),
    converter("Hex", &["target"], "bytes, a text or a number in hex", hex),
    converter("UUID", &[], "a new random UUID", |_| {
        Ok(Converter::new(|_| Ok(Value::from(Uuid::new_v4().to_string()))))
    }),
    converter("UUIDv7", &[], "a new UUID that begins with the time", |_| {
        Ok(Converter::new(|_| Ok(Value::from(Uuid::now_v7().to_string()))))
    }),
    converter("IsValidLuhn", &["target"], "whether the last of many digits checks them", luhn),
    Function {
        name: "IsRootSpan",
        parameters: &[],
        about: "whether a span has no parent",
        contexts: &[Context::Span],
        make: Make::Converter(is_root_span),
    },
];

fn id<const N: usize>(
    arguments: &Arguments<'_>,
    kind: fn([u8; N]) -> Value<'static>,
) -> Result<Converter, Error> {
    let target = arguments.get("target")?.bytes_like()?;
    Ok(Converter::pure(move |view| {
        let bytes = target.bytes_like(view)?.unwrap_or_default();
        let id = if bytes.len() == 2 * N {
            let decoded = HEXLOWER_PERMISSIVE.decode(&bytes);
            decoded.ok().and_then(|bytes| <[u8; N]>::try_from(bytes).ok())
        } else {
            <[u8; N]>::try_from(&*bytes).ok()
        };
        id.map(kind).ok_or_else(|| {
            Failure::new(format!("an id of this kind has {N} bytes or {} hex digits", 2 * N))
        })
    }))
}

fn hex(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.bytes_like()?;
    Ok(Converter::pure(move |view| {
        let bytes = target.bytes_like(view)?.unwrap_or_default();
        Ok(Value::from(data_encoding::HEXLOWER.encode(&bytes)))
    }))
}

fn luhn(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text_like()?;
    Ok(Converter::pure(move |view| {
        let text = target.text_like(view)?.ok_or_else(|| Failure::new("nil has no digits"))?;
        let mut sum = 0;
        let mut is_first = true;
        for (index, character) in text.chars().rev().filter(|one| *one != ' ').enumerate() {
            is_first = false;
            let digit = character
                .to_digit(10)
                .ok_or_else(|| Failure::new(format!("{character:?} is no digit")))?;
            sum += match (index % 2, digit) {
                (0, digit) => digit,
                (_, 0..5) => 2 * digit,
                (_, digit) => 2 * digit - 9,
            } % 10;
        }
        Ok(Value::Bool(!is_first && sum % 10 == 0))
    }))
}

fn is_root_span(_arguments: &Arguments<'_>) -> Result<Converter, Error> {
    Ok(Converter::new(|view| {
        let parent = SpanView::new(view.draft(Level::Item).bytes()).parent_span_id();
        Ok(Value::Bool(parent.iter().all(|byte| *byte == 0)))
    }))
}
