//! Attacks on the listeners: honest clients are served, memory stays bounded, and nothing is left after.

use std::net::SocketAddr;

use common::signal::Signal;
use tests::{
    client::{Grpc, post_proto},
    collector::{COMBINED, Collector, Setup},
    flood::{
        Attack,
        cost::{self, Cost},
        http1, http2,
    },
    otlp::samples,
    wait,
};
use tokio::{sync::Mutex, time::Instant};

const MIB: u64 = 1 << 20;
/// What an attack may make of the process, all in all.
const MAX_RSS: u64 = 250 * MIB;
const REFUSED: u32 = 14;
const HONEST_CALLS: usize = 10;

const CONFIG: &str = "receivers:
  otlp:
    protocols:
      grpc: {endpoint: '127.0.0.1:0'}
      http: {endpoint: '127.0.0.1:0'}
processors:
  memory_limiter: {check_interval: 1s, limit_mib: 256}
exporters: {nop: }
service:
  pipelines:
    traces: {receivers: [otlp], processors: [memory_limiter], exporters: [nop]}
";

/// The attacks that are more connections than a listener takes.
const CROWDS: [&str; 2] = ["idle connections", "slow headers"];

/// A collector under attack, and its honest clients.
struct Siege {
    collector: Collector,
    grpc: SocketAddr,
    http: SocketAddr,
    friend: Mutex<Grpc>,
    before: Cost,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Door {
    Grpc,
    Http,
}

impl Siege {
    async fn begin(setup: Setup) -> Self {
        let collector = setup.config(CONFIG).start().await;
        let (grpc, http) = (collector.grpc().await, collector.http().await);
        let friend = Mutex::new(Grpc::connect(grpc).await.unwrap());
        let mut siege = Self { before: Cost::of(collector.pid()), collector, grpc, http, friend };
        for _ in 0..HONEST_CALLS {
            siege.honest_calls("nothing").await;
        }
        siege.before = Cost::of(siege.collector.pid());
        siege
    }

    /// One call over an old connection, and one over a new connection to each door.
    async fn honest_calls(&self, attack: &str) {
        let request = samples::request(Signal::Traces, 2);
        let mut friend = self.friend.lock().await;
        let mut reply = friend.export(Signal::Traces, &request).await;
        // Where more connect than may, an old connection may have been idle for longest: it comes again.
        if reply.is_err() && CROWDS.contains(&attack) {
            *friend = Grpc::connect(self.grpc).await.unwrap();
            reply = friend.export(Signal::Traces, &request).await;
        }
        assert!(reply.as_ref().is_ok_and(|reply| reply.is_ok()), "under {attack}: {reply:?}");
        let newcomer = Grpc::connect(self.grpc).await.unwrap();
        let reply = newcomer.export(Signal::Traces, &request).await;
        assert!(reply.as_ref().is_ok_and(|reply| reply.is_ok()), "under {attack}: {reply:?}");
        let reply = post_proto(self.http, Signal::Traces, request).await;
        assert!(reply.as_ref().is_ok_and(|reply| reply.status == 200), "under {attack}: {reply:?}");
    }

    /// Attacks until so many waves were taken or connections closed, and while honest clients call.
    async fn survives(&self, attack: Attack, door: Door, enough: usize) {
        let name = attack.name;
        let running = attack.start(if door == Door::Grpc { self.grpc } else { self.http });
        let begin = Instant::now();
        let mut calls = 0;
        while calls < HONEST_CALLS || running.waves() + running.closed() < enough {
            self.honest_calls(name).await;
            calls += 1;
            let rss = Cost::of(self.collector.pid()).rss;
            assert!(rss < MAX_RSS, "{name}: {} MiB", rss / MIB);
            let progress = (running.waves(), running.closed());
            assert!(
                begin.elapsed() < 2 * wait::PATIENCE,
                "{name} got no further than {progress:?}"
            );
        }
    }

