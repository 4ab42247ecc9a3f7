use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use http::{HeaderMap, HeaderValue};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};

use super::{AuthorizeError, ClientAuthenticator, ServerAuthenticator, Unauthenticated};
use crate::{
    net::{
        Opener,
        grpc_client::{GrpcClient, GrpcClientSettings, Message},
        grpc_server::{self, Call, GrpcServerSettings, UnaryService},
        http_client::{HttpClient, HttpClientSettings},
        http_server::{self, HttpServerSettings, Request, Response},
        server::Server,
        status::{GrpcCode, Status},
    },
    pipeline::{Budget, Identity, Reason, RequestContext},
    testing::settings::read,
};

/// Lets in who says `open`.
struct Doorman;

impl ServerAuthenticator for Doorman {
    fn authenticate<'a>(
        &'a self,
        headers: &'a HeaderMap,
    ) -> BoxFuture<'a, Result<Identity, Unauthenticated>> {
        let word = headers.get("x-word").map(HeaderValue::as_bytes);
        let known = match word {
            Some(b"wait") => {
                Err(Unauthenticated { is_retryable: true, ..Unauthenticated::new("busy") })
            }
            Some(b"open") => Ok(Identity::default().with("username", "ann")),
            _ => Err(Unauthenticated::new("who is it?")),
        };
        std::future::ready(known).boxed()
    }

    fn challenge(&self) -> HeaderValue {
        HeaderValue::from_static("Doorman")
    }
}

/// Says `shut` until it has been renewed so many times.
#[derive(Default)]
struct Visitor {
    shut: u32,
    renewals: AtomicU32,
    is_lost: bool,
}

impl ClientAuthenticator for Visitor {
    fn authorize<'a>(
        &'a self,
        _: &'a RequestContext,
        headers: &'a mut HeaderMap,
    ) -> BoxFuture<'a, Result<(), AuthorizeError>> {
        let is_open = self.renewals.load(Ordering::Relaxed) >= self.shut;
        let word = if is_open { "open" } else { "shut" };
        headers.append("x-word", HeaderValue::from_static(word));
        let error = AuthorizeError { message: "no token".to_owned(), is_retryable: true };
        std::future::ready(if self.is_lost { Err(error) } else { Ok(()) }).boxed()
    }

    fn needs_tls(&self) -> bool {
        self.is_lost
    }

    fn renew(&self) -> BoxFuture<'_, bool> {
        self.renewals.fetch_add(1, Ordering::Relaxed);
        std::future::ready(true).boxed()
    }
}

fn visitor(shut: u32) -> Option<Arc<dyn ClientAuthenticator>> {
    Some(Arc::new(Visitor { shut, ..Visitor::default() }))
}

/// Answers with the name of who calls.
struct WhoAmI;

impl UnaryService for WhoAmI {
    type Method = ();

    fn method(&self, _: &str) -> Result<(), Status> {
        Ok(())
    }

    async fn call(&self, (): (), call: Call) -> Result<Bytes, Status> {
        Ok(Bytes::copy_from_slice(call.identity.get("username").unwrap_or_default().as_bytes()))
    }
}

async fn grpc(authenticator: Option<Arc<dyn ClientAuthenticator>>) -> (Server, GrpcClient) {
    let settings = GrpcServerSettings { endpoint: "127.0.0.1:0".to_owned(), ..Default::default() };
    let listener = settings.listen(&Opener::alone("localhost")).await.unwrap();
    let doorman: Arc<dyn ServerAuthenticator> = Arc::new(Doorman);
    let budget = Budget::new(1 << 20);
    let server = grpc_server::serve(listener, &settings, Some(doorman), budget, WhoAmI);
    let yaml = format!("{{endpoint: '{}', tls: {{insecure: true}}}}", server.addresses()[0]);
    let settings: GrpcClientSettings = read(&yaml).unwrap();
    let client = GrpcClient::new(settings, authenticator, "test").unwrap();
    client.start().unwrap();
    (server, client)
}

async fn call(client: &GrpcClient) -> Result<Bytes, Status> {
    let message = Message::frame(&[Bytes::from_static(b"hello")], false).unwrap();
    let reply = client.call("/a.B/C", message, &RequestContext::EMPTY).await;
    client.stop(Instant::now()).await;
    reply.map_err(|failure| failure.status)
}

