//! Processors and connectors give what the Go collector gives, case by case: `tests/golden/processing`.

mod case;
mod compare;
mod outcome;

use std::collections::BTreeMap;

use serde_json::Value;
use tests::source_tree::SourceFile;

use case::{Area, Case};
use outcome::Outcome;

/// Set to areas separated by commas, only these are compared.
const ONLY: &str = "TERCET_GOLDEN";
const PAGE: &str = "docs/compatibility.md";
const FEWEST_CASES: usize = 150;

fn chosen() -> Vec<&'static Area> {
    let only = std::env::var(ONLY).unwrap_or_default();
    let is_chosen = |area: &&Area| only.is_empty() || only.split(',').any(|name| name == area.name);
    case::areas().iter().filter(is_chosen).collect()
}

/// Compares one case; what is wrong with it, if anything is.
async fn problem_of(case: &Case, golden: &Value) -> Option<String> {
    let ours = outcome::of(case).await;
    let theirs = Outcome::of_golden(golden, case);
    let difference = compare::difference(&theirs, &ours, case.is_unordered);
    match (&case.differs, difference) {
        (None, difference) => difference,
        (Some(_), Some(_)) => None,
        (Some(reason), None) => Some(format!("  no difference any more: {reason}\n")),
    }
}

#[tokio::test]
async fn processors_and_connectors_give_what_the_go_collector_gives() {
    let mut problems = String::new();
    let mut counts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    for area in chosen() {
        for (case, golden) in area.cases.iter().zip(area.golden.values()) {
            if !outcome::is_registered(case) {
                continue;
            }
            let [same, other] = counts.entry(area.name.clone()).or_default();
            match problem_of(case, golden).await {
                None => *same += 1,
                Some(problem) => {
                    *other += 1;
                    problems +=
                        &format!("{}: {} ({})\n{problem}", area.name, case.name, case.config);
                }
            }
        }
    }
    let lines =
        counts.iter().map(|(name, [same, other])| format!("{name}: {same} as is, {other} not"));
    let summary = lines.collect::<Vec<_>>().join("\n");
    println!("{summary}");
    assert!(problems.is_empty(), "- Go, + ours\n{problems}\n{summary}");
}

#[test]
fn every_case_has_its_golden_output() {
    for area in case::areas() {
        let names: Vec<&String> = area.cases.iter().map(|case| &case.name).collect();
        let golden: Vec<&String> = area.golden.keys().collect();
        assert_eq!(names, golden, "{}: run `make golden`", area.name);
    }
}

#[test]
fn there_are_enough_cases() {
    let count: usize = case::areas().iter().map(|area| area.cases.len()).sum();
    assert!(count >= FEWEST_CASES, "{count} cases");
}

#[test]
fn every_intended_difference_is_on_the_page() {
    let page = SourceFile::read(PAGE).unwrap().text.replace('\n', " ");
    let reasons =
        case::areas().iter().flat_map(|area| &area.cases).filter_map(|case| case.differs.as_ref());
    let missing: Vec<&String> = reasons.filter(|reason| !page.contains(reason.as_str())).collect();
    assert!(missing.is_empty(), "not in {PAGE}: {missing:#?}");
}
