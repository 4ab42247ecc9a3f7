//! TLS as the rig's own clients and backends speak it: rustls with the tests' own authorities.

use std::{net::SocketAddr, sync::Arc};

use parking_lot::RwLock;
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use crate::pki::Identity;

/// How a client of the rig speaks TLS. Cloning shares the settings, not the connections.
#[derive(Clone, Debug)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl ClientTls {
    /// Trusts these roots and says nothing of itself.
    ///
    /// # Panics
    /// On roots that are no certificates.
    #[must_use]
    pub fn new(roots: &str) -> Self {
        Self::build(roots, None)
    }

    /// The same with a client certificate.
    ///
    /// # Panics
    /// On PEM that is none.
    #[must_use]
    pub fn with_identity(roots: &str, identity: &Identity) -> Self {
        Self::build(roots, Some(identity))
    }

    fn build(roots: &str, identity: Option<&Identity>) -> Self {
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(root_store(roots));
        let mut config = match identity {
            None => builder.with_no_client_auth(),
            Some(identity) => {
                let (chain, key) = parsed(identity);
                builder.with_client_auth_cert(chain, key).unwrap()
            }
        };
        // Each connection proves anew what it is; tickets would hide a certificate that was changed.
        config.resumption = rustls::client::Resumption::disabled();
        Self { config: Arc::new(config), name: ServerName::try_from("localhost").unwrap() }
    }

    /// Connects and shakes hands, offering one protocol.
    ///
    /// # Errors
    /// If nobody listens or the handshake fails.
    pub async fn connect(
        &self,
        address: SocketAddr,
        protocol: &str,
    ) -> anyhow::Result<client::TlsStream<TcpStream>> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut config = ClientConfig::clone(&self.config);
        config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        Ok(TlsConnector::from(Arc::new(config)).connect(self.name.clone(), stream).await?)
    }
}

/// How a backend of the rig speaks TLS; what it presents can be changed while it runs. Cloning shares it.
#[derive(Clone, Debug)]
pub struct ServerTls(Arc<RwLock<Arc<ServerConfig>>>);

impl ServerTls {
    /// Presents this certificate, and with roots for clients demands one of them.
    ///
    /// # Panics
    /// On PEM that is none.
    #[must_use]
    pub fn new(identity: &Identity, client_roots: Option<&str>) -> Self {
        Self(Arc::new(RwLock::new(server_config(identity, client_roots))))
    }

    /// Presents and demands something else from the next connection on.
    pub fn replace(&self, identity: &Identity, client_roots: Option<&str>) {
        *self.0.write() = server_config(identity, client_roots);
    }

    /// Shakes hands on an accepted connection.
    ///
    /// # Errors
    /// If the handshake fails.
    pub async fn accept(&self, stream: TcpStream) -> std::io::Result<server::TlsStream<TcpStream>> {
        let config = Arc::clone(&self.0.read());
        TlsAcceptor::from(config).accept(stream).await
    }
}

/// The certificate in some PEM, as it goes over the wire.
///
/// # Panics
/// On PEM that is none.
#[must_use]
pub fn der(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
}

fn server_config(identity: &Identity, client_roots: Option<&str>) -> Arc<ServerConfig> {
    let (chain, key) = parsed(identity);
    let builder = ServerConfig::builder_with_provider(provider());
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    let builder = match client_roots {
        None => builder.with_no_client_auth(),
        Some(roots) => {
            let roots = Arc::new(root_store(roots));
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider()).build();
            builder.with_client_cert_verifier(verifier.unwrap())
        }
    };
    let mut config = builder.with_single_cert(chain, key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn root_store(pem: &str) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    roots
}

fn parsed(identity: &Identity) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let chain = CertificateDer::pem_slice_iter(identity.cert.as_bytes());
    let chain = chain.collect::<Result<_, _>>().unwrap();
    (chain, PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap())
}
