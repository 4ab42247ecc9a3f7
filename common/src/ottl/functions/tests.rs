//! What tests of functions compile and run.

use bytes::Bytes;

use super::Functions;
use crate::{
    otlp::overlay::{Place, Verdict, Visitor, rewrite},
    ottl::{
        Context, Cursor, Error, View, compile::Compiler, expr::Expr, parse, statement::Statement,
        value::Value,
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