#[tokio::test]
async fn a_caller_whom_nobody_knows_is_unauthenticated() {
    let (_server, client) = grpc(None).await;
    let status = call(&client).await.unwrap_err();
    assert_eq!(status.code, GrpcCode::Unauthenticated);
    assert!(status.message.contains("who is it?"), "{}", status.message);
}

#[tokio::test]
async fn who_calls_reaches_the_service() {
    let (_server, client) = grpc(visitor(0)).await;
    assert_eq!(call(&client).await.unwrap(), "ann");
}

#[tokio::test]
async fn a_call_of_an_unknown_caller_is_renewed_once() {
    let (_server, client) = grpc(visitor(1)).await;
    assert_eq!(call(&client).await.unwrap(), "ann");
    let (_server, client) = grpc(visitor(2)).await;
    assert_eq!(call(&client).await.unwrap_err().code, GrpcCode::Unauthenticated);
}

#[test]
fn credentials_that_need_tls_stay_at_home_without_it() {
    let lost: Arc<dyn ClientAuthenticator> =
        Arc::new(Visitor { is_lost: true, ..Visitor::default() });
    let settings: GrpcClientSettings = read("{endpoint: 'a:1', tls: {insecure: true}}").unwrap();
    let error = GrpcClient::new(settings, Some(lost), "test").unwrap_err();
    assert!(error.contains("transport level security"), "{error}");
}

async fn http(yaml: &str) -> (Server, String) {
    let mut settings: HttpServerSettings = read(yaml).unwrap();
    settings.endpoint = "127.0.0.1:0".to_owned();
    let listener = settings.listen(&Opener::alone("localhost")).await.unwrap();
    let handler = |request: Request| {
        let name = request.identity.get("username").unwrap_or_default().to_owned();
        async move { Response::text(200, name) }.boxed()
    };
    let server = http_server::serve(listener, &settings, Some(Arc::new(Doorman)), handler);
    let address = server.addresses()[0].clone();
    (server, format!("http://{address}/"))
}

async fn post(
    url: &str,
    authenticator: Option<Arc<dyn ClientAuthenticator>>,
) -> Result<(u16, Bytes), Reason> {
    let settings: HttpClientSettings = read("compression: none").unwrap();
    let client = HttpClient::new(&settings, authenticator, "test", false).unwrap();
    let answer = client.post(url, "text/plain", Bytes::new(), &RequestContext::EMPTY).await;
    answer.map(|answer| (answer.status, answer.body)).map_err(|rejected| rejected.reason)
}

#[tokio::test]
async fn a_request_from_nobody_is_told_what_to_send() {
    let (_server, url) = http("{}").await;
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{answer}");
    assert!(answer.contains("\r\nwww-authenticate: Doorman\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nwho is it?"), "{answer}");
}

#[test]
fn who_could_not_be_checked_is_asked_to_come_back() {
    let error = Unauthenticated { is_retryable: true, ..Unauthenticated::new("busy") };
    let status = Status::from(error);
    assert_eq!((status.code, status.retry_after_seconds()), (GrpcCode::Unavailable, Some(1)));
}

#[tokio::test]
async fn a_request_of_ours_is_authorized_and_renewed_once() {
    let (_server, url) = http("{}").await;
    assert_eq!(post(&url, visitor(0)).await.unwrap(), (200, Bytes::from_static(b"ann")));
    assert_eq!(post(&url, visitor(1)).await.unwrap(), (200, Bytes::from_static(b"ann")));
    assert_eq!(post(&url, visitor(2)).await.unwrap().0, 401);
}

#[tokio::test]
async fn a_request_that_cannot_be_authorized_waits_for_another_try() {
    let (_server, url) = http("{}").await;
    let lost = Visitor { is_lost: true, ..Visitor::default() };
    assert_eq!(post(&url, Some(Arc::new(lost))).await.unwrap_err(), Reason::Unavailable);
}

#[tokio::test]
async fn parameters_of_the_url_may_stand_for_headers() {
    let section = "{auth: {authenticator: doorman, request_params: [x-word]}}";
    for (yaml, path, status) in [
        (section, "?a=b&x-word=open", 200),
        (section, "?x-word=shut", 401),
        (section, "?x-word=wait", 503),
        ("{auth: {authenticator: doorman}}", "?x-word=open", 401),
    ] {
        let (_server, url) = http(yaml).await;
        assert_eq!(post(&format!("{url}{path}"), None).await.unwrap().0, status, "{yaml} {path}");
    }
}
