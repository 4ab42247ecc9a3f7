//! Parsers against what the Collector makes of the same.

use proptest::prelude::*;

use crate::{
    otlp::overlay::Place,
    ottl::{
        Context, Cursor, Functions, View, compile::Compiler, expr::Expr, functions::LOG_FUNCTIONS,
        parse, value::Value,
    },
    pipeline::RequestContext,
    signal::Signal,
};

/// Expressions, bodies and what the Collector 0.159.0 gives: a list of three strings each.
const CASES: &str = include_str!("parsing.jsonl");

fn compiled(expression: &str) -> Result<Expr, String> {
    let functions = Functions::all().with(LOG_FUNCTIONS);
    let parsed = parse::value(expression).map_err(|error| error.message)?;
    let compiler = Compiler::new(expression, Context::Log, &functions, false);
    compiler.expr(&parsed).map_err(|error| error.message)
}

fn value(expr: &Expr, body: &str) -> Result<Value<'static>, String> {
    let mut place = Place::new(Signal::Logs);
    let request = RequestContext::default();
    let mut cursor =
        Cursor { place: &mut place, inner: None, cache: &mut Vec::new(), request: &request };
    let Ok(Expr::Path(path)) = compiled("log.body") else { unreachable!() };
    path.set(&mut cursor, Value::text(body)).unwrap();
    let value = expr.eval(View::new(&place, &request));
    value.map(Value::into_owned).map_err(|failure| failure.to_string())
}

/// Keys in order, for maps have none in Go; doubles by their bits.
fn written(value: &Value<'_>) -> String {
    match value {
        Value::Nil => "null".to_owned(),
        Value::Bool(bit) => bit.to_string(),
        Value::Int(int) => int.to_string(),
        Value::Double(double) => format!("double:{:016x}", double.to_bits()),
        Value::Text(text) => quoted(text),
        Value::List(list) => {
            let elements: Vec<_> = list.iter().map(|element| written(&element)).collect();
            format!("[{}]", elements.join(","))
        }
        Value::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            let entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| format!("{}:{}", quoted(key), written(value)))
                .collect();
            format!("{{{}}}", entries.join(","))
        }
        other => format!("{other:?}"),
    }
}

fn quoted(text: &str) -> String {
    let chars = text.chars().map(|char| match char {
        '"' | '\\' => format!("\\{char}"),
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        '\0'..'\u{20}' => format!("\\u{:04x}", u32::from(char)),
        _ => char.to_string(),
    });
    format!("\"{}\"", chars.collect::<String>())
}

#[test]
fn parsers_give_what_the_collector_gives() {
    let mut wrong = Vec::new();
    for line in CASES.lines() {
        let [expression, body, expected]: [String; 3] = serde_json::from_str(line).unwrap();
        let result = compiled(&expression).and_then(|expr| value(&expr, &body));
        let found = result.as_ref().map_or_else(|_| "error".to_owned(), written);
        if found != expected {
            wrong.push(format!(
                "{expression} on {body:?}\n  expected {expected}\n  found    {found} {result:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(CASES.lines().count() >= 200);
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(body in "\\PC{0,60}|[ -~\n\r\t]{0,80}") {
        for expression in PARSERS {
            // Most texts are wrong, which is an answer too.
            let _ = value(&compiled(expression).unwrap(), &body);
        }
    }
}

const PARSERS: &[&str] = &[
    "ParseJSON(log.body)",
    "ParseKeyValue(log.body)",
    "ParseCSV(log.body, \"a,b\")",
    "ParseCSV(log.body, \"a,b\", mode=\"lazyQuotes\")",
    "URL(log.body)",
    "ParseCEF(log.body)",
    "ParseCLF(log.body, \"combined\")",
    "ParseELF(log.body)",
    "ParseLEEF(log.body)",
];
