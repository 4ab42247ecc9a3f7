//! Any texts as certificate, key and roots: they make a configuration, or an error that names the key of
//! the setting and repeats nothing of what may be a private key.

use common::{
    net::tls::{TlsError, client_config, server_config},
    settings::{Secret, TlsClientSettings, TlsServerSettings, TlsSettings},
};

/// Shorter words stand in errors anyway.
const MIN_SECRET_BYTES: usize = 24;

/// One input: the three texts, with a byte of 0 between them.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut parts = text.splitn(3, '\0');
    let mut next = || Secret::new(parts.next().unwrap_or_default());
    let (cert_pem, key_pem, ca_pem) = (next(), next(), next());
    let key = key_pem.reveal().to_owned();
    let texts = TlsSettings { cert_pem, key_pem, ca_pem, ..TlsSettings::default() };
    let server = TlsServerSettings { a: texts.clone(), ..TlsServerSettings::default() };
    let client = TlsClientSettings { a: texts, ..TlsClientSettings::default() };
    if let Err(error) = server_config(&server, &[b"h2"]) {
        check(&error, &key);
    }
    // Without roots of its own a client reads the system's.
    if !client.a.ca_pem.is_empty()
        && let Err(error) = client_config(&client, &[b"h2"])
    {
        check(&error, &key);
    }
}

fn check(error: &TlsError, key: &str) {
    let text = error.to_string();
    assert!(text.starts_with("tls::") && text.len() < 500, "{text}");
    for word in key.split_whitespace().filter(|word| word.len() >= MIN_SECRET_BYTES) {
        assert!(!text.contains(word), "{text}");
    }
}
