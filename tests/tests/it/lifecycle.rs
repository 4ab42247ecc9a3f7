//! Start, reload, drain, end.

use std::time::Duration;

use common::signal::Signal;
use tests::{
    backend::{Answer, Backend},
    client::{Grpc, post_proto},
    collector::{COMBINED, Collector, Setup, binary_path, free_address},
    otlp::samples,
    wait,
};
use tokio::process::Command;

use crate::configs;

/// Batches that only a full batch or a stop lets go.
const PATIENT_BATCH: &str =
    "processors:\n  batch: {timeout: 1h, send_batch_size: 1000000}\nexporters:\n";

fn patient(backend: std::net::SocketAddr) -> String {
    let sections = format!("{PATIENT_BATCH}{}", configs::unqueued_otlp(backend));
    configs::pipelines(&sections, &["batch"], &["otlp_grpc"])
}

async fn export(collector: &Collector, items: usize) {
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let request = samples::request(Signal::Traces, items);
    let reply = grpc.export(Signal::Traces, &request).await.unwrap();
    assert!(reply.is_ok(), "{reply:?}");
}

#[tokio::test]
async fn sigterm_drains_what_was_accepted_and_ends_with_0() {
    let backend = Backend::start().await;
    let mut collector = Collector::start(&patient(backend.address)).await;
    export(&collector, 100).await;
    assert_eq!(backend.items(Signal::Traces), 0);
    let status = collector.stop().await;
    assert_eq!(status.code(), Some(0), "{}", collector.logs().text());
    assert_eq!(backend.items(Signal::Traces), 100);
    for message in ["Received signal from OS", "Starting shutdown...", "Shutdown complete."] {
        assert!(collector.logs().count(message) > 0, "no {message:?} in the log");
    }
}

#[tokio::test]
async fn sigint_ends_like_sigterm() {
    let backend = Backend::start().await;
    let mut collector = Collector::start(&patient(backend.address)).await;
    export(&collector, 1).await;
    collector.signal("INT").await;
    assert_eq!(collector.ended().await.code(), Some(0));
    assert_eq!(backend.items(Signal::Traces), 1);
}

#[tokio::test]
async fn a_second_sigterm_ends_it_at_once() {
    let backend = Backend::start().await;
    backend.answer(Answer::Never);
    let mut collector = Collector::start(&patient(backend.address)).await;
    export(&collector, 10).await;
    collector.signal("TERM").await;
    collector.logged("Starting shutdown...").await;
    collector.signal("TERM").await;
    assert_eq!(collector.ended().await.code(), Some(1));
}

