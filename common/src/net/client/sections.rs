//! Sections that gRPC and HTTP clients have alike.

use serde::{Deserialize, Serialize};

/// One of `middlewares`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MiddlewareSettings {
    /// The extension's id.
    pub id: String,
}
