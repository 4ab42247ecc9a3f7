use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::{
    pipeline::Reason,
    service::tests::rig::Rig,
    signal::Signal,
    testing::{StageFlow, numbered_logs},
};

const GRACE: Duration = Duration::from_secs(10);
const NOTHING: [&str; 0] = [];

const PLAIN: &str = "
extensions: {side: {W}}
receivers: {source: {W}}
processors: {hold: {W}, pass: {W}}
exporters: {sink: {W}}
service:
  extensions: [side]
  pipelines: {logs: {receivers: [source], processors: [pass, hold], exporters: [sink]}}
";
const DIRECT: &str = "
receivers: {source: {W}}
exporters: {sink: {W}}
service:
  pipelines: {logs: {receivers: [source], exporters: [sink]}}
";

/// Lets what was spawned run.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}

#[tokio::test(start_paused = true)]
async fn starts_sinks_first_and_stops_sources_first() {
    let rig = Rig::new("order");
    let running = rig.start(PLAIN).await.unwrap();
    let started = ["start side=0", "start sink=0", "start hold=0", "start source=0"];
    assert_eq!(rig.world.events(), started);
    assert!(rig.send("source", 3).await.is_ok());
    assert!(running.stop(GRACE).await);
    let stopped = ["stop source=0", "stop hold=0", "stop sink=0", "stop side=0"];
    assert_eq!(rig.world.events(), stopped);
    assert_eq!(rig.world.sink("sink=0").items(), 3);
    assert!(!*rig.bench.host.readiness.borrow());
}

#[tokio::test(start_paused = true)]
async fn a_failed_start_stops_what_was_started_and_itself() {
    let rig = Rig::new("failed");
    let yaml = PLAIN.replace("hold: {W}", "hold: {W, fails: true}");
    let error = rig.start(&yaml).await.err().unwrap();
    let message = "failed to start processor \"hold\" in \"logs\": as it was told to";
    assert_eq!(crate::service::with_causes(&error), message);
    let events = rig.world.events();
    let tail = ["start hold=0", "stop hold=0", "stop sink=0", "stop side=0"];
    assert_eq!(events[2..], tail);
}

#[tokio::test(start_paused = true)]
async fn a_reload_replaces_what_changed_and_keeps_the_rest() {
    let rig = Rig::new("kept");
    let mut running = rig.start(PLAIN).await.unwrap();
    rig.world.events();
    rig.send("source", 3).await.unwrap();
    let edge = rig.world.edge("source", Signal::Logs);
    let changed = PLAIN.replace("sink: {W}", "sink: {W, value: 1}");
    rig.replace(&mut running, &changed).await.unwrap();
    settle().await;
    assert_eq!(rig.world.events(), ["start sink=1", "stop sink=0"]);
    assert!(edge.is_same(&rig.world.edge("source", Signal::Logs)));
    rig.send("source", 2).await.unwrap();
    assert!(running.stop(GRACE).await);
    let sizes = (rig.world.sink("sink=0").items(), rig.world.sink("sink=1").items());
    assert_eq!(sizes, (0, 5), "what was held goes the new way");
}

#[tokio::test(start_paused = true)]
async fn the_same_config_again_changes_nothing() {
    let rig = Rig::new("same");
    let mut running = rig.start(PLAIN).await.unwrap();
    rig.world.events();
    for _ in 0..10 {
        rig.replace(&mut running, PLAIN).await.unwrap();
    }
    settle().await;
    assert_eq!(rig.world.events(), NOTHING);
    assert!(running.stop(GRACE).await);
}

