//! Clients that send exactly the bytes they are told to.

use std::{net::SocketAddr, path::Path, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::{BufMut as _, Bytes, BytesMut};
use common::{component::Tasks, signal::Signal};
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpStream, ToSocketAddrs, UnixStream},
};

use crate::{codings, otlp::status, tls::ClientTls, wait::PATIENCE};

/// One gRPC connection.
#[derive(Clone, Debug)]
pub struct Grpc {
    sender: http2::SendRequest<Full<Bytes>>,
    scheme: &'static str,
    tasks: Tasks,
}

/// What a gRPC server answered.
#[derive(Clone, Debug)]
pub struct GrpcReply {
    /// `grpc-status`.
    pub code: u32,
    /// `grpc-message`.
    pub message: String,
    /// The response message, without its frame; empty if there is none.
    pub body: Bytes,
    /// The delay in the status' `RetryInfo`.
    pub retry_after: Option<Duration>,
}

impl Grpc {
    /// Connects over TCP.
    ///
    /// # Errors
    /// If nobody listens.
    pub async fn connect(address: impl ToSocketAddrs) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Self::over(stream, "http").await
    }

    /// Connects over TLS.
    ///
    /// # Errors
    /// If nobody listens or the handshake fails.
    pub async fn connect_tls(address: SocketAddr, tls: &ClientTls) -> anyhow::Result<Self> {
        Self::over(tls.connect(address, "h2").await?, "https").await
    }

    /// Connects over a Unix socket.
    ///
    /// # Errors
    /// If nobody listens.
    pub async fn connect_unix(path: &Path) -> anyhow::Result<Self> {
        Self::over(UnixStream::connect(path).await?, "http").await
    }

    async fn over<S>(stream: S, scheme: &'static str) -> anyhow::Result<Self>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.initial_stream_window_size(1 << 20).initial_connection_window_size(1 << 20);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        let tasks = Tasks::default();
        tasks.spawn(connection);
        Ok(Self { sender, scheme, tasks })
    }

    /// Sends one uncompressed export request.
    ///
    /// # Errors
    /// If the connection breaks.
    pub async fn export(&self, signal: Signal, request: &[u8]) -> anyhow::Result<GrpcReply> {
        self.export_coded(signal, request, "identity").await
    }

    /// Sends one export request in a coding.
    ///
    /// # Errors
    /// If the connection breaks.
    pub async fn export_coded(
        &self,
        signal: Signal,
        request: &[u8],
        coding: &str,
    ) -> anyhow::Result<GrpcReply> {
        let is_coded = coding != "identity";
        let body = frame(&codings::encode(coding, request), is_coded);
        let headers: &[_] = if is_coded { &[("grpc-encoding", coding)] } else { &[] };
        self.call(signal.grpc_path(), body, headers).await
    }

    /// Sends one uncompressed export request with some metadata.
    ///
    /// # Errors
    /// If the connection breaks.
    pub async fn export_with(
        &self,
        signal: Signal,
        request: &[u8],
        headers: &[(&str, &str)],
    ) -> anyhow::Result<GrpcReply> {
        self.call(signal.grpc_path(), frame(request, false), headers).await
    }

    /// Sends any bytes as the body of a call.
    ///
    /// # Errors
    /// If the connection breaks or no answer comes in time.
    pub async fn call(
        &self,
        path: &str,
        body: Bytes,
        headers: &[(&str, &str)],
    ) -> anyhow::Result<GrpcReply> {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}://collector{path}", self.scheme))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut sender = self.sender.clone();
        let exchange = async {
            sender.ready().await?;
            let response = sender.send_request(request.body(Full::new(body))?).await?;
            GrpcReply::read(response).await
        };
        tokio::time::timeout(PATIENCE, exchange).await?
    }
}

impl Drop for Grpc {
    fn drop(&mut self) {
        self.tasks.stopping().cancel();
    }
}

impl GrpcReply {
    async fn read(response: http::Response<hyper::body::Incoming>) -> anyhow::Result<Self> {
        let (head, body) = response.into_parts();
        anyhow::ensure!(head.status == 200, "HTTP status {} from a gRPC server", head.status);
        let body = body.collect().await?;
        // A status without a message comes in the headers; the body is empty then.
        let trailers = body.trailers().cloned().unwrap_or(head.headers);
        let code = text(&trailers, "grpc-status").parse()?;
        Ok(Self {
            code,
            message: percent_decoded(&text(&trailers, "grpc-message")),
            retry_after: retry_info(&text(&trailers, "grpc-status-details-bin")),
            body: body.to_bytes().get(5..).map_or_else(Bytes::new, Bytes::copy_from_slice),
        })
    }

