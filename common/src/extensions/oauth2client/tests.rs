use std::time::Duration;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    task::JoinHandle,
    time::Instant,
};

use super::*;
use crate::{
    component::Kind,
    signal::Signal,
    testing::{
        context,
        settings::{findings, read},
    },
};

#[track_caller]
fn check(yaml: &str, expected: &str) {
    assert_eq!(findings::<OAuth2ClientConfig>(yaml).unwrap(), expected, "{yaml}");
}

/// A token server that gives these answers, one after the other, and what it was asked.
pub(super) async fn server(answers: Vec<(u16, &'static str)>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    let tasks = crate::component::Tasks::default();
    let serving = tasks.spawn(async move {
        let mut requests = Vec::new();
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !is_whole(&request) {
                assert!(stream.read_buf(&mut request).await.unwrap() > 0);
            }
            requests.push(String::from_utf8(request).unwrap());
            let head = format!(
                "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nconnection: close\r\n\
                 content-length: {}\r\nlocation: /elsewhere\r\n\r\n",
                body.len()
            );
            stream.write_all((head + body).as_bytes()).await.unwrap();
        }
        requests
    });
    (url, serving)
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.to_ascii_lowercase();
    let length = length.split_once("content-length: ").unwrap().1.lines().next().unwrap();
    body.len() >= length.parse::<usize>().unwrap()
}

fn built(yaml: &str) -> OAuth2Client {
    let context = context(Kind::Extension, "oauth2client", Signal::Traces);
    OAuth2Client::build(read(yaml).unwrap(), context).unwrap()
}

async fn authorization(client: &dyn ClientAuthenticator) -> Result<String, AuthorizeError> {
    let mut headers = HeaderMap::new();
    client.authorize(&RequestContext::EMPTY, &mut headers).await?;
    Ok(headers["authorization"].to_str().unwrap().to_owned())
}

const WHOLE: &str = "client_id: a, client_secret: b, token_url: 'https://x/token'";

#[test]
fn settings_are_judged_as_upstream_does() {
    check(&format!("{{{WHOLE}}}"), "");
    check(
        "{}",
        "no ClientID provided in the OAuth2 exporter configuration\n\
         no ClientSecret provided in OAuth Client Credentials configuration\n\
         no TokenURL provided in OAuth Client Credentials configuration",
    );
    check("{client_id_file: /a, client_secret_file: /b, token_url: 'http://x'}", "");
    check(
        "{client_id: a, client_secret: b, token_url: 'ftp://x'}",
        "token_url: scheme \"ftp\" is not available, expected one of http, https",
    );
    check(
        &format!("{{{WHOLE}, scopes: [a], endpoint_params: {{scope: b}}}}"),
        "endpoint_params::scope: cannot overwrite scopes; use one of the two",
    );
    check(&format!("{{{WHOLE}, timeout: -1s}}"), "timeout: must not be negative, got -1s");
    check(
        &format!("{{{WHOLE}, grant_type: password}}"),
        "grant_type: unknown grant type \"password\", expected client_credentials or \
         urn:ietf:params:oauth:grant-type:jwt-bearer",
    );
    check(
        &format!("{{{WHOLE}, audience: x}}"),
        "audience: has no effect without `grant_type: urn:ietf:params:oauth:grant-type:jwt-bearer`",
    );
    check(
        "{client_id: a, token_url: 'http://x', signature_algorithm: HS256, \
         grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer'}",
        "no ClientCertificateKey provided in the OAuth2 exporter configuration\n\
         signature_algorithm: invalid signature algorithm \"HS256\", expected one of RS256, RS384, RS512",
    );
}

#[test]
fn secrets_are_not_printed() {
    let yaml = "{client_id: a, client_secret: planted, client_certificate_key: planted, \
                endpoint_params: {password: planted, several: [planted, 1]}, token_url: 'http://x'}";
    let config: OAuth2ClientConfig = read(yaml).unwrap();
    let printed = serde_json::to_string(&config).unwrap();
    assert!(!printed.contains("planted") && !format!("{config:?}").contains("planted"));
    assert!(!format!("{:?}", built(yaml)).contains("planted"));
}

#[tokio::test]
async fn many_requests_share_one_fetch() {
    let (url, server) =
        server(vec![(200, r#"{"access_token":"t1","token_type":"Bearer","expires_in":3600}"#)])
            .await;
    let client = built(&format!("{{client_id: a, client_secret: b, token_url: '{url}'}}"));
    client.start().await.unwrap();
    let authenticator = client.client_authenticator().unwrap();
    assert!(authenticator.needs_tls() && client.server_authenticator().is_none());
    let all = (0..100).map(|_| authorization(&*authenticator));
    for found in futures_util::future::join_all(all).await {
        assert_eq!(found.unwrap(), "Bearer t1");
    }
    let requests = server.await.unwrap();
    let request = requests[0].to_ascii_lowercase();
    assert!(request.contains("authorization: basic ytpi\r\n"), "{request}");
    assert!(request.contains("user-agent: ") && request.ends_with("grant_type=client_credentials"));
    assert!(client.context.tasks.stop(Instant::now() + Duration::from_secs(5)).await);
    assert_eq!(authorization(&*authenticator).await.unwrap(), "Bearer t1");
}

#[tokio::test]
async fn a_refusal_is_told_and_the_server_left_alone_for_a_while() {
    let (url, server) =
        server(vec![(500, r#"{"error":"busy","error_description":"not planted now"}"#)]).await;
    let client = built(&format!("{{client_id: a, client_secret: planted, token_url: '{url}'}}"));
    client.start().await.unwrap();
    let authenticator = client.client_authenticator().unwrap();
    for _ in 0..10 {
        let error = authorization(&*authenticator).await.unwrap_err();
        assert_eq!(
            error.message,
            "failed to get a token: the token server answered 500: busy (not [REDACTED] now)"
        );
        assert!(error.is_retryable);
    }
    assert_eq!(server.await.unwrap().len(), 1);
    assert!(client.context.tasks.stop(Instant::now() + Duration::from_secs(5)).await);
}

#[tokio::test]
async fn a_key_that_is_none_is_an_error_at_start() {
    let client = built(
        "{client_id: a, token_url: 'http://127.0.0.1:1', client_certificate_key: planted, \
         grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer'}",
    );
    let error = client.start().await.unwrap_err().to_string();
    assert!(error.contains("has no PEM block") && !error.contains("planted"), "{error}");
}
