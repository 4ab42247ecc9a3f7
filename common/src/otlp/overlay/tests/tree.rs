//! A request of any signal as one tree of structs, and the visits of a script made on it.

use std::collections::VecDeque;

use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    common::v1::{InstrumentationScope, KeyValue, any_value::Value},
    logs::v1::LogRecord,
    metrics::v1::{Metric, metric::Data},
    resource::v1::Resource,
    trace::v1::Span,
};
use prost::Message as _;

use super::{Script, int, other_metric, parent_verdict};
use crate::{otlp::overlay::Verdict, signal::Signal, testing::mirror};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tree {
    signal: Signal,
    resources: Vec<ResourceNode>,
}

#[derive(Clone, Debug, PartialEq)]
struct ResourceNode {
    resource: Option<Resource>,
    scopes: Vec<ScopeNode>,
    schema_url: String,
}

#[derive(Clone, Debug, PartialEq)]
struct ScopeNode {
    scope: Option<InstrumentationScope>,
    entries: Vec<Entry>,
    schema_url: String,
}

#[derive(Clone, Debug, PartialEq)]
enum Entry {
    Span(Box<Span>),
    LogRecord(Box<LogRecord>),
    Metric(Box<Metric>),
}

macro_rules! resources {
    ($request:ident, $bytes:ident, $resources:ident, $scopes:ident, $items:ident, $entry:expr) => {
        mirror::decode::<$request>($bytes)
            .$resources
            .into_iter()
            .map(|group| ResourceNode {
                resource: group.resource,
                scopes: group
                    .$scopes
                    .into_iter()
                    .map(|group| ScopeNode {
                        scope: group.scope,
                        entries: group.$items.into_iter().map(|item| $entry(item.into())).collect(),
                        schema_url: group.schema_url,
                    })
                    .collect(),
                schema_url: group.schema_url,
            })
            .collect()
    };
}

/// What the script appends to scopes.
pub(super) fn appended(signal: Signal) -> Vec<u8> {
    match signal {
        Signal::Metrics => other_metric().encode_to_vec(),
        Signal::Traces => Span { name: "new".to_owned(), ..Span::default() }.encode_to_vec(),
        Signal::Logs => Vec::new(),
    }
}

fn appended_entry(signal: Signal) -> Entry {
    match signal {
        Signal::Metrics => Entry::Metric(Box::new(other_metric())),
        Signal::Traces => Entry::Span(Box::new(Span { name: "new".to_owned(), ..Span::default() })),
        Signal::Logs => Entry::LogRecord(Box::default()),
    }
}

impl Tree {
    pub(super) fn decode(signal: Signal, bytes: &[u8]) -> Self {
        type Traces = ExportTraceServiceRequest;
        type Metrics = ExportMetricsServiceRequest;
        type Logs = ExportLogsServiceRequest;
        let resources = match signal {
            Signal::Traces => {
                resources!(Traces, bytes, resource_spans, scope_spans, spans, Entry::Span)
            }
            Signal::Metrics => {
                resources!(Metrics, bytes, resource_metrics, scope_metrics, metrics, Entry::Metric)
            }
            Signal::Logs => {
                resources!(Logs, bytes, resource_logs, scope_logs, log_records, Entry::LogRecord)
            }
        };
        Self { signal, resources }
    }

    pub(super) fn items(&self) -> usize {
        let scopes = self.resources.iter().flat_map(|resource| &resource.scopes);
        scopes.flat_map(|scope| &scope.entries).map(count).sum()
    }

    pub(super) fn resource(&self, index: usize) -> Option<&Resource> {
        self.resources[index].resource.as_ref()
    }

    pub(super) fn visit(&mut self, script: &mut Script) {
        let signal = self.signal;
        self.resources.retain_mut(|resource| visit_resource(signal, resource, script));
    }
}

fn set(attributes: &mut Vec<KeyValue>, key: &str, value: i64) {
    mirror::edit_prost(attributes, &mirror::Op::Set(key.to_owned(), int(value)));
}

fn visit_resource(signal: Signal, node: &mut ResourceNode, script: &mut Script) -> bool {
    let byte = script.next();
    if byte & 0x10 != 0 {
        let resource = node.resource.get_or_insert_default();
        set(&mut resource.attributes, "r", i64::from(byte));
    }
    if byte & 0x20 != 0 {
        node.schema_url = "resource".to_owned();
    }
    match parent_verdict(byte) {
        Verdict::Drop => false,
        Verdict::Keep => true,
        Verdict::Enter => {
            let came = node.scopes.len();
            let resource = &mut node.resource;
            node.scopes.retain_mut(|scope| visit_scope(signal, scope, resource, script));
            came == 0 || !node.scopes.is_empty()
        }
    }
}

