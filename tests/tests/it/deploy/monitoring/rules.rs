//! The rule files, as YAML and by what `promtool` says of them.

use std::collections::{BTreeMap, BTreeSet};

use common::{
    config::yaml,
    settings::{Node, Value},
};
use tests::collector::root;
use tokio::process::Command;

use super::{files, folder, read};

/// Set by `make docs`: the file is written instead of compared.
const WRITE: &str = "TERCET_WRITE_DOCS";
const PROMETHEUS_RULE: &str = "\
# The groups of ../FILE for the Prometheus operator; written by `make docs`.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: collectors-NAME
  namespace: otel
  labels:
    app.kubernetes.io/part-of: tercet
spec:
  groups:
";

/// A recording rule or an alert.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) name: String,
    pub(super) expression: String,
    /// Where an alert says its runbook is.
    pub(super) runbook: String,
}

pub(super) fn recording() -> Vec<Rule> {
    rules("rules/recording.yaml", "record")
}

pub(super) fn alerts() -> Vec<Rule> {
    rules("rules/alerts.yaml", "alert")
}

/// The files that Prometheus loads.
pub(super) fn paths() -> Vec<std::path::PathBuf> {
    files(&folder().join("rules"), "yaml")
}

fn rules(file: &str, kind: &str) -> Vec<Rule> {
    let groups = parse(&read(&folder().join(file)));
    let rules = items(groups.get("groups")).flat_map(|group| items(group.get("rules")));
    let rules: Vec<Rule> = rules
        .map(|rule| Rule {
            name: text(rule.get(kind)),
            expression: text(rule.get("expr")),
            runbook: text(rule.get("annotations").and_then(|found| found.get("runbook"))),
        })
        .collect();
    assert!(rules.iter().all(|rule| !rule.name.is_empty()), "{file} has rules without a {kind}");
    rules
}

fn parse(text: &str) -> Node {
    yaml::parse(text, &"rules".into()).unwrap()
}

fn items(node: Option<&Node>) -> impl Iterator<Item = &Node> {
    let items = match node.map(|node| &node.value) {
        Some(Value::List(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter()
}

fn text(node: Option<&Node>) -> String {
    node.and_then(Node::as_str).unwrap_or_default().to_owned()
}

async fn promtool(args: &[&str], files: &[std::path::PathBuf]) -> String {
    let output = Command::new("promtool").args(args).args(files).kill_on_drop(true).output().await;
    let output = output.expect("promtool cannot be run; .ci/run installs it");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "promtool {}:\n{text}", args.join(" "));
    text
}

#[tokio::test]
async fn promtool_takes_every_rule() {
    let text = promtool(&["check", "rules"], &paths()).await;
    for rules in [recording(), alerts()] {
        assert!(text.contains(&format!("{} rules found", rules.len())), "{text}");
    }
}

#[tokio::test]
async fn promtools_unit_tests_pass() {
    promtool(&["test", "rules"], &files(&folder().join("tests"), "yaml")).await;
}

#[test]
fn every_alert_is_tested_firing_and_silent() {
    let mut seen = BTreeMap::<String, BTreeSet<bool>>::new();
    for path in files(&folder().join("tests"), "yaml") {
        let file = parse(&read(&path));
        let checks = items(file.get("tests")).flat_map(|test| items(test.get("alert_rule_test")));
        for check in checks {
            let fires = items(check.get("exp_alerts")).next().is_some();
            seen.entry(text(check.get("alertname"))).or_default().insert(fires);
        }
    }
    let alerts: BTreeSet<String> = alerts().into_iter().map(|alert| alert.name).collect();
    assert_eq!(seen.keys().cloned().collect::<BTreeSet<_>>(), alerts);
    let half: Vec<_> = seen.iter().filter(|(_, found)| found.len() < 2).collect();
    assert!(half.is_empty(), "neither firing nor silent alone is a test: {half:?}");
}

#[test]
fn the_prometheus_rule_page_is_up_to_date() {
    for path in paths() {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = read(&path);
        let (_, groups) = text.split_once("\ngroups:\n").expect("a rule file has groups");
        let mut expected = PROMETHEUS_RULE.replace("FILE", &file).replace("NAME", &name);
        for line in groups.lines() {
            let indent = if line.is_empty() { "" } else { "  " };
            expected.push_str(&format!("{indent}{line}\n"));
        }
        let shipped = path.with_file_name("kubernetes").join(&file);
        if std::env::var_os(WRITE).is_some() {
            std::fs::write(&shipped, expected).unwrap();
            continue;
        }
        assert!(expected == read(&shipped), "{} is behind: run make docs", shipped.display());
        let spec = parse(&expected).get("spec").and_then(|spec| spec.get("groups")).cloned();
        let plain = parse(&text).get("groups").cloned();
        assert_eq!(contents(spec.as_ref()), contents(plain.as_ref()), "{file}");
    }
}

/// Names and expressions of all rules in a list of groups.
fn contents(groups: Option<&Node>) -> Vec<[String; 3]> {
    let rules = items(groups).flat_map(|group| items(group.get("rules")));
    let rules: Vec<_> =
        rules.map(|rule| ["record", "alert", "expr"].map(|key| text(rule.get(key)))).collect();
    assert!(!rules.is_empty());
    rules
}

#[test]
fn every_alert_has_a_runbook_and_every_runbook_an_alert() {
    let named: BTreeSet<String> = alerts()
        .iter()
        .map(|alert| {
            assert_eq!(alert.runbook, format!("docs/runbooks/{}.md", alert.name));
            alert.runbook.clone()
        })
        .collect();
    let there = files(&root().join("docs/runbooks"), "md").into_iter();
    let there = there.map(|path| path.strip_prefix(root()).unwrap().display().to_string());
    assert_eq!(there.collect::<BTreeSet<_>>(), named);
}
