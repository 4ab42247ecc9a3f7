use std::fs;

use super::*;
use crate::{extensions::oauth2client::tests::server, testing::settings::read};

const GOOD: (u16, &str) = (200, r#"{"access_token":"t","expires_in":60}"#);
const UNKNOWN_CLIENT: (u16, &str) = (401, r#"{"error":"invalid_client"}"#);

fn fetcher(url: &str, more: &str) -> Fetcher {
    let config = read(&format!("{{token_url: '{url}', {more}}}")).unwrap();
    Fetcher::new(config, "test/1").unwrap()
}

/// The form of a request, and whether the credentials are in the header.
fn form(request: &str) -> (String, bool) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    (body.to_owned(), head.to_ascii_lowercase().contains("authorization: basic"))
}

#[tokio::test]
async fn all_fields_are_in_the_form() {
    let (url, server) = server(vec![GOOD]).await;
    let more = "client_id: 'a:ü', client_secret: 'b c', scopes: [one, two], \
                endpoint_params: {audience: 'https://x', n: 1, several: [x, 'y z']}";
    fetcher(&url, more).fetch().await.unwrap();
    let request = server.await.unwrap().remove(0);
    assert!(request.starts_with("POST /token HTTP/1.1\r\n"), "{request}");
    assert_eq!(
        form(&request).0,
        "grant_type=client_credentials&scope=one+two&audience=https%3A%2F%2Fx&n=1&several=x&several=y+z"
    );
    let basic = STANDARD.encode("a%3A%C3%BC:b+c").to_ascii_lowercase();
    assert!(
        request.to_ascii_lowercase().contains(&format!("authorization: basic {basic}\r\n")),
        "{request}"
    );
}

#[tokio::test]
async fn credentials_go_in_the_form_if_the_header_is_not_taken_and_stay_there() {
    let (url, server) = server(vec![UNKNOWN_CLIENT, GOOD, GOOD, UNKNOWN_CLIENT]).await;
    let fetcher = fetcher(&url, "client_id: a, client_secret: 'b&c'");
    fetcher.fetch().await.unwrap();
    fetcher.fetch().await.unwrap();
    let error = fetcher.fetch().await.unwrap_err();
    assert_eq!(error, "the token server answered 401: invalid_client");
    let forms: Vec<_> = server.await.unwrap().iter().map(|request| form(request)).collect();
    let in_form = "grant_type=client_credentials&client_id=a&client_secret=b%26c".to_owned();
    assert_eq!(
        forms,
        [
            ("grant_type=client_credentials".to_owned(), true),
            (in_form.clone(), false),
            (in_form.clone(), false),
            (in_form, false),
        ]
    );
}

#[tokio::test]
async fn once_the_header_was_taken_a_refusal_is_final() {
    let (url, server) = server(vec![GOOD, UNKNOWN_CLIENT]).await;
    let fetcher = fetcher(&url, "client_id: a, client_secret: b");
    fetcher.fetch().await.unwrap();
    assert_eq!(fetcher.fetch().await.unwrap_err(), "the token server answered 401: invalid_client");
    assert_eq!(server.await.unwrap().len(), 2);
}

#[tokio::test]
async fn files_are_read_with_each_fetch() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secret");
    let (url, server) = server(vec![GOOD, GOOD]).await;
    let more = format!("client_id: a, client_secret: no, client_secret_file: {}", path.display());
    let fetcher = fetcher(&url, &more);
    let error = fetcher.fetch().await.unwrap_err();
    assert!(error.contains("No such file"), "{error}");
    fetcher.check().await.unwrap();
    for secret in ["one\n", "two\n"] {
        fs::write(&path, secret).unwrap();
        fetcher.fetch().await.unwrap();
    }
    for (request, secret) in server.await.unwrap().iter().zip(["one", "two"]) {
        let basic = STANDARD.encode(format!("a:{secret}"));
        assert!(request.contains(&basic), "{request}");
    }
}

#[tokio::test]
async fn an_assertion_stands_for_the_secret() {
    let (url, server) = server(vec![GOOD]).await;
    let key = include_str!("../assertion/test_key.pem").replace('\n', "\\n");
    let more = format!(
        "client_id: a, client_certificate_key: \"{key}\", grant_type: '{JWT_BEARER}', scopes: [s]"
    );
    let fetcher = fetcher(&url, &more);
    fetcher.check().await.unwrap();
    fetcher.fetch().await.unwrap();
    let (form, is_basic) = form(&server.await.unwrap()[0]);
    assert!(!is_basic);
    let expected = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=ey";
    assert!(form.starts_with(expected) && form.ends_with("&scope=s"), "{form}");
}

#[tokio::test]
async fn redirects_are_not_followed_and_silence_is_told() {
    let (url, server) = server(vec![(307, "{}")]).await;
    let slow = fetcher(&url, "client_id: a, client_secret: b, timeout: 100ms");
    assert_eq!(slow.fetch().await.unwrap_err(), "the token server answered 307");
    assert_eq!(server.await.unwrap().len(), 1);
    let error = slow.fetch().await.unwrap_err();
    assert!(error.starts_with("cannot ask the token server: "), "{error}");
    assert!(!error.contains("127.0.0.1"), "{error}");
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let error = fetcher(&url, "client_id: a, client_secret: b, timeout: 100ms").fetch().await;
    assert!(error.unwrap_err().contains("timed out"));
}
