//! Reading the stack's files.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use common::{
    config::yaml::parse,
    settings::{self, Node},
};
use serde_json::{Map, Value};
use tests::collector::root;
use tokio::process::Command;

use crate::deploy::json::list;

pub(super) const DIRECTORY: &str = "deploy/compose";

/// A path as it is written in a file of the stack.
pub(super) fn path(relative: &str) -> PathBuf {
    root().join(DIRECTORY).join(relative)
}

/// A YAML file; single values are texts.
pub(super) fn yaml(relative: &str) -> Value {
    let text = std::fs::read_to_string(path(relative)).unwrap();
    json(&parse(&text, &Arc::from(relative)).unwrap())
}

fn json(node: &Node) -> Value {
    match &node.value {
        settings::Value::Null => Value::Null,
        settings::Value::Scalar { text, .. } => Value::String(text.clone()),
        settings::Value::List(items) => items.iter().map(json).collect(),
        settings::Value::Map(entries) => entries
            .iter()
            .map(|entry| (entry.key.clone(), json(&entry.value)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

/// What runs, by name.
pub(super) fn services(stack: &Value) -> &Map<String, Value> {
    stack["services"].as_object().unwrap()
}

/// The texts of a list by its pointer.
pub(super) fn texts(value: &Value, pointer: &str) -> Vec<String> {
    list(value, pointer).iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

/// What is in a map at a JSON pointer.
pub(super) fn map<'a>(
    value: &'a Value,
    pointer: &str,
) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let found = value.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
    found.map(|(key, value)| (key.as_str(), value))
}

/// Every text in a value with its key.
pub(super) fn each(value: &Value, see: &mut impl FnMut(&str, &str)) {
    each_map(value, &mut |object| {
        for (key, value) in object {
            if let Some(text) = value.as_str() {
                see(key, text);
            }
        }
    });
}

/// Every map in a value.
pub(super) fn each_map(value: &Value, see: &mut impl FnMut(&Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            see(object);
            object.values().for_each(|value| each_map(value, see));
        }
        Value::Array(items) => items.iter().for_each(|item| each_map(item, see)),
        _ => {}
    }
}

/// What `.env` sets.
pub(super) fn environment() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path(".env")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// How Compose is called on this machine, if it is there.
pub(super) async fn compose() -> Option<Vec<String>> {
    for words in [&["docker", "compose"][..], &["docker-compose"]] {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg("version");
        if command.output().await.is_ok_and(|output| output.status.success()) {
            return Some(words.iter().map(|word| (*word).to_owned()).collect());
        }
    }
    None
}
