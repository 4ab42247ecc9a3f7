use http::HeaderMap;

use super::*;
use crate::{
    component::Kind,
    pipeline::RequestContext,
    settings::Unredacted,
    signal::Signal,
    testing::{
        context,
        settings::{findings, read},
    },
};

#[track_caller]
fn check(yaml: &str, expected: &str) {
    assert_eq!(findings::<BasicAuthConfig>(yaml).unwrap(), expected, "{yaml}");
}

fn built(yaml: &str) -> BasicAuth {
    let context = context(Kind::Extension, "basicauth", Signal::Traces);
    BasicAuth::build(read(yaml).unwrap(), context).unwrap()
}

#[test]
fn one_role_has_to_be_there_and_no_more() {
    check("{}", "no credential source provided");
    check("{htpasswd: {}}", "htpasswd: no credential source provided");
    check("{client_auth: {}}", "client_auth: no credential source provided");
    check("{htpasswd: {file: ''}}", "htpasswd: no credential source provided");
    check(
        "{htpasswd: {file: /a}, client_auth: {username: a}}",
        "only one of `htpasswd` or `client_auth` can be specified",
    );
    check("{htpasswd: {file: /a}}", "");
    check("{htpasswd: {inline: 'a:b'}}", "");
    check("{client_auth: {username: a}}", "");
    check("{client_auth: {username_file: /a, password_file: /b}}", "");
}

#[test]
fn what_cannot_work_is_found_before_the_start() {
    check(
        "{htpasswd: {inline: ':'}}",
        "htpasswd::inline: line 1 is not used: its name is empty\n\
         htpasswd: no credential source provided",
    );
    check(
        "{client_auth: {username: 'a:b', password: p}}",
        "client_auth::username: must not contain a colon, which ends the name",
    );
    check(
        "{client_auth: {username: a, username_file: /a, password: p, password_file: /p}}",
        "client_auth::username: is not used, because username_file is set\n\
         client_auth::password: is not used, because password_file is set",
    );
    check(
        "{client_auth: {aws_secrets_manager: {secret_arn: 'arn:x', region: r}}}",
        "client_auth::aws_secrets_manager: is not available in this version; use \
         username_file and password_file",
    );
}

#[test]
fn a_role_is_offered_to_its_side_alone() {
    let server = built("{htpasswd: {inline: 'a:planted'}}");
    assert!(server.server_authenticator().is_some() && server.client_authenticator().is_none());
    let client = built("{client_auth: {username: a, password: planted}}");
    assert!(client.server_authenticator().is_none() && client.client_authenticator().is_some());
    assert!(client.client_authenticator().unwrap().needs_tls());
    assert!(!format!("{server:?} {client:?}").contains("planted"));
}

#[test]
fn passwords_are_not_printed() {
    for yaml in ["{htpasswd: {inline: 'a:planted'}}", "{client_auth: {password: planted}}"] {
        let config: BasicAuthConfig = read(yaml).unwrap();
        let printed = serde_json::to_string(&config).unwrap();
        assert!(!printed.contains("planted") && !format!("{config:?}").contains("planted"));
        let _open = Unredacted::open();
        assert!(serde_json::to_string(&config).unwrap().contains("planted"));
    }
}

async fn sent(client: &BasicAuth) -> String {
    let mut headers = HeaderMap::new();
    let authenticator = client.client_authenticator().unwrap();
    authenticator.authorize(&RequestContext::EMPTY, &mut headers).await.unwrap();
    assert!(headers["authorization"].is_sensitive());
    headers["authorization"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_client_sends_what_is_configured() {
    let client = built("{client_auth: {username: user, password: secret}}");
    let authenticator = client.client_authenticator().unwrap();
    let mut headers = HeaderMap::new();
    let early = authenticator.authorize(&RequestContext::EMPTY, &mut headers).await.unwrap_err();
    assert!(early.is_retryable);
    client.start().await.unwrap();
    assert_eq!(sent(&client).await, "Basic dXNlcjpzZWNyZXQ=");
    assert!(!authenticator.renew().await, "there is nothing else to send");
}

#[tokio::test]
async fn files_come_first_and_are_read_again_when_the_backend_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let (name, password) = (folder.path().join("name"), folder.path().join("password"));
    std::fs::write(&name, "user\n").unwrap();
    std::fs::write(&password, "  secret\n").unwrap();
    let yaml = format!(
        "{{client_auth: {{username: x, password: y, username_file: {}, password_file: {}}}}}",
        name.display(),
        password.display()
    );
    let client = built(&yaml);
    client.start().await.unwrap();
    assert_eq!(sent(&client).await, "Basic dXNlcjpzZWNyZXQ=");
    let authenticator = client.client_authenticator().unwrap();
    assert!(!authenticator.renew().await);
    std::fs::write(&password, "other\n").unwrap();
    assert!(authenticator.renew().await);
    assert_eq!(sent(&client).await, "Basic dXNlcjpvdGhlcg==");
    std::fs::write(&password, "\n").unwrap();
    authenticator.renew().await;
    assert_eq!(sent(&client).await, "Basic dXNlcjpvdGhlcg==", "an empty file changes nothing");
}

#[tokio::test]
async fn bad_files_are_an_error_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("name");
    for (text, expected) in [("", "is empty"), ("a:b", "must not contain a colon")] {
        std::fs::write(&path, text).unwrap();
        let client = built(&format!("{{client_auth: {{username_file: {}}}}}", path.display()));
        let error = client.start().await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
