//! Settings from YAML text, as a config would give them.

use serde::de::DeserializeOwned;

use crate::{
    component::registry::check_settings,
    config::yaml,
    settings::{Finding, Node, Settings, decode},
};

/// Parses YAML.
///
/// # Errors
/// What is wrong with it, as the user would see it.
pub fn node(text: &str) -> Result<Node, String> {
    yaml::parse(text, &"test.yaml".into()).map_err(|finding| finding.to_string())
}

/// Reads settings from YAML.
///
/// # Errors
/// What is wrong with them, as the user would see it, one line each.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    decode(&node(text)?, "").map_err(|findings| lines(&findings))
}

/// What is found in settings, one line each, without its place.
///
/// # Errors
/// What is wrong with the YAML itself.
pub fn findings<C: Settings>(text: &str) -> Result<String, String> {
    let checked = check_settings::<C>(&node(text)?, "");
    let found = lines(&checked.findings);
    let found = found.lines().map(|line| line.split_once(' ').map_or(line, |(_, rest)| rest));
    Ok(found.collect::<Vec<_>>().join("\n"))
}

/// Findings as the user would see them, one line each.
#[must_use]
pub fn lines(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
