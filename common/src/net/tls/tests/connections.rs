//! Servers and clients over sockets.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use parking_lot::Mutex;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};
use tokio_rustls::TlsAcceptor;

use super::pki::Pki;
use crate::{
    net::{
        Opener,
        grpc_client::{GrpcClient, GrpcClientSettings, Message},
        grpc_server::{self, GrpcServerSettings, tests::Echo},
        http_client::{HttpClient, HttpClientSettings},
        http_server::{self, HttpServerSettings, Request, Response},
        server::Server,
        tls::server_config,
    },
    pipeline::{Budget, RequestContext, Tasks},
    settings::{NoneByDefault, TlsClientSettings, TlsServerSettings},
};

async fn http(tls: TlsServerSettings) -> (Server, String) {
    let settings: HttpServerSettings = HttpServerSettings {
        endpoint: "127.0.0.1:0".to_owned(),
        tls: NoneByDefault::on(tls),
        ..Default::default()
    };
    let listener = settings.listen(&Opener::alone("localhost")).await.unwrap();
    let server = http_server::serve(listener, &settings, None, |_: Request| {
        async { Response::text(200, "here") }.boxed()
    });
    let port = server.addresses()[0].rsplit_once(':').unwrap().1.to_owned();
    (server, port)
}

async fn grpc(tls: TlsServerSettings) -> (Server, String) {
    let settings = GrpcServerSettings {
        endpoint: "127.0.0.1:0".to_owned(),
        tls: NoneByDefault::on(tls),
        ..Default::default()
    };
    let listener = settings.listen(&Opener::alone("localhost")).await.unwrap();
    let server = grpc_server::serve(listener, &settings, None, Budget::new(1 << 20), Echo);
    let port = server.addresses()[0].rsplit_once(':').unwrap().1.to_owned();
    (server, port)
}

fn http_client(tls: TlsClientSettings) -> HttpClient {
    let settings = HttpClientSettings { tls, ..Default::default() };
    HttpClient::new(&settings, None, "test/1", true).unwrap()
}

async fn post(client: &HttpClient, port: &str) -> Result<Bytes, String> {
    let url = format!("https://localhost:{port}/");
    let context = &RequestContext::EMPTY;
    let answer = client.post(&url, "text/plain", Bytes::from_static(b"x"), context).await;
    answer.map(|answer| answer.body).map_err(|rejected| rejected.message.into_owned())
}

async fn call(port: &str, tls: TlsClientSettings) -> Result<Bytes, String> {
    let settings = GrpcClientSettings {
        endpoint: format!("localhost:{port}"),
        compression: "none".to_owned(),
        tls,
        ..Default::default()
    };
    let client = GrpcClient::new(settings, None, "test/1").unwrap();
    client.start().unwrap();
    let message = Message::frame(&[Bytes::from_static(b"hello")], false).unwrap();
    let reply = client.call("/service/Method", message, &RequestContext::EMPTY).await;
    client.stop(Instant::now() + Duration::from_secs(5)).await;
    reply.map_err(|failure| failure.status.message)
}

#[tokio::test]
async fn http_goes_over_tls_both_ways() {
    let pki = Pki::new();
    let (_server, port) = http(pki.server()).await;
    assert_eq!(post(&http_client(pki.client()), &port).await.unwrap(), "here");
    let stranger = Pki::new();
    let error = post(&http_client(stranger.client()), &port).await.unwrap_err();
    let expected = "cannot connect to localhost: the server's certificate is not signed by a root";
    assert!(error.contains(expected), "{error}");
}

#[tokio::test]
async fn grpc_goes_over_tls_both_ways() {
    let pki = Pki::new();
    let mut tls = pki.server();
    tls.b.client_ca_file = pki.path("ca.pem").display().to_string();
    let (_server, port) = grpc(tls).await;
    assert_eq!(call(&port, pki.known_client()).await.unwrap(), "hello");
    // A root to trust asks for TLS, whatever else is said.
    let mut insecure = pki.known_client();
    insecure.b.insecure = true;
    assert_eq!(call(&port, insecure).await.unwrap(), "hello");
    let stranger = Pki::new();
    let error = call(&port, stranger.client()).await.unwrap_err();
    assert!(error.contains("not signed by a root"), "{error}");
}

