//! What is counted: each path does its work on one request of spans, unless its name says otherwise.

use std::{hint::black_box, slice};

use anyhow::{Context as _, bail, ensure};
use bytes::Bytes;
use common::{
    component::{Kind, Processor, Stage},
    net::compression::{self, Coding},
    otlp::envelope::{self, Part},
    pipeline::{Books, Charge, Edge, Payload, Pile},
    processors::{AttributesProcessor, TransformProcessor},
    signal::Signal,
};
use prost::Message as _;
use serde_json::{Value, json};
use tests::{otlp::samples, product};

use crate::{ITEMS, callgrind::counted_work, payload};

/// Every path.
pub(crate) const NAMES: &[&str] = &[
    "walk traces",
    "walk metrics",
    "walk logs",
    "merge",
    "split",
    "attribute insert",
    "one OTTL set",
    "four OTTL statements",
    "four OTTL statements, metrics",
    "four OTTL statements, logs",
    "gzip",
    "gunzip",
    "zstd",
    "unzstd",
];

const SPAN_STATEMENTS: [&str; 4] = [
    r#"set(span.attributes["env"], "prod")"#,
    r#"delete_key(span.attributes, "user_agent.original")"#,
    r#"set(span.name, span.attributes["http.route"]) where span.kind == SPAN_KIND_SERVER"#,
    r#"replace_pattern(span.attributes["url.path"], "[0-9]+", "{id}")"#,
];
const POINT_STATEMENTS: [&str; 4] = [
    r#"set(datapoint.attributes["env"], "prod")"#,
    r#"delete_key(datapoint.attributes, "http.request.method")"#,
    r#"set(datapoint.attributes["error"], true) where datapoint.attributes["http.response.status_code"] >= 400"#,
    r#"replace_pattern(datapoint.attributes["http.route"], "[0-9]+/", "{id}/")"#,
];
const LOG_STATEMENTS: [&str; 4] = [
    r#"set(log.attributes["env"], "prod")"#,
    r#"delete_key(log.attributes, "thread.name")"#,
    r#"set(log.severity_text, "warning") where log.severity_number == SEVERITY_NUMBER_WARN"#,
    r#"replace_pattern(log.body, "customer [0-9]+", "customer {id}")"#,
];

/// How many requests are merged into one of [`ITEMS`], and into how many it is split.
const PARTS: usize = 100;

/// Runs one path three times, the last of them counted: what is made once is made by then.
pub(crate) fn run(name: &str) -> anyhow::Result<()> {
    let spans = Bytes::from(payload::spans(ITEMS).encode_to_vec());
    match name {
        "walk traces" => walk(Signal::Traces, &spans),
        "walk metrics" => walk(Signal::Metrics, &samples::request(Signal::Metrics, ITEMS)),
        "walk logs" => walk(Signal::Logs, &payload::logs(ITEMS).encode_to_vec().into()),
        "merge" => merge(&spans),
        "split" => split(&spans),
        "attribute insert" => {
            let insert = json!({"key": "env", "value": "prod", "action": "insert"});
            let settings = json!({"actions": [insert]});
            process::<AttributesProcessor>(Signal::Traces, &spans, settings)
        }
        "one OTTL set" => statements(Signal::Traces, &spans, &SPAN_STATEMENTS[..1]),
        "four OTTL statements" => statements(Signal::Traces, &spans, &SPAN_STATEMENTS),
        "four OTTL statements, metrics" => {
            let points = payload::points(ITEMS).encode_to_vec().into();
            statements(Signal::Metrics, &points, &POINT_STATEMENTS)
        }
        "four OTTL statements, logs" => {
            let logs = payload::logs(ITEMS).encode_to_vec().into();
            statements(Signal::Logs, &logs, &LOG_STATEMENTS)
        }
        "gzip" => compress(Coding::Gzip, spans),
        "gunzip" => decompress(Coding::Gzip, spans),
        "zstd" => compress(Coding::Zstd, spans),
        "unzstd" => decompress(Coding::Zstd, spans),
        _ => bail!("there is no path {name}"),
    }
}

