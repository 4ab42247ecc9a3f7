//! Reads `service::telemetry`, with the spellings of earlier releases.

use serde::Deserialize;
use serde_json::Value as Json;

use crate::{
    net::tls::validate_server,
    settings::{Entry, Finding, Issues, Node, Value, decode, decode_leaving},
    telemetry::settings::{
        MetricLevel, MetricReader, MetricSettings, PrometheusReader, ResourceAttribute,
        ResourceSettings, TelemetrySettings, TraceLevel, TraceSettings,
    },
};

const UNAVAILABLE: &str = "not available in this version";

/// Reads the section and adds what is wrong with it to the findings.
pub fn read(node: &Node, path: &str, findings: &mut Vec<Finding>) -> TelemetrySettings {
    let mut settings: TelemetrySettings = match decode_leaving(node, path, &["resource"]) {
        Ok(settings) => settings,
        Err(wrong) => {
            findings.extend(wrong);
            return TelemetrySettings::default();
        }
    };
    let mut section = Section { node, path, findings };
    section.logs(&settings);
    section.metrics(&mut settings.metrics);
    section.traces(&settings.traces);
    settings.resource = section.resource();
    settings
}

struct Section<'a> {
    node: &'a Node,
    path: &'a str,
    findings: &'a mut Vec<Finding>,
}