    /// Everything is as before: no connection is left, and all that was accepted is accounted for.
    async fn end(mut self) {
        let pid = self.collector.pid();
        wait::until_true("the connections of the attackers to be gone", || {
            Cost::of(pid).open_files <= self.before.open_files
        })
        .await;
        self.honest_calls("nothing any more").await;
        self.collector.balanced_books().await;
        assert!(self.collector.is_running());
        assert!(self.collector.stop().await.success());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_of_frames_keep_nobody_from_calling() {
    let siege = Siege::begin(Setup::new(COMBINED)).await;
    for door in [Door::Grpc, Door::Http] {
        siege.survives(http2::settings_flood(8), door, 500).await;
        siege.survives(http2::ping_flood(8), door, 500).await;
        siege.survives(http2::unread_pings(8), door, 100).await;
        siege.survives(http2::priority_flood(8), door, 500).await;
        siege.survives(http2::window_updates(8), door, 500).await;
        siege.survives(http2::empty_data(8), door, 500).await;
        siege.survives(http2::tiny_data(8), door, 100).await;
    }
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_of_streams_keep_nobody_from_calling() {
    let siege = Siege::begin(Setup::new(COMBINED)).await;
    for door in [Door::Grpc, Door::Http] {
        siege.survives(http2::rapid_reset(8), door, 100).await;
        siege.survives(http2::made_resets(8), door, 50).await;
        siege.survives(http2::continuations(8), door, 50).await;
        siege.survives(http2::open_calls(8, 2_000, 1_000), door, 8).await;
        siege.survives(http2::no_window(8), door, 8).await;
        siege.survives(http2::half_frames(100), door, 100).await;
        siege.survives(http2::slow_messages(200), door, 1_000).await;
        siege.survives(http2::half_preface(200), door, 200).await;
    }
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_calls_without_an_end_hold_is_given_back_for_those_that_come_after() {
    let siege = Siege::begin(Setup::new(COMBINED)).await;
    let large_heads = http2::open_calls(8, 1_000, 30_000).once();
    let running = large_heads.start(siege.grpc);
    // Honest clients may be told to come back, nothing else.
    let request = samples::request(Signal::Traces, 2);
    let mut answers = Vec::new();
    while answers.len() < 200 || running.waves() < 8 {
        let reply = siege.friend.lock().await.export(Signal::Traces, &request).await.unwrap();
        assert!(reply.is_ok() || reply.code == REFUSED, "{}: {}", reply.code, reply.message);
        answers.push(reply.code);
        let rss = Cost::of(siege.collector.pid()).rss;
        assert!(rss < 2 * MAX_RSS, "{} MiB", rss / MIB);
    }
    wait::until("an honest call to be taken again", || async {
        let reply = siege.friend.lock().await.export(Signal::Traces, &request).await.unwrap();
        reply.is_ok().then_some(())
    })
    .await;
    drop(running);
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_1_clients_that_never_end_keep_nobody_from_calling() {
    let siege = Siege::begin(Setup::new(COMBINED)).await;
    let door = Door::Http;
    siege.survives(http1::slow_headers(1_000), door, 3_000).await;
    siege.survives(http1::half_headers(1_000, 60 << 10), door, 1_000).await;
    siege.survives(http1::endless_headers(8), door, 1_000).await;
    siege.survives(http1::slow_bodies(1_000, 4 << 10), door, 3_000).await;
    siege.survives(http1::unread_answers(8), door, 8).await;
    siege.survives(http1::tiny_chunks(8), door, 100).await;
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_idle_connections_keep_nobody_from_calling() {
    let most = cost::max_open_files() - 500;
    let connections = most.min(10_000);
    let siege = Siege::begin(Setup::new(COMBINED)).await;
    for door in [Door::Grpc, Door::Http] {
        siege.survives(Attack::idle(connections).once(), door, connections).await;
    }
    siege.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_listener_closes_idle_connections_for_those_that_call() {
    // An eighth of the files is for each listener.
    let siege = Siege::begin(Setup::new(COMBINED).open_files(800)).await;
    let line = siege.collector.logged("the limit of open files is low").await;
    assert_eq!(line.field("connections"), "100");
    for door in [Door::Grpc, Door::Http] {
        siege.survives(Attack::idle(150), door, 400).await;
        siege.survives(http1::slow_headers(150), Door::Http, 400).await;
    }
    siege.end().await;
}
