//! Opens the sockets that servers listen on.
//!
//! An endpoint is `host:port`, `:port` (the process's default host), `[::1]:port` or
//! `unix:///path`; `localhost` means 127.0.0.1 and, where there is one, `[::1]`.

mod io;
#[cfg(test)]
mod tests;

use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::unix::fs::FileTypeExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::net::{TcpListener, TcpSocket, UnixListener, UnixStream};

pub use io::Io;

use super::tls::{Accepting, TlsError};

/// Connections that the kernel holds for us until they are accepted.
const BACKLOG: u32 = 4096;

/// A socket that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The endpoint cannot be read.
    #[error("invalid endpoint {endpoint:?}: {message}")]
    Endpoint {
        /// As it stands in the config.
        endpoint: String,
        /// What is wrong.
        message: &'static str,
    },
    /// The transport is not one that a server can use.
    #[error(transparent)]
    Transport(#[from] InvalidTransport),
    /// The name has no address.
    #[error("endpoint {endpoint:?} has no address")]
    NoAddress {
        /// As it stands in the config.
        endpoint: String,
    },
    /// The `tls` section cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The system refused.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address or path.
        address: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

/// What carries the connections of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TCP over IPv4 and IPv6.
    Tcp,
    /// TCP over IPv4.
    Tcp4,
    /// TCP over IPv6.
    Tcp6,
    /// A unix socket.
    Unix,
}

/// A `transport` that is not there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransport {
    /// A word that upstream does not know either.
    #[error("unsupported transport type {0:?}, expected one of tcp, tcp4, tcp6, unix")]
    Unknown(String),
    /// Nothing.
    #[error("invalid transport type \"\"")]
    Empty,
    /// A word that upstream knows, but no server can listen with.
    #[error(
        "transport {0:?} is not available in this version, expected one of tcp, tcp4, tcp6, unix"
    )]
    Unavailable(String),
}

impl std::str::FromStr for Transport {
    type Err = InvalidTransport;

    fn from_str(word: &str) -> Result<Self, InvalidTransport> {
        match word {
            "tcp" => Ok(Self::Tcp),
            "tcp4" => Ok(Self::Tcp4),
            "tcp6" => Ok(Self::Tcp6),
            "unix" => Ok(Self::Unix),
            "" => Err(InvalidTransport::Empty),
            "udp" | "udp4" | "udp6" | "ip" | "ip4" | "ip6" | "unixgram" | "unixpacket"
            | "npipe" => Err(InvalidTransport::Unavailable(word.to_owned())),
            _ => Err(InvalidTransport::Unknown(word.to_owned())),
        }
    }
}

/// The open sockets of one server.
#[derive(Debug)]
pub struct Listener {
    pub(super) sockets: Vec<Arc<Socket>>,
    pub(super) tls: Option<Accepting>,
}

/// One open socket.
#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener, SocketFile),
}

/// A socket's file, removed when the socket is closed.
#[derive(Debug)]
pub(super) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Whoever removed it before us did our work.
        drop(std::fs::remove_file(&self.0));
    }
}

impl Listener {
    /// Opens the sockets for an endpoint. `default_host` stands in where it names no host.
    ///
    /// # Errors
    /// [`ListenError`] if the endpoint is wrong or taken.
    pub async fn bind(
        endpoint: &str,
        transport: Transport,
        default_host: &str,
    ) -> Result<Self, ListenError> {
        let path = match endpoint.strip_prefix("unix:") {
            Some(path) => Some(path.strip_prefix("//").unwrap_or(path)),
            None => (transport == Transport::Unix).then_some(endpoint),
        };
        if let Some(path) = path {
            return bind_unix(endpoint, Path::new(path)).await;
        }
        let (host, port) = split_endpoint(endpoint)?;
        let host = if host.is_empty() { default_host } else { host };
        let addresses = resolve(endpoint, host, port, transport).await?;
        bind_tcp(host, addresses)
    }

    /// The same sockets with TLS, if there is any.
    #[must_use]
    pub(super) fn with_tls(self, tls: Option<Accepting>) -> Self {
        Self { tls, ..self }
    }