#[tokio::test]
async fn requests_under_way_are_answered_before_the_end() {
    let backend = Backend::start().await;
    backend.answer(Answer::After(Duration::from_secs(1)));
    let mut collector = Collector::start(&configs::pass_through(backend.address)).await;
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let request = samples::request(Signal::Traces, 1);
    let under_way = grpc.export(Signal::Traces, &request);
    let stopping = async {
        wait::until_true("the request at the backend", || backend.items(Signal::Traces) == 1).await;
        collector.stop().await
    };
    let (reply, status) = tokio::join!(under_way, stopping);
    assert!(reply.unwrap().is_ok());
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn sighup_applies_a_change_and_keeps_listening() {
    let (before, after) = (Backend::start().await, Backend::start().await);
    let collector = Collector::start(&configs::pass_through(before.address)).await;
    // One connection over the reload: the receiver did not change, so it must live on.
    let grpc = Grpc::connect(collector.grpc().await).await.unwrap();
    let request = samples::request(Signal::Logs, 1);
    assert!(grpc.export(Signal::Logs, &request).await.unwrap().is_ok());
    collector.write_config(&configs::pass_through(after.address));
    collector.signal("HUP").await;
    wait::until("a request at the new backend", || async {
        assert!(grpc.export(Signal::Logs, &request).await.unwrap().is_ok());
        (after.items(Signal::Logs) > 0).then_some(())
    })
    .await;
    assert_eq!(collector.logs().count("Starting GRPC server"), 1);
}

#[tokio::test]
async fn a_reload_loses_nothing_of_what_a_replaced_stage_holds() {
    let (before, after) = (Backend::start().await, Backend::start().await);
    let collector = Collector::start(&patient(before.address)).await;
    export(&collector, 50).await;
    collector.write_config(&configs::pass_through(after.address));
    collector.signal("HUP").await;
    wait::until_true("what was held to arrive", || {
        before.items(Signal::Traces) + after.items(Signal::Traces) == 50
    })
    .await;
}

#[tokio::test]
async fn a_bad_config_is_refused_on_reload_and_the_old_one_goes_on() {
    let backend = Backend::start().await;
    let good = configs::pass_through(backend.address);
    let mut collector = Collector::start(&good).await;
    let bad = good.replace("compression: none", "compresion: none");
    assert_ne!(bad, good);
    collector.write_config(&bad);
    collector.signal("HUP").await;
    wait::until_true("the error in the log", || collector.logs().text().contains("compresion"))
        .await;
    export(&collector, 3).await;
    assert_eq!(backend.items(Signal::Traces), 3);
    assert!(collector.is_running());
}

#[tokio::test]
async fn watch_applies_a_change_without_a_signal() {
    let (before, after) = (Backend::start().await, Backend::start().await);
    let config = configs::pass_through(before.address);
    let collector = Setup::new(COMBINED).arg("--watch").config(&config).start().await;
    collector.write_config(&configs::pass_through(after.address));
    wait::until("a request at the new backend", || async {
        export(&collector, 1).await;
        (after.items(Signal::Traces) > 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_taken_port_ends_the_start_with_1_and_names_it() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let config = configs::pass_through(free_address());
    let config = config.replacen("127.0.0.1:0", &address, 1);
    let mut collector = Setup::new(COMBINED).config(&config).spawn();
    assert_eq!(collector.ended().await.code(), Some(1));
    let text = collector.logs().text();
    assert!(text.contains(&address) && text.to_lowercase().contains("in use"), "{text}");
}

#[tokio::test]
async fn each_signal_binary_runs_its_own_signal_of_one_shared_config() {
    let backend = Backend::start().await;
    let config = configs::limited_and_batched(backend.address);
    for signal in Signal::ALL {
        let mut collector = Setup::new(signal.collector()).config(&config).start().await;
        let request = samples::request(signal, 2);
        let reply = post_proto(collector.http().await, signal, request).await.unwrap();
        assert_eq!(reply.status, 200);
        backend.items_reach(signal, 2).await;
        assert!(collector.logs().text().contains("not run by this collector"));
        assert_eq!(collector.stop().await.code(), Some(0));
    }
}

#[tokio::test]
async fn listeners_without_a_host_follow_the_default_host() {
    let config = "receivers:\n  otlp: {protocols: {grpc: {endpoint: ':0'}}}\nexporters: {nop: }\n\
        service:\n  pipelines:\n    traces: {receivers: [otlp], exporters: [nop]}\n";
    let by_default = Collector::start(config).await;
    assert!(by_default.grpc().await.ip().is_loopback());
    let setup = Setup::new(COMBINED).config(config);
    let in_container = setup.env("OTELCOL_DEFAULT_HOST", "0.0.0.0").start().await;
    assert!(in_container.grpc().await.ip().is_unspecified());
}

#[tokio::test]
async fn as_pid_1_it_stops_on_sigterm() {
    let probe = Command::new("unshare").args(["--pid", "--fork", "true"]).status().await;
    if !probe.is_ok_and(|status| status.success()) {
        // Only root may make a process the first of its kind; `.ci/run` runs as root.
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("config.yaml");
    std::fs::write(&config, configs::pass_through(free_address())).unwrap();
    let script = format!(
        "{} --config={} --set=service.telemetry.metrics.level=none 2>{}/log",
        binary_path(COMBINED).display(),
        config.display(),
        directory.path().display()
    );
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child", "sh", "-c", &format!("exec {script}")]);
    let mut shell = command.kill_on_drop(true).spawn().unwrap();
    let parent = shell.id().unwrap();
    let log = directory.path().join("log");
    wait::until_true("the collector to be ready", || {
        std::fs::read_to_string(&log).is_ok_and(|text| text.contains("Everything is ready"))
    })
    .await;
    let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    let pid = children.unwrap().trim().to_owned();
    let status = Command::new("sh").args(["-c", &format!("kill -TERM {pid}")]).status().await;
    assert!(status.unwrap().success());
    let ended = tokio::time::timeout(wait::PATIENCE, shell.wait()).await;
    assert_eq!(ended.expect("it did not stop").unwrap().code(), Some(0));
}

#[tokio::test]
async fn components_log_under_their_own_names() {
    let sections =
        "extensions:\n  health_check/own: {endpoint: '127.0.0.1:0'}\nexporters: {nop: }\n";
    let config = configs::pipelines(sections, &[], &["nop"]);
    let config = config.replace("service:\n", "service:\n  extensions: [health_check/own]\n");
    let collector = Collector::start(&config).await;
    let line = collector.logged("Health Check state change").await;
    assert_eq!(line.fields["otelcol.component.id"], "health_check/own");
    assert_eq!(line.fields["otelcol.component.kind"], "extension");
}
