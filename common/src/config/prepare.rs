//! From the command line's sources to a checked config.

use std::{fmt, path::PathBuf};

use crate::{
    component::Registry,
    config::{
        Config, Plan, load,
        source::Source,
        validate::{Validator, in_order},
    },
    settings::{Entry, Finding, Node, Position, Value},
};

/// A config with errors. All of them are told.
#[derive(Debug)]
pub struct ConfigError {
    /// Errors and warnings, in the order of their places.
    pub findings: Vec<Finding>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid configuration:")?;
        self.findings.iter().try_for_each(|finding| {
            let mark = if finding.is_error() { "" } else { "warning: " };
            write!(f, "\n{mark}{finding}")
        })
    }
}

impl std::error::Error for ConfigError {}

/// A config that can run.
#[derive(Debug)]
pub struct Prepared {
    /// All of it.
    pub config: Config,
    /// What of it runs here.
    pub plan: Plan,
    /// What its reader should know.
    pub warnings: Vec<Finding>,
}

/// Where a collector's config comes from. Read again on every reload.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// `--config`, in order.
    pub uris: Vec<String>,
    /// `--set`, in order.
    pub sets: Vec<String>,
    /// The endpoint of a `health_check` to serve if the config has none (`OTELCOL_DEFAULT_HEALTH`).
    pub default_health: Option<String>,
}

const EMBEDDED: &str = include_str!("default.yaml");

impl Sources {
    /// Reads, merges, expands and checks the config for the components of one binary.
    ///
    /// # Errors
    /// [`ConfigError`] with every finding.
    pub async fn prepare(
        &self,
        registry: &Registry,
        collector: &str,
    ) -> Result<Prepared, ConfigError> {
        let (config, mut findings) = self.shape().await?;
        let validator = Validator::new(&config, registry, collector);
        let (plan, found) = if findings.iter().any(Finding::is_error) {
            validator.validate_definitions()
        } else {
            validator.validate()
        };
        findings.extend(found);
        let findings = in_order(findings);
        if findings.iter().any(Finding::is_error) {
            return Err(ConfigError { findings });
        }
        Ok(Prepared { config, plan, warnings: findings })
    }

    /// Reads, merges and expands the config, without checks across components.
    ///
    /// # Errors
    /// [`ConfigError`] if it cannot be read as a config.
    pub async fn read(&self) -> Result<(Config, Vec<Finding>), ConfigError> {
        let (config, findings) = self.shape().await?;
        if findings.iter().any(Finding::is_error) {
            return Err(ConfigError { findings });
        }
        Ok((config, findings))
    }

    /// What of the sources can be read as a config, and what is wrong with the rest.
    async fn shape(&self) -> Result<(Config, Vec<Finding>), ConfigError> {
        let embedded = || vec![format!("yaml:{EMBEDDED}")];
        let uris = if self.uris.is_empty() { embedded() } else { self.uris.clone() };
        let sets = self.sets.clone();
        // Reading files and addresses blocks.
        let loading = tokio::task::spawn_blocking(move || load(&uris, &sets));
        let loaded = loading
            .await
            .unwrap_or_else(|error| Err(vec![Finding::unplaced(error.to_string())]))
            .map_err(|findings| ConfigError { findings })?;
        let mut root = loaded.root;
        if let Some(endpoint) = &self.default_health {
            add_health_check(&mut root, endpoint);
        }
        let mut findings = loaded.warnings;
        let (config, found) = Config::read(&root);
        findings.extend(found);
        Ok((config, findings))
    }

    /// The files among the sources, for watching.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        self.uris
            .iter()
            .filter_map(|uri| match Source::of_argument(uri) {
                Ok(Source::File(path)) => Some(PathBuf::from(path)),
                _ => None,
            })
            .collect()
    }
}

/// Adds a health check for containers whose manifests probe one, unless the config names one itself.
fn add_health_check(root: &mut Node, endpoint: &str) {
    const ID: &str = "health_check/default";
    let position = Position::start_of("OTELCOL_DEFAULT_HEALTH");
    let is_health_check =
        |id: &str| id.trim() == "health_check" || id.trim().starts_with("health_check/");
    let list = root.get("service").and_then(|service| service.get("extensions"));
    let mut named: Vec<Node> = match list.map(|list| (&list.value, list.as_str())) {
        Some((Value::List(items), _)) => items.clone(),
        // Upstream takes a string for a list too.
        Some((Value::Scalar { .. }, Some(text))) => text
            .split(',')
            .filter(|id| !id.trim().is_empty())
            .map(|id| Node::string(id, position.clone()))
            .collect(),
        // What is no list is an error that the reader of the config is to see.
        Some((Value::Map(_), _)) => return,
        _ => Vec::new(),
    };
    if named.iter().filter_map(Node::as_str).any(is_health_check) {
        return;
    }
    let can_hold = |key: &str| {
        root.get(key).is_none_or(|node| matches!(node.value, Value::Map(_) | Value::Null))
    };
    if !can_hold("extensions") || !can_hold("service") {
        return;
    }
    let string = |text: &str| Node::string(text, position.clone());
    let settings = Node::new(
        Value::Map(vec![Entry {
            key: "endpoint".to_owned(),
            position: position.clone(),
            value: string(endpoint),
        }]),
        position.clone(),
    );
    let definition = child(child(root, "extensions", &position), ID, &position);
    if matches!(definition.value, Value::Null) {
        *definition = settings;
    }
    named.push(string(ID));
    *child(child(root, "service", &position), "extensions", &position) =
        Node::new(Value::List(named), position.clone());
}

/// The value of a key, made if it is not there.
fn child<'a>(node: &'a mut Node, key: &str, position: &Position) -> &'a mut Node {
    if !matches!(node.value, Value::Map(_)) {
        node.value = Value::Map(Vec::new());
    }
    if node.get(key).is_none()
        && let Value::Map(entries) = &mut node.value
    {
        let value = Node::new(Value::Null, position.clone());
        entries.push(Entry { key: key.to_owned(), position: position.clone(), value });
    }
    node.value_mut(key).unwrap_or_else(|| unreachable!("the key was made above"))
}

#[cfg(test)]
mod tests;
