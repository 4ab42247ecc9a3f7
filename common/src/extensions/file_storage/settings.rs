//! The settings of `file_storage`.

use serde::{Deserialize, Serialize};

use crate::settings::{Duration, Issues, Settings};

const DIRECTORY: &str = "/var/lib/otelcol/file_storage";
const MIB: i64 = 1 << 20;

/// The settings of `file_storage`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct FileStorageConfig {
    /// Where the queues are kept.
    pub directory: String,
    /// How long to wait for a queue that another process has open.
    pub timeout: Duration,
    /// Whether what is acknowledged has reached the disk; on unless written otherwise.
    #[serde(serialize_with = "as_it_applies")]
    pub fsync: Option<bool>,
    /// Whether a missing directory is made.
    pub create_directory: bool,
    /// Its permissions, in octal.
    pub directory_permissions: String,
    /// How many bytes each queue may have on disk; 0 for no limit.
    pub max_size: i64,
    /// Without effect: damage never stops a start.
    pub recreate: bool,
    /// Without effect: space is given back as the queue drains.
    pub compaction: Compaction,
}

/// The `compaction` section.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Compaction {
    /// Without effect.
    pub on_start: bool,
    /// Without effect.
    pub on_rebound: bool,
    /// Without effect.
    pub directory: String,
    /// Without effect.
    pub rebound_needed_threshold_mib: i64,
    /// Without effect.
    pub rebound_trigger_threshold_mib: i64,
    /// Without effect.
    pub max_transaction_size: i64,
    /// Without effect.
    pub check_interval: Duration,
    /// Without effect.
    pub cleanup_on_start: bool,
}

impl Default for FileStorageConfig {
    fn default() -> Self {
        Self {
            directory: DIRECTORY.to_owned(),
            timeout: Duration::from_secs(1),
            fsync: None,
            create_directory: false,
            directory_permissions: "0750".to_owned(),
            max_size: 0,
            recreate: false,
            compaction: Compaction::default(),
        }
    }
}

impl Default for Compaction {
    fn default() -> Self {
        Self {
            on_start: false,
            on_rebound: false,
            directory: DIRECTORY.to_owned(),
            rebound_needed_threshold_mib: 100,
            rebound_trigger_threshold_mib: 10,
            max_transaction_size: 65_536,
            check_interval: Duration::from_secs(5),
            cleanup_on_start: false,
        }
    }
}

impl FileStorageConfig {
    /// Whether what is acknowledged has reached the disk.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        self.fsync.unwrap_or(true)
    }

    /// The permissions of a directory that is made; nothing if they are no octal number.
    pub(super) fn directory_mode(&self) -> Option<u32> {
        u32::from_str_radix(&self.directory_permissions, 8).ok()
    }

    fn validate_directory(&self, issues: &mut Issues) {
        if self.directory.is_empty() {
            issues.error("directory", format!("must not be empty; the default is {DIRECTORY}"));
        }
        if self.timeout.is_negative() {
            issues.error("timeout", format!("must not be negative, got {}", self.timeout));
        }
        if !self.create_directory {
            return;
        }
        const KEY: &str = "directory_permissions";
        let written = &self.directory_permissions;
        match self.directory_mode() {
            None => {
                let message = format!(
                    "directory_permissions value must be a valid octal representation such as \"0750\", got \
                     {written:?}"
                );
                issues.error(KEY, message);
            }
            Some(mode) if mode > 0o777 => {
                let message = format!(
                    "directory_permissions contain invalid bits for file access, expected at most \"0777\", got \
                     {written:?}"
                );
                issues.error(KEY, message);
            }
            Some(_) => {}
        }
    }

    fn validate_sizes(&self, issues: &mut Issues) {
        if self.max_size < 0 {
            let message = format!("must not be negative, got {}; 0 is no limit", self.max_size);
            issues.error("max_size", message);
        }
        if !self.compaction.on_rebound || self.max_size <= 0 {
            return;
        }
        let thresholds = [
            ("rebound_needed_threshold_mib", self.compaction.rebound_needed_threshold_mib),
            ("rebound_trigger_threshold_mib", self.compaction.rebound_trigger_threshold_mib),
        ];
        for (key, mib) in thresholds {
            if mib.saturating_mul(MIB) > self.max_size {
                let message = format!(
                    "{key} of {mib} MiB must not exceed max_size of {} bytes",
                    self.max_size
                );
                issues.error(format!("compaction::{key}"), message);
            }
        }
    }
}

impl Settings for FileStorageConfig {
    fn validate(&self, issues: &mut Issues) {
        self.validate_directory(issues);
        self.validate_sizes(issues);
        self.compaction.validate(issues);
        if self.recreate {
            issues.warn(
                "recreate",
                "has no effect: a damaged record is set aside and counted, and never keeps the collector from \
                 starting",
            );
        }
    }
}

impl Compaction {
    fn validate(&self, issues: &mut Issues) {
        if self.max_transaction_size < 0 {
            issues.error(
                "compaction::max_transaction_size",
                "max transaction size for compaction cannot be less than 0",
            );
        }
        if self.on_rebound && self.check_interval <= Duration::ZERO {
            issues.error(
                "compaction::check_interval",
                "compaction check interval must be positive when rebound compaction is set",
            );
        }
        if *self != Self::default() {
            issues.warn(
                "compaction",
                "has no effect: files are deleted as the queue drains, so there is nothing to compact; no \
                 directory is needed for it",
            );
        }
    }
}

fn as_it_applies<S: serde::Serializer>(
    fsync: &Option<bool>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_bool(fsync.unwrap_or(true))
}
