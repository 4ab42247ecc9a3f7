//! What runbooks tell to ask, and how they are built.

use tests::collector::root;

use super::{Query, files, read};

const SECTIONS: [&str; 4] =
    ["## What it means", "## What it costs", "## What to look at", "## What to do"];

/// The queries in blocks of PromQL, one a line.
pub(super) fn queries() -> Vec<Query> {
    let mut queries = Vec::new();
    for path in files(&root().join("docs/runbooks"), "md") {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = read(&path);
        let blocks = text.split("```promql\n").skip(1).filter_map(|rest| rest.split("```").next());
        let lines = blocks.flat_map(str::lines);
        queries.extend(
            lines.map(|line| Query {
                place: format!("runbook {name}"),
                expression: line.to_owned(),
            }),
        );
    }
    queries
}

#[test]
fn every_runbook_has_the_same_sections_and_something_to_ask() {
    let asked = queries();
    for path in files(&root().join("docs/runbooks"), "md") {
        let (text, name) = (read(&path), path.file_stem().unwrap().to_string_lossy().into_owned());
        assert!(text.starts_with(&format!("# {name}\n")), "{name} has another title");
        let found: Vec<&str> = text.lines().filter(|line| line.starts_with("## ")).collect();
        assert_eq!(found, SECTIONS, "{name}");
        let place = format!("runbook {name}");
        assert!(asked.iter().any(|query| query.place == place), "{name} has no query");
    }
}
