use super::*;
use crate::testing::settings::{lines, node};

fn read(text: &str) -> Result<Config, String> {
    let (config, findings) = Config::read(&node(text).unwrap());
    if findings.iter().any(Finding::is_error) { Err(lines(&findings)) } else { Ok(config) }
}

fn check_error(text: &str, expected: &str) {
    assert_eq!(read(text).unwrap_err(), expected, "{text}");
}

#[test]
fn a_document_has_components_and_pipelines() {
    let config = read(
        "receivers: {otlp: , otlp/2: {a: 1}}\nexporters: {debug: }\nextensions: {health_check: }\n\
         service:\n  extensions: [health_check]\n  pipelines:\n    traces/a:\n      receivers: \
         [otlp, otlp/2]\n      exporters: debug\n",
    )
    .unwrap();
    let ids: Vec<String> = config.receivers.keys().map(ToString::to_string).collect();
    assert_eq!(ids, ["otlp", "otlp/2"]);
    assert!(config.definitions(Kind::Exporter).contains(&"debug".parse::<ComponentId>().unwrap()));
    let (id, pipeline) = config.service.pipelines.iter().next().unwrap();
    assert_eq!(id.to_string(), "traces/a");
    assert_eq!(pipeline.receivers.len(), 2);
    assert_eq!(pipeline.exporters[0].id.to_string(), "debug");
    assert_eq!(pipeline.receivers[1].position.to_string(), "test.yaml:8:25");
    assert_eq!(config.service.extensions.len(), 1);
}

#[test]
fn unknown_keys_are_named_with_the_nearest() {
    check_error(
        "reciever: {}\nservice: {pipeline: {}}",
        "test.yaml:1:1: has invalid keys: reciever, did you mean \"receivers\"?\n\
         test.yaml:2:11: service: has invalid keys: pipeline, did you mean \"pipelines\"?",
    );
    check_error(
        "service: {pipelines: {traces: {sources: []}}}",
        "test.yaml:1:32: service::pipelines::traces: has invalid keys: sources, expected one of \
         receivers, processors, exporters",
    );
}

#[test]
fn ids_are_checked_where_they_stand() {
    check_error(
        "receivers: {'a b': , otlp/: , /x: , otlp: , ' otlp ': }",
        "test.yaml:1:13: receivers::a b: invalid character(s) in type \"a b\"\n\
         test.yaml:1:22: receivers::otlp/: in \"otlp/\" id: the part after / should not be empty\n\
         test.yaml:1:31: receivers::/x: in \"/x\" id: the part before / should not be empty\n\
         test.yaml:1:45: receivers::otlp: duplicate name \"otlp\" after unmarshaling \" otlp \", ids \
         are trimmed",
    );
    check_error(
        "service: {pipelines: {trace: {}}}",
        "test.yaml:1:23: service::pipelines::trace: unknown pipeline signal: \"trace\", expected one \
         of traces, metrics, logs",
    );
    check_error(
        "service: {extensions: ['']}",
        "test.yaml:1:24: service::extensions::0: id must not be empty",
    );
}

#[test]
fn kinds_are_checked() {
    check_error(
        "receivers: [otlp]\nservice: {extensions: {a: b}}",
        "test.yaml:1:12: receivers: expected a map or struct, got a list\n\
         test.yaml:2:23: service::extensions: source data must be an array or slice, got a map",
    );
}

proptest::proptest! {
    #[test]
    fn any_document_ends_without_a_panic(
        text in "(receivers|exporters|service|pipelines|telemetry|metrics|readers|resource|address|otlp|traces|: |:\n  |\n|\n    |- |\\[|\\]|\\{|\\}|, |~|::|/|5|é){0,60}"
    ) {
        if let Ok(root) = node(&text) {
            drop(Config::read(&root));
        }
        if let Ok(root) = node(&format!("service: {{telemetry: {{{text}}}}}")) {
            drop(Config::read(&root));
        }
    }
}
