use futures_util::FutureExt;
use proptest::prelude::*;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Duration, Instant},
};

use super::{HttpServerSettings, Request, Response, query_value, serve};
use crate::{
    net::server::Server,
    pipeline::Budget,
    settings::{Issues, NoneByDefault},
};

async fn start(settings: HttpServerSettings) -> (Server, String) {
    let settings: HttpServerSettings =
        HttpServerSettings { endpoint: "127.0.0.1:0".to_owned(), ..settings };
    let listener = settings.listen(&crate::net::Opener::alone("localhost")).await.unwrap();
    let server = serve(listener, &settings, None, |mut request: Request| {
        async move {
            match request.read_body(100, &Budget::new(1000)).await {
                Ok(body) => Response::text(200, format!("{} {}", request.path(), body.bytes.len())),
                Err(error) => Response::text(413, error.to_string()),
            }
        }
        .boxed()
    });
    let address = server.addresses()[0].clone();
    (server, address)
}

async fn exchange(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn cors(origins: &[&str]) -> HttpServerSettings {
    let cors = super::CorsSettings {
        allowed_origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
        max_age: 60,
        ..Default::default()
    };
    HttpServerSettings { cors: NoneByDefault::on(cors), ..Default::default() }
}

#[tokio::test]
async fn a_page_is_served() {
    let (_server, address) = start(HttpServerSettings::default()).await;
    let answer =
        exchange(&address, "GET /here?a=b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("/here 0"), "{answer}");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_declared_or_not() {
    let (_server, address) = start(HttpServerSettings::default()).await;
    let head = "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
    let body = "x".repeat(101);
    let declared = format!("{head}content-length: 101\r\n\r\n{body}");
    assert!(exchange(&address, &declared).await.contains("413"));
    let chunked = format!("{head}transfer-encoding: chunked\r\n\r\n65\r\n{body}\r\n0\r\n\r\n");
    assert!(exchange(&address, &chunked).await.contains("http: request body too large"));
}

#[tokio::test]
async fn a_preflight_of_an_allowed_page_is_answered() {
    let (_server, address) = start(cors(&["https://*.example.com"])).await;
    let ask = |origin| {
        format!(
            "OPTIONS / HTTP/1.1\r\nhost: x\r\nconnection: close\r\norigin: {origin}\r\n\
             access-control-request-method: POST\r\naccess-control-request-headers: content-type\r\n\r\n"
        )
    };
    let answer = exchange(&address, &ask("https://a.example.com")).await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    for header in [
        "access-control-allow-origin: https://a.example.com",
        "access-control-allow-methods: GET, HEAD, POST",
        "access-control-allow-headers: content-type",
        "access-control-allow-credentials: true",
        "access-control-max-age: 60",
        "vary: Origin",
    ] {
        assert!(answer.contains(header), "{header} in {answer}");
    }
    let answer = exchange(&address, &ask("https://evil.com")).await;
    assert!(!answer.contains("access-control-allow"), "{answer}");
}

#[tokio::test]
async fn stopping_waits_for_the_request_that_runs() {
    let settings: HttpServerSettings =
        HttpServerSettings { endpoint: "127.0.0.1:0".to_owned(), ..Default::default() };
    let listener = settings.listen(&crate::net::Opener::alone("localhost")).await.unwrap();
    let server = serve(listener, &settings, None, |_: Request| {
        async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Response::text(200, "done")
        }
        .boxed()
    });
    let address = server.addresses()[0].clone();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert!(server.stop(Instant::now() + Duration::from_secs(5)).await);
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("done"), "{answer}");
    assert!(TcpStream::connect(&address).await.is_err());
}

#[test]
fn sections_that_we_lack_are_errors() {
    let settings: HttpServerSettings =
        HttpServerSettings { middlewares: vec![serde_json::json!({})], ..Default::default() };
    let mut issues = Issues::default();
    settings.validate_at("protocols::http", &mut issues);
    assert_eq!(issues.list[0].path, "protocols::http::middlewares");
    assert_eq!(issues.list[0].message, "middlewares is not available in this version");
}

#[test]
fn small_containers_have_small_read_buffers() {
    let cases =
        [(None, 64 << 20), (Some(4 << 30), 64 << 20), (Some(48 << 20), 2 << 20), (Some(0), 0)];
    for (container, expected) in cases {
        assert_eq!(super::connection::read_buffers_for(container), expected, "{container:?}");
    }
}

#[test]
fn values_of_a_query_are_decoded() {
    let query = Some("a=1&name=otlp%2F2+x%zz%&empty=");
    assert_eq!(query_value(query, "name").as_deref(), Some("otlp/2 x%zz%"));
    assert_eq!(query_value(query, "empty").as_deref(), Some(""));
    assert_eq!(query_value(query, "other"), None);
    assert_eq!(query_value(None, "name"), None);
}

proptest! {
    #[test]
    fn any_text_is_found_in_a_query(key in "[a-z]{1,4}", text in any::<String>(), more in any::<String>()) {
        let coded: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let query = format!("{key}x=1&{key}={coded}&{more}");
        prop_assert_eq!(query_value(Some(&query), &key), Some(text));
        drop(query_value(Some(&more), &key));
    }
}
