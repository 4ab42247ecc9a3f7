//! What every component owes its users, checked for each that there is.

use common::component::Kind;
use tests::{
    collector::{COMBINED, Finished, Setup, root},
    reference::{self, Documented},
};

/// Set by `make docs`: the page is written instead of compared.
const WRITE: &str = "TERCET_WRITE_DOCS";
const PAGE: &str = "docs/components.md";

const AROUND: &str = "receivers:
  otlp: {protocols: {grpc: {endpoint: '127.0.0.1:0'}}}
exporters:
  debug/around:
service:
  pipelines:
    traces: {receivers: [otlp], exporters: [debug/around]}
    metrics: {receivers: [otlp], exporters: [debug/around]}
    logs: {receivers: [otlp], exporters: [debug/around]}
";

/// Validates a config in which this stands in the section of a kind.
async fn validate(kind: Kind, body: &str) -> Finished {
    let indented: String = body.lines().map(|line| format!("  {line}\n")).collect();
    let source = format!("--config=yaml:{}:\n{indented}", kind.section());
    Setup::new(COMBINED).arg("validate").config(AROUND).arg(&source).run().await
}

fn owes(one: &Documented, what: &str) -> String {
    format!("{}: {} `{}`: {what}", one.path, one.kind, one.name)
}

#[tokio::test]
async fn the_documented_yaml_is_accepted() {
    let mut debts = Vec::new();
    for one in reference::components() {
        let blocks = one.yaml_blocks();
        if blocks.is_empty() {
            debts.push(owes(&one, "no ```yaml block in the module doc"));
        }
        for block in blocks {
            let output = validate(one.kind, &block).await;
            if output.code != Some(0) {
                debts.push(owes(&one, &format!("its YAML is refused\n{}", output.stderr)));
            }
        }
    }
    assert!(debts.is_empty(), "{}", debts.join("\n"));
}

#[tokio::test]
async fn an_unknown_key_is_refused_by_name() {
    let mut debts = Vec::new();
    for one in reference::components() {
        let output = validate(one.kind, &format!("{}: {{no_such_key: 1}}", one.name)).await;
        if output.code != Some(1) || !output.stderr.contains("no_such_key") {
            debts.push(owes(&one, "an unknown key is not refused"));
        }
    }
    assert!(debts.is_empty(), "{}", debts.join("\n"));
}

#[tokio::test]
async fn every_component_in_the_source_is_in_the_binary() {
    let output = Setup::new(COMBINED).arg("components").run().await;
    for one in reference::components() {
        let entry = format!("name: {}", one.name);
        assert!(output.stdout.contains(&entry), "{}", owes(&one, "is not registered"));
    }
}

#[test]
fn the_module_doc_says_what_accepting_means() {
    let mut debts = Vec::new();
    for one in reference::components() {
        let is_stage = one.kind != Kind::Extension;
        for word in ["Accepts:", "Holds:", "Rejects:"] {
            if is_stage && !one.doc.contains(word) {
                debts.push(owes(&one, &format!("no `{word}` in the module doc")));
            }
        }
    }
    assert!(debts.is_empty(), "{}", debts.join("\n"));
}

#[test]
fn the_components_page_is_up_to_date() {
    let page = reference::page(&reference::components());
    let path = root().join(PAGE);
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "{PAGE} is behind the module docs; run `make docs`");
}
