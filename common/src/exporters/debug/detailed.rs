//! `verbosity: detailed`: every field of every item.

mod metrics;

use bytes::Bytes;
use opentelemetry_proto::tonic::{
    common::v1::{InstrumentationScope, KeyValue},
    logs::v1::{LogRecord, SeverityNumber},
    resource::v1::Resource,
    trace::v1::{Span, Status, span},
};
use prost::DecodeError;

use super::text::{id, time, typed};
use crate::{otlp::decode, signal::Signal};

/// Lines of text.
#[derive(Debug, Default)]
struct Page(String);

/// The text for the chunks of one payload.
pub(super) fn text(signal: Signal, chunks: &[Bytes]) -> Result<String, DecodeError> {
    let mut page = Page::default();
    match signal {
        Signal::Traces => page.traces(chunks)?,
        Signal::Metrics => page.metrics(chunks)?,
        Signal::Logs => page.logs(chunks)?,
    }
    Ok(page.0)
}

impl Page {
    fn line(&mut self, line: impl AsRef<str>) {
        self.0.push_str(line.as_ref());
        self.0.push('\n');
    }

    fn field(&mut self, name: &str, value: impl std::fmt::Display) {
        self.line(format!("    {name:<15}: {value}"));
    }

    fn item(&mut self, name: &str, value: impl std::fmt::Display) {
        self.line(format!("     -> {name}: {value}"));
    }

    /// Attributes under a header; nothing if there are none. Those of a header that is an item
    /// itself stand further to the right.
    fn attributes(&mut self, header: &str, attributes: &[KeyValue]) {
        if attributes.is_empty() {
            return;
        }
        self.line(format!("{header}:"));
        let indent = header.split_once("->").map_or("", |(indent, _)| indent);
        for pair in attributes {
            let value = typed(pair.value.as_ref());
            self.line(format!("{indent}     -> {}: {value}", pair.key));
        }
    }

