//! What is wrong with a file is told by its name.

use proptest::prelude::*;

use super::pki::Pki;
use crate::{
    net::tls::{TlsError, client_config, server_config},
    settings::{Secret, TlsClientSettings, TlsServerSettings},
};

fn server_error(settings: &TlsServerSettings) -> TlsError {
    server_config(settings, &[b"h2"]).unwrap_err()
}

#[track_caller]
fn check(pki: &Pki, error: &TlsError, key: &str, file: &str, reason: &str) {
    let file = pki.path(file).display().to_string();
    assert_eq!(error.to_string(), format!("tls::{key} {file:?}: {reason}"));
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_the_reason() {
    let pki = Pki::new();
    let settings = pki.server();
    let key = std::fs::read_to_string(pki.path("server.key")).unwrap();

    pki.write("server.key", "no key");
    let reason = "has no key in it, expected PEM that is not encrypted";
    check(&pki, &server_error(&settings), "key_file", "server.key", reason);
    pki.write("server.key", &pki.pair("localhost").key);
    let reason = "is not the key of the certificate";
    check(&pki, &server_error(&settings), "key_file", "server.key", reason);
    std::fs::remove_file(pki.path("server.key")).unwrap();
    let reason = "cannot be read: No such file or directory (os error 2)";
    check(&pki, &server_error(&settings), "key_file", "server.key", reason);
    std::fs::create_dir(pki.path("server.key")).unwrap();
    check(&pki, &server_error(&settings), "key_file", "server.key", "is not a file");

    std::fs::remove_dir(pki.path("server.key")).unwrap();
    pki.write("server.key", &key);
    assert!(server_config(&settings, &[]).is_ok());
    pki.write("server.crt", &key);
    let reason = "has no certificate in it, expected PEM";
    check(&pki, &server_error(&settings), "cert_file", "server.crt", reason);
}

#[test]
fn a_certificate_outside_its_dates_is_an_error() {
    let pki = Pki::new();
    let settings = pki.server();
    pki.write_pair("server", &pki.expired());
    let reason = "the certificate expired on 2020-02-03T00:00:00Z";
    check(&pki, &server_error(&settings), "cert_file", "server.crt", reason);
    pki.write_pair("server", &pki.not_yet_valid());
    let reason = "the certificate is not valid before 2999-01-01T00:00:00Z";
    check(&pki, &server_error(&settings), "cert_file", "server.crt", reason);
}

#[test]
fn roots_that_are_none_are_an_error() {
    let pki = Pki::new();
    let mut settings = pki.server();
    settings.b.client_ca_file = pki.write("clients.pem", "");
    let reason = "has no certificate in it, expected PEM";
    check(&pki, &server_error(&settings), "client_ca_file", "clients.pem", reason);
    pki.write("ca.pem", &pki.ca[..pki.ca.len() / 2]);
    let error = client_config(&pki.client(), &[]).unwrap_err();
    check(&pki, &error, "ca_file", "ca.pem", "is cut off: a PEM section has no last line");
}

#[test]
fn no_part_of_a_key_is_shown() {
    let pki = Pki::new();
    let mut settings = TlsServerSettings::default();
    settings.a.cert_pem = Secret::new(pki.pair("localhost").certificate);
    for pem in [
        "-----BEGIN PRIVATE KEY-----TOPSECRET",
        "-----BEGIN PRIVATE KEY-----\nTOPSECRET*\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nTOPSECRET\n",
        "-----BEGIN PRIVATE KEY-----\nVE9QU0VDUkVU\n-----END PRIVATE KEY-----\n",
    ] {
        settings.a.key_pem = Secret::new(pem);
        let error = server_error(&settings);
        assert!(!format!("{error} {error:?}").contains("TOPSECRET"), "{error}");
        assert_eq!((error.key, error.file), ("key_pem", None));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_in_a_file_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        cut in 0..1000_usize,
        is_key in any::<bool>(),
    ) {
        let pki = Pki::new();
        let pair = pki.pair("localhost");
        pki.write_pair("server", &pair);
        let (name, good) = if is_key { ("server.key", pair.key) } else { ("server.crt", pair.certificate) };
        let mut spoiled = good.into_bytes();
        let at = cut.min(spoiled.len());
        spoiled.splice(at..(at + bytes.len() / 2).min(spoiled.len()), bytes.iter().copied());
        for content in [&bytes, &spoiled] {
            std::fs::write(pki.path(name), content).unwrap();
            drop(server_config(&pki.server(), &[]));
            let mut client = TlsClientSettings::default();
            client.a.ca_file = pki.path(name).display().to_string();
            drop(client_config(&client, &[]));
        }
    }
}
