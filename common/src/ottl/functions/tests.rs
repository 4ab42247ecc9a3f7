//! What tests of functions compile and run.

mod mistakes;
mod parsing;

use std::fmt::Write as _;

use bytes::Bytes;
use data_encoding::HEXLOWER;

use super::Functions;
use crate::{
    otlp::{
        json::from_json,
        overlay::{Place, Verdict, Visitor, rewrite},
    },
    ottl::{
        Context, Cursor, Error, View,
        compile::Compiler,
        expr::Expr,
        parse,
        statement::Statement,
        value::{List, Map, Value},
    },
    pipeline::RequestContext,
    signal::Signal,
    testing::otlp_text,
};

/// A request of logs with one record, given as a line of [`otlp_text`].
pub(in crate::ottl) fn logs(record: &str) -> Bytes {
    let text = format!("resource service.name=shop\nscope lib\n{record}");
    otlp_text::encode(Signal::Logs, &text).unwrap()
}

/// An expression, compiled.
pub(in crate::ottl) fn compiled(context: Context, expression: &str) -> Result<Expr, Error> {
    let parsed = parse::value(expression)?;
    let functions = Functions::all();
    Compiler::new(expression, context, &functions, false).expr(&parsed)
}

/// What an expression gives on the first item of a request, or why it gives nothing.
pub(in crate::ottl) fn value_on(
    context: Context,
    request: &Bytes,
    expression: &str,
) -> Result<Value<'static>, String> {
    let expr = compiled(context, expression).map_err(|error| error.message)?;
    let mut result = None;
    rewrite(
        signal_of(context),
        std::slice::from_ref(request),
        &mut AtItems(&mut |place| {
            let request = RequestContext::default();
            let value = expr.eval(View::new(place, &request));
            result
                .get_or_insert(value.map(Value::into_owned).map_err(|failure| failure.to_string()));
        }),
    );
    result.unwrap()
}

/// What an expression gives on a log record, or why it gives nothing.
pub(in crate::ottl) fn value(expression: &str, record: &str) -> Result<Value<'static>, String> {
    value_on(Context::Log, &logs(record), expression)
}

/// What is wrong with an expression on a log record when it is compiled.
pub(in crate::ottl) fn mistake(expression: &str) -> String {
    compiled(Context::Log, expression).unwrap_err().message
}

/// What a statement makes of a request, as text, or why it fails on an item.
pub(in crate::ottl) fn run(
    context: Context,
    statement: &str,
    before: &str,
) -> Result<String, String> {
    let signal = signal_of(context);
    let statement = Statement::new(statement, context, &Functions::all(), false)
        .map_err(|error| error.message)?;
    let request = otlp_text::encode(signal, before).unwrap();
    let mut result = Ok(());
    let after = rewrite(
        signal,
        &[request],
        &mut AtItems(&mut |place| {
            let request = RequestContext::default();
            let mut cache = Vec::new();
            let mut cursor = Cursor { place, inner: None, cache: &mut cache, request: &request };
            if let Err(failure) = statement.run(&mut cursor) {
                result = Err(failure.to_string());
            }
        }),
    );
    result.map(|()| otlp_text::text(signal, &after.chunks).unwrap())
}

const fn signal_of(context: Context) -> Signal {
    match context {
        Context::Span | Context::SpanEvent => Signal::Traces,
        Context::Metric | Context::DataPoint | Context::Exemplar => Signal::Metrics,
        Context::Resource | Context::Scope | Context::Log => Signal::Logs,
    }
}

struct AtItems<'f>(&'f mut dyn FnMut(&mut Place<'_>));

impl Visitor for AtItems<'_> {
    fn item(&mut self, place: &mut Place<'_>) -> Verdict {
        (self.0)(place);
        Verdict::Keep
    }
}

