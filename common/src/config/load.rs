//! Reads every source, lays one over the other, and fills in the variables.

use std::sync::Arc;

use super::{
    expand, merge,
    source::{Source, Text},
    yaml,
};
use crate::settings::{Finding, Node, Position, Value};

/// What configuration may read from outside.
#[derive(Clone, Copy)]
pub struct Environment<'a> {
    /// The value of an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// The body at an address, or why there is none.
    pub fetch: &'a dyn Fn(&str) -> Result<String, String>,
}

impl std::fmt::Debug for Environment<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Environment")
    }
}

/// A document with everything filled in.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Always a map.
    pub root: Node,
    /// What the user should know.
    pub warnings: Vec<Finding>,
}

/// Loads the `--config` sources and lays the `--set` arguments over them.
///
/// Blocks while it reads, so a running service calls it on a blocking thread.
///
/// # Errors
/// All findings that keep the document from being read.
pub fn load(configs: &[String], sets: &[String]) -> Result<Loaded, Vec<Finding>> {
    let variable = |name: &str| Some(std::env::var_os(name)?.to_string_lossy().into_owned());
    let fetch = |address: &str| crate::net::fetch_text(address, yaml::MAX_BYTES);
    load_with(configs, sets, Environment { variable: &variable, fetch: &fetch })
}

/// The same in another environment.
///
/// # Errors
/// All findings that keep the document from being read.
pub fn load_with(
    configs: &[String],
    sets: &[String],
    environment: Environment<'_>,
) -> Result<Loaded, Vec<Finding>> {
    if configs.is_empty() && sets.is_empty() {
        return Err(vec![Finding::unplaced("at least one config flag must be provided")]);
    }
    let mut findings = Vec::new();
    let mut root = Node::new(Value::Map(Vec::new()), Position::start_of("config"));
    let documents = configs.iter().map(|argument| read(argument, &environment));
    for (index, document) in documents.chain(sets.iter().map(|set| read_set(set))).enumerate() {
        match document {
            Ok(Some(document)) => {
                if index == 0 {
                    root.position = document.position.clone();
                }
                merge::merge(&mut root, document);
            }
            Ok(None) => {}
            Err(finding) => findings.push(finding),
        }
    }
    let warnings = expand::expand(&mut root, environment, &mut findings);
    if findings.is_empty() { Ok(Loaded { root, warnings }) } else { Err(findings) }
}

fn read(argument: &str, environment: &Environment<'_>) -> Result<Option<Node>, Finding> {
    let source = Source::of_argument(argument).map_err(Finding::unplaced)?;
    let label: Arc<str> = source.label().into();
    let text = source.read(environment).map_err(Finding::unplaced)?;
    match text {
        Text::Found(text) | Text::Default(text) => document(&text, &label),
        Text::Unset => Ok(None),
    }
}

fn read_set(argument: &str) -> Result<Option<Node>, Finding> {
    let Some((path, value)) = argument.split_once('=') else {
        let message = format!("--set {argument:?}: missing equal sign, expected path=value");
        return Err(Finding::unplaced(message));
    };
    let path = path.trim().replace('.', "::");
    document(&format!("{path}: {}", value.trim()), &"--set".into())
}

fn document(text: &str, source: &Arc<str>) -> Result<Option<Node>, Finding> {
    let node = yaml::parse(text, source)?;
    let type_name = match &node.value {
        Value::Map(_) => return Ok(Some(node)),
        Value::Null => return Ok(None),
        Value::Scalar { .. } => "string",
        Value::List(_) => "list",
    };
    let message = format!(
        "retrieved value (type={type_name}) cannot be used as a Conf, expected a map at the top"
    );
    Err(Finding::error(&node.position, "", message))
}

#[cfg(test)]
mod tests;
