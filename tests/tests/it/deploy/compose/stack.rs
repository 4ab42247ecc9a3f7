//! The stack without a registry on a Docker engine: `make compose-test`.

use std::{io::Write as _, net::SocketAddr, process::Stdio, time::Duration};

use common::signal::Signal;
use serde_json::Value;
use tests::{
    backend::Backend,
    client, otlp, sdk,
    wait::{self, PATIENCE},
};
use tokio::{process::Command, time::Instant};

use super::{
    BACKENDS, OURS,
    files::{compose, path},
};

/// An address of this machine that nothing else uses, so that the stack's ports are free.
const BIND: &str = "127.0.18.4";
const LOAD_RATE: &str = "500";
const PROJECT: &str = "tercet-compose-test";
/// Of each signal, by the sink that takes its backend's place.
const COUNTS: [u16; 3] = [18001, 18002, 18003];
/// How long a fault lasts, and how long the load runs before and after it.
const WHILE: Duration = Duration::from_secs(3);

/// A running stack; dropping it takes it down, with its volumes.
struct Stack {
    compose: Vec<String>,
}

impl Stack {
    async fn up() -> Self {
        let stack = Self { compose: compose().await.expect("Compose is not installed") };
        let started = Instant::now();
        stack.run(&[&["up", "-d"][..], &OURS, &BACKENDS].concat()).await;
        for service in OURS {
            stack.is_healthy_again(service).await;
        }
        say(&format!("up and healthy in {:.1} s", started.elapsed().as_secs_f64()));
        stack
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(&self.compose[0]);
        command.args(&self.compose[1..]).args(["-p", PROJECT]);
        command.args(["-f", "compose.yaml", "-f", "compose.offline.yaml", "--profile", "load"]);
        command.args(arguments).current_dir(path("."));
        command.env("BIND", BIND).env("LOAD_RATE", LOAD_RATE).stdin(Stdio::null());
        command
    }

