//! The side that listens.

use std::{sync::Arc, time::Duration};

use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use super::{
    Current, Follower, TlsError,
    certificates::{add_roots, own_certificate},
    client::unusable,
    files::{Sources, Texts},
    offer::Offer,
    verifiers::ClientVerifier,
};
use crate::{
    net::listener::Io,
    settings::{Issues, TlsServerSettings},
};

/// A client that takes longer for its handshake gives its place to another.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The configuration of a server that speaks these protocols, and what keeps it up to date.
///
/// # Errors
/// [`TlsError`] if a file cannot be used.
pub fn server_config(
    settings: &TlsServerSettings,
    protocols: &[&[u8]],
) -> Result<(Current<ServerConfig>, Follower), TlsError> {
    let sources = Sources::of(&settings.a).with_client_roots(&settings.b.client_ca_file);
    let offer = Offer::of(&settings.a, &mut Issues::default());
    let protocols: Vec<_> = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Follower::start(&settings.a, sources, move |texts| config(&offer, &protocols, texts))
}

fn config(offer: &Offer, protocols: &[Vec<u8>], texts: &Texts) -> Result<ServerConfig, TlsError> {
    let builder = ServerConfig::builder_with_provider(Arc::clone(&offer.provider))
        .with_protocol_versions(&offer.versions)
        .map_err(|error| unusable("min_version", &error))?;
    let builder = match &texts.roots {
        None => builder.with_no_client_auth(),
        Some(text) => {
            let mut roots = RootCertStore::empty();
            let listed = add_roots(text, &mut roots)?;
            let verifier = ClientVerifier::new(roots, listed, &offer.provider);
            let verifier = verifier.map_err(|error| text.error(error.to_string()))?;
            builder.with_client_cert_verifier(Arc::new(verifier))
        }
    };
    let own = own_certificate(texts, &offer.provider)?.ok_or_else(|| TlsError {
        key: "cert_file",
        file: None,
        reason: "a server needs both a certificate and a key".to_owned(),
    })?;
    let mut config = builder.with_cert_resolver(own);
    config.alpn_protocols = protocols.to_vec();
    Ok(config)
}

/// What a listener with TLS has: the configuration for the next client, and its follower.
#[derive(Debug)]
pub(in crate::net) struct Accepting {
    pub(in crate::net) current: Current<ServerConfig>,
    pub(in crate::net) follower: Follower,
}

impl Accepting {
    /// For a `tls` section that may be off.
    pub(in crate::net) fn of(
        settings: Option<&TlsServerSettings>,
        protocols: &[&[u8]],
    ) -> Result<Option<Self>, TlsError> {
        let made = settings.map(|settings| server_config(settings, protocols)).transpose()?;
        Ok(made.map(|(current, follower)| Self { current, follower }))
    }

    /// Shakes hands with a client.
    ///
    /// # Errors
    /// Why that failed, for our log: the client knows.
    pub(in crate::net) async fn handshake(
        io: Io,
        current: &Current<ServerConfig>,
    ) -> Result<Io, String> {
        let handshake = TlsAcceptor::from(current.load()).accept(io);
        match tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake).await {
            Ok(Ok(stream)) => Ok(Io::Tls(Box::new(stream))),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => Err(format!("it took longer than {HANDSHAKE_TIMEOUT:?}")),
        }
    }
}
