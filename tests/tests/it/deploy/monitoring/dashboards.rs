//! The dashboards' JSON: what it asks, and that Grafana can show it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Query, files, folder, read};
use crate::deploy::json::{list, text};

/// What a variable stands for when all is chosen.
const ALL: &str = ".*";
const DATASOURCE: &str = "${datasource}";
/// Grafana's grid.
const COLUMNS: u64 = 24;

fn dashboards() -> Vec<(String, Value)> {
    let parsed = files(&folder().join("dashboards"), "json").into_iter().map(|path| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, serde_json::from_str(&read(&path)).unwrap())
    });
    parsed.collect()
}

fn variables(dashboard: &Value) -> impl Iterator<Item = &Value> {
    list(dashboard, "/templating/list").iter()
}

/// Everything that the panels and variables ask, with all chosen.
pub(super) fn queries() -> Vec<Query> {
    let mut queries = Vec::new();
    for (name, dashboard) in dashboards() {
        let names: Vec<&str> = variables(&dashboard).map(|one| text(one, "/name")).collect();
        let all = |expression: &str| {
            names.iter().fold(expression.to_owned(), |text, name| {
                text.replace(&format!("\"${name}\""), &format!("\"{ALL}\""))
            })
        };
        for panel in list(&dashboard, "/panels") {
            let place = format!("{name}: {}", text(panel, "/title"));
            queries.extend(list(panel, "/targets").iter().map(|target| Query {
                place: place.clone(),
                expression: all(text(target, "/expr")),
            }));
        }
        let asked = variables(&dashboard).map(|one| text(one, "/query/query"));
        let asked = asked.filter_map(|query| query.strip_prefix("label_values("));
        queries.extend(asked.map(|query| Query {
            place: format!("{name}: variable"),
            expression: all(query.rsplit_once(',').map_or("", |(series, _)| series)),
        }));
    }
    queries
}

#[test]
fn dashboards_have_ids_of_their_own_and_panels_that_do_not_overlap() {
    let (mut uids, mut titles) = (BTreeSet::new(), BTreeSet::new());
    for (name, dashboard) in dashboards() {
        assert_eq!(text(&dashboard, "/uid"), format!("collectors-{name}"));
        assert!(uids.insert(text(&dashboard, "/uid").to_owned()), "{name}: uid taken");
        assert!(titles.insert(text(&dashboard, "/title").to_owned()), "{name}: title taken");
        let (mut ids, mut cells) = (BTreeSet::new(), BTreeSet::new());
        for panel in list(&dashboard, "/panels") {
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{name}: panel id taken");
            let [x, y, w, h] =
                ["x", "y", "w", "h"].map(|key| panel["gridPos"][key].as_u64().unwrap());
            assert!(x + w <= COLUMNS, "{name}: a panel is off the grid");
            for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
                assert!(cells.insert(cell), "{name}: panels overlap at {cell:?}");
            }
        }
    }
}

#[test]
fn panels_say_what_they_show_in_which_unit_from_the_chosen_data_source() {
    for (name, dashboard) in dashboards() {
        for panel in list(&dashboard, "/panels") {
            let place = format!("{name}: {}", text(panel, "/title"));
            for pointer in ["/title", "/description", "/fieldConfig/defaults/unit"] {
                assert!(!text(panel, pointer).is_empty(), "{place} has no {pointer}");
            }
            assert_eq!(text(panel, "/datasource/uid"), DATASOURCE, "{place}");
            assert!(!list(panel, "/targets").is_empty(), "{place} asks nothing");
            let mut ids = BTreeSet::new();
            for target in list(panel, "/targets") {
                assert_eq!(text(target, "/datasource/uid"), DATASOURCE, "{place}");
                assert!(!text(target, "/legendFormat").is_empty(), "{place} has no legend");
                assert!(ids.insert(text(target, "/refId").to_owned()), "{place}: refId taken");
            }
        }
    }
}

#[test]
fn every_variable_is_used_and_every_one_used_is_there() {
    for (name, dashboard) in dashboards() {
        let there: BTreeSet<String> =
            variables(&dashboard).map(|one| text(one, "/name").to_owned()).collect();
        let mut used = BTreeSet::new();
        let panels = list(&dashboard, "/panels").iter().flat_map(|panel| list(panel, "/targets"));
        let expressions = panels.map(|target| text(target, "/expr"));
        let asked = variables(&dashboard).map(|one| text(one, "/query/query"));
        for expression in expressions.chain(asked).chain([DATASOURCE]) {
            used.extend(expression.split('$').skip(1).map(|rest| {
                let rest = rest.trim_start_matches('{');
                rest.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap().to_owned()
            }));
        }
        assert_eq!(used, there, "{name}");
        for one in variables(&dashboard).filter(|one| one["includeAll"] == true) {
            assert_eq!(
                text(one, "/allValue"),
                ALL,
                "{name}: series without the label are left out"
            );
        }
    }
}
