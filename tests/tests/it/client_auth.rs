//! What exporters say about who sends: their own credentials, or those of whoever sent to us, also after
//! the telemetry waited on a disk.

use std::path::Path;

use common::signal::Signal;
use tests::{
    backend::{Answer, Backend, Received},
    client::{Grpc, post},
    collector::{COMBINED, Collector, Setup},
    otlp::samples,
    pki::{Folder, Pki},
    tls::ServerTls,
    wait,
};

use crate::{auth::basic, secured::Secured};

const PLAIN: &str = "tls: {insecure: true}";

async fn export(collector: &Collector, headers: &[(&str, &str)]) {
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let request = samples::request(Signal::Traces, 1);
    let reply = grpc.export_with(Signal::Traces, &request, headers).await.unwrap();
    assert!(reply.is_ok(), "{reply:?}\n{}", collector.logs().text());
}

fn seen(backend: &Backend, header: &str) -> Vec<String> {
    backend.received().iter().map(|one: &Received| one.header(header)).collect()
}

#[tokio::test]
async fn exporters_say_who_they_are() {
    let pki = Pki::new();
    let backend = Backend::start_tls(&ServerTls::new(&pki.server, None)).await;
    let files = Folder::new();
    let (name, password) = (files.write("name", "filed\n"), files.write("password", "away\n"));
    let by_file = format!(
        "{{client_auth: {{username: ignored, username_file: {}, password_file: {}}}}}",
        name.display(),
        password.display()
    );
    let cases = [
        (
            "basicauth",
            "{client_auth: {username: alice, password: wonderland}}",
            "authorization",
            basic("alice", "wonderland"),
        ),
        ("basicauth", by_file.as_str(), "authorization", basic("filed", "away")),
        ("bearertokenauth", "{token: sesame}", "authorization", "Bearer sesame".to_owned()),
        ("bearertokenauth", "{tokens: [one, two]}", "authorization", "Bearer one".to_owned()),
        (
            "bearertokenauth",
            "{token: sesame, header: x-api-key, scheme: ''}",
            "x-api-key",
            "sesame".to_owned(),
        ),
    ];
    for (id, body, header, expected) in cases {
        let keys = format!("tls: {}, auth: {{authenticator: {id}}}", pki.client_tls());
        let base = Secured::new().extension(id, body);
        for config in [
            base.clone().over_grpc(&backend, &keys),
            base.clone().over_http("https", &backend, &keys),
        ] {
            backend.forget();
            let collector = Collector::start(&config.yaml()).await;
            export(&collector, &[]).await;
            assert_eq!(seen(&backend, header), [expected.as_str()], "{id} {body}");
        }
    }
}

#[tokio::test]
async fn credentials_do_not_go_over_plain_grpc() {
    let backend = Backend::start().await;
    for (id, body) in [
        ("basicauth", "{client_auth: {username: alice, password: planted-password}}"),
        ("bearertokenauth", "{token: planted-password}"),
    ] {
        let keys = format!("{PLAIN}, auth: {{authenticator: {id}}}");
        let config = Secured::new().extension(id, body).over_grpc(&backend, &keys);
        let mut collector = Setup::new(COMBINED).config(&config.yaml()).spawn();
        assert_eq!(collector.ended().await.code(), Some(1));
        let text = collector.logs().text();
        assert!(text.contains("auth") && text.contains("tls::insecure"), "{text}");
        assert!(!text.contains("planted-password"), "{text}");
    }
}

#[tokio::test]
async fn a_changed_token_file_changes_what_an_exporter_says() {
    let (files, pki) = (Folder::new(), Pki::new());
    let backend = Backend::start_tls(&ServerTls::new(&pki.server, None)).await;
    // As a mounted Secret changes it.
    files.swap_data(1, &[("token", "first")]);
    let body = format!("{{filename: {}}}", files.path("token").display());
    let keys = format!("tls: {}, auth: {{authenticator: bearertokenauth}}", pki.client_tls());
    let config = Secured::new().extension("bearertokenauth", &body).over_grpc(&backend, &keys);
    let collector = Collector::start(&config.yaml()).await;
    export(&collector, &[]).await;
    assert_eq!(seen(&backend, "authorization"), ["Bearer first"]);
    files.swap_data(2, &[("token", "second")]);
    wait::until("the new token to be said", || async {
        export(&collector, &[]).await;
        (seen(&backend, "authorization").last()? == "Bearer second").then_some(())
    })
    .await;
}