/// Prepares, works, and drops what came out; only the work and the drop are counted.
fn repeat<I, O>(
    mut prepare: impl FnMut() -> I,
    mut work: impl FnMut(I) -> anyhow::Result<O>,
) -> anyhow::Result<()> {
    for _ in 0..2 {
        black_box(work(black_box(prepare()))?);
    }
    let mut input = Some(prepare());
    let mut outcome = Ok(());
    counted_work(&mut || {
        outcome = match input.take().map(|input| work(black_box(input))) {
            Some(Err(error)) => Err(error),
            output => {
                drop(black_box(output));
                Ok(())
            }
        };
    });
    outcome
}

fn walk(signal: Signal, request: &Bytes) -> anyhow::Result<()> {
    repeat(
        || request.clone(),
        |request| {
            let walked = envelope::walk(signal, request)?;
            ensure!(walked.items == ITEMS, "{} items", walked.items);
            Ok(walked)
        },
    )
}

fn spans_of(request: &Bytes) -> Payload {
    Payload::new(Signal::Traces, request.clone(), ITEMS, Charge::NONE)
}

fn parts_of(request: &Bytes) -> Vec<Part> {
    envelope::split(slice::from_ref(request), Signal::Traces, ITEMS / PARTS)
}

fn merge(request: &Bytes) -> anyhow::Result<()> {
    repeat(
        || {
            let parts = parts_of(request).into_iter();
            parts.map(|part| spans_of(request).with_content(part.chunks, part.items)).collect()
        },
        |parts: Vec<Payload>| {
            let mut pile = Pile::default();
            parts.into_iter().for_each(|part| pile.push(part));
            let merged = pile.take_all().context("nothing was merged")?;
            ensure!(merged.items() == ITEMS, "{} items", merged.items());
            Ok(merged)
        },
    )
}

fn split(request: &Bytes) -> anyhow::Result<()> {
    repeat(
        || request.clone(),
        |request| {
            let parts = parts_of(&request);
            ensure!(parts.len() == PARTS, "{} parts", parts.len());
            Ok(parts)
        },
    )
}

fn statements(signal: Signal, request: &Bytes, list: &[&str]) -> anyhow::Result<()> {
    let key = match signal {
        Signal::Traces => "trace_statements",
        Signal::Metrics => "metric_statements",
        Signal::Logs => "log_statements",
    };
    process::<TransformProcessor>(signal, request, json!({key: list}))
}

fn process<P: Processor>(signal: Signal, request: &Bytes, settings: Value) -> anyhow::Result<()> {
    let config = serde_json::from_value::<P::Config>(settings)?;
    let context = product::context(Kind::Processor, P::NAME, Some(signal));
    let Stage::Transform(stage) = P::build(config, context, Edge::new(Books::unread()))? else {
        bail!("{} does not answer at once", P::NAME);
    };
    repeat(
        || Payload::new(signal, request.clone(), ITEMS, Charge::NONE),
        |payload| {
            let before = payload.size();
            let after = stage.transform(payload)?;
            ensure!(after.size() != before, "nothing was changed");
            Ok(after)
        },
    )
}

fn compress(coding: Coding, request: Bytes) -> anyhow::Result<()> {
    let chunks = [request];
    repeat(|| (), |()| Ok(compression::compress(coding, None, &chunks)))
}

fn decompress(coding: Coding, request: Bytes) -> anyhow::Result<()> {
    let size = request.len();
    let compressed = compression::compress(coding, None, &[request]);
    repeat(
        || (),
        |()| {
            let message = compression::decompress(coding, &compressed, size)?;
            ensure!(message.len() == size, "{} bytes", message.len());
            Ok(message)
        },
    )
}
