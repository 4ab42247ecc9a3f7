use std::{fs, time::Duration};

use super::*;
use crate::{
    component::Kind,
    settings::Unredacted,
    signal::Signal,
    testing::{
        context,
        settings::{findings, read},
    },
};

#[track_caller]
fn check(yaml: &str, expected: &str) {
    assert_eq!(findings::<BearerTokenAuthConfig>(yaml).unwrap(), expected, "{yaml}");
}

fn built(yaml: &str) -> BearerTokenAuth {
    let context = context(Kind::Extension, "bearertokenauth", Signal::Traces);
    BearerTokenAuth::build(read(yaml).unwrap(), context).unwrap()
}

async fn started(yaml: &str) -> BearerTokenAuth {
    let extension = built(yaml);
    extension.start().await.unwrap();
    extension
}

/// What a server says to a request, nothing if it lets it in.
async fn answer(extension: &BearerTokenAuth, name: &'static str, value: &str) -> Option<String> {
    let mut headers = HeaderMap::new();
    headers.insert(name, HeaderValue::try_from(value).unwrap());
    let server = extension.server_authenticator().unwrap();
    server.authenticate(&headers).await.err().map(|error| error.to_string())
}

/// What a client adds to a request.
async fn sent(extension: &BearerTokenAuth) -> Result<Vec<String>, AuthorizeError> {
    let mut headers = HeaderMap::new();
    let client = extension.client_authenticator().unwrap();
    client.authorize(&RequestContext::EMPTY, &mut headers).await?;
    assert!(headers.values().all(HeaderValue::is_sensitive));
    Ok(headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect())
}

const MISMATCH: &str = "provided authorization does not match expected scheme or token";

#[test]
fn settings_are_judged_as_upstream_does() {
    check("{}", "no bearer token provided");
    check("{token: ''}", "no bearer token provided");
    check("{token: a}", "");
    check("{tokens: [a, b]}", "");
    check("{filename: /a}", "");
    check("{token: a, tokens: [b]}", "either tokens or token should be provided, not both");
    check("{token: a, filename: /a}", "token: is not used, because filename is set");
    check("{tokens: [a], filename: /a}", "tokens: is not used, because filename is set");
    check("{token: a, header: 'no good'}", "header: header must be a header name, got \"no good\"");
    check(
        "{token: a, file_retry: {enabled: true}}",
        "file_retry::enabled: file_retry.enabled requires filename to be set\n\
         file_retry::max_retries: file_retry.max_retries must be greater than 0 when file_retry.enabled is true\n\
         file_retry::retry_interval: file_retry.retry_interval must be greater than 0 when file_retry.enabled is true",
    );
    check("{filename: /a, file_retry: {enabled: true, max_retries: 5, retry_interval: 2s}}", "");
    check(
        "{token: \"planted\\n\"}",
        "token: is no valid header value; it must be one line of visible characters",
    );
    check("{tokens: [a, \"\"]}", "tokens::1: is empty");
}

#[test]
fn tokens_are_not_printed() {
    let config: BearerTokenAuthConfig = read("{token: planted, tokens: [planted]}").unwrap();
    let printed = serde_json::to_string(&config).unwrap();
    assert!(!printed.contains("planted") && !format!("{config:?}").contains("planted"));
    assert!(!format!("{:?}", built("{token: planted}")).contains("planted"));
    let _open = Unredacted::open();
    assert!(serde_json::to_string(&config).unwrap().contains("planted"));
}

#[tokio::test]
async fn a_server_lets_in_who_has_the_scheme_and_a_token() {
    let extension = started("{tokens: [one, two]}").await;
    let server = extension.server_authenticator().unwrap();
    let none = server.authenticate(&HeaderMap::new()).await.unwrap_err().to_string();
    assert_eq!(none, "missing or empty authorization header: Authorization");
    assert_eq!(answer(&extension, "authorization", "").await.unwrap(), none);
    assert_eq!(server.challenge(), "Bearer");
    for value in ["Bearer one", "Bearer two"] {
        assert_eq!(answer(&extension, "authorization", value).await, None, "{value}");
    }
    for value in ["one", "bearer one", "Bearer on", "Bearer onee", "Bearer  one", "Basic one"] {
        assert_eq!(
            answer(&extension, "authorization", value).await.as_deref(),
            Some(MISMATCH),
            "{value}"
        );
    }
}

#[tokio::test]
async fn another_header_and_no_scheme() {
    let extension = started("{header: X-Api-Key, scheme: '', token: key}").await;
    assert_eq!(answer(&extension, "x-api-key", "key").await, None);
    assert_eq!(
        answer(&extension, "authorization", "key").await.unwrap(),
        "missing or empty authorization header: X-Api-Key"
    );
    assert_eq!(sent(&extension).await.unwrap(), ["x-api-key: key"]);
}

#[tokio::test]
async fn a_client_sends_the_first_token_over_tls_alone() {
    let extension = started("{tokens: [one, two]}").await;
    assert_eq!(sent(&extension).await.unwrap(), ["authorization: Bearer one"]);
    let client = extension.client_authenticator().unwrap();
    assert!(client.needs_tls() && !client.renew().await);
}

#[tokio::test]
async fn a_file_is_read_word_by_line_and_again_when_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    fs::write(&path, "one of us\n\n  two\n").unwrap();
    let extension = started(&format!("{{token: ignored, filename: {}}}", path.display())).await;
    assert_eq!(sent(&extension).await.unwrap(), ["authorization: Bearer one"]);
    assert_eq!(answer(&extension, "authorization", "Bearer two").await, None);
    assert_eq!(
        answer(&extension, "authorization", "Bearer ignored").await.as_deref(),
        Some(MISMATCH)
    );
    fs::write(&path, "three\n").unwrap();
    assert!(extension.client_authenticator().unwrap().renew().await);
    assert_eq!(sent(&extension).await.unwrap(), ["authorization: Bearer three"]);
    assert_eq!(answer(&extension, "authorization", "Bearer two").await.as_deref(), Some(MISMATCH));
    fs::write(&path, "").unwrap();
    assert!(extension.client_authenticator().unwrap().renew().await);
    assert_eq!(answer(&extension, "authorization", "Bearer ").await.as_deref(), Some(MISMATCH));
    assert!(sent(&extension).await.unwrap_err().is_retryable);
}

#[tokio::test]
async fn a_missing_file_fails_the_start_unless_it_comes_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let error = built(&format!("{{filename: {}}}", path.display())).start().await.unwrap_err();
    assert!(error.to_string().contains("No such file"), "{error}");
    let retry = "file_retry: {enabled: true, max_retries: 200, retry_interval: 50ms}";
    let extension = built(&format!("{{filename: {}, {retry}}}", path.display()));
    let write = async {
        tokio::time::sleep(Duration::from_millis(120)).await;
        fs::write(&path, "late").unwrap();
    };
    let (outcome, ()) = tokio::join!(extension.start(), write);
    outcome.unwrap();
    assert_eq!(sent(&extension).await.unwrap(), ["authorization: Bearer late"]);
}
