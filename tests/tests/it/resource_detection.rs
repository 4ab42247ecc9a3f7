//! `resource_detection` in a running collector: what arrives, and what keeps it from starting.

use common::{component::Tasks, otlp::resource::resources_of, signal::Signal};
use tests::{
    backend::Backend,
    client::Grpc,
    collector::{COMBINED, Setup},
    otlp::samples,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::configs;

/// All three pipelines with a processor of these settings, under one of its two names.
fn config(name: &str, settings: &str, backend: &Backend) -> String {
    let sections = format!(
        "processors:\n  {name}: {settings}\nexporters:\n{}",
        configs::unqueued_otlp(backend.address)
    );
    configs::pipelines(&sections, &[name], &["otlp_grpc"])
}

#[tokio::test]
async fn what_is_known_of_the_host_arrives_on_every_resource() {
    let backend = Backend::start().await;
    let settings = "{detectors: [env, system], system: {hostname_sources: [os], \
                    resource_attributes: {host.arch: {enabled: true}, os.type: {enabled: false}}}}";
    // The second is the old spelling.
    for name in ["resource_detection", "resourcedetection"] {
        backend.forget();
        let collector = Setup::new(COMBINED)
            .config(&config(name, settings, &backend))
            .env(
                "OTEL_RESOURCE_ATTRIBUTES",
                "deployment.environment.name=test%20bed,service.name=set",
            )
            .start()
            .await;
        let client = Grpc::connect(collector.grpc().await).await.unwrap();
        for signal in Signal::ALL {
            client.export(signal, &samples::request(signal, 2)).await.unwrap();
            backend.items_reach(signal, 2).await;
            for resource in resources_of(&backend.bodies(signal)) {
                let text = |key| resource.attributes().get(key).and_then(|value| value.as_str());
                assert_eq!(text("deployment.environment.name"), Some("test bed"));
                assert_eq!(text("service.name"), Some("set"));
                assert!(text("host.name").is_some_and(|name| !name.is_empty()));
                assert!(text("host.arch").is_some());
                assert_eq!(text("os.type"), None);
                // The requests have a schema of their own, which stays.
                assert_ne!(resource.schema_url(), "https://opentelemetry.io/schemas/1.40.0");
            }
        }
        collector.balanced_books().await;
        let metrics = collector.metrics().await;
        let results = "otelcol_resourcedetection_detector_results";
        assert!(metrics.sum(results, &[("detector", "system"), ("outcome", "success")]) >= 1.0);
    }
}

#[tokio::test]
async fn a_detector_that_fails_keeps_the_collector_from_starting() {
    let backend = Backend::start().await;
    let config = config("resource_detection", "{detectors: [env]}", &backend);
    let setup = || {
        let broken = ("OTEL_RESOURCE_ATTRIBUTES", "no pair");
        Setup::new(COMBINED).config(&config).env(broken.0, broken.1)
    };
    let mut collector = setup().spawn();
    assert!(!collector.ended().await.success());
    let logs = collector.logs().text();
    assert!(logs.contains("env: OTEL_RESOURCE_ATTRIBUTES cannot be read"), "{logs}");
    // Nothing is detected by looking at the config alone.
    let validated = setup().arg("validate").run().await;
    assert_eq!(validated.code, Some(0), "{}", validated.stderr);
}

/// An EC2 metadata server.
async fn metadata_server(tasks: &Tasks) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tasks.spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            let len = stream.read(&mut head).await.unwrap();
            let head = String::from_utf8_lossy(&head[..len]);
            let body = match head.split(' ').nth(1).unwrap_or_default() {
                "/latest/api/token" => "token",
                "/latest/meta-data/instance-id" => "i-1",
                "/latest/meta-data/hostname" => "ip-10-0-0-1.internal",
                "/latest/dynamic/instance-identity/document" => r#"{"instanceId": "i-1"}"#,
                other => panic!("{other:?} was asked for"),
            };
            let len = body.len();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    url
}

#[tokio::test]
async fn metadata_servers_are_asked_directly_whatever_proxy_there_is() {
    let (backend, tasks) = (Backend::start().await, Tasks::default());
    let settings = "{detectors: [ec2], fail_on_missing_metadata: true}";
    let collector = Setup::new(COMBINED)
        .config(&config("resource_detection", settings, &backend))
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("http_proxy", "http://127.0.0.1:9")
        .env("NO_PROXY", &backend.address.to_string())
        .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", &metadata_server(&tasks).await)
        .start()
        .await;
    let client = Grpc::connect(collector.grpc().await).await.unwrap();
    client.export(Signal::Logs, &samples::request(Signal::Logs, 1)).await.unwrap();
    backend.items_reach(Signal::Logs, 1).await;
    let bodies = backend.bodies(Signal::Logs);
    let resource = resources_of(&bodies).next().unwrap();
    let text = |key| resource.attributes().get(key).and_then(|value| value.as_str());
    assert_eq!(text("host.id"), Some("i-1"));
    assert_eq!(text("cloud.platform"), Some("aws_ec2"));
}
