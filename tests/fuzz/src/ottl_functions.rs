//! Any text through every function of OTTL that parses: what comes out can be stored and read.
//!
//! The first line is a pattern and an XPath, the rest is what is parsed.

use std::{hint::black_box, sync::LazyLock};

use common::{
    otlp::{any_value::OwnedValue, overlay::Place},
    ottl::{
        Context, Cursor, Functions, Statement,
        functions::{LOG_FUNCTIONS, SPAN_FUNCTIONS},
    },
    pipeline::RequestContext,
    signal::Signal,
};

const BODY: u32 = 5;

static STATEMENTS: LazyLock<Vec<Statement>> = LazyLock::new(|| {
    let expressions = [
        "ParseJSON(log.body)",
        "ParseKeyValue(log.body)",
        "ParseKeyValue(log.body, \"->\", \", \")",
        "ParseCSV(log.body, log.attributes[\"given\"])",
        "ParseCSV(log.body, \"a,b\", mode=\"lazyQuotes\")",
        "ParseCSV(log.body, \"a,b\", mode=\"ignoreQuotes\")",
        "ExtractPatterns(log.body, log.attributes[\"given\"])",
        "ExtractGrokPatterns(log.body, log.attributes[\"given\"])",
        "ExtractGrokPatterns(log.body, \"%{COMBINEDAPACHELOG}|%{SYSLOGLINE}\")",
        "ParseSeverity(log.body, {\"error\": [{\"equals\": [\"err\"]}]})",
        "URL(log.body)",
        "ParseXML(log.body)",
        "ParseSimplifiedXML(log.body)",
        "ConvertAttributesToElementsXML(log.body)",
        "ConvertTextToElementsXML(log.body)",
        "InsertXML(log.body, \"//*\", log.body)",
        "ParseCEF(log.body)",
        "ParseCLF(log.body)",
        "ParseCLF(log.body, \"combined\")",
        "ParseELF(log.body)",
        "ParseLEEF(log.body)",
    ];
    expressions.iter().map(|one| statement(one).expect("our own expression")).collect()
});

fn statement(expression: &str) -> Option<Statement> {
    let functions = Functions::all().with(LOG_FUNCTIONS).with(SPAN_FUNCTIONS);
    let text = format!("set(log.attributes[\"out\"], {expression})");
    Statement::new(&text, Context::Log, &functions, true).ok()
}

fn run_on(statement: &Statement, given: &str, body: &str) {
    let mut place = Place::new(Signal::Logs);
    place.item.set_value(BODY, &OwnedValue::Str(body.to_owned()));
    place.item.set_attribute("given", &OwnedValue::Str(given.to_owned()));
    let request = RequestContext::default();
    let mut cursor =
        Cursor { place: &mut place, inner: None, cache: &mut Vec::new(), request: &request };
    match statement.run(&mut cursor) {
        Ok(_) => {
            // Nothing is set where a function gives nil.
            let out = place.item.attributes().get("out").map(OwnedValue::from);
            black_box(out.map(|out| out.encoded_len()));
        }
        Err(failure) => assert!(!failure.to_string().is_empty()),
    }
}

/// One input.
pub fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (given, body) = text.split_once('\n').unwrap_or(("//*", &text));
    for statement in STATEMENTS.iter() {
        run_on(statement, given, body);
    }
    let given = given.replace('\\', "\\\\").replace('"', "\\\"");
    for function in ["GetXML", "RemoveXML"] {
        if let Some(statement) = statement(&format!("{function}(log.body, \"{given}\")")) {
            run_on(&statement, "", body);
        }
    }
}
