use serde_json::json;

use super::*;
use crate::telemetry::settings::ResourceAttribute;

/// A resource with fixed defaults and these attributes set.
pub(in crate::telemetry) fn resource(attributes: &[(&str, Value)]) -> Resource {
    let build = BuildInfo {
        command: "traces-collector".into(),
        description: "test".into(),
        version: "1.2.3".into(),
    };
    let attribute = |(name, value): &(&str, Value)| ResourceAttribute {
        name: (*name).to_owned(),
        value: value.clone(),
    };
    let attributes = attributes.iter().map(attribute).collect();
    Resource::new(&build, &ResourceSettings { attributes, schema_url: None })
}

#[test]
fn values_replace_defaults_and_null_removes_them() {
    let resource = resource(&[
        ("service.name", json!("mine")),
        ("service.instance.id", Value::Null),
        ("zone", json!(7)),
    ]);
    let attributes: Vec<_> = resource.attributes().collect();
    assert_eq!(attributes, [("service.name", "mine"), ("service.version", "1.2.3"), ("zone", "7")]);
}

#[test]
fn the_instance_stays_the_same_for_the_whole_run() {
    assert_eq!(resource(&[]), resource(&[]));
}
