pub(super) mod rig;

use std::fs;

use tokio::time::Duration;

use self::rig::Rig;
use super::*;
use crate::telemetry::logging::LogOptions;

const QUIET: &str = "
receivers: {source: {W}}
exporters: {sink: {W}}
service:
  telemetry: {metrics: {level: none}}
  pipelines: {logs: {receivers: [source], exporters: [sink]}}
";

/// A service that reads its config from a file.
async fn service(rig: &Rig, file: &tempfile::NamedTempFile, yaml: &str) -> Service {
    fs::write(file, rig.yaml(yaml)).unwrap();
    let sources = Sources { uris: vec![file.path().display().to_string()], ..Sources::default() };
    let prepared = sources.prepare(&rig.registry, "test-collector").await.unwrap();
    let (log, _layer) = Log::new(&LogOptions::default()).unwrap();
    let options = Options { sources, log, grace: Duration::from_secs(1) };
    let registry = Arc::clone(&rig.registry);
    Service::start(registry, prepared, rig.bench.host.clone(), options).await.unwrap()
}

async fn reload(
    rig: &Rig,
    service: &mut Service,
    file: &tempfile::NamedTempFile,
    yaml: &str,
) -> Result<(), ServiceError> {
    fs::write(file, rig.yaml(yaml)).unwrap();
    let prepared = service.prepare().await?;
    service.apply(prepared).await
}

#[tokio::test]
async fn a_fault_that_only_a_restart_mends_ends_the_run_after_draining() {
    let (rig, file) = (Rig::new("fatal"), tempfile::NamedTempFile::new().unwrap());
    let service = service(&rig, &file, QUIET).await;
    rig.bench.host.fatal.report("receiver \"source\" cannot go on");
    let error = service.run(Signals::listen(false).unwrap()).await.unwrap_err();
    assert_eq!(error.to_string(), "receiver \"source\" cannot go on");
    let events = rig.world.events();
    assert_eq!(events.last().map(String::as_str), Some("stop sink=0"));
}

#[tokio::test]
async fn a_panic_in_a_component_ends_the_run() {
    let (rig, file) = (Rig::new("panic"), tempfile::NamedTempFile::new().unwrap());
    let yaml = QUIET.replace("sink: {W}", "sink: {W, panics: true}");
    let service = service(&rig, &file, &yaml).await;
    let error = service.run(Signals::listen(false).unwrap()).await.unwrap_err();
    assert_eq!(error.to_string(), "a task of exporter \"sink\" for logs panicked");
}

#[tokio::test]
async fn a_config_with_errors_changes_nothing() {
    let (rig, file) = (Rig::new("bad"), tempfile::NamedTempFile::new().unwrap());
    let mut service = service(&rig, &file, QUIET).await;
    rig.world.events();
    let bad = QUIET.replace("sink: {W}", "sink: {W, vlaue: 1}");
    let error = reload(&rig, &mut service, &file, &bad).await.unwrap_err();
    assert!(error.to_string().contains("did you mean \"value\""), "{error}");
    assert!(rig.send("source", 2).await.is_ok());
    assert_eq!(rig.world.sink("sink=0").items(), 2);
    assert_eq!(rig.world.events(), [""; 0]);
    assert!(service.stop().await.is_ok());
}

#[tokio::test]
async fn telemetry_that_cannot_be_served_refuses_the_whole_config() {
    let (rig, file) = (Rig::new("taken"), tempfile::NamedTempFile::new().unwrap());
    let mut service = service(&rig, &file, QUIET).await;
    rig.world.events();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let reader = format!(
        "level: basic, readers: [{{pull: {{exporter: {{prometheus: {{host: 127.0.0.1, port: {port}}}}}}}}}]"
    );
    let bad = QUIET.replace("level: none", &reader).replace("sink: {W}", "sink: {W, value: 1}");
    let error = reload(&rig, &mut service, &file, &bad).await.unwrap_err();
    assert!(error.to_string().contains("own metrics cannot be served"), "{error}");
    assert_eq!(rig.world.events(), [""; 0]);
    drop(taken);
    assert!(reload(&rig, &mut service, &file, &bad).await.is_ok());
    assert!(rig.world.events().contains(&"start sink=1".to_owned()));
    assert_eq!(service.own_metrics.addresses().len(), 1);
    assert!(service.stop().await.is_ok());
}

#[tokio::test]
async fn only_signals_that_run_here_have_a_share_of_the_budget() {
    let (rig, file) = (Rig::new("shares"), tempfile::NamedTempFile::new().unwrap());
    let mut service = service(&rig, &file, QUIET).await;
    let budget = rig.bench.host.budget.clone();
    // An eighth is kept from intake.
    let whole = usize::try_from(budget.limit() / 8 * 7).unwrap();
    assert!(budget.of(crate::signal::Signal::Logs).reserve(whole).is_ok());
    let two = QUIET
        .replace("pipelines: {", "pipelines: {traces: {receivers: [source], exporters: [sink]}, ");
    reload(&rig, &mut service, &file, &two).await.unwrap();
    assert!(budget.of(crate::signal::Signal::Logs).reserve(whole).is_err());
    assert!(service.stop().await.is_ok());
}

#[test]
fn an_error_is_told_with_its_causes_but_not_twice() {
    let cause = || std::io::Error::other("address in use");
    let inner = StartError::with_source("cannot listen on x:1", cause());
    let outer = StartError::with_source(format!("failed to start a: {inner}"), inner);
    assert_eq!(with_causes(&outer), "failed to start a: cannot listen on x:1: address in use");
}
