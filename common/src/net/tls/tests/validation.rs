//! What a section may say.

use crate::{
    net::tls::{validate_client, validate_server},
    settings::{Duration, Issues, Secret, TlsClientSettings, TlsServerSettings},
};

fn lines(issues: &Issues) -> Vec<String> {
    let line = |issue: &crate::settings::Issue| {
        let kind = if issue.is_warning { "warning: " } else { "" };
        format!("{kind}{}: {}", issue.path, issue.message)
    };
    issues.list.iter().map(line).collect()
}

#[track_caller]
fn check_client(change: impl FnOnce(&mut TlsClientSettings), expected: &[&str]) {
    let mut settings = TlsClientSettings::default();
    change(&mut settings);
    let mut issues = Issues::default();
    validate_client(&settings, "tls", &mut issues);
    assert_eq!(lines(&issues), expected);
}

#[track_caller]
fn check_server(change: impl FnOnce(&mut TlsServerSettings), expected: &[&str]) {
    let mut settings = TlsServerSettings::default();
    settings.a.cert_file = "/absent.crt".to_owned();
    settings.a.key_file = "/absent.key".to_owned();
    change(&mut settings);
    let mut issues = Issues::default();
    validate_server(&settings, "grpc::tls", &mut issues);
    assert_eq!(lines(&issues), expected);
}

#[test]
fn files_are_not_opened() {
    check_server(|_| {}, &[]);
    check_client(|tls| tls.a.ca_file = "/absent".to_owned(), &[]);
}

#[test]
fn a_certificate_and_its_key_belong_together() {
    let both = "grpc::tls: TLS configuration must include both certificate and key for server \
                connections";
    check_server(|tls| tls.a.key_file.clear(), &[both]);
    check_server(|tls| tls.a.cert_file.clear(), &[both]);
    check_client(
        |tls| tls.a.cert_pem = Secret::new("x"),
        &["tls: TLS configuration must include both certificate and key (CertFile/CertPem and \
           KeyFile/KeyPem)"],
    );
}

#[test]
fn each_item_stands_in_a_file_or_in_the_config() {
    check_server(
        |tls| {
            tls.a.cert_pem = Secret::new("x");
            tls.a.key_pem = Secret::new("x");
        },
        &[
            "grpc::tls::cert_file: provide either certificate file or PEM, but not both",
            "grpc::tls::key_file: provide either key file or PEM, but not both",
        ],
    );
    check_client(
        |tls| {
            tls.a.ca_file = "x".to_owned();
            tls.a.ca_pem = Secret::new("x");
        },
        &["tls::ca_file: provide either a CA file or the PEM-encoded string, but not both"],
    );
}

#[test]
fn versions_are_checked() {
    check_client(
        |tls| tls.a.min_version = "TLS12".to_owned(),
        &[
            "tls::min_version: invalid TLS min_version: unsupported TLS version: \"TLS12\", expected \
           1.2 or 1.3",
        ],
    );
    check_client(
        |tls| tls.a.min_version = "1.0".to_owned(),
        &["warning: tls::min_version: TLS 1.0 is not spoken here, the lowest version is 1.2"],
    );
    check_client(
        |tls| tls.a.max_version = "1.1".to_owned(),
        &["tls::max_version: TLS 1.1 is not available here, expected 1.2 or 1.3"],
    );
    check_client(
        |tls| {
            tls.a.min_version = "1.3".to_owned();
            tls.a.max_version = "1.2".to_owned();
        },
        &["tls::min_version: invalid TLS configuration: min_version cannot be greater than \
           max_version"],
    );
}

#[test]
fn suites_are_known_by_their_names_in_go() {
    let suites =
        |names: &[&str]| -> Vec<String> { names.iter().map(|&name| name.into()).collect() };
    check_client(
        |tls| {
            tls.a.cipher_suites =
                suites(&["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256"]);
        },
        &[],
    );
    check_client(
        |tls| {
            tls.a.cipher_suites = suites(&[
                "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
            ]);
        },
        &["warning: tls::cipher_suites: TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA is not available here \
           and left out"],
    );
    check_client(
        |tls| tls.a.cipher_suites = suites(&["AES128", "TLS_RSA_WITH_AES_128_GCM_SHA256"]),
        &[
            "tls::cipher_suites: invalid TLS cipher suite: \"AES128\"",
            "tls::cipher_suites: invalid TLS cipher suite: \"TLS_RSA_WITH_AES_128_GCM_SHA256\", \
             which is insecure (see include_insecure_cipher_suites)",
        ],
    );
    check_client(
        |tls| {
            tls.a.include_insecure_cipher_suites = true;
            tls.a.cipher_suites = suites(&["TLS_RSA_WITH_RC4_128_SHA"]);
        },
        &[
            "warning: tls::cipher_suites: TLS_RSA_WITH_RC4_128_SHA is not available here and left \
             out",
            "tls::cipher_suites: none is left to speak, expected some of \
             TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, \
             TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, \
             TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        ],
    );
    check_client(
        |tls| {
            tls.a.min_version = "1.3".to_owned();
            tls.a.cipher_suites = suites(&["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]);
        },
        &[
            "warning: tls::cipher_suites: has no effect, because it concerns TLS 1.2 and min_version \
           is 1.3",
        ],
    );
}

#[test]
fn curves_are_known_by_their_names_in_go() {
    let curves =
        |names: &[&str]| -> Vec<String> { names.iter().map(|&name| name.into()).collect() };
    check_client(
        |tls| tls.a.curve_preferences = curves(&["X25519MLKEM768", "P384"]),
        &["warning: tls::curve_preferences: X25519MLKEM768 is not available here and left out"],
    );
    check_client(
        |tls| tls.a.curve_preferences = curves(&["P521"]),
        &[
            "warning: tls::curve_preferences: P521 is not available here and left out",
            "tls::curve_preferences: none is left to speak, expected some of X25519, P256, P384",
        ],
    );
    check_client(
        |tls| tls.a.curve_preferences = curves(&["p256"]),
        &[
            "tls::curve_preferences: invalid curve type: \"p256\", expected some of X25519, P256, P384",
        ],
    );
}

#[test]
fn what_is_not_there_or_has_no_effect_is_told() {
    check_client(
        |tls| {
            tls.a.tpm.enabled = true;
            tls.a.reload_interval = Duration::from_nanos(-1);
            tls.b.server_name_override = "a b".to_owned();
        },
        &[
            "tls::server_name_override: \"a b\" is neither a host name nor an address",
            "tls::reload_interval: must not be negative",
            "tls::tpm: is not available in this version, use key_file or key_pem",
        ],
    );
    check_server(
        |tls| {
            tls.a.ca_file = "/ca".to_owned();
            tls.b.client_ca_file_reload = true;
        },
        &[
            "warning: grpc::tls::ca_file: has no effect on a server; client certificates are \
             verified with client_ca_file",
            "warning: grpc::tls::client_ca_file_reload: has no effect without client_ca_file",
        ],
    );
}
