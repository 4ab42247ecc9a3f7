//! From the command line's sources to a checked config.

use std::{fmt, path::PathBuf};

use crate::{
    component::Registry,
    config::{Config, Plan, load, source::Source, validate::Validator},
    settings::{Entry, Finding, Node, Position, Value},
};

#[cfg(test)]
mod tests;

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
        let (config, mut findings) = self.read().await?;
        let (plan, found) = Validator::new(&config, registry, collector).validate();
        findings.extend(found);
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
        match Config::read(&root) {
            Ok((config, warnings)) => {
                findings.extend(warnings);
                Ok((config, findings))
            }
            Err(errors) => {
                findings.extend(errors);
                Err(ConfigError { findings })
            }
        }
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
    let has_own =
        root.get("service").and_then(|service| service.get("extensions")).is_some_and(|list| {
            match &list.value {
                Value::List(items) => items.iter().filter_map(Node::as_str).any(|id| {
                    id.trim() == "health_check" || id.trim().starts_with("health_check/")
                }),
                _ => false,
            }
        });
    if has_own {
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
    *child(child(root, "extensions", &position), ID, &position) = settings;
    let list = child(child(root, "service", &position), "extensions", &position);
    match &mut list.value {
        Value::List(items) => items.push(string(ID)),
        _ => *list = Node::new(Value::List(vec![string(ID)]), position.clone()),
    }
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
    node.get_mut(key).unwrap_or_else(|| unreachable!("the key was made above"))
}
