use std::fs;

use super::*;
use crate::{
    component::Kind,
    pipeline::{Details, Identity},
    signal::Signal,
    testing::{
        context,
        settings::{findings, read},
    },
};

#[track_caller]
fn check(yaml: &str, expected: &str) {
    assert_eq!(findings::<HeadersSetterConfig>(yaml).unwrap(), expected, "{yaml}");
}

fn built(yaml: &str) -> HeadersSetter {
    let context = context(Kind::Extension, "headers_setter", Signal::Traces);
    HeadersSetter::build(read(yaml).unwrap(), context).unwrap()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(Box<str>, Box<str>)> {
    pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

/// A request that came with this metadata, from somebody.
fn request(metadata: &[(&str, &str)]) -> RequestContext {
    RequestContext::new(Details {
        metadata: pairs(metadata),
        identity: Identity::default().with("username", "somebody").with("groups", "[\"a\"]"),
        ..Details::default()
    })
}

/// The header `x-tenant` after one rule, if it was `before`.
async fn header(
    rule: &str,
    before: Option<&'static str>,
    request: &RequestContext,
) -> Result<Option<String>, AuthorizeError> {
    let extension = built(&format!("{{headers: [{{key: X-Tenant, {rule}}}]}}"));
    extension.start().await.unwrap();
    let mut headers = HeaderMap::new();
    if let Some(before) = before {
        headers.insert("x-tenant", HeaderValue::from_static(before));
    }
    extension.client_authenticator().unwrap().authorize(request, &mut headers).await?;
    Ok(headers.get("x-tenant").map(|value| value.to_str().unwrap().to_owned()))
}

#[tokio::test]
async fn actions_do_what_they_say() {
    let request = request(&[]);
    for (action, before, after) in [
        ("insert", None, Some("new")),
        ("insert", Some("old"), Some("old")),
        ("update", None, None),
        ("update", Some("old"), Some("new")),
        ("upsert", None, Some("new")),
        ("upsert", Some("old"), Some("new")),
        ("delete", None, None),
        ("delete", Some("old"), None),
    ] {
        let rule = format!("action: {action}, value: new");
        let found = header(&rule, before, &request).await.unwrap();
        assert_eq!(found.as_deref(), after, "{action} on {before:?}");
    }
    let found = header("value: new", Some("old"), &request).await.unwrap();
    assert_eq!(found.as_deref(), Some("new"), "upsert is the default");
}

#[tokio::test]
async fn values_come_from_where_the_settings_say() {
    let request =
        request(&[("tenant_id", "acme"), ("twice", "a"), ("twice", "b"), ("bad", "a\nb")]);
    for (source, expected) in [
        ("from_context: tenant_id", "acme"),
        ("from_context: Tenant_ID", "acme"),
        ("from_context: tenant_id, default_value: other", "acme"),
        ("from_context: missing, default_value: other", "other"),
        ("from_context: missing", ""),
        ("from_attribute: username", "somebody"),
        ("from_attribute: groups", "[\"a\"]"),
        ("from_attribute: missing, default_value: other", "other"),
        ("from_attribute: missing", ""),
        ("value: ''", ""),
    ] {
        let found = header(&format!("action: upsert, {source}"), None, &request).await.unwrap();
        assert_eq!(found.as_deref(), Some(expected), "{source}");
    }
    for (source, expected) in [
        (
            "from_context: twice",
            "failed to determine the source: header x-tenant: 2 source keys found in the context, \
             can't determine which one to use",
        ),
        (
            "from_context: bad",
            "failed to determine the source: header x-tenant: the value is no valid header value",
        ),
    ] {
        let error = header(&format!("action: upsert, {source}"), None, &request).await.unwrap_err();
        assert_eq!((error.message.as_str(), error.is_retryable), (expected, false));
    }
}

#[tokio::test]
async fn each_file_goes_with_its_header_and_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two] = ["one", "two"].map(|name| folder.path().join(name));
    fs::write(&one, "first\n").unwrap();
    fs::write(&two, " second ").unwrap();
    let extension = built(&format!(
        "{{headers: [{{key: a, action: update, value_file: {}}}, {{key: b, action: insert, value: x}}, \
         {{key: c, action: upsert, value_file: {}}}]}}",
        one.display(),
        two.display()
    ));
    extension.start().await.unwrap();
    let client = extension.client_authenticator().unwrap();
    let mut headers = HeaderMap::new();
    client.authorize(&RequestContext::EMPTY, &mut headers).await.unwrap();
    assert_eq!(
        (headers.get("a"), &headers["b"], &headers["c"]),
        (None, &"x".parse().unwrap(), &"second".parse().unwrap())
    );
    fs::write(&two, "third").unwrap();
    assert!(client.renew().await);
    client.authorize(&RequestContext::EMPTY, &mut headers).await.unwrap();
    assert_eq!(headers["c"], "third");
    fs::remove_file(&one).unwrap();
    let again =
        built(&format!("{{headers: [{{key: a, action: upsert, value_file: {}}}]}}", one.display()));
    assert!(again.start().await.unwrap_err().to_string().contains("No such file"));
}

