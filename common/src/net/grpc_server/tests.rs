use bytes::Bytes;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Duration, Instant},
};

use super::{Call, GrpcServerSettings, UnaryService, serve};
use crate::{net::status::Status, pipeline::Budget};

/// Answers with what it was asked.
pub(in crate::net) struct Echo;

impl UnaryService for Echo {
    type Method = ();

    fn method(&self, _: &str) -> Result<(), Status> {
        Ok(())
    }

    async fn call(&self, (): (), call: Call) -> Result<Bytes, Status> {
        Ok(call.message)
    }
}

async fn start(yaml: &str) -> (super::Server, String) {
    let mut settings: GrpcServerSettings = crate::testing::settings::read(yaml).unwrap();
    settings.endpoint = "127.0.0.1:0".to_owned();
    let listener = settings.listen(&crate::net::Opener::alone("localhost")).await.unwrap();
    let server = serve(listener, &settings, None, Budget::new(1 << 20), Echo);
    let address = server.addresses()[0].clone();
    (server, address)
}

#[tokio::test]
async fn what_is_no_grpc_is_told_so() {
    let (_server, address) = start("{}").await;
    let stream = TcpStream::connect(&address).await.unwrap();
    let io = hyper_util::rt::TokioIo::new(stream);
    let executor = hyper_util::rt::TokioExecutor::new();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(executor, io).await.unwrap();
    let _driver = tokio_util::task::TaskTracker::new().spawn(connection);
    let request = http::Request::post("http://test/a/b")
        .header("content-type", "application/json")
        .body(http_body_util::Empty::<Bytes>::new())
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), 415);
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let (_server, address) =
        start("keepalive: {server_parameters: {max_connection_idle: 20ms}}").await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    // An answer to the ping that goes with the first GOAWAY is what ends the wait.
    let mut answer = Vec::new();
    let reading = async {
        while !answer.windows(9).any(|frame| frame[3] == 7 && frame[..3] == [0, 0, 8]) {
            assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
        }
    };
    tokio::time::timeout(Duration::from_secs(5), reading).await.unwrap();
}

#[tokio::test]
async fn an_old_connection_is_told_and_closed_when_its_grace_is_over() {
    let yaml = "keepalive: {server_parameters: {max_connection_age: 20ms, \
                max_connection_age_grace: 50ms}}";
    let (_server, address) = start(yaml).await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    // POST, http, a path, a content type: a call whose message never comes.
    let mut block = vec![0x83, 0x86, 0x04, 4];
    block.extend(b"/a/b");
    block.extend([0x0F, 0x10, 16]);
    block.extend(b"application/grpc");
    let length = u8::try_from(block.len()).unwrap();
    stream.write_all(&[0, 0, length, 1, 4, 0, 0, 0, 1]).await.unwrap();
    stream.write_all(&block).await.unwrap();
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    drop(tokio::time::timeout(Duration::from_secs(5), reading).await.expect("it is closed"));
    let goes_away = |frame: &[u8]| frame[..4] == [0, 0, 8, 7] && frame[13..] == [0, 0, 0, 0];
    assert!(answer.windows(17).any(goes_away), "{answer:?}");
}

#[tokio::test]
async fn a_client_that_says_nothing_does_not_hold_up_stopping() {
    let (server, address) = start("{}").await;
    let _silent = TcpStream::connect(&address).await.unwrap();
    tokio::time::sleep(Duration::from_millis(10)).await;
    let begin = Instant::now();
    assert!(server.stop(begin + Duration::from_secs(30)).await);
    assert!(begin.elapsed() < Duration::from_secs(5));
}
