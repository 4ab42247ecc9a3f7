use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use http::header;
use parking_lot::Mutex;

use super::{HttpClient, HttpClientSettings};
use crate::{
    net::{
        Opener,
        http_server::{self, HttpServerSettings, Request, Response},
        server::Server,
    },
    pipeline::RequestContext,
    testing::settings::read,
};

/// A server that sends all but `/end` elsewhere, and what it was asked for.
async fn server(status: u16, location: &str) -> (Server, String, Arc<Mutex<Vec<String>>>) {
    let settings: HttpServerSettings =
        HttpServerSettings { endpoint: "127.0.0.1:0".to_owned(), ..Default::default() };
    let listener = settings.listen(&Opener::alone("localhost")).await.unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (asked, location) = (Arc::clone(&seen), location.to_owned());
    let server = http_server::serve(listener, &settings, None, move |request: Request| {
        let key = request.headers.get("x-key").is_some();
        asked.lock().push(format!("{} {} {key}", request.method, request.path()));
        let response = match request.path() {
            "/end" => Response::text(200, "taken"),
            _ => Response::text(status, "").with_header(header::LOCATION, &location),
        };
        async move { response }.boxed()
    });
    let address = server.addresses()[0].clone();
    (server, address, seen)
}

async fn post(address: &str) -> u16 {
    let settings: HttpClientSettings = read("{compression: none, headers: {x-key: k}}").unwrap();
    let client = HttpClient::new(&settings, None, "test", false).unwrap();
    let url = format!("http://{address}/begin");
    let answer = client.post(&url, "text/plain", Bytes::from_static(b"x"), &RequestContext::EMPTY);
    answer.await.unwrap().status
}

#[tokio::test]
async fn the_same_server_may_ask_for_the_same_request_elsewhere() {
    for status in [307, 308] {
        let (_server, address, seen) = server(status, "/end").await;
        assert_eq!(post(&address).await, 200);
        assert_eq!(*seen.lock(), ["POST /begin true", "POST /end true"]);
    }
}

#[tokio::test]
async fn a_redirect_to_a_page_is_no_delivery() {
    for status in [301, 302, 303] {
        let (_server, address, seen) = server(status, "/end").await;
        assert_eq!(post(&address).await, status);
        assert_eq!(seen.lock().len(), 1);
    }
}

#[tokio::test]
async fn nobody_else_gets_our_headers() {
    let (_other, other, theirs) = server(200, "").await;
    let port = other.rsplit_once(':').unwrap().1;
    let (_server, address, _) = server(307, &format!("http://localhost:{port}/end")).await;
    assert_eq!(post(&address).await, 307);
    assert!(theirs.lock().is_empty());
}
