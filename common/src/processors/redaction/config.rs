//! Settings of `redaction`.

use serde::{Deserialize, Serialize};

use crate::settings::{self, Issues, Pattern, Secret, Settings};

/// Settings of `redaction`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct RedactionProcessorConfig {
    /// Whether attributes stay that are not in `allowed_keys`.
    pub allow_all_keys: bool,
    /// Attributes that stay; all others are removed.
    pub allowed_keys: Vec<String>,
    /// Attributes that are neither removed nor looked at.
    pub ignored_keys: Vec<String>,
    /// The same, for keys in which one of these patterns is found.
    pub ignored_key_patterns: Vec<String>,
    /// Attributes in whose key one of these patterns is found are masked whole.
    pub blocked_key_patterns: Vec<String>,
    /// What is masked in values, pattern after pattern.
    pub blocked_values: Vec<String>,
    /// Values in which one of these patterns is found are not masked.
    pub allowed_values: Vec<String>,
    /// Whether attributes that are no texts are looked at too, as the text they would be.
    pub redact_all_types: bool,
    /// What takes the place of what is masked.
    #[serde(deserialize_with = "settings::any_case")]
    pub hash_function: HashFunction,
    /// The key of `hmac-sha256` and `hmac-sha512`.
    pub hmac_key: Secret,
    /// How much attributes tell of what was done: `debug`, `info` or `silent`.
    pub summary: String,
    /// Not available.
    pub url_sanitizer: UrlSanitizerSettings,
    /// Not available.
    pub db_sanitizer: DatabaseSanitizerSettings,
}

/// What takes the place of what is masked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub enum HashFunction {
    /// `****`.
    #[default]
    #[serde(rename = "")]
    Stars,
    /// Its MD5 digest.
    #[serde(rename = "md5")]
    Md5,
    /// Its SHA-1 digest.
    #[serde(rename = "sha1")]
    Sha1,
    /// Its SHA3-256 digest.
    #[serde(rename = "sha3")]
    Sha3,
    /// Its HMAC-SHA-256.
    #[serde(rename = "hmac-sha256")]
    HmacSha256,
    /// Its HMAC-SHA-512.
    #[serde(rename = "hmac-sha512")]
    HmacSha512,
}

/// How URLs would be made less various.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct UrlSanitizerSettings {
    /// Whether it is done.
    pub enabled: bool,
    /// In which attributes.
    pub attributes: Vec<String>,
    /// Whether in names of spans too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sanitize_span_name: Option<bool>,
}

/// How database queries would lose their values.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct DatabaseSanitizerSettings {
    /// Queries of SQL databases.
    pub sql: SanitizedSystem,
    /// Commands of Redis.
    pub redis: SanitizedSystem,
    /// Commands of Valkey.
    pub valkey: SanitizedSystem,
    /// Commands of Memcached.
    pub memcached: SanitizedSystem,
    /// Queries of MongoDB.
    pub mongo: SanitizedSystem,
    /// Queries of OpenSearch.
    pub opensearch: SanitizedSystem,
    /// Queries of Elasticsearch.
    pub es: SanitizedSystem,
    /// Whether in names of spans too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sanitize_span_name: Option<bool>,
}

/// Queries of one kind of database.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct SanitizedSystem {
    /// Whether they lose their values.
    pub enabled: bool,
    /// In which attributes.
    pub attributes: Vec<String>,
}

impl HashFunction {
    /// How long its key must be, if it has one.
    pub(super) const fn min_key_bytes(self) -> Option<usize> {
        match self {
            Self::HmacSha256 => Some(32),
            Self::HmacSha512 => Some(64),
            Self::Stars | Self::Md5 | Self::Sha1 | Self::Sha3 => None,
        }
    }
}

const NOT_AVAILABLE: &str = "is not available in this version; remove it and mask with blocked_values \
                             or blocked_key_patterns, or change values with a transform processor";

impl Settings for RedactionProcessorConfig {
    fn validate(&self, issues: &mut Issues) {
        for (key, patterns) in [
            ("ignored_key_patterns", &self.ignored_key_patterns),
            ("blocked_key_patterns", &self.blocked_key_patterns),
            ("blocked_values", &self.blocked_values),
            ("allowed_values", &self.allowed_values),
        ] {
            for (index, pattern) in patterns.iter().enumerate() {
                if let Err(error) = Pattern::new(pattern) {
                    issues.error(format!("{key}::{index}"), error.to_string());
                }
            }
        }
        self.check_key(issues);
        self.check_sanitizers(issues);
        if !["", "debug", "info", "silent"].contains(&self.summary.as_str()) {
            let message = format!(
                "{:?} is taken as silent, as upstream; expected one of debug, info, silent",
                self.summary,
            );
            issues.warn("summary", message);
        }
    }
}

impl RedactionProcessorConfig {
    fn check_key(&self, issues: &mut Issues) {
        let len = self.hmac_key.reveal().len();
        match self.hash_function.min_key_bytes() {
            Some(min) if len < min => issues.error(
                "hmac_key",
                format!("must have at least {min} bytes for this hash_function, not {len}"),
            ),
            None if len > 0 => {
                issues
                    .warn("hmac_key", "is used by hmac-sha256 and hmac-sha512 only, and not here");
            }
            _ => {}
        }
    }

    fn check_sanitizers(&self, issues: &mut Issues) {
        let databases = &self.db_sanitizer;
        for (key, is_enabled) in [
            ("url_sanitizer::enabled", self.url_sanitizer.enabled),
            ("db_sanitizer::sql::enabled", databases.sql.enabled),
            ("db_sanitizer::redis::enabled", databases.redis.enabled),
            ("db_sanitizer::valkey::enabled", databases.valkey.enabled),
            ("db_sanitizer::memcached::enabled", databases.memcached.enabled),
            ("db_sanitizer::mongo::enabled", databases.mongo.enabled),
            ("db_sanitizer::opensearch::enabled", databases.opensearch.enabled),
            ("db_sanitizer::es::enabled", databases.es.enabled),
        ] {
            if is_enabled {
                issues.error(key, NOT_AVAILABLE);
            }
        }
    }
}
