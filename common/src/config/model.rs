//! The shape of the document: components by kind and id, and the pipelines that use them.
//!
//! What a component's settings mean is not looked at here; that is the registry's.

use std::{fmt::Display, hash::Hash, str::FromStr};

use super::{ordered::OrderedMap, telemetry};
use crate::{
    component::{ComponentId, Kind, PipelineId},
    settings::{Finding, Node, Position, Value, nearest},
    telemetry::settings::TelemetrySettings,
};

/// Components of one kind, by id, in the order of the document.
pub type Definitions = OrderedMap<ComponentId, Definition>;

/// A whole document.
#[derive(Clone, Debug)]
pub struct Config {
    /// `receivers`.
    pub receivers: Definitions,
    /// `processors`.
    pub processors: Definitions,
    /// `exporters`.
    pub exporters: Definitions,
    /// `connectors`.
    pub connectors: Definitions,
    /// `extensions`.
    pub extensions: Definitions,
    /// `service`.
    pub service: Service,
    /// Where the document starts.
    pub position: Position,
}

/// The settings of a component, not read yet.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its settings; null stands for the defaults.
    pub node: Node,
    /// Where its id is.
    pub position: Position,
}

/// What runs.
#[derive(Clone, Debug, Default)]
pub struct Service {
    /// Our own logs and metrics.
    pub telemetry: TelemetrySettings,
    /// The extensions to start, in this order.
    pub extensions: Vec<Reference>,
    /// The pipelines, in the order of the document.
    pub pipelines: OrderedMap<PipelineId, Pipeline>,
}

/// The components of a pipeline.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// Receivers, and connectors that end in this pipeline.
    pub receivers: Vec<Reference>,
    /// In the order in which data passes them.
    pub processors: Vec<Reference>,
    /// Exporters, and connectors that start here.
    pub exporters: Vec<Reference>,
    /// Where its id is.
    pub position: Position,
}

/// A component that is named where it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Which one.
    pub id: ComponentId,
    /// Where it is named.
    pub position: Position,
}

impl Config {
    /// The components of a kind.
    #[must_use]
    pub const fn definitions(&self, kind: Kind) -> &Definitions {
        match kind {
            Kind::Receiver => &self.receivers,
            Kind::Processor => &self.processors,
            Kind::Exporter => &self.exporters,
            Kind::Connector => &self.connectors,
            Kind::Extension => &self.extensions,
        }
    }

    /// The settings of a component, if it is defined.
    #[must_use]
    pub fn settings(&self, kind: Kind, id: &ComponentId) -> Option<&Node> {
        self.definitions(kind).get(id).map(|definition| &definition.node)
    }

    /// Reads the shape of a document: what of it can be read, and all that is wrong with the rest.
    #[must_use]
    pub fn read(root: &Node) -> (Self, Vec<Finding>) {
        let mut reader = Reader::default();
        (reader.config(root), reader.findings)
    }
}

const SECTIONS: [&str; 6] =
    ["receivers", "processors", "exporters", "connectors", "extensions", "service"];

#[derive(Default)]
struct Reader {
    findings: Vec<Finding>,
}

impl Reader {
    fn config(&mut self, root: &Node) -> Config {
        self.known_keys(root, "", &SECTIONS);
        Config {
            position: root.position.clone(),
            receivers: self.definitions(root, Kind::Receiver),
            processors: self.definitions(root, Kind::Processor),
            exporters: self.definitions(root, Kind::Exporter),
            connectors: self.definitions(root, Kind::Connector),
            extensions: self.definitions(root, Kind::Extension),
            service: root.get("service").map(|node| self.service(node)).unwrap_or_default(),
        }
    }

    fn definitions(&mut self, root: &Node, kind: Kind) -> Definitions {
        match root.get(kind.section()) {
            Some(node) => self.by_id(node, kind.section(), |_, entry_node, position, _| {
                Definition { node: entry_node.clone(), position }
            }),
            None => Definitions::default(),
        }
    }

