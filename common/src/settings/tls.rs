//! The `tls` section of servers and clients, as it is written.

use serde::{Deserialize, Serialize};

use super::{Both, Duration, Secret};

/// The `tls` section of a server.
pub type TlsServerSettings = Both<TlsSettings, TlsServerOptions>;

/// The `tls` section of a client.
pub type TlsClientSettings = Both<TlsSettings, TlsClientOptions>;

/// The keys that servers and clients have alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TlsSettings {
    /// Our certificate and those between it and its root, from a file.
    pub cert_file: String,
    /// The same, written here.
    pub cert_pem: Secret,
    /// The key of our certificate, from a file.
    pub key_file: String,
    /// The same, written here.
    pub key_pem: Secret,
    /// The roots that a client trusts, from a file.
    pub ca_file: String,
    /// The same, written here.
    pub ca_pem: Secret,
    /// Whether the system's roots are trusted beside the configured ones.
    pub include_system_ca_certs_pool: bool,
    /// The lowest version that is spoken.
    pub min_version: String,
    /// The highest version that is spoken.
    pub max_version: String,
    /// The cipher suites of TLS 1.2, by their names in Go; none means all.
    pub cipher_suites: Vec<String>,
    /// Whether weak suites may be listed.
    pub include_insecure_cipher_suites: bool,
    /// The groups for the key exchange, the best first; none means all.
    pub curve_preferences: Vec<String>,
    /// How often files are read again, even if they look the same; 0 looks once a second.
    pub reload_interval: Duration,
    /// A key inside a TPM.
    pub tpm: TpmSettings,
}

/// The keys that servers have beside the common ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TlsServerOptions {
    /// The roots of client certificates, from a file; who has none of theirs is not let in.
    pub client_ca_file: String,
    /// Whether that file is read again when it changes, which it always is.
    pub client_ca_file_reload: bool,
}

/// The keys that clients have beside the common ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TlsClientOptions {
    /// Plain text for gRPC; without effect on HTTP, where the scheme of the URL decides.
    pub insecure: bool,
    /// Takes any certificate.
    pub insecure_skip_verify: bool,
    /// The name or address that the server's certificate must have, instead of the endpoint's.
    pub server_name_override: String,
}

/// The `tpm` section.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TpmSettings {
    /// Whether the key is inside a TPM.
    pub enabled: bool,
    /// The device.
    pub path: String,
    /// The owner's password.
    pub owner_auth: Secret,
    /// The key's password.
    pub auth: Secret,
}
