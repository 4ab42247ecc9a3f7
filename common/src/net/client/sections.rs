//! Sections that gRPC and HTTP clients have alike.

use serde::{Deserialize, Serialize};

/// The `auth` section of a client.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AuthSettings {
    /// The extension's id.
    pub authenticator: String,
}

/// One of `middlewares`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MiddlewareSettings {
    /// The extension's id.
    pub id: String,
}
