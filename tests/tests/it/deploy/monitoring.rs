//! `deploy/monitoring`: rules, alerts, dashboards and runbooks name metrics that collectors really have, and
//! a Prometheus that scrapes collectors answers every one of their queries.

mod dashboards;
mod expressions;
mod live;
mod prometheus;
mod rules;
mod runbooks;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use tests::collector::root;

/// Something that is asked of Prometheus, and where it is written.
#[derive(Clone, Debug)]
struct Query {
    place: String,
    expression: String,
}

fn folder() -> PathBuf {
    root().join("deploy/monitoring")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The files of a folder with an extension, in order.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_one = |path: &PathBuf| path.extension().is_some_and(|found| found == extension);
    let files: BTreeSet<PathBuf> = entries.filter(is_one).collect();
    assert!(!files.is_empty(), "no {extension} files in {}", folder.display());
    files.into_iter().collect()
}

/// Everything in rules, alerts, dashboards and runbooks that is asked of Prometheus.
fn queries() -> Vec<Query> {
    let (recording, alerts) = (rules::recording(), rules::alerts());
    let of_rules = recording
        .iter()
        .chain(&alerts)
        .map(|rule| Query { place: rule.name.clone(), expression: rule.expression.clone() });
    of_rules.chain(dashboards::queries()).chain(runbooks::queries()).collect()
}