/// The backend refuses what is no longer good: the file is read again at once, and nothing fails.
#[tokio::test]
async fn a_token_that_the_backend_refuses_is_read_again_before_anything_fails() {
    let (files, pki) = (Folder::new(), Pki::new());
    let backend = Backend::start_tls(&ServerTls::new(&pki.server, None)).await;
    let file = files.write("token", "first");
    let body = format!("{{filename: {}}}", file.display());
    let keys = format!("tls: {}, auth: {{authenticator: bearertokenauth}}", pki.client_tls());
    let base = Secured::new().extension("bearertokenauth", &body);
    for (round, config) in
        [base.clone().over_grpc(&backend, &keys), base.over_http("https", &backend, &keys)]
            .iter()
            .enumerate()
    {
        files.write("token", &format!("old-{round}"));
        let collector = Collector::start(&config.yaml()).await;
        export(&collector, &[]).await;
        let fresh = format!("new-{round}");
        files.write("token", &fresh);
        let expected = format!("Bearer {fresh}");
        backend.demand(move |headers| headers.get("authorization").is_some_and(|v| *v == expected));
        export(&collector, &[]).await;
        backend.demand(|_| true);
    }
}

/// The header that a `headers_setter` sets from whatever one of its forms takes it.
fn setter(headers: &str) -> Secured {
    Secured::new()
        .server("include_metadata: true")
        .extension("headers_setter", &format!("{{headers: [{headers}]}}"))
}

#[tokio::test]
async fn headers_setter_sets_from_what_the_sender_said() {
    let backend = Backend::start().await;
    let headers = "{action: upsert, key: x-scope-orgid, from_context: tenant}, \
        {action: insert, key: x-static, value: fixed}, \
        {action: upsert, key: x-region, from_context: region, default_value: nowhere}, \
        {action: delete, key: x-gone}";
    let auth = "headers: {x-gone: here}, auth: {authenticator: headers_setter}";
    for config in [
        setter(headers).over_grpc(&backend, &format!("{PLAIN}, {auth}")),
        setter(headers).over_http("http", &backend, auth),
    ] {
        backend.forget();
        let collector = Collector::start(&config.yaml()).await;
        export(&collector, &[("tenant", "acme")]).await;
        let headers = [("content-type", "application/x-protobuf"), ("Tenant", "umbrella")];
        let request = samples::request(Signal::Traces, 1);
        let reply = post(collector.http().await, "/v1/traces", &headers, request).await.unwrap();
        assert_eq!(reply.status, 200);
        assert_eq!(seen(&backend, "x-scope-orgid"), ["acme", "umbrella"]);
        assert_eq!(seen(&backend, "x-static"), ["fixed", "fixed"]);
        assert_eq!(seen(&backend, "x-region"), ["nowhere", "nowhere"]);
        assert_eq!(seen(&backend, "x-gone"), ["", ""]);
    }
}

/// An exporter that waits on disk for its backend.
fn durable(base: Secured, storage: &Path, backend: &Backend, keys: &str) -> String {
    let body = format!(
        "{{endpoint: '{}', {keys}, sending_queue: {{storage: file_storage, num_consumers: 4}}, \
         retry_on_failure: {{initial_interval: 50ms, max_interval: 200ms, max_elapsed_time: 0}}, \
         auth: {{authenticator: headers_setter}}}}",
        backend.named_address()
    );
    let directory = format!("{{directory: {}, create_directory: true}}", storage.display());
    base.extension("file_storage", &directory).exporter("otlp_grpc", &body).yaml()
}

