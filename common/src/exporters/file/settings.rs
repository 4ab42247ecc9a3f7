//! The settings of `file`.

use serde::{Deserialize, Serialize};

use crate::settings::{Duration, Issues, NoneByDefault, Settings};

/// How requests are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// OTLP/JSON.
    #[default]
    Json,
    /// Protobuf.
    Proto,
}

/// The settings of `file`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct FileExporterConfig {
    /// The file.
    pub path: String,
    /// Whether what is in the file stays.
    pub append: bool,
    /// When a new file is begun.
    pub rotation: NoneByDefault<FileRotation>,
    /// `json` or `proto`.
    pub format: FileFormat,
    /// An extension that encodes.
    pub encoding: String,
    /// `zstd`, or nothing.
    pub compression: String,
    /// How hard to compress.
    pub compression_params: FileCompressionParams,
    /// How often the buffer is written out; 0 does it after each request.
    pub flush_interval: Duration,
    /// One file for each value of a resource attribute.
    pub group_by: NoneByDefault<GroupBy>,
    /// Whether missing directories are made.
    pub create_directory: bool,
    /// Their permissions, in octal.
    pub directory_permissions: String,
}

/// The `compression_params` section.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FileCompressionParams {
    /// The codec's level; 0 leaves it to us.
    pub level: i32,
}

/// The `rotation` section.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct FileRotation {
    /// How large a file may grow.
    pub max_megabytes: u64,
    /// How long older files are kept; 0 keeps them.
    pub max_days: u64,
    /// How many older files are kept; 0 keeps all.
    pub max_backups: usize,
    /// Whether names of older files have local time instead of UTC.
    pub localtime: bool,
}

impl Default for FileRotation {
    fn default() -> Self {
        Self { max_megabytes: 100, max_days: 0, max_backups: 100, localtime: false }
    }
}

/// The `group_by` section.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct GroupBy {
    /// The attribute.
    pub resource_attribute: String,
    /// Files kept open; the longest unused is closed first.
    pub max_open_files: usize,
}

impl Default for GroupBy {
    fn default() -> Self {
        Self { resource_attribute: "fileexporter.path_segment".to_owned(), max_open_files: 100 }
    }
}

impl Default for FileExporterConfig {
    fn default() -> Self {
        Self {
            path: String::new(),
            append: false,
            rotation: NoneByDefault::default(),
            format: FileFormat::Json,
            encoding: String::new(),
            compression: String::new(),
            compression_params: FileCompressionParams::default(),
            flush_interval: Duration::from_secs(1),
            group_by: NoneByDefault::default(),
            create_directory: false,
            directory_permissions: String::new(),
        }
    }
}

impl FileExporterConfig {
    /// Permissions of directories that are made; nothing if they are no octal number.
    pub(super) fn directory_mode(&self) -> Option<u32> {
        match self.directory_permissions.as_str() {
            "" => Some(0o755),
            octal => u32::from_str_radix(octal, 8).ok().filter(|mode| *mode <= 0o777),
        }
    }

    fn validate_path(&self, issues: &mut Issues) {
        if self.path.is_empty() {
            issues.error("path", "path must be non-empty");
        }
        if self.group_by.get().is_none() {
            return;
        }
        if self.path.starts_with('*') {
            issues.error("path", "path must not start with * when group_by is enabled");
        }
        if self.path.matches('*').count() != 1 {
            issues.error("path", "path must contain exactly one * when group_by is enabled");
        }
    }
}

impl Settings for FileExporterConfig {
    fn validate(&self, issues: &mut Issues) {
        self.validate_path(issues);
        if self.append && !self.compression.is_empty() {
            issues.error(
                "append",
                "append and compression enabled at the same time is not supported",
            );
        }
        if self.append && self.rotation.get().is_some() {
            issues.error("append", "append and rotation enabled at the same time is not supported");
        }
        if !self.encoding.is_empty() {
            issues.error("encoding", "is not available in this version");
        }
        if !matches!(self.compression.as_str(), "" | "zstd") {
            issues.error("compression", "compression is not supported, expected zstd or nothing");
        }
        if self.compression.is_empty() && self.compression_params.level != 0 {
            issues.error("compression_params::level", "needs `compression: zstd`");
        }
        if self.flush_interval.as_nanos() < 0 {
            issues.error("flush_interval", "flush_interval must be larger than zero");
        }
        if self.rotation.get().is_some_and(|rotation| rotation.max_megabytes == 0) {
            issues.error("rotation::max_megabytes", "must be larger than zero");
        }
        if let Some(group_by) = self.group_by.get() {
            if group_by.resource_attribute.is_empty() {
                issues.error("group_by::resource_attribute", "must not be empty");
            }
            if group_by.max_open_files == 0 {
                issues.error("group_by::max_open_files", "must be larger than zero");
            }
            if self.rotation.get().is_some() {
                issues.error("rotation", "is not available together with group_by");
            }
        }
        if self.directory_mode().is_none() {
            issues.error("directory_permissions", "must be an octal number such as 0755");
        }
        if !self.directory_permissions.is_empty() && !self.create_directory {
            issues.error("directory_permissions", "needs `create_directory: true`");
        }
    }
}
