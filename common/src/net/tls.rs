//! TLS for everything that listens or dials: rustls configurations from a `tls` section, kept up to date.
//!
//! A configuration is never changed, it is replaced as a whole once all its files have been read and fit
//! together. So no handshake sees a certificate without its key, and open connections go on as they are.

mod certificates;
mod client;
mod explain;
mod files;
mod follower;
mod offer;
mod server;
#[cfg(test)]
pub(crate) mod tests;
mod validate;
mod verifiers;

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use rustls::crypto::CryptoProvider;

pub use client::client_config;
pub(super) use client::{name_override, plain_config};
pub use explain::explain;
pub use follower::Follower;
pub(super) use server::Accepting;
pub use server::server_config;
pub use validate::{validate_client, validate_server};

/// What cannot be used of a `tls` section: the key, the file, and the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("tls::{key}{}: {reason}", file.as_ref().map(|file| format!(" {file:?}")).unwrap_or_default())]
pub struct TlsError {
    /// The key inside the section.
    pub key: &'static str,
    /// The file that it names.
    pub file: Option<String>,
    /// What is wrong, without anything of the content.
    pub reason: String,
}

/// What a TLS configuration is now. Cloning shares it.
#[derive(Debug)]
pub struct Current<C>(Arc<ArcSwap<C>>);

impl<C> Clone for Current<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C> Current<C> {
    fn new(config: C) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(config)))
    }

    /// The configuration for the next connection.
    #[must_use]
    pub fn load(&self) -> Arc<C> {
        self.0.load_full()
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