#[tokio::test]
async fn what_the_sender_said_survives_a_durable_queue_and_a_restart() {
    let (backend, storage) = (Backend::start().await, Folder::new());
    backend.answer(Answer::UNAVAILABLE);
    let base = setter("{key: x-scope-orgid, action: upsert, from_context: tenant}");
    let yaml = durable(base, &storage.path("queue"), &backend, PLAIN);
    let tenants = ["acme", "umbrella", "initech"];
    let mut collector = Collector::start(&yaml).await;
    for tenant in tenants {
        export(&collector, &[("tenant", tenant)]).await;
    }
    collector.kill().await;
    backend.forget();
    backend.answer(Answer::Ok);
    let _again = Collector::start(&yaml).await;
    backend.items_reach(Signal::Traces, tenants.len()).await;
    let mut arrived = seen(&backend, "x-scope-orgid");
    arrived.sort();
    assert_eq!(arrived, ["acme", "initech", "umbrella"]);
}

const TWO_PEOPLE: &str = "{htpasswd: {inline: \"alice:wonderland\\nbob:builder\\n\"}}";

#[tokio::test]
async fn who_was_authenticated_survives_a_durable_queue_and_a_restart() {
    let (backend, storage) = (Backend::start().await, Folder::new());
    backend.answer(Answer::UNAVAILABLE);
    let base = setter("{key: x-user, action: upsert, from_attribute: username}")
        .server("auth: {authenticator: basicauth}")
        .extension("basicauth", TWO_PEOPLE);
    let yaml = durable(base, &storage.path("queue"), &backend, PLAIN);
    let (alice, bob) = (basic("alice", "wonderland"), basic("bob", "builder"));
    let mut collector = Collector::start(&yaml).await;
    for value in [&alice, &bob, &alice] {
        export(&collector, &[("authorization", value)]).await;
    }
    assert_eq!(collector.stop().await.code(), Some(0));
    backend.forget();
    backend.answer(Answer::Ok);
    let _again = Collector::start(&yaml).await;
    backend.items_reach(Signal::Traces, 3).await;
    let mut arrived = seen(&backend, "x-user");
    arrived.sort();
    assert_eq!(arrived, ["alice", "alice", "bob"]);
}

#[tokio::test]
async fn what_proved_the_sender_is_not_passed_on_unasked() {
    let backend = Backend::start().await;
    let base = Secured::new()
        .server("include_metadata: true, auth: {authenticator: basicauth}")
        .extension("basicauth", TWO_PEOPLE);
    let collector = Collector::start(&base.over_grpc(&backend, PLAIN).yaml()).await;
    export(&collector, &[("authorization", &basic("alice", "wonderland"))]).await;
    let headers = format!("{:?}", backend.received()[0].headers);
    assert!(!headers.contains("authorization") && !headers.contains("alice"), "{headers}");
}

/// Two tenants at once, each over connections of its own: nobody gets the other's header.
#[tokio::test]
async fn two_tenants_at_once_each_get_their_own_header() {
    let (backend, storage) = (Backend::start().await, Folder::new());
    let base = setter("{key: x-user, action: upsert, from_attribute: username}")
        .server("auth: {authenticator: basicauth}")
        .extension("basicauth", TWO_PEOPLE);
    let yaml = durable(base, &storage.path("queue"), &backend, PLAIN);
    let collector = Collector::start(&yaml).await;
    let address = collector.grpc().await;
    let send = async |name: &str, password: &str, items: usize| {
        let grpc = Grpc::connect(address).await.unwrap();
        let value = basic(name, password);
        // The number of its spans says whose a request is.
        let request = samples::request(Signal::Traces, items);
        for _ in 0..100 {
            let headers = [("authorization", value.as_str())];
            let reply = grpc.export_with(Signal::Traces, &request, &headers).await.unwrap();
            assert!(reply.is_ok(), "{reply:?}");
        }
    };
    tokio::join!(
        send("alice", "wonderland", 1),
        send("bob", "builder", 2),
        send("alice", "wonderland", 1),
        send("bob", "builder", 2)
    );
    backend.items_reach(Signal::Traces, 600).await;
    for one in backend.received() {
        let items = tests::otlp::items(Signal::Traces, std::slice::from_ref(&one.body)).len();
        assert_eq!(one.header("x-user"), if items == 1 { "alice" } else { "bob" });
    }
    let alices = seen(&backend, "x-user").iter().filter(|user| *user == "alice").count();
    assert_eq!(alices, 200);
}
