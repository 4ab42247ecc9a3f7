use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::{
    component::Tasks,
    net::tls::{server_config, tests::pki::Pki},
};

/// A server with a certificate for this address; where it is, and the tasks that keep it.
async fn server(pki: &Pki, name: &str) -> (String, Tasks) {
    pki.write_pair("server", &pki.pair(name));
    let config = server_config(&pki.server(), &[b"http/1.1"]).unwrap().0.load();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let tasks = Tasks::default();
    let acceptor = TlsAcceptor::from(Arc::clone(&config));
    tasks.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut request = [0; 4096];
            assert!(stream.read(&mut request).await.unwrap() > 0);
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
            stream.write_all(answer).await.unwrap();
            stream.flush().await.unwrap();
        }
    });
    (url, tasks)
}

async fn answer(url: &str, settings: &TlsClientSettings) -> Result<Bytes, String> {
    let client = MetadataClient::over_tls(settings).await.unwrap();
    let timeout = Duration::from_secs(10);
    let question = Question { method: Method::GET, url, headers: &[], body: "", timeout };
    client.ask(&question).await.map(|answer| answer.body)
}

#[tokio::test]
async fn a_server_is_trusted_by_its_root_and_address() {
    let pki = Pki::new();
    let (url, _tasks) = server(&pki, "127.0.0.1").await;
    assert_eq!(answer(&url, &pki.client()).await.as_deref(), Ok(&b"ok"[..]));
    let error = answer(&url, &Pki::new().client()).await.unwrap_err();
    assert!(error.contains("not signed by a root"), "{error}");
    let (url, _tasks) = server(&pki, "other.example").await;
    let error = answer(&url, &pki.client()).await.unwrap_err();
    assert!(error.contains("is not for \"127.0.0.1\""), "{error}");
}
