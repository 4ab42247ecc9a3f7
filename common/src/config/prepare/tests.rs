use std::sync::Arc;

use super::*;
use crate::{component::Kind, settings::Severity};

async fn read(yaml: &str) -> Result<Config, ConfigError> {
    let sources = Sources {
        uris: vec![format!("yaml:{yaml}")],
        default_health: Some("0.0.0.0:13133".to_owned()),
        ..Sources::default()
    };
    sources.read().await.map(|(config, _)| config)
}

async fn check(yaml: &str, extensions: &str, endpoint: Option<&str>) {
    let config = read(yaml).await.unwrap();
    let used: Vec<String> =
        config.service.extensions.iter().map(|used| used.id.to_string()).collect();
    assert_eq!(used.join(" "), extensions, "{yaml}");
    let id = "health_check/default".parse().unwrap();
    let definition = config.definitions(Kind::Extension).get(&id);
    let found = definition.and_then(|found| found.node.get("endpoint")?.as_str());
    assert_eq!(found, endpoint, "{yaml}");
}

#[tokio::test]
async fn health_is_served_by_default_beside_other_extensions() {
    let endpoint = Some("0.0.0.0:13133");
    check("receivers:", "health_check/default", endpoint).await;
    let list = "service: {extensions: [zpages]}\nextensions: {zpages: }";
    check(list, "zpages health_check/default", endpoint).await;
    check("service: {extensions: 'zpages, pprof'}", "zpages pprof health_check/default", endpoint)
        .await;
}

#[tokio::test]
async fn a_health_check_in_the_config_wins() {
    check("service: {extensions: [health_check/own]}", "health_check/own", None).await;
    check("service: {extensions: 'zpages,health_check'}", "zpages health_check", None).await;
    let defined = "extensions: {health_check/default: {endpoint: here:1}}";
    check(defined, "health_check/default", Some("here:1")).await;
}

#[tokio::test]
async fn a_wrong_config_stays_wrong() {
    for yaml in ["extensions: [a]", "service: text", "service: {extensions: {a: b}}"] {
        assert!(read(yaml).await.is_err(), "{yaml}");
    }
}

#[test]
fn only_files_are_watched() {
    let uris = ["a.yaml", "file:b.yaml", "env:X", "yaml:a: b", "https://x/y"];
    let sources =
        Sources { uris: uris.iter().map(ToString::to_string).collect(), ..Sources::default() };
    assert_eq!(sources.files(), [PathBuf::from("a.yaml"), PathBuf::from("b.yaml")]);
}

#[test]
fn findings_are_told_one_a_line() {
    let findings = vec![Finding::unplaced("one"), Finding::unplaced("two")];
    assert_eq!(ConfigError { findings }.to_string(), "invalid configuration:\none\ntwo");
}

fn finding(severity: Severity, message: &str) -> Finding {
    Finding {
        severity,
        source: Arc::from("my.yaml"),
        line: 3,
        column: 5,
        path: "exporters::otlp".to_owned(),
        message: message.to_owned(),
        suggestion: None,
    }
}

#[test]
fn a_warning_beside_errors_is_told_from_them() {
    let error = ConfigError {
        findings: vec![
            finding(Severity::Warning, "is an old spelling"),
            finding(Severity::Error, "is wrong"),
        ],
    };
    let text = "invalid configuration:\n\
                warning: my.yaml:3:5: exporters::otlp: is an old spelling\n\
                my.yaml:3:5: exporters::otlp: is wrong";
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn mistakes_in_the_shape_hide_none_in_the_components() {
    let yaml = "recievers: {}\nexporters: {debug: {verbsity: basic}}\n\
                service: {pipelines: {trace: {receivers: [otlp], exporters: [debug]}}}";
    let sources = Sources { uris: vec![format!("yaml:{yaml}")], ..Sources::default() };
    let registry = crate::registry().signal(crate::signal::Signal::Traces);
    let error = sources.prepare(&registry, "traces-collector").await.unwrap_err().to_string();
    for part in ["recievers", "verbsity", "unknown pipeline signal"] {
        assert!(error.contains(part), "{part} is missing in {error}");
    }
    assert_eq!(error.lines().count(), 4, "{error}");
}