    async fn run(&self, arguments: &[&str]) -> String {
        let output = Command::from(self.command(arguments)).output().await.unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    async fn container(&self, service: &str) -> String {
        self.run(&["ps", "-q", service]).await.trim().to_owned()
    }

    async fn is_healthy_again(&self, service: &str) {
        wait::until(&format!("{service} to be healthy"), || async {
            let id = self.container(service).await;
            (state(&id, "Health.Status").await == "healthy").then_some(())
        })
        .await;
    }

    /// Memory of each container as the engine tells it.
    async fn tell_memory(&self, when: &str) {
        let mut ids = vec!["stats".to_owned(), "--no-stream".to_owned()];
        ids.extend(["--format".to_owned(), "  {{.Name}} {{.MemUsage}} {{.CPUPerc}}".to_owned()]);
        for service in OURS.into_iter().chain(BACKENDS).chain(["telemetry-load"]) {
            let id = self.container(service).await;
            ids.extend((!id.is_empty()).then_some(id));
        }
        let ids: Vec<_> = ids.iter().map(String::as_str).collect();
        say(&format!("memory {when}:\n{}", docker(&ids).await.0.trim_end()));
    }

    /// Ends the load and returns its sums.
    async fn end_load(&self) -> Value {
        let id = self.container("telemetry-load").await;
        self.run(&["stop", "telemetry-load"]).await;
        let (lines, errors) = docker(&["logs", &id]).await;
        let last = lines.lines().last().unwrap_or_else(|| panic!("no sums, but {errors:?}"));
        let sums: Value = serde_json::from_str(last).unwrap();
        assert_eq!(sums["done"], true, "{lines}");
        sums
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if std::thread::panicking() {
            drop(self.command(&["logs", "--tail", "40"]).status());
        }
        let down = self.command(&["down", "--volumes", "--remove-orphans", "-t", "5"]).status();
        say(&format!("taken down: {down:?}"));
    }
}

fn say(text: &str) {
    // Whoever closed the pipe does not want to know.
    drop(writeln!(std::io::stdout(), "{text}"));
}

/// What Docker wrote to standard output and to standard error.
async fn docker(arguments: &[&str]) -> (String, String) {
    let output = Command::new("docker").args(arguments).output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// What the engine knows of a container.
async fn state(id: &str, what: &str) -> String {
    let format = format!("{{{{.State.{what}}}}}");
    docker(&["inspect", "--format", &format, id]).await.0.trim().to_owned()
}

fn at(port: u16) -> SocketAddr {
    SocketAddr::new(BIND.parse().unwrap(), port)
}

async fn counts(signal: Signal) -> Value {
    let reply = client::get(at(COUNTS[signal.index()]), "/counts").await.unwrap();
    let mut counts: Value = serde_json::from_slice(&reply.body).unwrap();
    for other in Signal::ALL.into_iter().filter(|other| *other != signal) {
        assert_eq!(counts[other.name()]["received"], 0, "{other} in the place of {signal}");
    }
    counts[signal.name()].take()
}

/// Sends with each SDK to a backend that records, and through the front door.
async fn send_with_sdks() {
    let recorded = Backend::start().await;
    let (grpc, http) = ([recorded.address, at(4317)], [recorded.address, at(4318)]);
    for signal in Signal::ALL {
        sdk::python("grpc", signal, &grpc).await;
        sdk::python("http", signal, &http).await;
        sdk::rust(signal, &grpc).await;
        let sent = otlp::items(signal, &recorded.bodies(signal));
        let what = format!("{} {signal} of SDKs", sent.len());
        let arrived = wait::until(&what, || async {
            let others = counts(signal).await["others"].take();
            let others = others.as_array().unwrap().iter();
            let mut others: Vec<_> = others.map(|text| text.as_str().unwrap().to_owned()).collect();
            others.sort();
            (others.len() >= sent.len()).then_some(others)
        });
        otlp::assert_same(&sent, &arrived.await);
        say(&format!(
            "{}: {} items of the Python and Rust SDKs arrived",
            signal.name(),
            sent.len()
        ));
    }
}

async fn distinct(signal: Signal, source: &str) -> u64 {
    counts(signal).await["sources"][source]["distinct"].as_u64().unwrap_or(0)
}

/// Waits until everything that the load was told is taken has come, and nothing else.
async fn all_arrived(sums: &Value) {
    let source = sums["source"].as_str().unwrap();
    for signal in Signal::ALL {
        let sent = &sums[signal.name()];
        let acknowledged = sent["acknowledged"].as_u64().unwrap();
        assert!(acknowledged > 1_000, "{sums}");
        assert_eq!(sent["numbered"], acknowledged, "{sums}");
        assert_eq!(sent["refused"], 0, "{sums}");
        let deadline = Instant::now() + 2 * PATIENCE;
        while distinct(signal, source).await < acknowledged && Instant::now() < deadline {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let came = counts(signal).await["sources"][source].take();
        say(&format!("{}: {acknowledged} acknowledged; {came}", signal.name()));
        assert_eq!(came["distinct"], acknowledged, "{}: some are lost", signal.name());
        assert_eq!(came["missing"], 0, "{came}");
        assert_eq!(came["altered"], 0, "{came}");
    }
}

#[tokio::test]
#[ignore = "needs a Docker engine and our images; `make compose-test` makes and runs them"]
async fn the_stack_loses_nothing_when_its_parts_are_killed_under_load() {
    let stack = Stack::up().await;
    stack.tell_memory("idle").await;
    send_with_sdks().await;
    stack.run(&["up", "-d", "telemetry-load"]).await;
    tokio::time::sleep(2 * WHILE).await;
    stack.tell_memory("under load").await;
    for service in OURS {
        stack.run(&["kill", "-s", "SIGKILL", service]).await;
        tokio::time::sleep(WHILE).await;
        let started = Instant::now();
        stack.run(&["start", service]).await;
        stack.is_healthy_again(service).await;
        say(&format!(
            "{service}: killed, and healthy after {:.1} s",
            started.elapsed().as_secs_f64()
        ));
        tokio::time::sleep(WHILE).await;
    }
    all_arrived(&stack.end_load().await).await;
}

#[tokio::test]
#[ignore = "needs a Docker engine and our images; `make compose-test` makes and runs them"]
async fn a_backend_that_is_away_holds_up_its_own_signal_and_an_orderly_restart_loses_nothing() {
    let stack = Stack::up().await;
    stack.run(&["up", "-d", "telemetry-load"]).await;
    for (backend, signal) in BACKENDS.into_iter().zip(Signal::ALL) {
        stack.run(&["pause", backend]).await;
        for other in Signal::ALL.into_iter().filter(|other| *other != signal) {
            let before = counts(other).await["received"].as_u64().unwrap();
            wait::until(&format!("{other} while {backend} is away"), || async {
                let now = counts(other).await["received"].as_u64().unwrap();
                (now > before + 1_000).then_some(())
            })
            .await;
        }
        stack.run(&["unpause", backend]).await;
        say(&format!("{backend} was away, and the others went on"));
    }
    for service in OURS {
        let id = stack.container(service).await;
        // Not by Compose, which may take seconds until it has read its files.
        let started = Instant::now();
        docker(&["stop", "-t", "30", &id]).await;
        say(&format!("{service}: stopped under load in {:.1} s", started.elapsed().as_secs_f64()));
        assert_eq!(state(&id, "ExitCode").await, "0", "{service} was killed");
        stack.run(&["start", service]).await;
        stack.is_healthy_again(service).await;
    }
    // All at once, so that they may come back with each other's addresses.
    stack.run(&[&["restart"][..], &OURS].concat()).await;
    for service in OURS {
        stack.is_healthy_again(service).await;
    }
    all_arrived(&stack.end_load().await).await;
}
