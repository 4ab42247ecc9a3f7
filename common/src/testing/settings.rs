//! Settings from YAML text, as a config would give them.

use serde::de::DeserializeOwned;

use crate::{
    config::yaml,
    settings::{Finding, Node, decode},
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

/// Findings as the user would see them, one line each.
#[must_use]
pub fn lines(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
