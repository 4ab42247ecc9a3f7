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
            entries.sort_by_key(|(key, _)| *key);
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

#[test]
fn what_is_not_known_is_told_before_anything_runs() {
    let cases = [
        ("GetXML(log.body, \"//a/following::b\")", "there is no axis following, only child,"),
        ("GetXML(log.body, \"//a[sum(b)=1]\")", "there is no function sum, only boolean,"),
        ("GetXML(log.body, \"//a[1+1]\")", "\"]\" is missing before \"+1]\""),
        ("GetXML(log.body, \"count(//a)\")", "gives no nodes"),
        ("GetXML(log.body, \"//a b\")", "known are paths with predicates"),
        ("GetXML(log.body, log.body)", "x_path must be a string in quotes"),
        ("ExtractGrokPatterns(log.body, \"%{NOPE}\")", "there is no grok pattern NOPE"),
        ("ExtractGrokPatterns(log.body, \"%{A}\", true, [\"A=%{A}\"])", "A stands in itself"),
        ("ExtractGrokPatterns(log.body, \"%{INT:a:x}\")", "a group is read as int, long,"),
        ("ExtractPatterns(log.body, \"a\")", "the pattern has no named group"),
        ("ParseCSV(log.body, \"a\", mode=\"x\")", "mode must be strict, lazyQuotes or"),
        ("ParseKeyValue(log.body, \"=\", \"=\")", "must differ"),
        ("ParseSeverity(log.body, {\"a\": 1})", "the criteria of \"a\" must be a list"),
        ("ParseSeverity(log.body, log.attributes)", "must be a map that is written out"),
        ("ParseCLF(log.body, \"x\")", "format must be clf or combined"),
    ];
    for (expression, expected) in cases {
        let message = compiled(expression).unwrap_err();
        assert!(message.contains(expected), "{expression}: {message}");
    }
}

#[test]
fn what_would_take_too_much_is_refused() {
    let nested = |begin: &str, end: &str, depth: usize| begin.repeat(depth) + &end.repeat(depth);
    let names = "n".repeat(100_000);
    let cases = [
        ("ParseJSON(log.body)", nested("[", "]", 65), "nested more than 64 deep"),
        ("ParseXML(log.body)", nested("<a>", "</a>", 33), "nested more than 32 deep"),
        ("ParseSimplifiedXML(log.body)", nested("<a>", "</a>", 60), "nested more than 32 deep"),
        ("RemoveXML(log.body, \"//b\")", nested("<a>", "</a>", 600), "nested more than 512 deep"),
        (
            "ParseELF(log.body)",
            format!("#Version: 1\n#Fields: {names}\n{}", "x\n".repeat(1000)),
            "the ELF would take more than",
        ),
        (
            "InsertXML(log.body, \"//a\", log.body)",
            format!("<r>{}</r>", "<a/>".repeat(1000)),
            "bytes of XML would be inserted",
        ),
        (
            "GetXML(log.body, \"//a[following-sibling::a]\")",
            format!("<r>{}</r>", "<a/>".repeat(10_000)),
            "the XPath is too much work",
        ),
        (
            "GetXML(log.body, \"//a\")",
            nested(&format!("<a>{}", "x".repeat(100)), "</a>", 511),
            "the XML takes more than",
        ),
    ];
    for (expression, body, expected) in cases {
        let message = value(&compiled(expression).unwrap(), &body).unwrap_err();
        assert!(message.contains(expected), "{expression}: {message}");
    }
    let deepest = nested("[", "]", 64);
    assert!(value(&compiled("ParseJSON(log.body)").unwrap(), &deepest).is_ok());
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(
        body in "\\PC{0,60}|[ -~\n\r\t]{0,80}|(<[ab/]{1,3}( a='[&;x]*')?>|x|<!|]|>){0,20}",
    ) {
        for expression in PARSERS {
            // Most texts are wrong, which is an answer too.
            if let Err(message) = value(&compiled(expression).unwrap(), &body) {
                prop_assert!(!message.is_empty());
            }
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
    "ParseXML(log.body)",
    "ParseSimplifiedXML(log.body)",
    "GetXML(log.body, \"//a[@a='x' or position()>1]/b | //text()\")",
    "RemoveXML(log.body, \"//@a\")",
    "InsertXML(log.body, \"//*\", log.body)",
    "ConvertAttributesToElementsXML(log.body)",
    "ConvertTextToElementsXML(log.body)",
    "ExtractPatterns(log.body, \"(?P<a>[a-z]+)=(?P<b>.*)\")",
    "ExtractGrokPatterns(log.body, \"%{WORD:a}.%{INT:b:int}\")",
];
