//! Checks a `tls` section without opening its files.

use rustls::pki_types::ServerName;

use super::{follower::MIN_INTERVAL, offer::Offer};
use crate::settings::{
    Issues, TlsClientSettings, TlsServerSettings, TlsSettings, tls::TpmSettings,
};

/// Reports what is wrong with the section of a server, which stands at `path`.
pub fn validate_server(settings: &TlsServerSettings, path: &str, issues: &mut Issues) {
    issues.within(path, |issues| {
        let common = &settings.a;
        if !(has_certificate(common) && has_key(common)) {
            let message =
                "TLS configuration must include both certificate and key for server connections";
            issues.error("", message);
        }
        let of_clients = [
            ("ca_file", !common.ca_file.is_empty()),
            ("ca_pem", !common.ca_pem.is_empty()),
            ("include_system_ca_certs_pool", common.include_system_ca_certs_pool),
        ];
        for (key, _) in of_clients.into_iter().filter(|(_, is_set)| *is_set) {
            let message =
                "has no effect on a server; client certificates are verified with client_ca_file";
            issues.warn(key, message);
        }
        if settings.b.client_ca_file_reload && settings.b.client_ca_file.is_empty() {
            issues.warn("client_ca_file_reload", "has no effect without client_ca_file");
        }
        validate_common(common, issues);
    });
}

/// Reports what is wrong with the section of a client, which stands at `path`.
pub fn validate_client(settings: &TlsClientSettings, path: &str, issues: &mut Issues) {
    issues.within(path, |issues| {
        if has_certificate(&settings.a) != has_key(&settings.a) {
            let message = "TLS configuration must include both certificate and key (CertFile/CertPem \
                           and KeyFile/KeyPem)";
            issues.error("", message);
        }
        let name = &settings.b.server_name_override;
        if !name.is_empty() && ServerName::try_from(name.as_str()).is_err() {
            let message = format!("{name:?} is neither a host name nor an address");
            issues.error("server_name_override", message);
        }
        validate_common(&settings.a, issues);
    });
}

fn validate_common(settings: &TlsSettings, issues: &mut Issues) {
    let pairs = [
        ("ca_file", &settings.ca_file, &settings.ca_pem, "a CA file or the PEM-encoded string"),
        ("cert_file", &settings.cert_file, &settings.cert_pem, "certificate file or PEM"),
        ("key_file", &settings.key_file, &settings.key_pem, "key file or PEM"),
    ];
    for (key, file, pem, what) in pairs {
        if !file.is_empty() && !pem.is_empty() {
            issues.error(key, format!("provide either {what}, but not both"));
        }
    }
    if settings.reload_interval.is_negative() {
        issues.error("reload_interval", "must not be negative");
    }
    let interval = settings.reload_interval.get();
    if !interval.is_zero() && interval < MIN_INTERVAL {
        let message = format!(
            "{} is less than the 100ms that are kept; did you mean seconds?",
            settings.reload_interval
        );
        issues.warn("reload_interval", message);
    }
    if settings.tpm != TpmSettings::default() {
        let message = "is not available in this version, use key_file or key_pem";
        issues.error("tpm", message);
    }
    drop(Offer::of(settings, issues));
}

fn has_certificate(settings: &TlsSettings) -> bool {
    !settings.cert_file.is_empty() || !settings.cert_pem.is_empty()
}

fn has_key(settings: &TlsSettings) -> bool {
    !settings.key_file.is_empty() || !settings.key_pem.is_empty()
}
