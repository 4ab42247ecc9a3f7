//! `production.yaml` and `sidecar.yaml` as they are, with certificates and a token server made by the test.
//!
//! Only what no test machine has is set from outside: addresses, paths, and free ports.

use common::signal::Signal;
use tests::{
    backend::Backend,
    client::{Grpc, post_proto},
    collector::{COMBINED, Setup, free_address, root},
    otlp::samples,
    pki::Pki,
    tls::{ClientTls, ServerTls},
    token_server::TokenServer,
};

fn reference(name: &str, pki: &Pki) -> Setup {
    let file = root().join(format!("tests/fixtures/configs/{name}.yaml"));
    Setup::new(COMBINED)
        .arg(&format!("--config={}", file.display()))
        // The roots of the system.
        .env("SSL_CERT_FILE", &pki.files.path("ca.pem").display().to_string())
}

fn set(setup: Setup, settings: &[(&str, String)]) -> Setup {
    settings.iter().fold(setup, |setup, (path, value)| setup.arg(&format!("--set={path}={value}")))
}

#[tokio::test]
async fn production_runs_with_tls_headers_and_tokens() {
    let pki = Pki::new();
    let server = TokenServer::start(&pki, "s3cret", 60).await;
    let tls = ServerTls::new(&pki.server, None);
    let (keyed, tokened) = (Backend::start_tls(&tls).await, Backend::start_tls(&tls).await);
    keyed.demand(|headers| headers.get("authorization").is_some_and(|key| key == "Bearer k3y"));
    let book = server.book().clone();
    tokened.demand(move |headers| book.accepts(headers));
    let at = |name| pki.files.path(name).display().to_string();
    let setup = set(
        reference("production", &pki).env("OAUTH2_CLIENT_SECRET", "s3cret").env("API_KEY", "k3y"),
        &[
            ("extensions.health_check.endpoint", free_address().to_string()),
            ("extensions.pprof.endpoint", free_address().to_string()),
            ("extensions.oauth2client.token_url", server.url()),
            ("receivers.otlp.protocols.grpc.endpoint", "127.0.0.1:0".to_owned()),
            ("receivers.otlp.protocols.grpc.tls.cert_file", at("server.pem")),
            ("receivers.otlp.protocols.grpc.tls.key_file", at("server.key")),
            ("exporters.otlp.endpoint", keyed.named_address()),
            ("exporters.otlp/oauth2.endpoint", tokened.named_address()),
        ],
    );
    let collector = setup.start().await;
    let client = ClientTls::new(&pki.authority.pem);
    let grpc = Grpc::connect_tls(collector.grpc().await, &client).await.unwrap();
    // As many as fill its batch.
    let request = samples::request(Signal::Traces, 2000);
    for _ in 0..5 {
        assert!(grpc.export(Signal::Traces, &request).await.unwrap().is_ok());
    }
    keyed.items_reach(Signal::Traces, 10_000).await;
    tokened.items_reach(Signal::Traces, 10_000).await;
    assert_eq!((keyed.refused(), tokened.refused()), (0, 0));
    let text = collector.logs().text();
    assert!(!text.contains("s3cret") && !text.contains("k3y"), "{text}");
    collector.balanced_books().await;
}

#[tokio::test]
async fn sidecar_sends_to_its_gateway_over_tls() {
    let pki = Pki::new();
    let gateway = Backend::start_tls(&ServerTls::new(&pki.server, None)).await;
    let setup = set(
        reference("sidecar", &pki).env("MY_POD_NAME", "pod-1").env("MY_POD_NAMESPACE", "shop"),
        &[
            ("receivers.otlp.protocols.grpc.endpoint", "127.0.0.1:0".to_owned()),
            ("receivers.otlp.protocols.http.endpoint", "127.0.0.1:0".to_owned()),
            ("exporters.otlp/gateway.endpoint", gateway.named_address()),
            ("exporters.otlp/gateway.tls.ca_file", pki.files.path("ca.pem").display().to_string()),
        ],
    );
    let collector = setup.start().await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let request = samples::request(Signal::Traces, 1024);
    assert!(grpc.export(Signal::Traces, &request).await.unwrap().is_ok());
    let request = samples::request(Signal::Metrics, 1024);
    let reply = post_proto(collector.http().await, Signal::Metrics, request).await.unwrap();
    assert_eq!(reply.status, 200);
    gateway.items_reach(Signal::Traces, 1024).await;
    gateway.items_reach(Signal::Metrics, 1024).await;
    for received in gateway.received() {
        let text = String::from_utf8_lossy(&received.body).into_owned();
        assert!(text.contains("k8s.pod.name") && text.contains("pod-1"), "no name of the pod");
        assert!(text.contains("k8s.namespace.name") && text.contains("shop"), "no namespace");
    }
    collector.balanced_books().await;
}
