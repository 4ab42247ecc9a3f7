//! The endpoint of a gRPC client, as configs write it.

use std::path::PathBuf;

/// Where a gRPC client connects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// How addresses are found.
    pub place: Place,
    /// What stands in `:authority` unless the settings say otherwise.
    pub authority: String,
    /// Whether the endpoint starts with `https://`, which asks for TLS whatever `tls` says.
    pub is_https: bool,
}

/// How the addresses behind an endpoint are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A name that is looked up, and looked up again when connections fail; every address counts.
    Resolve {
        /// Name or address, without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A name that the system looks up on each dial.
    Passthrough {
        /// Name or address, without brackets.
        host: String,
        /// The port.
        port: u16,
    },
    /// A Unix socket.
    Unix(PathBuf),
}

/// An endpoint that is none. Texts follow upstream's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    /// Nothing at all.
    #[error("requires a non-empty \"endpoint\"")]
    Empty,
    /// No port after the host.
    #[error("address {0}: missing port in address")]
    NoPort(String),
    /// A port that is no number from 1 to 65535.
    #[error("invalid port \"{0}\"")]
    Port(String),
    /// More colons than a host with a port has; an IPv6 address stands in brackets.
    #[error("address {0}: too many colons in address")]
    Colons(String),
    /// `unix://` alone.
    #[error("unix socket path cannot be empty")]
    NoPath,
    /// A name server inside a `dns://` endpoint.
    #[error(
        "name server {0:?} in the endpoint is not available in this version, write dns:///host:port"
    )]
    NameServer(String),
    /// A scheme that we have no resolver for.
    #[error(
        "resolver scheme {0:?} is not available, expected one of dns, passthrough, unix, http, https"
    )]
    Scheme(String),
}

impl Target {
    /// Reads an endpoint.
    ///
    /// # Errors
    /// [`InvalidTarget`] says what is missing.
    pub fn parse(endpoint: &str) -> Result<Self, InvalidTarget> {
        if endpoint.is_empty() {
            return Err(InvalidTarget::Empty);
        }
        let Some((scheme, rest)) = endpoint.split_once("://") else {
            return match endpoint.strip_prefix("unix:") {
                Some(path) => Self::unix(path),
                None => Self::resolved(endpoint, false),
            };
        };
        match scheme {
            "http" => Self::resolved(rest, false),
            "https" => Self::resolved(rest, true),
            "dns" => match rest.split_once('/') {
                Some(("", address)) => Self::resolved(address, false),
                Some((server, _)) => Err(InvalidTarget::NameServer(server.to_owned())),
                None => Self::resolved(rest, false),
            },
            "passthrough" => {
                let address = rest.split_once('/').map_or(rest, |(_, address)| address);
                let (host, port) = split_host_port(address)?;
                let place = Place::Passthrough { host: host.to_owned(), port };
                Ok(Self { place, authority: address.to_owned(), is_https: false })
            }
            "unix" => Self::unix(rest),
            other => Err(InvalidTarget::Scheme(other.to_owned())),
        }
    }

    fn resolved(address: &str, is_https: bool) -> Result<Self, InvalidTarget> {
        let (host, port) = split_host_port(address)?;
        let authority = match address.strip_prefix(':') {
            Some(_) => format!("{host}{address}"),
            None => address.to_owned(),
        };
        let place = Place::Resolve { host: host.to_owned(), port };
        Ok(Self { place, authority, is_https })
    }

    fn unix(path: &str) -> Result<Self, InvalidTarget> {
        if path.is_empty() {
            return Err(InvalidTarget::NoPath);
        }
        let place = Place::Unix(PathBuf::from(path));
        Ok(Self { place, authority: "localhost".to_owned(), is_https: false })
    }

    /// The name that a certificate has to carry.
    #[must_use]
    pub fn host(&self) -> &str {
        match &self.place {
            Place::Resolve { host, .. } | Place::Passthrough { host, .. } => host,
            Place::Unix(_) => "localhost",
        }
    }

    /// The port, if the target has one.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        match &self.place {
            Place::Resolve { port, .. } | Place::Passthrough { port, .. } => Some(*port),
            Place::Unix(_) => None,
        }
    }
}

fn split_host_port(address: &str) -> Result<(&str, u16), InvalidTarget> {
    let (host, port) = match address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => {
            let port = rest.strip_prefix(':');
            (host, port.ok_or_else(|| InvalidTarget::NoPort(address.to_owned()))?)
        }
        None => {
            let split = address.rsplit_once(':');
            let (host, port) = split.ok_or_else(|| InvalidTarget::NoPort(address.to_owned()))?;
            if host.contains(':') {
                return Err(InvalidTarget::Colons(address.to_owned()));
            }
            (host, port)
        }
    };
    let number = port.parse().ok().filter(|number| *number != 0);
    let number = number.ok_or_else(|| InvalidTarget::Port(port.to_owned()))?;
    if host.is_empty() {
        // As upstream: a port alone is this machine.
        return Ok(("localhost", number));
    }
    Ok((host, number))
}