    fn resource(&mut self, title: &str, index: usize, url: &str, resource: Option<&Resource>) {
        self.line(format!("{title} #{index}"));
        self.line(format!("Resource SchemaURL: {url}"));
        let Some(resource) = resource else { return };
        self.attributes("Resource attributes", &resource.attributes);
        if resource.entity_refs.is_empty() {
            return;
        }
        self.line("Entity Refs:");
        for (index, entity) in resource.entity_refs.iter().enumerate() {
            self.line(format!("Entity Ref #{index}"));
            self.item("Entity Type", &entity.r#type);
            self.item("SchemaURL", &entity.schema_url);
            self.item("Identity", entity.id_keys.join(", "));
            self.item("Description", entity.description_keys.join(", "));
        }
    }

    fn scope(
        &mut self,
        title: &str,
        index: usize,
        url: &str,
        scope: Option<&InstrumentationScope>,
    ) {
        let none = InstrumentationScope::default();
        let scope = scope.unwrap_or(&none);
        self.line(format!("{title} #{index}"));
        self.line(format!("{title} SchemaURL: {url}"));
        self.line(format!("InstrumentationScope {} {}", scope.name, scope.version));
        self.attributes("InstrumentationScope attributes", &scope.attributes);
    }

    fn traces(&mut self, chunks: &[Bytes]) -> Result<(), DecodeError> {
        for (index, group) in decode::traces(chunks)?.resource_spans.iter().enumerate() {
            self.resource("ResourceSpans", index, &group.schema_url, group.resource.as_ref());
            for (index, group) in group.scope_spans.iter().enumerate() {
                self.scope("ScopeSpans", index, &group.schema_url, group.scope.as_ref());
                for (index, span) in group.spans.iter().enumerate() {
                    self.line(format!("Span #{index}"));
                    self.span(span);
                }
            }
        }
        Ok(())
    }

    fn span(&mut self, span: &Span) {
        self.field("Trace ID", id(&span.trace_id));
        self.field("Parent ID", id(&span.parent_span_id));
        self.field("ID", id(&span.span_id));
        self.field("Name", &span.name);
        self.field("Kind", kind(span.kind));
        if !span.trace_state.is_empty() {
            self.field("TraceState", &span.trace_state);
        }
        self.field("Start time", time(span.start_time_unix_nano));
        self.field("End time", time(span.end_time_unix_nano));
        let none = Status::default();
        let status = span.status.as_ref().unwrap_or(&none);
        self.field("Status code", ["Unset", "Ok", "Error"].get(index(status.code)).unwrap_or(&""));
        self.field("Status message", &status.message);
        self.field("DroppedAttributesCount", span.dropped_attributes_count);
        self.field("DroppedEventsCount", span.dropped_events_count);
        self.field("DroppedLinksCount", span.dropped_links_count);
        self.attributes("Attributes", &span.attributes);
        self.events(&span.events);
        self.links(&span.links);
    }

    fn events(&mut self, events: &[span::Event]) {
        if !events.is_empty() {
            self.line("Events:");
        }
        for (index, event) in events.iter().enumerate() {
            self.line(format!("SpanEvent #{index}"));
            self.item("Name", &event.name);
            self.item("Timestamp", time(event.time_unix_nano));
            self.item("DroppedAttributesCount", event.dropped_attributes_count);
            self.attributes("     -> Attributes:", &event.attributes);
        }
    }

    fn links(&mut self, links: &[span::Link]) {
        if !links.is_empty() {
            self.line("Links:");
        }
        for (index, link) in links.iter().enumerate() {
            self.line(format!("SpanLink #{index}"));
            self.item("Trace ID", id(&link.trace_id));
            self.item("ID", id(&link.span_id));
            self.item("TraceState", &link.trace_state);
            self.item("DroppedAttributesCount", link.dropped_attributes_count);
            self.attributes("     -> Attributes:", &link.attributes);
        }
    }

    fn logs(&mut self, chunks: &[Bytes]) -> Result<(), DecodeError> {
        for (index, group) in decode::logs(chunks)?.resource_logs.iter().enumerate() {
            self.resource("ResourceLog", index, &group.schema_url, group.resource.as_ref());
            for (index, group) in group.scope_logs.iter().enumerate() {
                self.scope("ScopeLogs", index, &group.schema_url, group.scope.as_ref());
                for (index, record) in group.log_records.iter().enumerate() {
                    self.line(format!("LogRecord #{index}"));
                    self.log_record(record);
                }
            }
        }
        Ok(())
    }

    fn log_record(&mut self, record: &LogRecord) {
        self.line(format!("ObservedTimestamp: {}", time(record.observed_time_unix_nano)));
        self.line(format!("Timestamp: {}", time(record.time_unix_nano)));
        self.line(format!("SeverityText: {}", record.severity_text));
        let number = record.severity_number;
        self.line(format!("SeverityNumber: {}({number})", severity(number)));
        if !record.event_name.is_empty() {
            self.line(format!("EventName: {}", record.event_name));
        }
        self.line(format!("Body: {}", typed(record.body.as_ref())));
        self.attributes("Attributes", &record.attributes);
        self.line(format!("Trace ID: {}", id(&record.trace_id)));
        self.line(format!("Span ID: {}", id(&record.span_id)));
        self.line(format!("Flags: {}", record.flags));
    }
}

/// A place in a table; numbers that are none lie outside every table.
fn index(number: i32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn kind(number: i32) -> &'static str {
    const KINDS: [&str; 6] =
        ["Unspecified", "Internal", "Server", "Client", "Producer", "Consumer"];
    KINDS.get(index(number)).unwrap_or(&"")
}

/// `Info`, `Info2` and so on.
fn severity(number: i32) -> String {
    if number == SeverityNumber::Unspecified as i32 {
        return "Unspecified".to_owned();
    }
    const LEVELS: [&str; 6] = ["Trace", "Debug", "Info", "Warn", "Error", "Fatal"];
    let step = number.wrapping_sub(1);
    match (LEVELS.get(index(step.div_euclid(4))), step.rem_euclid(4) + 1) {
        (None, _) => String::new(),
        (Some(level), 1) => (*level).to_owned(),
        (Some(level), rank) => format!("{level}{rank}"),
    }
}
