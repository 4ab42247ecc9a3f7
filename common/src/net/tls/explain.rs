//! Says in plain words why a handshake failed.

use std::{error::Error as StdError, io};

use rustls::{AlertDescription, CertificateError, Error, pki_types::UnixTime};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// What a TLS error behind an error means to the one who dialled, if there is one.
#[must_use]
pub fn explain(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        // An `io::Error` does not give what it wraps as its source.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let tls = error
            .downcast_ref::<Error>()
            .or_else(|| wrapped.and_then(|wrapped| wrapped.downcast_ref::<Error>()));
        if let Some(tls) = tls {
            return Some(in_words(tls));
        }
        next = match wrapped {
            Some(wrapped) => Some(wrapped as &(dyn StdError + 'static)),
            None => error.source(),
        };
    }
    None
}

fn in_words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => about_certificate(error),
        Error::AlertReceived(alert) => about_alert(*alert),
        Error::InvalidMessage(_) => format!("the server does not speak TLS here ({error})"),
        _ => format!("TLS handshake failed: {error}"),
    }
}

fn about_certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => {
            "the server's certificate is not signed by a root that tls::ca_file or the system trusts"
                .to_owned()
        }
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("the server's certificate expired on {}", date(*not_after))
        }
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("the server's certificate is not valid before {}", date(*not_before))
        }
        CertificateError::NotValidForNameContext { expected, presented } => format!(
            "the server's certificate is not for {:?} but for {} (see tls::server_name_override)",
            expected.to_str(),
            if presented.is_empty() { "no name".to_owned() } else { presented.join(", ") }
        ),
        other => format!("the server's certificate cannot be accepted: {other}"),
    }
}

fn about_alert(alert: AlertDescription) -> String {
    let hint = match alert {
        AlertDescription::CertificateRequired => {
            "it wants a client certificate, see tls::cert_file and tls::key_file"
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnknownCA
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::DecryptError => {
            "it does not accept our certificate, see tls::cert_file"
        }
        AlertDescription::ProtocolVersion => "see tls::min_version and tls::max_version",
        AlertDescription::HandshakeFailure => {
            "see tls::cipher_suites and tls::curve_preferences, or it wants a client certificate"
        }
        AlertDescription::NoApplicationProtocol => "it does not speak our protocol on this port",
        _ => "see its log",
    };
    format!("the server ended the TLS handshake with {alert:?}: {hint}")
}

/// A point in time as people read it.
pub(super) fn date(time: UnixTime) -> String {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| format!("second {}", time.as_secs()))
}
