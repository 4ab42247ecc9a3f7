//! TLS on the side that dials: the `tls` section of exporters.

use std::sync::{Arc, OnceLock};

use rustls::{ClientConfig, RootCertStore, crypto::CryptoProvider};
use serde::{Deserialize, Serialize};

use crate::settings::{Duration, Issues, Secret};

const NOT_AVAILABLE: &str = "is not available in this version";

/// The `tls` section of a client.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TlsClientSettings {
    /// Plain text for gRPC; without effect on HTTP, where the scheme of the URL decides.
    pub insecure: bool,
    /// Takes any certificate.
    pub insecure_skip_verify: bool,
    /// The name asked for and verified instead of the endpoint's.
    pub server_name_override: String,
    /// Roots to trust, from a file.
    pub ca_file: String,
    /// Roots to trust.
    pub ca_pem: Secret,
    /// Whether the system's roots are trusted beside the configured ones.
    pub include_system_ca_certs_pool: bool,
    /// Our certificate, from a file.
    pub cert_file: String,
    /// Our certificate.
    pub cert_pem: Secret,
    /// Our key, from a file.
    pub key_file: String,
    /// Our key.
    pub key_pem: Secret,
    /// The lowest version that is spoken.
    pub min_version: String,
    /// The highest version that is spoken.
    pub max_version: String,
    /// The cipher suites that are offered.
    pub cipher_suites: Vec<String>,
    /// Whether weak suites may be listed.
    pub include_insecure_cipher_suites: bool,
    /// The key exchange groups that are offered.
    pub curve_preferences: Vec<String>,
    /// How often the files are read again.
    pub reload_interval: Duration,
    /// A key inside a TPM.
    pub tpm: TpmSettings,
}

/// The `tpm` section.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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

impl TlsClientSettings {
    /// Reports every key that is set and that we cannot honour yet; `path` is the section's own.
    pub fn validate(&self, path: &str, issues: &mut Issues) {
        let is_set = |text: &str| !text.is_empty();
        let keys = [
            ("insecure_skip_verify", self.insecure_skip_verify),
            ("server_name_override", is_set(&self.server_name_override)),
            ("ca_file", is_set(&self.ca_file)),
            ("ca_pem", is_set(self.ca_pem.reveal())),
            ("include_system_ca_certs_pool", self.include_system_ca_certs_pool),
            ("cert_file", is_set(&self.cert_file)),
            ("cert_pem", is_set(self.cert_pem.reveal())),
            ("key_file", is_set(&self.key_file)),
            ("key_pem", is_set(self.key_pem.reveal())),
            ("min_version", is_set(&self.min_version)),
            ("max_version", is_set(&self.max_version)),
            ("cipher_suites", !self.cipher_suites.is_empty()),
            ("include_insecure_cipher_suites", self.include_insecure_cipher_suites),
            ("curve_preferences", !self.curve_preferences.is_empty()),
            ("reload_interval", !self.reload_interval.get().is_zero()),
            ("tpm", self.tpm.enabled || is_set(&self.tpm.path)),
        ];
        for (key, _) in keys.into_iter().filter(|(_, is_set)| *is_set) {
            issues.error(format!("{path}::{key}"), NOT_AVAILABLE);
        }
    }

    /// The TLS configuration for these settings, offering the given protocols.
    ///
    /// # Errors
    /// A message if the system has no roots, or the settings do not fit together.
    pub fn client_config(&self, protocols: &[&[u8]]) -> Result<ClientConfig, String> {
        Self::with_roots(protocols, system_roots()?)
    }

    /// The same for HTTP clients, which want a configuration even where no URL asks for TLS; the
    /// system's roots are then not read.
    ///
    /// # Errors
    /// As [`TlsClientSettings::client_config`].
    pub fn http_config(&self, protocols: &[&[u8]], uses_tls: bool) -> Result<ClientConfig, String> {
        if uses_tls {
            return self.client_config(protocols);
        }
        Self::with_roots(protocols, Arc::new(RootCertStore::empty()))
    }

    fn with_roots(protocols: &[&[u8]], roots: Arc<RootCertStore>) -> Result<ClientConfig, String> {
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("cannot set TLS up: {error}"))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        Ok(config)
    }
}

/// The one crypto provider of the process, installed for libraries that look for a default.
pub fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    let provider = PROVIDER.get_or_init(|| {
        // Somebody else may have been first; theirs is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        CryptoProvider::get_default()
            .cloned()
            .unwrap_or_else(|| Arc::new(rustls::crypto::ring::default_provider()))
    });
    Arc::clone(provider)
}

fn system_roots() -> Result<Arc<RootCertStore>, String> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    if let Some(roots) = ROOTS.get() {
        return Ok(Arc::clone(roots));
    }
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let cause = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
        return Err(format!("the system has no trusted root certificates{cause}"));
    }
    Ok(Arc::clone(ROOTS.get_or_init(|| Arc::new(roots))))
}