impl Section<'_> {
    fn error(&mut self, keys: &[&str], message: impl Into<String>) {
        let keys = keys.join("::");
        let path = format!("{}::{keys}", self.path);
        self.findings.push(Finding::error(self.node.locate(&keys), path, message));
    }

    fn warn(&mut self, keys: &[&str], message: impl Into<String>) {
        let keys = keys.join("::");
        let path = format!("{}::{keys}", self.path);
        self.findings.push(Finding::warning(self.node.locate(&keys), path, message));
    }

    fn logs(&mut self, settings: &TelemetrySettings) {
        if !settings.logs.processors.is_empty() {
            let message = format!("sending our own logs is {UNAVAILABLE}; they go to output_paths");
            self.error(&["logs", "processors"], message);
        }
        if settings.logs.development {
            let message = "has no effect, because our log has no stack traces; remove it";
            self.warn(&["logs", "development"], message);
        }
        if settings.logs.output_paths.is_empty() {
            self.error(&["logs", "output_paths"], "must have at least one path, such as stderr");
        }
    }

    fn metrics(&mut self, metrics: &mut MetricSettings) {
        if let Some(address) = metrics.address.take() {
            self.address(&address, metrics);
        }
        if !metrics.views.is_empty() {
            let message = if metrics.level == MetricLevel::Detailed {
                format!("views are {UNAVAILABLE}")
            } else {
                "service::telemetry::metrics::views can only be set when \
                 service::telemetry::metrics::level is detailed"
                    .to_owned()
            };
            self.error(&["metrics", "views"], message);
        }
        if metrics.level == MetricLevel::None {
            return;
        }
        if metrics.readers.is_empty() {
            self.error(
                &["metrics", "readers"],
                "collector telemetry metrics reader should exist when metric level is not none",
            );
        }
        for (index, reader) in metrics.readers.iter().enumerate() {
            self.reader(&index.to_string(), reader);
        }
    }

    fn reader(&mut self, index: &str, reader: &MetricReader) {
        let keys = ["metrics", "readers", index];
        match (reader.as_prometheus(), &reader.periodic) {
            (_, Some(_)) => self.error(
                &["metrics", "readers", index, "periodic"],
                format!(
                    "sending our own metrics is {UNAVAILABLE}; use a pull reader with a prometheus \
                     exporter"
                ),
            ),
            (None, None) => {
                self.error(&keys, "no valid metric exporter, expected pull::exporter::prometheus");
            }
            (Some(page), None) => {
                let keys = ["metrics", "readers", index, "pull", "exporter", "prometheus"];
                if page.host.is_none() {
                    self.error(&keys, "host must be specified");
                }
                if page.port.is_none() {
                    self.error(&keys, "port must be specified");
                }
                if let Some(tls) = page.tls.get() {
                    let mut issues = Issues::default();
                    validate_server(tls, &format!("{}::tls", keys.join("::")), &mut issues);
                    self.findings.extend(issues.into_findings(self.node, self.path));
                }
            }
        }
    }

    fn address(&mut self, address: &str, metrics: &mut MetricSettings) {
        const KEYS: [&str; 2] = ["metrics", "address"];
        let parts = address
            .rsplit_once(':')
            .and_then(|(host, port)| Some((host, port.parse::<u16>().ok()?)))
            .filter(|(host, _)| !host.contains(':') || host.starts_with('['));
        let Some((host, port)) = parts else {
            self.error(&KEYS, format!("invalid address {address:?}, expected host:port"));
            return;
        };
        let reader = MetricReader::prometheus(PrometheusReader {
            host: Some(host.to_owned()),
            port: Some(port),
            ..PrometheusReader::default()
        });
        let message = format!(
            "address is the spelling of older releases, write readers: [{{pull: {{exporter: \
             {{prometheus: {{host: {host:?}, port: {port}}}}}}}}}] instead"
        );
        self.warn(&KEYS, message);
        // Written readers come on top of the old address, as they did when both existed.
        if self.node.get("metrics").and_then(|node| node.get("readers")).is_some() {
            metrics.readers.push(reader);
        } else {
            metrics.readers = vec![reader];
        }
    }

    fn traces(&mut self, traces: &TraceSettings) {
        for propagator in &traces.propagators {
            if !matches!(propagator.as_str(), "tracecontext" | "b3") {
                let message = format!(
                    "error creating propagator: unsupported trace propagator {propagator:?}, \
                     expected one of tracecontext, b3"
                );
                self.error(&["traces", "propagators"], message);
            }
        }
        if traces.level != TraceLevel::None && !traces.processors.is_empty() {
            let message = format!("sending our own spans is {UNAVAILABLE}; remove the processors");
            self.error(&["traces", "processors"], message);
        }
    }

    fn resource(&mut self) -> ResourceSettings {
        let Some(node) = self.node.get("resource").cloned() else {
            return ResourceSettings::default();
        };
        if !matches!(node.value, Value::Map(_) | Value::Null) {
            self.error(&["resource"], format!("expected a map, got {}", node.describe()));
            return ResourceSettings::default();
        }
        let (declared, legacy): (Vec<Entry>, Vec<Entry>) =
            node.entries().iter().cloned().partition(|entry| DECLARED.contains(&&*entry.key));
        let has_attributes = declared.iter().any(|entry| entry.key == "attributes");
        if has_attributes && !legacy.is_empty() {
            self.error(
                &["resource"],
                "resource::attributes cannot be used together with legacy inline resource attributes",
            );
        }
        let declared = Node::new(Value::Map(declared), node.position);
        let mut settings = self.declared(&declared);
        settings.attributes.extend(self.legacy(&legacy));
        settings
    }

    fn declared(&mut self, node: &Node) -> ResourceSettings {
        let path = format!("{}::resource", self.path);
        let declared: DeclaredResource = match decode(node, &path) {
            Ok(declared) => declared,
            Err(wrong) => {
                self.findings.extend(wrong);
                return ResourceSettings::default();
            }
        };
        if declared.attributes_list.is_some() {
            self.error(&["resource", "attributes_list"], "is not supported, use attributes");
        }
        if declared.detection.is_some_and(|detection| !detection.detectors.is_empty()) {
            let message = format!("detectors are {UNAVAILABLE}; write attributes instead");
            self.error(&["resource", "detection/development", "detectors"], message);
        }
        let mut attributes: Vec<ResourceAttribute> = Vec::new();
        for (index, DeclaredAttribute { name, value, .. }) in
            declared.attributes.into_iter().enumerate()
        {
            let index = index.to_string();
            if name.is_empty() {
                self.error(&["resource", "attributes", &index], "name must not be empty");
            }
            if value.is_object() {
                let message = "expected a string, boolean, number or a list of these, got a map";
                self.error(&["resource", "attributes", &index], message);
            }
            attributes.push(ResourceAttribute { name, value });
        }
        ResourceSettings { attributes, schema_url: declared.schema_url }
    }

    fn legacy(&mut self, entries: &[Entry]) -> Vec<ResourceAttribute> {
        if let Some(first) = entries.first() {
            self.warn(
                &["resource", &first.key],
                "attributes right under resource are the spelling of older releases, write \
                 attributes: [{name, value}] instead",
            );
        }
        let mut attributes = Vec::new();
        for entry in entries {
            let value = match entry.value.as_str() {
                _ if entry.value.is_null() => Json::Null,
                Some(text) => Json::String(text.to_owned()),
                None => {
                    let message =
                        format!("legacy resource attribute {:?} must be string or null", entry.key);
                    self.error(&["resource", &entry.key], message);
                    continue;
                }
            };
            attributes.push(ResourceAttribute { name: entry.key.clone(), value });
        }
        attributes
    }
}

const DECLARED: [&str; 4] =
    ["attributes", "schema_url", "detection/development", "attributes_list"];

#[derive(Default, Deserialize)]
#[serde(default)]
struct DeclaredResource {
    attributes: Vec<DeclaredAttribute>,
    schema_url: Option<String>,
    #[serde(rename = "detection/development")]
    detection: Option<Detection>,
    attributes_list: Option<Json>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct DeclaredAttribute {
    name: String,
    value: Json,
    // Our attributes keep the type that the YAML gives them.
    #[serde(rename = "type")]
    _type: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Detection {
    detectors: Vec<Json>,
}

#[cfg(test)]
mod tests;
