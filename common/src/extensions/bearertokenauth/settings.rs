//! The settings of `bearertokenauth`.

use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::settings::{Duration, Issues, Secret, Settings};

/// All keys of `bearertokenauth`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct BearerTokenAuthConfig {
    /// The header that carries the token.
    pub header: String,
    /// The word in front of the token; empty for the token alone.
    pub scheme: String,
    /// The token.
    pub token: Secret,
    /// Several tokens: a server accepts any, a client sends the first.
    pub tokens: Vec<Secret>,
    /// A file with a token in each line, instead of those above.
    pub filename: String,
    /// What happens if that file is not there at the start.
    pub file_retry: FileRetry,
}

/// The `file_retry` section.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct FileRetry {
    /// Whether the start waits for the file.
    pub enabled: bool,
    /// How often the file is looked for again.
    pub max_retries: i64,
    /// How long to wait in between.
    pub retry_interval: Duration,
}

impl Default for BearerTokenAuthConfig {
    fn default() -> Self {
        Self {
            header: "Authorization".to_owned(),
            scheme: "Bearer".to_owned(),
            token: Secret::default(),
            tokens: Vec::new(),
            filename: String::new(),
            file_retry: FileRetry::default(),
        }
    }
}

/// What is said of a name that no header can have.
pub(super) fn bad_header(header: &str) -> String {
    format!("header must be a header name, got {header:?}")
}

impl Settings for BearerTokenAuthConfig {
    fn validate(&self, issues: &mut Issues) {
        if HeaderName::try_from(&self.header).is_err() {
            issues.error("header", bad_header(&self.header));
        }
        if HeaderValue::try_from(&self.scheme).is_err() {
            issues.error("scheme", format!("is no valid header value: {:?}", self.scheme));
        }
        let has_tokens = !self.tokens.is_empty();
        if self.token.is_empty() && !has_tokens && self.filename.is_empty() {
            issues.error("", "no bearer token provided");
        }
        if !self.token.is_empty() && has_tokens {
            issues.error("", "either tokens or token should be provided, not both");
        }
        if !self.filename.is_empty() && (has_tokens || !self.token.is_empty()) {
            let key = if has_tokens { "tokens" } else { "token" };
            issues.warn(key, "is not used, because filename is set");
        }
        if HeaderValue::try_from(self.token.reveal()).is_err() {
            issues.error("token", NO_VALUE);
        }
        for (index, token) in self.tokens.iter().enumerate() {
            if token.is_empty() {
                issues.error(format!("tokens::{index}"), "is empty");
            } else if HeaderValue::try_from(token.reveal()).is_err() {
                issues.error(format!("tokens::{index}"), NO_VALUE);
            }
        }
        self.file_retry.validate(&self.filename, issues);
    }
}

const NO_VALUE: &str = "is no valid header value; it must be one line of visible characters";

impl FileRetry {
    fn validate(&self, filename: &str, issues: &mut Issues) {
        if !self.enabled {
            return;
        }
        if filename.is_empty() {
            issues.error("file_retry::enabled", "file_retry.enabled requires filename to be set");
        }
        if self.max_retries <= 0 {
            issues.error(
                "file_retry::max_retries",
                "file_retry.max_retries must be greater than 0 when file_retry.enabled is true",
            );
        }
        if self.retry_interval.is_zero() || self.retry_interval.is_negative() {
            issues.error(
                "file_retry::retry_interval",
                "file_retry.retry_interval must be greater than 0 when file_retry.enabled is true",
            );
        }
    }
}
