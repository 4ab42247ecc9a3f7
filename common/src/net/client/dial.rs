//! Opens byte streams: TCP, Unix sockets, through a proxy, with or without TLS.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite, BufReader},
    net::{TcpStream, UnixStream},
};
use tokio_rustls::TlsConnector;

use super::{
    explained::{Explained, explained},
    proxy::Proxy,
    target::{Place, Target},
    write_buffer::WriteBuffer,
};
use crate::net::tls::Current;

/// A two-way byte stream.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// One address to connect to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// A resolved address.
    Socket(SocketAddr),
    /// A name that the system, or a proxy, looks up.
    Named(String, u16),
    /// A Unix socket.
    Unix(PathBuf),
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Socket(address) => address.fmt(f),
            Self::Named(host, port) if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Named(host, port) => write!(f, "{host}:{port}"),
            Self::Unix(path) => path.display().fmt(f),
        }
    }
}

/// TLS on the streams that are opened.
#[derive(Clone, Debug)]
pub struct DialTls {
    /// What it is for the next stream.
    pub config: Current<ClientConfig>,
    /// The name that is asked for, and that the certificate has to carry.
    pub name: ServerName<'static>,
}

/// How streams are opened.
#[derive(Clone, Debug)]
pub struct Dialer {
    /// TLS, unless it is plain text.
    pub tls: Option<DialTls>,
    /// Bytes read ahead; 0 leaves that to the protocol.
    pub read_buffer_bytes: usize,
    /// Bytes gathered before they are written; 0 writes each piece on its own.
    pub write_buffer_bytes: usize,
    proxy: Option<Proxy>,
}

impl Dialer {
    /// A dialer for a target; the environment may name a proxy for it.
    #[must_use]
    pub fn new(target: &Target) -> Self {
        let proxy = match &target.place {
            Place::Resolve { host, port } | Place::Passthrough { host, port } => {
                Proxy::from_environment(host, *port)
            }
            Place::Unix(_) => None,
        };
        Self { tls: None, read_buffer_bytes: 0, write_buffer_bytes: 0, proxy }
    }

    /// The addresses behind a target, each once.
    ///
    /// # Errors
    /// What the name lookup said.
    pub async fn resolve(&self, target: &Target) -> io::Result<Vec<Address>> {
        let (host, port) = match &target.place {
            Place::Unix(path) => return Ok(vec![Address::Unix(path.clone())]),
            Place::Passthrough { host, port } => {
                return Ok(vec![Address::Named(host.clone(), *port)]);
            }
            // The proxy looks names up, and may know names that we do not.
            Place::Resolve { host, port } if self.proxy.is_some() => {
                return Ok(vec![Address::Named(host.clone(), *port)]);
            }
            Place::Resolve { host, port } => (host.as_str(), *port),
        };
        let mut addresses = Vec::new();
        for address in tokio::net::lookup_host((host, port)).await? {
            let address = Address::Socket(address);
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            return Err(io::Error::other(format!("{host} has no address")));
        }
        Ok(addresses)
    }

    /// Opens a stream to an address.
    ///
    /// # Errors
    /// What the system, the proxy or TLS said.
    pub async fn connect(&self, address: &Address) -> io::Result<Box<dyn Stream>> {
        match address {
            Address::Unix(path) => self.secure(connect_unix(path).await?).await,
            Address::Socket(socket) => {
                self.secure(with_options(TcpStream::connect(socket).await?)?).await
            }
            Address::Named(host, port) => {
                let stream = match &self.proxy {
                    Some(proxy) => proxy.connect(&address.to_string()).await?,
                    None => TcpStream::connect((host.as_str(), *port)).await?,
                };
                self.secure(with_options(stream)?).await
            }
        }
    }

    async fn secure<S: Stream + 'static>(&self, stream: S) -> io::Result<Box<dyn Stream>> {
        let Some(DialTls { config, name }) = &self.tls else {
            return Ok(self.buffered(stream));
        };
        let handshake = TlsConnector::from(config.load()).connect(name.clone(), stream).await;
        let stream = handshake.map_err(explained)?;
        let (_, session) = stream.get_ref();
        if session.alpn_protocol() != Some(b"h2") {
            return Err(io::Error::other("the server does not offer HTTP/2 (ALPN h2) over TLS"));
        }
        Ok(self.buffered(Explained(stream)))
    }

    fn buffered<S: Stream + 'static>(&self, stream: S) -> Box<dyn Stream> {
        let stream = WriteBuffer::new(stream, self.write_buffer_bytes);
        match self.read_buffer_bytes {
            0 => Box::new(stream),
            bytes => Box::new(BufReader::with_capacity(bytes, stream)),
        }
    }
}

async fn connect_unix(path: &Path) -> io::Result<UnixStream> {
    UnixStream::connect(path).await
}

fn with_options(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nodelay(true)?;
    let keepalive = socket2::TcpKeepalive::new().with_time(std::time::Duration::from_secs(15));
    socket2::SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
    Ok(stream)
}
