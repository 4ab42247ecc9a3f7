//! `HTTPS_PROXY` and `NO_PROXY` for connections that are not HTTP/1 requests.

use std::io;

use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// The answer to `CONNECT` may not be longer.
const MAX_ANSWER_BYTES: usize = 8 * 1024;

/// The proxy that the environment names for a host.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
    uri: Uri,
    authorization: Option<http::HeaderValue>,
}

impl Proxy {
    /// Looks at the environment; the usual variables in either case.
    pub(super) fn from_environment(host: &str, port: u16) -> Option<Self> {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let destination = format!("https://{host}:{port}").parse().ok()?;
        let intercept = Matcher::from_env().intercept(&destination)?;
        Some(Self { uri: intercept.uri().clone(), authorization: intercept.basic_auth().cloned() })
    }

    /// Opens a tunnel to `host:port` through the proxy.
    pub(super) async fn connect(&self, authority: &str) -> io::Result<TcpStream> {
        let host = self.uri.host().unwrap_or_default();
        let port = self.uri.port_u16().unwrap_or(80);
        let mut stream = TcpStream::connect((host.trim_matches(['[', ']']), port)).await?;
        let mut request =
            format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n").into_bytes();
        if let Some(authorization) = &self.authorization {
            request.extend_from_slice(b"Proxy-Authorization: ");
            request.extend_from_slice(authorization.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        stream.write_all(&request).await?;
        read_answer(&mut stream).await?;
        Ok(stream)
    }
}

async fn read_answer(stream: &mut TcpStream) -> io::Result<()> {
    let mut answer = Vec::new();
    // Byte by byte, so that nothing behind the empty line is taken from the tunnel.
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() >= MAX_ANSWER_BYTES {
            return Err(io::Error::other("proxy answered CONNECT with more than 8 KiB of headers"));
        }
        answer.push(stream.read_u8().await?);
    }
    let first_line = answer.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let first_line = String::from_utf8_lossy(first_line);
    match first_line.split(' ').nth(1) {
        Some("200") => Ok(()),
        _ => Err(io::Error::other(format!("proxy refused CONNECT: {first_line}"))),
    }
}
