use super::*;
use crate::signal::Signal;

fn told(signal: Signal, texts: &[&str]) -> Option<Context> {
    let mut mentions = Mentions::default();
    for text in texts {
        mentions.statement(text).unwrap();
    }
    mentions.context(Context::of_signal(signal), &Functions::all())
}

#[test]
fn the_innermost_context_that_is_named_is_taken() {
    for (signal, texts, expected) in [
        (Signal::Traces, &["set(resource.attributes[\"a\"], 1)"][..], Context::Resource),
        (Signal::Traces, &["set(scope.name, resource.attributes[\"a\"])"], Context::Scope),
        (Signal::Traces, &["set(instrumentation_scope.name, \"a\")"], Context::Scope),
        (
            Signal::Traces,
            &["set(resource.attributes[\"a\"], 1)", "set(span.name, \"b\")"],
            Context::Span,
        ),
        (
            Signal::Traces,
            &["set(span.name, \"b\") where spanevent.name == \"c\""],
            Context::SpanEvent,
        ),
        (Signal::Metrics, &["set(metric.name, \"b\")"], Context::Metric),
        (
            Signal::Metrics,
            &["set(metric.name, \"b\") where datapoint.attributes[resource.schema_url] == nil"],
            Context::DataPoint,
        ),
        (Signal::Logs, &["set(log.cache[\"a\"], Concat([log.body], \"\"))"], Context::Log),
    ] {
        assert_eq!(told(signal, texts), Some(expected), "{texts:?}");
    }
}

#[test]
fn names_of_numbers_lead_further_inside() {
    let texts = ["set(resource.attributes[\"a\"], SEVERITY_NUMBER_INFO)"];
    assert_eq!(told(Signal::Logs, &texts), Some(Context::Log));
    let texts = ["set(resource.attributes[\"a\"], SPAN_KIND_SERVER)"];
    assert_eq!(told(Signal::Traces, &texts), Some(Context::Span));
}

#[test]
fn what_is_known_of_the_request_is_known_everywhere_and_functions_alone_tell_nothing() {
    let texts = ["set(otelcol.client.addr, 1)"];
    assert_eq!(told(Signal::Logs, &texts), Some(Context::Resource));
    assert_eq!(told(Signal::Logs, &["set(name, \"a\")"]), None);
    assert_eq!(told(Signal::Traces, &["set(name, \"a\") where IsRootSpan()"]), None);
}
