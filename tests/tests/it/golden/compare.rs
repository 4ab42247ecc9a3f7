//! Whether two outcomes are the same, and where they are not.

use std::collections::BTreeMap;

use bytes::Bytes;
use common::{otlp::json, signal::Signal};
use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
    trace::v1::ExportTraceServiceRequest,
};
use prost::Message;
use serde_json::Value;
use tests::otlp;

use super::outcome::Outcome;

/// Lines shown of one difference.
const MAX_LINES: usize = 24;
/// Lists whose order is left open by cases that say so.
const LISTS: [&str; 10] = [
    "resourceSpans",
    "scopeSpans",
    "spans",
    "resourceMetrics",
    "scopeMetrics",
    "metrics",
    "dataPoints",
    "resourceLogs",
    "scopeLogs",
    "logRecords",
];

/// How they differ, one line for each value; nothing if they do not.
pub(super) fn difference(theirs: &Outcome, ours: &Outcome, is_unordered: bool) -> Option<String> {
    match (theirs, ours) {
        (Outcome::Refused(_), Outcome::Refused(_)) | (Outcome::Failed(_), Outcome::Failed(_)) => {
            None
        }
        (Outcome::Sent(theirs), Outcome::Sent(ours)) => {
            let [theirs, ours] = [theirs, ours].map(|sent| flattened(sent, is_unordered));
            (theirs != ours).then(|| lines(&theirs, &ours))
        }
        _ => Some(format!("  - {}\n  + {}\n", summary(theirs), summary(ours))),
    }
}

fn summary(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Refused(why) => format!("refused {why}"),
        Outcome::Failed(why) => format!("failed {why}"),
        Outcome::Sent(sent) if sent.is_empty() => "nothing left".to_owned(),
        Outcome::Sent(sent) => format!("sent to {:?}", sent.keys()),
    }
}

type Leaves = BTreeMap<String, String>;

fn lines(theirs: &Leaves, ours: &Leaves) -> String {
    let mut all: Vec<(&String, char, &String)> = Vec::new();
    let only = |one: &Leaves, other: &Leaves, path: &String| one.get(path) != other.get(path);
    all.extend(theirs.iter().filter(|(p, _)| only(theirs, ours, p)).map(|(p, v)| (p, '-', v)));
    all.extend(ours.iter().filter(|(p, _)| only(ours, theirs, p)).map(|(p, v)| (p, '+', v)));
    all.sort();
    let mut text = String::new();
    for (path, sign, value) in all.iter().take(MAX_LINES) {
        text += &format!("  {sign} {path} = {value}\n");
    }
    if all.len() > MAX_LINES {
        text += &format!("  and {} more\n", all.len() - MAX_LINES);
    }
    text
}

/// Every value by its path; attributes by key, as upstream reorders them.
fn flattened(sent: &BTreeMap<String, Vec<(Signal, Bytes)>>, is_unordered: bool) -> Leaves {
    let mut leaves = Leaves::new();
    for (pipeline, payloads) in sent {
        for (index, (signal, bytes)) in payloads.iter().enumerate() {
            let mut value = canonical(*signal, bytes);
            if is_unordered {
                sort(&mut value);
            }
            let path =
                if payloads.len() > 1 { format!("{pipeline}#{index}") } else { pipeline.clone() };
            leaves.insert(path.clone(), "payload".to_owned());
            flatten(&path, &value, &mut leaves);
        }
    }
    leaves
}

/// Without defaults that may be written or not.
fn canonical(signal: Signal, bytes: &Bytes) -> Value {
    let bytes = match signal {
        Signal::Traces => otlp::decode::<ExportTraceServiceRequest>(bytes).encode_to_vec(),
        Signal::Metrics => otlp::decode::<ExportMetricsServiceRequest>(bytes).encode_to_vec(),
        Signal::Logs => otlp::decode::<ExportLogsServiceRequest>(bytes).encode_to_vec(),
    };
    serde_json::from_slice(&json::to_json(signal, &[bytes.into()])).unwrap()
}

fn sort(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(sort),
        Value::Object(members) => {
            for (key, member) in members {
                sort(member);
                if let (true, Value::Array(items)) = (LISTS.contains(&key.as_str()), member) {
                    items.sort_by_cached_key(|item| {
                        let mut leaves = Leaves::new();
                        flatten("", item, &mut leaves);
                        leaves.into_iter().collect::<Vec<_>>()
                    });
                }
            }
        }
        _ => {}
    }
}

fn flatten(path: &str, value: &Value, leaves: &mut Leaves) {
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let mut inner = match key_of(item) {
                    Some(key) => format!("{path}{{{key}}}"),
                    None => format!("{path}[{index}]"),
                };
                while leaves.contains_key(&inner) {
                    inner.push('#');
                }
                // Also what is empty counts in a list.
                leaves.insert(inner.clone(), String::new());
                flatten(&inner, item, leaves);
            }
        }
        Value::Object(members) => {
            for (key, member) in members.iter().filter(|(key, _)| *key != "key") {
                if key.ends_with("Value") {
                    leaves.insert(format!("{path}.{key}"), String::new());
                }
                flatten(&format!("{path}.{key}"), member, leaves);
            }
        }
        scalar => drop(leaves.insert(path.to_owned(), scalar.to_string())),
    }
}

/// The key of an attribute, which JSON leaves out where it is empty.
fn key_of(item: &Value) -> Option<&str> {
    let is_nameless = item.as_object().is_some_and(|members| members.keys().eq(["value"]));
    item.get("key").and_then(Value::as_str).or(is_nameless.then_some(""))
}
