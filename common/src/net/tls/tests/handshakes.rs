//! Whom each side lets in, and what is agreed on.

use std::sync::Arc;

use rustls::{ClientConfig, ProtocolVersion, ServerConfig, pki_types::ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::pki::{Pair, Pki};
use crate::{
    net::tls::{client_config, explain, server_config},
    settings::{Secret, TlsClientSettings, TlsServerSettings},
};

/// Version, suite and protocol of a connection on which a byte went both ways.
type Agreed = (ProtocolVersion, String, Option<Vec<u8>>);

pub(super) async fn shake(
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
    name: &str,
) -> Result<Agreed, String> {
    let (near, far) = duplex(1 << 16);
    let serve = async {
        let mut stream = TlsAcceptor::from(server).accept(far).await?;
        let byte = stream.read_u8().await?;
        stream.write_u8(byte).await?;
        stream.flush().await
    };
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let ask = async {
        let mut stream = TlsConnector::from(client).connect(name, near).await?;
        stream.write_u8(7).await?;
        stream.flush().await?;
        stream.read_u8().await?;
        let (_, session) = stream.get_ref();
        let suite = session.negotiated_cipher_suite().unwrap().suite();
        Ok::<_, std::io::Error>((
            session.protocol_version().unwrap(),
            suite.as_str().unwrap().to_owned(),
            session.alpn_protocol().map(<[u8]>::to_vec),
        ))
    };
    let (_, asked) = tokio::join!(serve, ask);
    asked.map_err(|error| explain(&error).unwrap_or_else(|| error.to_string()))
}

async fn meet(server: &TlsServerSettings, client: &TlsClientSettings) -> Result<Agreed, String> {
    let (server, _) = server_config(server, &[b"h2", b"http/1.1"]).unwrap();
    let (client, _) = client_config(client, &[b"h2"]).unwrap();
    shake(server.load(), client.load(), "localhost").await
}

#[tokio::test]
async fn the_highest_version_and_a_common_protocol_are_agreed_on() {
    let pki = Pki::new();
    let (version, _, protocol) = meet(&pki.server(), &pki.client()).await.unwrap();
    assert_eq!((version, protocol), (ProtocolVersion::TLSv1_3, Some(b"h2".to_vec())));
}

#[tokio::test]
async fn texts_in_the_config_serve_as_well_as_files() {
    let pki = Pki::new();
    let pair = pki.pair("localhost");
    let mut server = TlsServerSettings::default();
    server.a.cert_pem = Secret::new(pair.certificate);
    server.a.key_pem = Secret::new(pair.key);
    let mut client = TlsClientSettings::default();
    client.a.ca_pem = Secret::new(pki.ca.clone());
    meet(&server, &client).await.unwrap();
}

#[tokio::test]
async fn versions_and_suites_are_limited() {
    let pki = Pki::new();
    let (mut server, mut client) = (pki.server(), pki.client());
    server.a.max_version = "1.2".to_owned();
    client.a.cipher_suites = vec!["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256".to_owned()];
    client.a.curve_preferences = vec!["P384".to_owned()];
    let (version, suite, _) = meet(&server, &client).await.unwrap();
    assert_eq!(version, ProtocolVersion::TLSv1_2);
    assert_eq!(suite, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
    client.a.min_version = "1.3".to_owned();
    let error = meet(&server, &client).await.unwrap_err();
    assert_eq!(
        error,
        "the server ended the TLS handshake with ProtocolVersion: see tls::min_version and \
         tls::max_version"
    );
    server.a.max_version.clear();
    server.a.curve_preferences = vec!["X25519".to_owned()];
    let error = meet(&server, &client).await.unwrap_err();
    assert!(error.contains("see tls::cipher_suites and tls::curve_preferences"), "{error}");
}

#[tokio::test]
async fn a_client_says_what_is_wrong_with_the_certificate() {
    let pki = Pki::new();
    let stranger = Pki::new();
    let error = meet(&pki.server(), &stranger.client()).await.unwrap_err();
    assert_eq!(
        error,
        "the server's certificate is not signed by a root that tls::ca_file or the system trusts"
    );
    pki.write_pair("server", &pki.pair("other.example"));
    let error = meet(&pki.server(), &pki.client()).await.unwrap_err();
    assert_eq!(
        error,
        "the server's certificate is not for \"localhost\" but for DnsName(\"other.example\") (see \
         tls::server_name_override)"
    );
}

#[tokio::test]
async fn another_name_can_be_verified_and_nothing_at_all() {
    let pki = Pki::new();
    let mut client = pki.client();
    for name in ["other.example", "192.0.2.7"] {
        pki.write_pair("server", &pki.pair(name));
        client.b.server_name_override = name.to_owned();
        meet(&pki.server(), &client).await.unwrap();
    }
    client.b.server_name_override = "wrong.example".to_owned();
    assert!(meet(&pki.server(), &client).await.is_err());
    client = TlsClientSettings::default();
    client.b.insecure_skip_verify = true;
    meet(&pki.server(), &client).await.unwrap();
}

#[tokio::test]
async fn only_known_clients_are_let_in() {
    let pki = Pki::new();
    let mut server = pki.server();
    server.b.client_ca_file = pki.path("ca.pem").display().to_string();
    meet(&server, &pki.known_client()).await.unwrap();
    let error = meet(&server, &pki.client()).await.unwrap_err();
    assert_eq!(
        error,
        "the server ended the TLS handshake with CertificateRequired: it wants a client \
         certificate, see tls::cert_file and tls::key_file"
    );
}

#[tokio::test]
async fn a_certificate_that_is_its_own_root_is_taken_from_the_peer() {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
    let pki = Pki::new();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    let pair = Pair { certificate: certificate.clone(), key: key.serialize_pem() };
    pki.write_pair("server", &pair);
    pki.write_pair("client", &pair);
    pki.write("ca.pem", &certificate);
    let mut server = pki.server();
    server.b.client_ca_file = pki.path("ca.pem").display().to_string();
    meet(&server, &pki.known_client()).await.unwrap();
    let mut client = pki.known_client();
    client.b.server_name_override = "other.example".to_owned();
    assert!(meet(&server, &client).await.is_err());
    pki.write("ca.pem", &Pki::new().ca);
    assert!(meet(&server, &client).await.is_err());
}

#[tokio::test]
async fn a_client_of_another_authority_is_not_let_in() {
    let (pki, other) = (Pki::new(), Pki::new());
    let mut server = pki.server();
    server.b.client_ca_file = pki.path("ca.pem").display().to_string();
    let mut client = other.known_client();
    client.a.ca_file = pki.path("ca.pem").display().to_string();
    let error = meet(&server, &client).await.unwrap_err();
    assert!(error.contains("it does not accept our certificate"), "{error}");
}