#[tokio::test(start_paused = true)]
async fn a_removed_holder_drains_into_what_stays() {
    let rig = Rig::new("removed");
    let mut running = rig.start(PLAIN).await.unwrap();
    rig.send("source", 3).await.unwrap();
    rig.world.events();
    rig.replace(&mut running, DIRECT).await.unwrap();
    settle().await;
    assert_eq!(rig.world.events(), ["stop hold=0", "stop side=0"]);
    assert_eq!(rig.world.sink("sink=0").items(), 3);
    rig.send("source", 2).await.unwrap();
    assert_eq!(rig.world.sink("sink=0").items(), 5);
    assert!(running.stop(GRACE).await);
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_what_a_reload_left_draining() {
    let rig = Rig::new("draining");
    let slow = PLAIN.replace("hold: {W}", "hold: {W, stop_seconds: 2}");
    let mut running = rig.start(&slow).await.unwrap();
    rig.send("source", 3).await.unwrap();
    rig.world.events();
    rig.replace(&mut running, DIRECT).await.unwrap();
    assert!(running.stop(GRACE).await);
    let events = rig.world.events();
    assert_eq!(events.last().map(String::as_str), Some("stop sink=0"), "{events:?}");
    assert_eq!(rig.world.sink("sink=0").items(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_reload_that_fails_leaves_the_old_running() {
    let rig = Rig::new("rollback");
    let mut running = rig.start(PLAIN).await.unwrap();
    rig.world.events();
    let bad = "
receivers: {source: {W, value: 7}, source/more: {W, fails: true}}
exporters: {sink: {W, value: 7}}
service:
  pipelines:
    logs: {receivers: [source, source/more], exporters: [sink]}
    traces: {receivers: [source], exporters: [sink]}
";
    let old = rig.world.edge("source", Signal::Logs);
    assert!(rig.replace(&mut running, bad).await.is_err());
    let events = rig.world.events();
    let started = events.iter().filter(|event| event.starts_with("start"));
    let stopped = events.iter().filter(|event| event.starts_with("stop"));
    assert_eq!(started.count(), stopped.count(), "{events:?}");
    assert!(events.iter().all(|event| !event.ends_with("=0") || event.contains("more")));
    assert!(old.send(numbered_logs(0..4)).await.is_ok());
    assert!(running.stop(GRACE).await);
    assert_eq!(rig.world.sink("sink=0").items(), 4);
    assert_eq!(rig.world.sink("sink=7").items(), 0);
}

#[tokio::test(start_paused = true)]
async fn signals_come_and_go_at_a_kept_receiver() {
    let rig = Rig::new("signals");
    let mut running = rig.start(DIRECT).await.unwrap();
    let [traces, logs] = [Signal::Traces, Signal::Logs].map(|s| rig.world.edge("source", s));
    assert!(!traces.is_connected() && logs.is_connected());
    let other = DIRECT.replace("{logs:", "{traces:");
    rig.replace(&mut running, &other).await.unwrap();
    assert!(traces.is_connected() && !logs.is_connected());
    let rejected = rig.send("source", 1).await.unwrap_err();
    assert_eq!(rejected.reason, Reason::Unavailable);
    settle().await;
    assert_eq!(
        rig.world.events(),
        ["start sink=0", "start source=0", "start sink=0", "stop sink=0"]
    );
    assert!(running.stop(GRACE).await);
}

#[tokio::test(start_paused = true)]
async fn a_new_receiver_finds_its_way_as_soon_as_it_starts() {
    let rig = Rig::new("early");
    let mut running = rig.start(DIRECT).await.unwrap();
    let changed = DIRECT.replace("source: {W}", "source: {W, value: 1}");
    rig.replace(&mut running, &changed).await.unwrap();
    settle().await;
    let events = ["start sink=0", "start source=0", "start source=1", "stop source=0"];
    assert_eq!(rig.world.events(), events);
    assert!(running.stop(GRACE).await);
}

#[tokio::test(start_paused = true)]
async fn a_stage_that_hangs_delays_only_what_is_behind_it() {
    let rig = Rig::new("hangs");
    let yaml = "
receivers: {source: {W}}
processors: {hold/bad: {W, stop_seconds: 1000}, hold/good: {W}}
exporters: {sink/bad: {W}, sink/good: {W}}
service:
  pipelines:
    logs/bad: {receivers: [source], processors: [hold/bad], exporters: [sink/bad]}
    logs/good: {receivers: [source], processors: [hold/good], exporters: [sink/good]}
";
    let running = rig.start(yaml).await.unwrap();
    rig.send("source", 3).await.unwrap();
    rig.world.events();
    let started = Instant::now();
    let stopping = running.stop(GRACE);
    tokio::pin!(stopping);
    assert!(timeout_at(started + Duration::from_secs(1), &mut stopping).await.is_err());
    let early = ["stop source=0", "stop hold/good=0", "stop sink/good=0"];
    assert_eq!(rig.world.events(), early);
    assert_eq!(rig.world.sink("sink/good=0").items(), 3);
    assert!(!stopping.await, "it says that not all ended in time");
    assert!(started.elapsed() < GRACE + Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn pipelines_behind_a_connector_stop_after_those_before_it() {
    let rig = Rig::new("connected");
    let yaml = "
receivers: {source: {W}}
processors: {hold/first: {W, stop_seconds: 1}, hold/second: {W}}
exporters: {sink: {W}}
connectors: {forward: }
service:
  pipelines:
    logs/b: {receivers: [forward], processors: [hold/second], exporters: [sink]}
    logs/a: {receivers: [source], processors: [hold/first], exporters: [forward]}
";
    let running = rig.start(yaml).await.unwrap();
    rig.send("source", 3).await.unwrap();
    rig.world.events();
    assert!(running.stop(GRACE).await);
    let events = ["stop source=0", "stop hold/first=0", "stop hold/second=0", "stop sink=0"];
    assert_eq!(rig.world.events(), events);
    assert_eq!(rig.world.sink("sink=0").items(), 3);
}

#[tokio::test(start_paused = true)]
async fn series_go_with_their_component() {
    let rig = Rig::new("series");
    let mut running = rig.start(PLAIN).await.unwrap();
    rig.send("source", 3).await.unwrap();
    let has_hold = || {
        let samples = rig.bench.host.telemetry.metrics.samples();
        samples.iter().any(|sample| sample.labels.iter().any(|(_, value)| value == "hold"))
    };
    assert!(has_hold());
    rig.replace(&mut running, DIRECT).await.unwrap();
    settle().await;
    assert!(!has_hold());
    assert_eq!(rig.bench.flow("source").passed_on, 3, "what is kept counts on");
    assert!(running.stop(GRACE).await);
}

#[tokio::test]
async fn nothing_is_lost_or_refused_while_configs_change_under_traffic() {
    let rig = Rig::new("traffic");
    let mut running = rig.start(DIRECT).await.unwrap();
    let fanned = DIRECT.replace("[sink]", "[sink, sink/more]").replace(
        "exporters: {",
        "processors: {pass: {W}, hold: {W}}\nexporters: {sink/more: {W}, ",
    );
    let passed = fanned.replace("exporters: [", "processors: [pass], exporters: [");
    let held = passed.replace("[pass]", "[pass, hold]");
    let edge = rig.world.edge("source", Signal::Logs);
    let is_over = AtomicBool::new(false);
    let traffic = async {
        let mut sent = 0;
        while !is_over.load(Ordering::Relaxed) {
            edge.send(numbered_logs(0..1)).await.unwrap();
            sent += 1;
            tokio::task::yield_now().await;
        }
        sent
    };
    let reloads = async {
        for yaml in [&*fanned, &passed, &held, DIRECT, &held, &fanned, DIRECT].repeat(3) {
            rig.replace(&mut running, yaml).await.unwrap();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let (sent, ()) = tokio::join!(traffic, reloads);
    assert!(running.stop(GRACE).await);
    assert_eq!(rig.world.sink("sink=0").items(), sent);
    let source = rig.bench.flow("source");
    let flow = StageFlow { created: sent as u64, passed_on: sent as u64, ..StageFlow::default() };
    assert_eq!(source, flow);
}
