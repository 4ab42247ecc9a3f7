//! Writes the effective config, as `print-config` shows it.

use serde::Serialize;

/// How a config is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Block style.
    #[default]
    Yaml,
    /// Two spaces per level.
    Json,
}

/// A config that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// Not as YAML.
    #[error("the config cannot be written as YAML")]
    Yaml(#[source] serde_saphyr::ser::Error),
    /// Not as JSON.
    #[error("the config cannot be written as JSON")]
    Json(#[source] serde_json::Error),
}

/// Writes a config, ending in a line feed.
///
/// Secrets are shown only while the caller holds an [`Unredacted`](crate::settings::Unredacted).
///
/// # Errors
/// If the config holds what the format cannot express.
pub fn print(config: &impl Serialize, format: Format) -> Result<String, PrintError> {
    let mut text = match format {
        Format::Yaml => serde_saphyr::to_string(config).map_err(PrintError::Yaml)?,
        Format::Json => serde_json::to_string_pretty(config).map_err(PrintError::Json)?,
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
