//! Who is trusted on the other side.
//!
//! A certificate that is listed as a root is also taken from the peer itself, as Go does: people sign a
//! certificate with its own key and give it to both sides. rustls takes no authority for a peer.

use std::sync::Arc;

use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::{
        ParsedCertificate, VerifierBuilderError, WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};

use super::certificates::check_dates;

/// Takes any certificate, as `insecure_skip_verify` asks for.
#[derive(Debug)]
pub(super) struct AnyCertificate(pub(super) Arc<CryptoProvider>);

/// Verifies servers.
#[derive(Debug)]
pub(super) struct ServerVerifier {
    inner: Arc<WebPkiServerVerifier>,
    listed: Vec<CertificateDer<'static>>,
    /// Instead of the name that was dialled.
    name: Option<ServerName<'static>>,
    provider: Arc<CryptoProvider>,
}

/// Verifies clients, which must have a certificate.
#[derive(Debug)]
pub(super) struct ClientVerifier {
    inner: Arc<dyn ClientCertVerifier>,
    listed: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

impl ServerVerifier {
    pub(super) fn new(
        roots: RootCertStore,
        listed: Vec<CertificateDer<'static>>,
        name: Option<ServerName<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, VerifierBuilderError> {
        let inner =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
        Ok(Self { inner: inner.build()?, listed, name, provider: Arc::clone(provider) })
    }
}

impl ClientVerifier {
    pub(super) fn new(
        roots: RootCertStore,
        listed: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, VerifierBuilderError> {
        let inner =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
        Ok(Self { inner: inner.build()?, listed, provider: Arc::clone(provider) })
    }
}

macro_rules! verify_signatures {
    ($self:ident => $verifies:expr) => {
        fn verify_tls12_signature(
            &$self,
            message: &[u8],
            leaf: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = &$verifies.signature_verification_algorithms;
            verify_tls12_signature(message, leaf, signed, algorithms)
        }

        fn verify_tls13_signature(
            &$self,
            message: &[u8],
            leaf: &CertificateDer<'_>,
            signed: &DigitallySignedStruct,
        ) -> Result<HandshakeSignatureValid, Error> {
            let algorithms = &$verifies.signature_verification_algorithms;
            verify_tls13_signature(message, leaf, signed, algorithms)
        }

        fn supported_verify_schemes(&$self) -> Vec<SignatureScheme> {
            $verifies.signature_verification_algorithms.supported_schemes()
        }
    };
}

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _chain: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    verify_signatures!(self => self.0);
}

impl ServerCertVerifier for ServerVerifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let name = self.name.as_ref().unwrap_or(name);
        if !self.listed.contains(leaf) {
            return self.inner.verify_server_cert(leaf, chain, name, ocsp, now);
        }
        let leaf = ParsedCertificate::try_from(leaf)?;
        check_dates(&leaf, now, &self.provider)?;
        verify_server_name(&leaf, name)?;
        Ok(ServerCertVerified::assertion())
    }

    verify_signatures!(self => self.provider);
}

impl ClientCertVerifier for ClientVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.inner.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if !self.listed.contains(leaf) {
            return self.inner.verify_client_cert(leaf, chain, now);
        }
        check_dates(&ParsedCertificate::try_from(leaf)?, now, &self.provider)?;
        Ok(ClientCertVerified::assertion())
    }

    verify_signatures!(self => self.provider);
}