    /// Whether the request was taken.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.code == 0
    }
}

/// One HTTP/1.1 connection.
#[derive(Debug)]
pub struct Http {
    sender: http1::SendRequest<Full<Bytes>>,
    _tasks: Tasks,
}

/// What an HTTP server answered.
#[derive(Clone, Debug)]
pub struct HttpReply {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl HttpReply {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header as text; empty if it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> String {
        text(&self.headers, name)
    }
}

impl Http {
    /// Connects over TCP.
    ///
    /// # Errors
    /// If nobody listens.
    pub async fn connect(address: impl ToSocketAddrs) -> anyhow::Result<Self> {
        Self::over(TcpStream::connect(address).await?).await
    }

    /// Connects over TLS.
    ///
    /// # Errors
    /// If nobody listens or the handshake fails.
    pub async fn connect_tls(address: SocketAddr, tls: &ClientTls) -> anyhow::Result<Self> {
        Self::over(tls.connect(address, "http/1.1").await?).await
    }

    async fn over<S>(stream: S) -> anyhow::Result<Self>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let tasks = Tasks::default();
        tasks.spawn(connection);
        Ok(Self { sender, _tasks: tasks })
    }

    /// Posts any bytes with any headers.
    ///
    /// # Errors
    /// If the connection breaks or no answer comes in time.
    pub async fn post(
        &mut self,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> anyhow::Result<HttpReply> {
        self.request(Method::POST, path, headers, body.into()).await
    }

    /// Sends any request.
    ///
    /// # Errors
    /// If the connection breaks or no answer comes in time.
    pub async fn request(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> anyhow::Result<HttpReply> {
        let mut request = Request::builder().method(method).uri(path).header("host", "collector");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body))?;
        let exchange = async {
            self.sender.ready().await?;
            let (head, body) = self.sender.send_request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok(HttpReply { status: head.status.as_u16(), headers: head.headers, body })
        };
        tokio::time::timeout(PATIENCE, exchange).await?
    }
}

/// Posts once over a connection of its own.
///
/// # Errors
/// If the connection breaks.
pub async fn post(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> anyhow::Result<HttpReply> {
    Http::connect(address).await?.post(path, headers, body).await
}

/// Posts OTLP protobuf once.
///
/// # Errors
/// If the connection breaks.
pub async fn post_proto(
    address: SocketAddr,
    signal: Signal,
    body: impl Into<Bytes>,
) -> anyhow::Result<HttpReply> {
    let headers = [("content-type", "application/x-protobuf")];
    post(address, signal.http_path(), &headers, body).await
}

/// Posts OTLP JSON once.
///
/// # Errors
/// If the connection breaks.
pub async fn post_json(
    address: SocketAddr,
    signal: Signal,
    body: impl Into<Bytes>,
) -> anyhow::Result<HttpReply> {
    post(address, signal.http_path(), &[("content-type", "application/json")], body).await
}

/// Gets a page.
///
/// # Errors
/// If the connection breaks.
pub async fn get(address: SocketAddr, path: &str) -> anyhow::Result<HttpReply> {
    Http::connect(address).await?.request(Method::GET, path, &[], Bytes::new()).await
}

/// Writes bytes to a TCP connection and hands it back open, for half a request.
///
/// # Errors
/// If nobody listens.
pub async fn write_raw(address: SocketAddr, bytes: &[u8]) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    // A server may close on garbage before all of it is written.
    drop(stream.write_all(bytes).await);
    Ok(stream)
}

/// Reads what a server still says, until it closes or a deadline is over.
pub async fn read_rest(stream: &mut TcpStream, patience: Duration) -> Vec<u8> {
    let mut rest = Vec::new();
    drop(tokio::time::timeout(patience, stream.read_to_end(&mut rest)).await);
    rest
}

/// A gRPC message frame.
///
/// # Panics
/// On a message over 4 GiB.
#[must_use]
pub fn frame(message: &[u8], is_compressed: bool) -> Bytes {
    let mut framed = BytesMut::with_capacity(message.len() + 5);
    framed.put_u8(u8::from(is_compressed));
    framed.put_u32(u32::try_from(message.len()).unwrap());
    framed.put_slice(message);
    framed.freeze()
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn retry_info(details: &str) -> Option<Duration> {
    let bytes =
        STANDARD.decode(details.trim_end_matches('=').to_owned() + padding(details)).ok()?;
    status::retry_delay(&bytes)
}

fn padding(text: &str) -> &'static str {
    match text.trim_end_matches('=').len() % 4 {
        2 => "==",
        3 => "=",
        _ => "",
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match hex.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
