//! The config with every default filled in.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::{
    component::{Kind, Registry},
    config::Config,
    delivery,
    settings::{Unredacted, without_passwords},
};

/// The whole document, in the order of the config. What this binary does not have is left out of the
/// defaults and shown as it is named.
#[must_use]
pub fn effective(config: &Config, registry: &Registry) -> Value {
    let mut document = Map::new();
    for kind in Kind::ALL {
        let section: Map<String, Value> = config
            .definitions(kind)
            .iter()
            .map(|(id, definition)| {
                let path = format!("{}::{id}", kind.section());
                let exporter =
                    registry.find_exporter(id.type_name()).filter(|_| kind == Kind::Exporter);
                let settings = match exporter {
                    Some(exporter) => {
                        let (own, delivered) =
                            delivery::divide(&definition.node, exporter.delivery());
                        let delivered = delivery::check(&delivered, exporter.delivery(), &path);
                        merged(exporter.check(&own, &path).effective, delivered.effective)
                    }
                    None => registry
                        .find(kind, id.type_name())
                        .and_then(|factory| factory.check(&definition.node, &path).effective)
                        .unwrap_or(Value::Null),
                };
                (id.to_string(), settings)
            })
            .collect();
        document.insert(kind.section().to_owned(), Value::Object(section));
    }
    document.insert("service".to_owned(), service(config));
    let mut document = Value::Object(document);
    if !Unredacted::is_open() {
        hide_passwords(&mut document);
    }
    document
}

fn hide_passwords(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Cow::Owned(shown) = without_passwords(text) {
                *text = shown;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(hide_passwords),
        Value::Object(map) => map.values_mut().for_each(hide_passwords),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn merged(own: Option<Value>, delivered: Option<Value>) -> Value {
    match (own, delivered) {
        (Some(Value::Object(mut own)), Some(Value::Object(delivered))) => {
            own.extend(delivered);
            Value::Object(own)
        }
        (Some(Value::Null) | None, Some(delivered)) => delivered,
        (own, _) => own.unwrap_or(Value::Null),
    }
}

fn service(config: &Config) -> Value {
    let service = &config.service;
    let names = |references: &[crate::config::Reference]| {
        references.iter().map(|reference| json!(reference.id.to_string())).collect::<Vec<_>>()
    };
    let pipelines: Map<String, Value> = service
        .pipelines
        .iter()
        .map(|(id, pipeline)| {
            let lists = json!({
                "receivers": names(&pipeline.receivers),
                "processors": names(&pipeline.processors),
                "exporters": names(&pipeline.exporters),
            });
            (id.to_string(), lists)
        })
        .collect();
    json!({
        "telemetry": serde_json::to_value(&service.telemetry).unwrap_or(Value::Null),
        "extensions": names(&service.extensions),
        "pipelines": pipelines,
    })
}
