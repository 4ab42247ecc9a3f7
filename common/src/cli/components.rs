//! `components`: what this binary has, as YAML.

use serde_json::{Value, json};

use crate::{
    component::{Kind, Registry},
    config::print::{Format, print},
    signal::{Signal, SignalSet},
    telemetry::BuildInfo,
};

pub(super) fn list(registry: &Registry, build_info: &BuildInfo) -> Result<(), anyhow::Error> {
    let mut document = serde_json::Map::new();
    document.insert(
        "buildinfo".to_owned(),
        json!({
            "command": &*build_info.command,
            "description": &*build_info.description,
            "version": &*build_info.version,
        }),
    );
    for kind in Kind::ALL {
        let entries: Vec<Value> = registry
            .names(kind)
            .into_iter()
            .map(|name| entry(registry, kind, name, build_info))
            .collect();
        document.insert(kind.section().to_owned(), Value::Array(entries));
    }
    let schemes = ["env", "file", "http", "https", "yaml"];
    let providers: Vec<Value> = schemes.iter().map(|scheme| json!({ "scheme": scheme })).collect();
    document.insert("providers".to_owned(), Value::Array(providers));
    super::print(&print(&Value::Object(document), Format::Yaml)?);
    Ok(())
}

fn entry(registry: &Registry, kind: Kind, name: &'static str, build_info: &BuildInfo) -> Value {
    let stability: serde_json::Map<String, Value> = match kind {
        Kind::Receiver => levels(registry.find_receiver(name).map(|found| found.signals())),
        Kind::Processor => levels(registry.find_processor(name).map(|found| found.signals())),
        Kind::Exporter => levels(registry.find_exporter(name).map(|found| found.signals())),
        Kind::Connector => Signal::ALL
            .into_iter()
            .filter_map(|input| Some((input, registry.find_connector(name)?.outputs(input))))
            .flat_map(|(input, outputs)| {
                outputs.iter().map(move |output| (format!("{input}-to-{output}"), json!("Beta")))
            })
            .collect(),
        Kind::Extension => [("extension".to_owned(), json!("Beta"))].into_iter().collect(),
    };
    let module = format!("tercet/{} v{}", kind.section(), build_info.version);
    json!({ "name": name, "module": module, "stability": stability })
}

fn levels(signals: Option<SignalSet>) -> serde_json::Map<String, Value> {
    let signals = signals.unwrap_or(SignalSet::NONE);
    signals.iter().map(|signal| (signal.name().to_owned(), json!("Beta"))).collect()
}