fn visit_scope(
    signal: Signal,
    node: &mut ScopeNode,
    resource: &mut Option<Resource>,
    script: &mut Script,
) -> bool {
    let byte = script.next();
    if byte & 0x10 != 0 {
        node.scope.get_or_insert_default().name = "scope".to_owned();
    }
    if byte & 0x20 != 0 {
        node.schema_url = "scope".to_owned();
    }
    match parent_verdict(byte) {
        Verdict::Drop => return false,
        Verdict::Keep => return true,
        Verdict::Enter => {}
    }
    let came = node.entries.len();
    let scope = &mut node.scope;
    let mut appended = Vec::new();
    node.entries.retain_mut(|entry| {
        let mut visit = |entry: &mut Option<&mut Metric>, attributes: &mut Vec<KeyValue>| {
            visit_item(script, (resource, scope), entry, attributes)
        };
        let (keep, new) = match entry {
            Entry::Span(span) => visit(&mut None, &mut span.attributes),
            Entry::LogRecord(record) => visit(&mut None, &mut record.attributes),
            Entry::Metric(metric) => visit_metric(metric, script, (resource, scope)),
        };
        appended.extend((0..new).map(|_| appended_entry(signal)));
        keep
    });
    let mut appended = VecDeque::from(appended);
    while let Some(mut entry) = appended.pop_front() {
        let (keep, new) = match &mut entry {
            Entry::Metric(metric) => visit_metric(metric, script, (resource, scope)),
            _ => (true, 0),
        };
        appended.extend((0..new).map(|_| appended_entry(signal)));
        node.entries.extend(keep.then_some(entry));
    }
    came == 0 || !node.entries.is_empty()
}

type Parents<'p> = (&'p mut Option<Resource>, &'p mut Option<InstrumentationScope>);

fn visit_item(
    script: &mut Script,
    (resource, scope): Parents<'_>,
    metric: &mut Option<&mut Metric>,
    attributes: &mut Vec<KeyValue>,
) -> (bool, usize) {
    let byte = script.next();
    if byte & 0x10 != 0 {
        set(attributes, "i", i64::from(byte));
    }
    if byte & 0x20 != 0 {
        let attributes = &mut resource.get_or_insert_default().attributes;
        let first = attributes.iter().find(|entry| entry.key == "count");
        let count = match first.and_then(|entry| entry.value.as_ref()?.value.as_ref()) {
            Some(Value::IntValue(count)) => *count,
            _ => 0,
        };
        set(attributes, "count", count + 1);
    }
    if byte & 0x40 != 0 {
        set(&mut scope.get_or_insert_default().attributes, "s", i64::from(byte));
    }
    if let Some(metric) = metric
        && byte & 0x80 != 0
    {
        metric.description = byte.to_string();
    }
    (!byte.is_multiple_of(3), usize::from(script.appends(byte)))
}

fn visit_metric(
    metric: &mut Metric,
    script: &mut Script,
    (resource, scope): Parents<'_>,
) -> (bool, usize) {
    let byte = script.next();
    if byte & 0x30 == 0x30 {
        *metric = other_metric();
    } else if byte & 0x10 != 0 {
        metric.name = "metric".to_owned();
    }
    match parent_verdict(byte) {
        Verdict::Drop => return (false, 0),
        Verdict::Keep => return (true, 0),
        Verdict::Enter => {}
    }
    let Some(mut data) = metric.data.take() else {
        return (true, 0);
    };
    let (mut came, mut left, mut appended) = (0, 0, 0);
    let mut visit = |attributes: &mut Vec<KeyValue>| {
        let (keep, new) = visit_item(script, (resource, scope), &mut Some(metric), attributes);
        came += 1;
        left += usize::from(keep);
        appended += new;
        keep
    };
    match &mut data {
        Data::Gauge(data) => data.data_points.retain_mut(|point| visit(&mut point.attributes)),
        Data::Sum(data) => data.data_points.retain_mut(|point| visit(&mut point.attributes)),
        Data::Histogram(data) => data.data_points.retain_mut(|point| visit(&mut point.attributes)),
        Data::ExponentialHistogram(data) => {
            data.data_points.retain_mut(|point| visit(&mut point.attributes));
        }
        Data::Summary(data) => data.data_points.retain_mut(|point| visit(&mut point.attributes)),
    }
    metric.data = Some(data);
    (came == 0 || left > 0, appended)
}

fn count(entry: &Entry) -> usize {
    let Entry::Metric(metric) = entry else {
        return 1;
    };
    match &metric.data {
        None => 0,
        Some(Data::Gauge(data)) => data.data_points.len(),
        Some(Data::Sum(data)) => data.data_points.len(),
        Some(Data::Histogram(data)) => data.data_points.len(),
        Some(Data::ExponentialHistogram(data)) => data.data_points.len(),
        Some(Data::Summary(data)) => data.data_points.len(),
    }
}
