//! All figures of all turns, as they are kept in `results.json`.

use std::{fs, path::Path};

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use crate::measure::Phases;

/// Median, least and most of a figure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

/// Machine and scenarios; under each scenario its phases, the collectors, the figures, and their turns.
pub(crate) struct Results(Value);

/// A row of a table: a scenario and one of its phases.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) group: String,
    pub(crate) scenario: String,
    pub(crate) phase: String,
}

impl Results {
    /// Goes on with what is in a folder, if anything.
    pub(crate) fn open(folder: Option<&Path>, machine: Value) -> anyhow::Result<Self> {
        let kept = folder.and_then(|folder| fs::read_to_string(folder.join(FILE)).ok());
        let mut value = match kept {
            Some(text) => serde_json::from_str(&text)?,
            None => json!({ "scenarios": {} }),
        };
        value.as_object_mut().context("results are a map")?.insert("machine".to_owned(), machine);
        Ok(Self(value))
    }

    /// Forgets what was there of a scenario.
    pub(crate) fn restart(&mut self, scenario: &str, group: &str) {
        if let Some(Value::Object(scenarios)) = self.0.get_mut("scenarios") {
            scenarios.insert(scenario.to_owned(), json!({ "group": group, "phases": {} }));
        }
    }

    /// Adds one turn.
    pub(crate) fn add(&mut self, scenario: &str, subject: &str, phases: &Phases) {
        let Some(Value::Object(known)) =
            self.0.pointer_mut(&format!("/scenarios/{}/phases", escaped(scenario)))
        else {
            return;
        };
        for (phase, figures) in phases {
            let entry = |map: &mut Map<String, Value>, key: &str| {
                map.entry(key.to_owned()).or_insert_with(|| json!({}));
            };
            entry(known, phase);
            let Some(Value::Object(subjects)) = known.get_mut(phase) else { continue };
            entry(subjects, subject);
            let Some(Value::Object(own)) = subjects.get_mut(subject) else { continue };
            for (name, value) in figures {
                let turns = own.entry((*name).to_owned()).or_insert_with(|| json!([]));
                if let Value::Array(turns) = turns {
                    turns.push(json!((value * 1e4).round() / 1e4));
                }
            }
        }
    }

    /// All rows, or those of one scenario.
    pub(crate) fn rows(&self, only: Option<&str>) -> Vec<Row> {
        let mut rows = Vec::new();
        let Some(Value::Object(scenarios)) = self.0.get("scenarios") else { return rows };
        for (scenario, value) in scenarios {
            if only.is_some_and(|only| only != scenario) {
                continue;
            }
            let Some(Value::Object(phases)) = value.get("phases") else { continue };
            let group = value.get("group").and_then(Value::as_str).unwrap_or_default();
            rows.extend(phases.keys().map(|phase| Row {
                group: group.to_owned(),
                scenario: scenario.clone(),
                phase: phase.clone(),
            }));
        }
        rows
    }

    /// The median of all turns, the least and the most.
    pub(crate) fn spread(&self, row: &Row, subject: &str, name: &str) -> Option<Spread> {
        let path = [&*row.scenario, "phases", &row.phase, subject, name].map(escaped).join("/");
        let turns = self.0.pointer(&format!("/scenarios/{path}"))?.as_array()?;
        let mut turns: Vec<f64> = turns.iter().filter_map(Value::as_f64).collect();
        turns.sort_by(f64::total_cmp);
        let median = *turns.get(turns.len() / 2)?;
        Some(Spread { median, least: *turns.first()?, most: *turns.last()? })
    }

    /// The names of the collectors, in the order in which they came.
    pub(crate) fn subjects(&self) -> Vec<String> {
        let mut names = Vec::new();
        for row in self.rows(None) {
            let path =
                format!("/scenarios/{}/phases/{}", escaped(&row.scenario), escaped(&row.phase));
            let Some(Value::Object(subjects)) = self.0.pointer(&path) else { continue };
            names.extend(subjects.keys().cloned());
        }
        let mut seen = std::collections::HashSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names
    }

    /// What the figures were measured on, in one line.
    pub(crate) fn machine(&self) -> String {
        let Some(Value::Object(machine)) = self.0.get("machine") else { return String::new() };
        let parts = machine.iter().map(|(key, value)| match value {
            Value::String(text) => format!("{key}: {text}"),
            other => format!("{key}: {other}"),
        });
        parts.collect::<Vec<_>>().join("; ")
    }

    /// Writes the file.
    pub(crate) fn write(&self, folder: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join(FILE), serde_json::to_string_pretty(&self.0)? + "\n")?;
        Ok(())
    }
}

const FILE: &str = "results.json";

/// As JSON pointers want it.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