#[test]
fn settings_are_judged_as_upstream_does() {
    let missing = "headers::0: missing header source, must be 'from_context', 'from_attribute', \
                   'value', or 'value_file'";
    let conflict = "headers::0: invalid header source, must be only one of 'from_context', \
                    'from_attribute', 'value', or 'value_file'";
    check("{}", "missing headers configuration");
    check("{headers: []}", "missing headers configuration");
    check("{headers: [{action: upsert, value: a}]}", "headers::0: missing header name");
    check("{headers: [{key: a, action: upsert}]}", missing);
    check("{headers: [{key: a, action: upsert, value: a, from_context: b}]}", conflict);
    check("{headers: [{key: a, action: upsert, value_file: /a, from_attribute: b}]}", conflict);
    check("{headers: [{key: a, action: delete}]}", "");
    check("{headers: [{key: a, action: upsert, value: a}]}", "");
    check(
        "{headers: [{key: a, value: a}]}",
        "headers::0::action: is not set, using upsert; expected one of insert, update, upsert, delete",
    );
    check(
        "{headers: [{key: a, action: replace, value: a}]}",
        "headers::0::action: unknown action \"replace\", expected one of insert, update, upsert, delete",
    );
    check(
        "{headers: [{key: 'a b', action: delete}]}",
        "headers::0::key: \"a b\" is no valid header name",
    );
    check(
        "{headers: [{key: Content-Length, action: upsert, value: '0'}]}",
        "headers::0::key: content-length is set by the transport and cannot be changed",
    );
    check(
        "{headers: [{key: a, action: upsert, value: \"planted\\n\"}]}",
        "headers::0::value: is no valid header value",
    );
}

#[test]
fn values_are_not_printed() {
    let yaml = "{headers: [{key: a, action: upsert, value: planted}, {key: b, action: upsert, \
                from_context: c, default_value: planted}]}";
    let config: HeadersSetterConfig = read(yaml).unwrap();
    let printed = serde_json::to_string(&config).unwrap();
    assert!(!printed.contains("planted") && !format!("{config:?}").contains("planted"));
    let extension = built(yaml);
    assert!(!format!("{extension:?}").contains("planted"));
    assert!(!extension.client_authenticator().unwrap().needs_tls());
    assert!(extension.server_authenticator().is_none());
}

#[test]
fn an_unknown_additional_authenticator_is_named() {
    let config: HeadersSetterConfig =
        read("{headers: [{key: a, action: delete}], additional_auth: oauth2client/x}").unwrap();
    assert_eq!(HeadersSetter::needs(&config)[0].to_string(), "oauth2client/x");
    let context = context(Kind::Extension, "headers_setter", Signal::Traces);
    let error = HeadersSetter::build(config, context).unwrap_err();
    let cause = error.source.unwrap().to_string();
    assert!(cause.contains("authenticator not found"), "{cause}");
}
