//! `production.yaml`, `sidecar.yaml` and `filter-and-sample.yaml` as they are, with certificates and a token
//! server made by the test.
//!
//! Only what no test machine has is set from outside: addresses, paths, and free ports.

use common::signal::Signal;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    trace::v1::{ResourceSpans, ScopeSpans, Span},
};
use prost::Message as _;
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

/// Spans of the trace ids from 1 on, every tenth a server error and every tenth an operation to drop.
fn spans_to_sample(count: u64) -> Vec<u8> {
    let spans = (1..=count).map(|index| Span {
        // Half of the hash is of what random ids have.
        trace_id: [index.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes(), index.to_be_bytes()]
            .concat(),
        span_id: index.to_be_bytes().to_vec(),
        name: if index % 10 == 1 { "important-operation" } else { "work" }.to_owned(),
        attributes: vec![samples::number(
            "http.status_code",
            if index % 10 == 0 { 500 } else { 200 },
        )],
        ..Span::default()
    });
    let scope_spans = vec![ScopeSpans { spans: spans.collect(), ..ScopeSpans::default() }];
    let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
    ExportTraceServiceRequest { resource_spans }.encode_to_vec()
}

#[tokio::test]
async fn filter_and_sample_drops_what_it_names_and_keeps_a_third_of_the_rest() {
    let file = root().join("tests/fixtures/configs/filter-and-sample.yaml");
    let collector = Setup::new(COMBINED)
        .arg(&format!("--config={}", file.display()))
        .arg("--set=receivers.otlp.protocols.grpc.endpoint=127.0.0.1:0")
        .start()
        .await;
    let client = Grpc::connect(collector.grpc().await).await.unwrap();
    assert!(client.export(Signal::Traces, &spans_to_sample(10_000)).await.unwrap().is_ok());
    let metrics = collector.balanced_books().await;
    assert_eq!(metrics.sum("otelcol_processor_filter_spans_filtered", &[]), 2_000.0);
    let sampled = |was: &'static str| {
        let name = "otelcol_processor_probabilistic_sampler_count_traces_sampled";
        metrics.sum(name, &[("sampled", was)])
    };
    assert_eq!(sampled("true") + sampled("false"), 8_000.0);
    // Thirty in a hundred, as far as a hash of so many ids can have it.
    assert!((2_250.0..2_550.0).contains(&sampled("true")), "{}", sampled("true"));
}