#[test]
fn what_is_known_is_calculated_once() {
    let expr = compiled(Context::Log, r#"IsMatch("abc", "b")"#).unwrap();
    assert_eq!(expr.constant(), Some(&Value::Bool(true)));
    assert_eq!(value(r#"IsMatch(log.body, "b")"#, "log abc"), Ok(Value::Bool(true)));
}

/// What the Collector's OTTL gives for expressions on the log record beside it, or that it gives nothing.
const EXPECTED: &str = include_str!("tests/expected.tsv");
const RECORD: &[u8] = include_bytes!("tests/record.json");

#[test]
fn gives_what_the_go_collector_gives() {
    let request = Bytes::from(from_json(Signal::Logs, RECORD, 1 << 20).unwrap());
    let mut wrong = String::new();
    let mut count = 0;
    for line in EXPECTED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (expression, expected) = line.split_once('\t').unwrap();
        let found = value_on(Context::Log, &request, expression);
        let text = found.as_ref().map_or_else(|_| "error".to_owned(), text_of);
        if text != expected {
            writeln!(wrong, "{expression}\n  expected {expected}\n  found    {text}").unwrap();
            if let Err(why) = found {
                writeln!(wrong, "  since    {why}").unwrap();
            }
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count > 300, "{count}");
}

/// A value in the words of the table.
fn text_of(value: &Value<'_>) -> String {
    match value {
        Value::Nil => "nil".to_owned(),
        Value::Bool(bit) => bit.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Double(double) if !double.is_finite() => double.to_string(),
        Value::Double(double) => format!("{double:e}"),
        Value::Text(text) => quoted(text),
        Value::Bytes(bytes) => format!("0x{}", HEXLOWER.encode(bytes)),
        Value::Time(time) => format!("time {}", time.unix_nanos()),
        Value::Duration(nanos) => format!("duration {nanos}"),
        Value::TraceId(id) => format!("trace {}", HEXLOWER.encode(id)),
        Value::SpanId(id) => format!("span {}", HEXLOWER.encode(id)),
        Value::List(list) => list_text(list),
        Value::Map(map) => map_text(map),
        Value::Messages(messages) => messages.kind.to_owned(),
    }
}

fn list_text(list: &List<'_>) -> String {
    let elements: Vec<_> = list.iter().map(|element| text_of(&element)).collect();
    format!("[{}]", elements.join(", "))
}

fn map_text(map: &Map<'_>) -> String {
    let entries = map.iter().map(|(key, value)| format!("{}: {}", quoted(key), text_of(&value)));
    let mut entries: Vec<_> = entries.collect();
    entries.sort();
    format!("{{{}}}", entries.join(", "))
}

fn quoted(text: &str) -> String {
    let mut out = "\"".to_owned();
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            '\0'..='\x1f' | '\x7f' => write!(out, "{}", character.escape_unicode()).unwrap(),
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

#[test]
fn editors_take_what_converters_give() {
    let before = "resource service.name=shop\nscope lib\nlog hello a=some_words";
    let statement = r#"set(log.attributes["a"], ToCamelCase(log.attributes["a"]))"#;
    let after = run(Context::Log, statement, before).unwrap();
    assert!(after.contains("a=SomeWords"), "{after}");
}

#[test]
fn knows_root_spans() {
    let is_root = |parent: &str| {
        let span = format!(r#"{{"name": "a", "parentSpanId": "{parent}"}}"#);
        let json = format!(r#"{{"resourceSpans": [{{"scopeSpans": [{{"spans": [{span}]}}]}}]}}"#);
        let request = from_json(Signal::Traces, json.as_bytes(), 1 << 20).unwrap();
        value_on(Context::Span, &Bytes::from(request), "IsRootSpan()")
    };
    assert_eq!(is_root(""), Ok(Value::Bool(true)));
    assert_eq!(is_root("0000000000000000"), Ok(Value::Bool(true)));
    assert_eq!(is_root("0102030405060708"), Ok(Value::Bool(false)));
}

#[test]
fn makes_a_new_uuid_each_time() {
    for function in ["UUID()", "UUIDv7()"] {
        let (one, other) = (value(function, "log x").unwrap(), value(function, "log x").unwrap());
        assert_ne!(one, other);
        assert!(matches!(one, Value::Text(text) if text.len() == 36));
    }
}

#[test]
fn names_and_parameters_are_spelled_as_upstream() {
    for function in Functions::all().iter() {
        let is_upper = function.name.starts_with(char::is_uppercase);
        assert_eq!(is_upper, !function.is_editor(), "{}", function.name);
        let snake = |name: &&str| {
            name.trim_end_matches('?').chars().all(|one| matches!(one, 'a'..='z' | '0'..='9' | '_'))
        };
        assert!(function.parameters.iter().all(snake), "{}", function.name);
        assert!(!function.about.is_empty(), "{}", function.name);
    }
}
