//! The side that dials.

use std::sync::{Arc, OnceLock};

use rustls::{
    ClientConfig, RootCertStore, client::danger::ServerCertVerifier, pki_types::ServerName,
};

use super::{
    Current, Follower, TlsError,
    certificates::{add_roots, own_certificate},
    files::{Sources, Texts},
    offer::Offer,
    provider,
    verifiers::{AnyCertificate, ServerVerifier},
};
use crate::settings::{Issues, TlsClientSettings};

/// The configuration of a client that offers these protocols, and what keeps it up to date.
///
/// # Errors
/// [`TlsError`] if a file cannot be used, or the system has no roots where they are asked for.
pub fn client_config(
    settings: &TlsClientSettings,
    protocols: &[&[u8]],
) -> Result<(Current<ClientConfig>, Follower), TlsError> {
    let sources = Sources::of(&settings.a);
    let plan = Plan {
        offer: Offer::of(&settings.a, &mut Issues::default()),
        protocols: protocols.iter().map(|protocol| protocol.to_vec()).collect(),
        has_system_roots: settings.a.ca_file.is_empty() && settings.a.ca_pem.is_empty()
            || settings.a.include_system_ca_certs_pool,
        verifies: !settings.b.insecure_skip_verify,
        name: name_override(settings)?,
    };
    Follower::start(&settings.a, sources, move |texts| plan.config(texts))
}

/// A configuration for a client that speaks no TLS but must have one. It trusts nobody, in case that a
/// redirect leads to TLS all the same.
pub(in crate::net) fn plain_config(protocols: &[&[u8]]) -> Result<ClientConfig, TlsError> {
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable("min_version", &error))?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(config)
}

/// The name that is verified instead of the endpoint's.
pub(in crate::net) fn name_override(
    settings: &TlsClientSettings,
) -> Result<Option<ServerName<'static>>, TlsError> {
    let name = settings.b.server_name_override.as_str();
    if name.is_empty() {
        return Ok(None);
    }
    ServerName::try_from(name.to_owned()).map(Some).map_err(|_| TlsError {
        key: "server_name_override",
        file: None,
        reason: format!("{name:?} is neither a host name nor an address"),
    })
}

/// How a configuration is made from what the files say.
struct Plan {
    offer: Offer,
    protocols: Vec<Vec<u8>>,
    has_system_roots: bool,
    verifies: bool,
    name: Option<ServerName<'static>>,
}

impl Plan {
    fn config(&self, texts: &Texts) -> Result<ClientConfig, TlsError> {
        let provider = &self.offer.provider;
        let builder = ClientConfig::builder_with_provider(Arc::clone(provider))
            .with_protocol_versions(&self.offer.versions)
            .map_err(|error| unusable("min_version", &error))?;
        let builder = builder.dangerous().with_custom_certificate_verifier(self.verifier(texts)?);
        let mut config = match own_certificate(texts, provider)? {
            Some(own) => builder.with_client_cert_resolver(own),
            None => builder.with_no_client_auth(),
        };
        config.alpn_protocols.clone_from(&self.protocols);
        // An address is no server name that could be sent.
        config.enable_sni = !matches!(self.name, Some(ServerName::IpAddress(_)));
        Ok(config)
    }

    fn verifier(&self, texts: &Texts) -> Result<Arc<dyn ServerCertVerifier>, TlsError> {
        let provider = &self.offer.provider;
        if !self.verifies {
            return Ok(Arc::new(AnyCertificate(Arc::clone(provider))));
        }
        let mut roots = match self.has_system_roots {
            true => (*system_roots()?).clone(),
            false => RootCertStore::empty(),
        };
        let listed = match &texts.roots {
            Some(text) => add_roots(text, &mut roots)?,
            None => Vec::new(),
        };
        let verifier = ServerVerifier::new(roots, listed, self.name.clone(), provider);
        Ok(Arc::new(verifier.map_err(|error| unusable("ca_file", &error))?))
    }
}

pub(super) fn unusable(key: &'static str, error: &dyn std::error::Error) -> TlsError {
    TlsError { key, file: None, reason: error.to_string() }
}

fn system_roots() -> Result<Arc<RootCertStore>, TlsError> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    if let Some(roots) = ROOTS.get() {
        return Ok(Arc::clone(roots));
    }
    provider();
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let cause = found.errors.first().map(|error| format!(": {error}")).unwrap_or_default();
        let reason = format!("must be set, because the system has no trusted roots{cause}");
        return Err(TlsError { key: "ca_file", file: None, reason });
    }
    Ok(Arc::clone(ROOTS.get_or_init(|| Arc::new(roots))))
}