    /// Reads a map whose keys are ids.
    fn by_id<K, V>(
        &mut self,
        node: &Node,
        path: &str,
        mut read: impl FnMut(&mut Self, &Node, Position, &str) -> V,
    ) -> OrderedMap<K, V>
    where
        K: FromStr<Err: Display> + Clone + Eq + Hash + Display,
    {
        let mut map = OrderedMap::default();
        if !self.is_map(node, path) {
            return map;
        }
        for entry in node.entries() {
            let path = format!("{path}::{}", entry.key.trim());
            let id: K = match entry.key.parse() {
                Ok(id) => id,
                Err(error) => {
                    self.error(&entry.position, &path, error.to_string());
                    continue;
                }
            };
            let value = read(self, &entry.value, entry.position.clone(), &path);
            if !map.insert_new(id.clone(), value) {
                let message = format!(
                    "duplicate name \"{id}\" after unmarshaling {:?}, ids are trimmed",
                    entry.key
                );
                self.error(&entry.position, &path, message);
            }
        }
        map
    }

    fn service(&mut self, node: &Node) -> Service {
        const PATH: &str = "service";
        if !self.is_map(node, PATH) {
            return Service::default();
        }
        self.known_keys(node, PATH, &["telemetry", "extensions", "pipelines"]);
        let telemetry = match node.get("telemetry") {
            Some(node) => telemetry::read(node, "service::telemetry", &mut self.findings),
            None => TelemetrySettings::default(),
        };
        let pipelines = match node.get("pipelines") {
            Some(node) => self.by_id(node, "service::pipelines", Self::pipeline),
            None => OrderedMap::default(),
        };
        Service { telemetry, extensions: self.references(node, PATH, "extensions"), pipelines }
    }

    fn pipeline(&mut self, node: &Node, position: Position, path: &str) -> Pipeline {
        if self.is_map(node, path) {
            self.known_keys(node, path, &["receivers", "processors", "exporters"]);
        }
        Pipeline {
            receivers: self.references(node, path, "receivers"),
            processors: self.references(node, path, "processors"),
            exporters: self.references(node, path, "exporters"),
            position,
        }
    }

    fn references(&mut self, parent: &Node, path: &str, key: &str) -> Vec<Reference> {
        let Some(node) = parent.get(key) else {
            return Vec::new();
        };
        let path = format!("{path}::{key}");
        match &node.value {
            Value::Null => Vec::new(),
            Value::List(items) => items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| {
                    let path = format!("{path}::{index}");
                    match item.as_str() {
                        Some(text) => self.reference(text, &item.position, &path),
                        None => {
                            let message = format!("expected a string, got {}", item.describe());
                            self.error(&item.position, &path, message);
                            None
                        }
                    }
                })
                .collect(),
            _ => match node.as_str() {
                Some("") => Vec::new(),
                Some(text) if !matches!(node.value, Value::Map(_)) => text
                    .split(',')
                    .filter_map(|text| self.reference(text, &node.position, &path))
                    .collect(),
                _ => {
                    let got = node.describe();
                    let message = format!("source data must be an array or slice, got {got}");
                    self.error(&node.position, &path, message);
                    Vec::new()
                }
            },
        }
    }

    fn reference(&mut self, text: &str, position: &Position, path: &str) -> Option<Reference> {
        match text.parse() {
            Ok(id) => Some(Reference { id, position: position.clone() }),
            Err(error) => {
                let error: crate::component::InvalidId = error;
                self.error(position, path, error.to_string());
                None
            }
        }
    }

    /// Whether the node can be read as a map; null can, as an empty one.
    fn is_map(&mut self, node: &Node, path: &str) -> bool {
        if matches!(node.value, Value::Map(_) | Value::Null) {
            return true;
        }
        let message = format!("expected a map or struct, got {}", node.describe());
        self.error(&node.position, path, message);
        false
    }

    fn known_keys(&mut self, node: &Node, path: &str, known: &[&str]) {
        for entry in node.entries() {
            let key = entry.key.as_str();
            if known.contains(&key) {
                continue;
            }
            let suggestion = nearest(key, known.iter().copied());
            let message = match suggestion {
                Some(_) => format!("has invalid keys: {key}"),
                None => format!("has invalid keys: {key}, expected one of {}", known.join(", ")),
            };
            let finding = Finding::error(&entry.position, path, message);
            self.findings.push(finding.with_suggestion(suggestion));
        }
    }

    fn error(&mut self, position: &Position, path: &str, message: impl Into<String>) {
        self.findings.push(Finding::error(position, path, message));
    }
}

#[cfg(test)]
mod tests;