    /// The addresses and paths that are open, as `host:port` or a path.
    #[must_use]
    pub fn addresses(&self) -> Vec<String> {
        self.sockets
            .iter()
            .map(|socket| match &**socket {
                Socket::Tcp(listener) => {
                    listener.local_addr().map_or_else(|_| String::new(), |addr| addr.to_string())
                }
                Socket::Unix(_, SocketFile(path)) => path.display().to_string(),
            })
            .collect()
    }

    /// The port of the first TCP socket.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        self.sockets.iter().find_map(|socket| match &**socket {
            Socket::Tcp(listener) => listener.local_addr().ok().map(|address| address.port()),
            Socket::Unix(..) => None,
        })
    }
}

/// Splits `host:port`; the host may be empty or in brackets.
fn split_endpoint(endpoint: &str) -> Result<(&str, u16), ListenError> {
    let error = |message| ListenError::Endpoint { endpoint: endpoint.to_owned(), message };
    let (host, port) = match endpoint.strip_prefix('[') {
        Some(rest) => rest.split_once("]:").ok_or_else(|| error("expected [address]:port"))?,
        None => endpoint.rsplit_once(':').ok_or_else(|| error("missing port in address"))?,
    };
    if host.contains(':') && !endpoint.starts_with('[') {
        return Err(error("too many colons in address; an IPv6 address stands in brackets"));
    }
    let port = port.parse().map_err(|_| error("the port must be a number from 0 to 65535"))?;
    Ok((host, port))
}

async fn resolve(
    endpoint: &str,
    host: &str,
    port: u16,
    transport: Transport,
) -> Result<Vec<SocketAddr>, ListenError> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let mut addresses: Vec<SocketAddr> = if host == "localhost" {
        let both = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        both.into_iter().map(|address| SocketAddr::new(address, port)).collect()
    } else {
        let found = tokio::net::lookup_host((host, port))
            .await
            .map_err(|source| ListenError::Bind { address: endpoint.to_owned(), source })?;
        found.collect()
    };
    addresses.retain(|address| match transport {
        Transport::Tcp4 => address.is_ipv4(),
        Transport::Tcp6 => address.is_ipv6(),
        Transport::Tcp | Transport::Unix => true,
    });
    // A name with several addresses is served on the first, IPv4 before IPv6, as upstream does.
    addresses.sort_by_key(SocketAddr::is_ipv6);
    if host != "localhost" {
        addresses.truncate(1);
    }
    if addresses.is_empty() {
        return Err(ListenError::NoAddress { endpoint: endpoint.to_owned() });
    }
    Ok(addresses)
}

fn bind_tcp(host: &str, addresses: Vec<SocketAddr>) -> Result<Listener, ListenError> {
    let mut sockets: Vec<Arc<Socket>> = Vec::new();
    let mut port = None;
    for mut address in addresses {
        if let Some(port) = port {
            address.set_port(port);
        }
        match listen(address) {
            Ok(listener) => {
                port = listener.local_addr().ok().map(|address| address.port());
                sockets.push(Arc::new(Socket::Tcp(listener)));
            }
            // Not every machine has IPv6.
            Err(source)
                if host == "localhost"
                    && !sockets.is_empty()
                    && source.kind() != ErrorKind::AddrInUse => {}
            Err(source) => {
                return Err(ListenError::Bind { address: address.to_string(), source });
            }
        }
    }
    Ok(Listener { sockets, tls: None })
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn bind_unix(endpoint: &str, path: &Path) -> Result<Listener, ListenError> {
    if path.as_os_str().is_empty() {
        let message = "unix socket path cannot be empty";
        return Err(ListenError::Endpoint { endpoint: endpoint.to_owned(), message });
    }
    let error = |source| ListenError::Bind { address: path.display().to_string(), source };
    let listener = match UnixListener::bind(path) {
        Err(source) if source.kind() == ErrorKind::AddrInUse && is_stale(path).await => {
            std::fs::remove_file(path).map_err(error)?;
            UnixListener::bind(path)
        }
        other => other,
    };
    let listener = listener.map_err(error)?;
    let file = SocketFile(path.to_owned());
    Ok(Listener { sockets: vec![Arc::new(Socket::Unix(listener, file))], tls: None })
}

/// Whether the path is a socket that nobody listens on, left by a process that was killed.
async fn is_stale(path: &Path) -> bool {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
    is_socket
        && UnixStream::connect(path)
            .await
            .is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}
