//! What is asked of texts, and what is cut from them: `IsMatch`, `Split`, `Trim` and their like.

use super::{Arguments, Converter, Function, converter};
use crate::ottl::{error::Error, expr::Expr, failure::Failure, value::List, value::Value};

pub(super) const FUNCTIONS: &[Function] = &[
    converter(
        "IsMatch",
        &["target", "pattern"],
        "whether a pattern is found; not in nil",
        is_match,
    ),
    converter("HasPrefix", &["target", "prefix"], "whether a text begins with another", |given| {
        of_two(given, "prefix", |text, prefix| text.starts_with(prefix).into())
    }),
    converter("HasSuffix", &["target", "suffix"], "whether a text ends with another", |given| {
        of_two(given, "suffix", |text, suffix| text.ends_with(suffix).into())
    }),
    converter("TrimPrefix", &["target", "prefix"], "a text without its beginning", |given| {
        of_two(given, "prefix", |text, prefix| owned(text.strip_prefix(prefix).unwrap_or(text)))
    }),
    converter("TrimSuffix", &["target", "suffix"], "a text without its end", |given| {
        of_two(given, "suffix", |text, suffix| owned(text.strip_suffix(suffix).unwrap_or(text)))
    }),
    converter("Split", &["target", "delimiter"], "the parts of a text as a list", |given| {
        of_two(given, "delimiter", split)
    }),
    converter("Concat", &["vals", "delimiter"], "one text of many; nil is `<nil>`", concat),
    converter(
        "Substring",
        &["target", "start", "length", "utf8_safe?"],
        "so many bytes of a text; with `utf8_safe` none of half a character",
        substring,
    ),
    converter(
        "Trim",
        &["target", "replacement?"],
        "a text without spaces, or other characters, at both ends",
        trim,
    ),
];

fn owned(text: &str) -> Value<'static> {
    Value::from(text.to_owned())
}

fn is_match(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text_like()?;
    let pattern = arguments.get("pattern")?.pattern()?;
    Ok(Converter::pure(move |view| {
        let found = match target.text_like(view)? {
            None => false,
            Some(text) => pattern.get(view)?.is_match(&text),
        };
        Ok(Value::Bool(found))
    }))
}

/// A converter of the target and a second text.
fn of_two(
    arguments: &Arguments<'_>,
    second: &'static str,
    convert: fn(&str, &str) -> Value<'static>,
) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    let second = arguments.get(second)?.text()?;
    Ok(Converter::pure(move |view| Ok(convert(&target.text(view)?, &second.text(view)?))))
}

fn split(text: &str, delimiter: &str) -> Value<'static> {
    Value::List(if delimiter.is_empty() {
        List::of_texts(text.chars())
    } else {
        List::of_texts(text.split(delimiter))
    })
}

fn concat(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let parts = arguments.get("vals")?.elements()?;
    let parts = parts.into_iter().map(|part| part.text_like()).collect::<Result<Vec<_>, _>>()?;
    let delimiter = arguments.get("delimiter")?.text()?;
    Ok(Converter::pure(move |view| {
        let delimiter = delimiter.text(view)?;
        let mut all = String::new();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                all.push_str(&delimiter);
            }
            all.push_str(part.text_like(view)?.as_deref().unwrap_or("<nil>"));
        }
        Ok(Value::from(all))
    }))
}

fn substring(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    let start = arguments.get("start")?.int()?;
    let length = arguments.get("length")?.int()?;
    refuse(arguments, "start", &start, |start| start < 0, "start must not be negative")?;
    refuse(arguments, "length", &length, |length| length <= 0, "length must be more than zero")?;
    let is_safe = match arguments.find("utf8_safe") {
        Some(is_safe) => is_safe.literal_bool()?,
        None => false,
    };
    Ok(Converter::pure(move |view| {
        let (start, length) = (start.int(view)?, length.int(view)?);
        if length <= 0 {
            return Err(Failure::new(format!("a length of {length} is not more than zero")));
        }
        cut(&target.text(view)?, start, length, is_safe).map(Value::from)
    }))
}

/// Tells what is wrong with an integer that is known.
fn refuse(
    arguments: &Arguments<'_>,
    name: &'static str,
    expr: &Expr,
    is_wrong: impl Fn(i64) -> bool,
    message: &str,
) -> Result<(), Error> {
    match expr.constant() {
        Some(Value::Int(int)) if is_wrong(*int) => Err(arguments.get(name)?.error(message)),
        _ => Ok(()),
    }
}

fn cut(text: &str, start: i64, length: i64, is_safe: bool) -> Result<String, Failure> {
    let len = text.len();
    let extent = usize::try_from(start).ok().and_then(|start| {
        let end = start.checked_add(usize::try_from(length).ok()?)?;
        (end <= len).then_some((start, end))
    });
    let Some((start, end)) = extent else {
        let wanted = format!("{length} bytes from byte {start} on");
        return Err(Failure::new(format!("a text of {len} bytes has no {wanted}")));
    };
    if is_safe {
        let start = text.ceil_char_boundary(start);
        let end = text.floor_char_boundary(end).max(start);
        return Ok(text.get(start..end).unwrap_or_default().to_owned());
    }
    // Half a character cannot be kept in a text.
    let bytes = text.as_bytes().get(start..end).unwrap_or_default();
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

fn trim(arguments: &Arguments<'_>) -> Result<Converter, Error> {
    let target = arguments.get("target")?.text()?;
    let characters = match arguments.find("replacement") {
        Some(characters) => characters.literal_text()?,
        None => " ".to_owned(),
    };
    Ok(Converter::pure(move |view| {
        let text = target.text(view)?;
        Ok(owned(text.trim_matches(|character| characters.contains(character))))
    }))
}