#[tokio::test]
async fn a_client_is_told_why_its_certificate_does_not_do() {
    let pki = Pki::new();
    let mut tls = pki.server();
    tls.b.client_ca_file = pki.path("ca.pem").display().to_string();
    let (_grpc, grpc_port) = grpc(tls.clone()).await;
    let error = call(&grpc_port, pki.client()).await.unwrap_err();
    assert!(error.contains("it wants a client certificate, see tls::cert_file"), "{error}");
    let (_http, http_port) = http(tls).await;
    let error = post(&http_client(pki.client()), &http_port).await.unwrap_err();
    assert!(error.contains("CertificateRequired"), "{error}");
}

#[tokio::test]
async fn plain_text_on_a_port_with_tls_is_hung_up_on() {
    let pki = Pki::new();
    let (server, port) = http(pki.server()).await;
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    assert!(!answer.starts_with(b"HTTP"));
    assert!(server.stop(Instant::now() + Duration::from_secs(5)).await);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_is_hung_up_on() {
    let pki = Pki::new();
    let (_server, port) = grpc(pki.server()).await;
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    let begin = Instant::now();
    assert_eq!(stream.read(&mut [0; 8]).await.unwrap(), 0);
    assert!(begin.elapsed() >= Duration::from_secs(10));
}

#[tokio::test]
async fn a_handshake_does_not_hold_up_stopping() {
    let pki = Pki::new();
    let (server, port) = grpc(pki.server()).await;
    let _silent = TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    let begin = Instant::now();
    assert!(server.stop(begin + Duration::from_secs(30)).await);
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_listener_without_its_files_does_not_open() {
    let pki = Pki::new();
    let settings =
        GrpcServerSettings { tls: NoneByDefault::on(pki.server()), ..Default::default() };
    pki.write("server.key", "");
    let error = settings.listen(&Opener::alone("localhost")).await.unwrap_err();
    assert!(error.to_string().starts_with("tls::key_file "), "{error}");
}

#[tokio::test]
async fn an_http_client_goes_over_to_new_roots() {
    let (pki, next) = (Pki::new(), Pki::new());
    let (_old, old_port) = http(pki.server()).await;
    let (_new, new_port) = http(next.server()).await;
    let mut tls = pki.client();
    tls.a.reload_interval = crate::settings::Duration::from_millis(100);
    let client = http_client(tls);
    let follower = client.start().unwrap().unwrap();
    let following = Tasks::default().spawn(follower.run());
    assert!(post(&client, &old_port).await.is_ok());
    assert!(post(&client, &new_port).await.is_err());
    pki.write("ca.pem", &next.ca);
    while post(&client, &new_port).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(post(&client, &old_port).await.is_err());
    following.abort();
}

#[tokio::test]
async fn an_http_client_asks_for_the_other_name() {
    let pki = Pki::new();
    pki.write_pair("server", &pki.pair("other.example"));
    let config = server_config(&pki.server(), &[b"http/1.1"]).unwrap().0.load();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked: Arc<Mutex<Option<String>>> = Arc::default();
    let told = Arc::clone(&asked);
    let serving = Tasks::default().spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = TlsAcceptor::from(config).accept(stream).await.unwrap();
        *told.lock() = stream.get_ref().1.server_name().map(str::to_owned);
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
        stream.flush().await.unwrap();
    });
    let mut tls = pki.client();
    tls.b.server_name_override = "other.example".to_owned();
    assert_eq!(post(&http_client(tls), &port.to_string()).await.unwrap(), "ok");
    assert_eq!(asked.lock().as_deref(), Some("other.example"));
    serving.await.unwrap();
}
