//! Certificates and keys from PEM texts.

use std::sync::Arc;

use rustls::{
    CertificateError, Error, InconsistentKeys, RootCertStore,
    client::verify_server_cert_signed_by_trust_anchor,
    crypto::CryptoProvider,
    pki_types::{
        CertificateDer, PrivateKeyDer, UnixTime,
        pem::{self, PemObject},
    },
    server::ParsedCertificate,
    sign::{CertifiedKey, SingleCertAndKey},
};

use super::{
    TlsError,
    explain::date,
    files::{Text, Texts},
};

/// Our own certificate with its key, if there is one; it must be valid now.
pub(super) fn own_certificate(
    texts: &Texts,
    provider: &CryptoProvider,
) -> Result<Option<Arc<SingleCertAndKey>>, TlsError> {
    let (Some(certificate), Some(key)) = (&texts.certificate, &texts.key) else {
        return Ok(None);
    };
    let chain = certificates(certificate)?;
    if let Some(leaf) = chain.first() {
        ParsedCertificate::try_from(leaf)
            .and_then(|leaf| check_dates(&leaf, UnixTime::now(), provider))
            .map_err(|error| certificate.error(in_words(error)))?;
    }
    let certified = CertifiedKey::from_der(chain, private_key(key)?, provider);
    let certified = certified.map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            key.error("is not the key of the certificate")
        }
        _ => key.error(
            "is of a kind that is not available, expected RSA of 2048 bits or more, ECDSA P-256 or P-384, or Ed25519",
        ),
    })?;
    Ok(Some(Arc::new(SingleCertAndKey::from(certified))))
}

/// Adds the roots of a text, and returns them.
pub(super) fn add_roots(
    text: &Text,
    store: &mut RootCertStore,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let roots = certificates(text)?;
    // One that rustls does not understand must not make the others useless.
    let (added, ignored) = store.add_parsable_certificates(roots.iter().cloned());
    if added == 0 {
        return Err(text.error("has no certificate that can be used as a root"));
    }
    if ignored > 0 {
        let reason = text.error("some certificates in it cannot be used as a root");
        tracing::debug!(%reason, ignored, "left out roots");
    }
    Ok(roots)
}

fn certificates(text: &Text) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text.bytes).collect();
    let found = found.map_err(|error| text.error(malformed(&error)))?;
    if found.is_empty() {
        return Err(text.error("has no certificate in it, expected PEM"));
    }
    Ok(found)
}

fn private_key(text: &Text) -> Result<PrivateKeyDer<'static>, TlsError> {
    let has = |words: &[u8]| text.bytes.windows(words.len()).any(|found| found == words);
    if has(b"ENCRYPTED") {
        return Err(text.error("is encrypted, expected a key without a password"));
    }
    PrivateKeyDer::from_pem_slice(&text.bytes).map_err(|error| match error {
        pem::Error::NoItemsFound => {
            text.error("has no key in it, expected PEM that is not encrypted")
        }
        other => text.error(malformed(&other)),
    })
}

/// Never the library's own text, which repeats parts of what may be a key.
fn malformed(error: &pem::Error) -> &'static str {
    match error {
        pem::Error::MissingSectionEnd { .. } => "is cut off: a PEM section has no last line",
        pem::Error::IllegalSectionStart { .. } => "the first line of a PEM section is malformed",
        pem::Error::Base64Decode(_) => "a PEM section is not base64",
        _ => "cannot be read as PEM",
    }
}

/// Whether a certificate is valid at this time, whoever signed it.
pub(super) fn check_dates(
    leaf: &ParsedCertificate<'_>,
    now: UnixTime,
    provider: &CryptoProvider,
) -> Result<(), Error> {
    let algorithms = provider.signature_verification_algorithms.all;
    let roots = RootCertStore::empty();
    // Without roots this cannot succeed, but the dates are looked at before the issuer is.
    match verify_server_cert_signed_by_trust_anchor(leaf, &roots, &[], now, algorithms) {
        Err(
            error @ Error::InvalidCertificate(
                CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYetContext { .. },
            ),
        ) => Err(error),
        _ => Ok(()),
    }
}

fn in_words(error: Error) -> String {
    match error {
        Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. }) => {
            format!("the certificate expired on {}", date(not_after))
        }
        Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. }) => {
            format!("the certificate is not valid before {}", date(not_before))
        }
        Error::InvalidCertificate(error) => {
            let error = error.to_string();
            if error.contains("UnsupportedCertVersion") {
                return "its first certificate is of X.509 version 1, expected version 3, as openssl makes \
                        it with -extfile or -addext"
                    .to_owned();
            }
            format!("its first certificate cannot be used: {error}")
        }
        error => format!("its first certificate cannot be used: {error}"),
    }
}
