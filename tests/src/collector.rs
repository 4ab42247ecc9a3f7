//! Starting a built collector as a process, and watching it from outside.

use std::{
    ffi::OsString,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::atomic::{AtomicU16, Ordering},
};

use common::component::Tasks;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncRead, BufReader},
    process::{Child, Command},
};

use crate::{
    client,
    logs::{LogLine, Logs},
    metrics::Samples,
    wait::{self, PATIENCE},
};

/// The collector that has every component.
pub const COMBINED: &str = "combined-collector";

const READY: &str = "Everything is ready.";

/// What to start.
#[derive(Debug)]
pub struct Setup {
    binary: String,
    config: Option<String>,
    args: Vec<String>,
    env: Vec<(String, String)>,
    metrics_host: Option<IpAddr>,
    has_own_readers: bool,
    has_suffixes: bool,
    encoding: String,
    within: Vec<String>,
}

impl Setup {
    /// A binary by its name, without a config.
    #[must_use]
    pub fn new(binary: &str) -> Self {
        Self {
            binary: binary.to_owned(),
            config: None,
            args: Vec::new(),
            env: Vec::new(),
            metrics_host: None,
            has_own_readers: false,
            has_suffixes: false,
            encoding: "json".to_owned(),
            within: Vec::new(),
        }
    }

    /// Runs it by this command, which gets the binary and its arguments appended.
    #[must_use]
    pub fn within(mut self, command: &[&str]) -> Self {
        self.within = command.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// How it writes its logs: `json` unless told otherwise, or `console`; both are understood here.
    #[must_use]
    pub fn encoding(mut self, encoding: &str) -> Self {
        self.encoding = encoding.to_owned();
        self
    }

    /// Leaves its metrics page as the config has it; what is read from that page is empty then.
    #[must_use]
    pub const fn own_readers(mut self) -> Self {
        self.has_own_readers = true;
        self
    }

    /// Names its metrics with their type and unit: `x_total`, `x_seconds`.
    #[must_use]
    pub const fn suffixed(mut self) -> Self {
        self.has_suffixes = true;
        self
    }

    /// Where its metrics page listens, for a collector in a network of its own.
    #[must_use]
    pub const fn metrics_host(mut self, host: IpAddr) -> Self {
        self.metrics_host = Some(host);
        self
    }

    /// How many files it may have open at most.
    #[must_use]
    pub fn open_files(self, most: usize) -> Self {
        self.within(&["sh", "-c", "ulimit -n \"$0\" && exec \"$@\"", &most.to_string()])
    }

    /// Writes the text into a file and passes it with `--config`.
    #[must_use]
    pub fn config(mut self, yaml: &str) -> Self {
        self.config = Some(yaml.to_owned());
        self
    }

    /// Appends an argument.
    #[must_use]
    pub fn arg(mut self, arg: &str) -> Self {
        self.args.push(arg.to_owned());
        self
    }

    /// Sets an environment variable; nothing else is inherited but `PATH`.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Starts the collector and waits until it says that it is ready.
    ///
    /// # Panics
    /// If it ends or stays silent.
    pub async fn start(self) -> Collector {
        let mut collector = self.spawn();
        let is_ready = wait::until("the collector to be ready", || {
            let ready = collector.logs.find(READY, |_| true).map(|_| true);
            let ended = collector.child.try_wait().unwrap().map(|_| false);
            std::future::ready(ready.or(ended))
        });
        if !is_ready.await {
            collector.settle_logs().await;
            panic!("the collector ended:\n{}", collector.logs.text());
        }
        collector
    }

    /// Starts the collector and waits for nothing.
    ///
    /// # Panics
    /// If there is no such binary.
    #[must_use]
    pub fn spawn(&self) -> Collector {
        let directory = TempDir::new().unwrap();
        let config_file = directory.path().join("config.yaml");
        let free = free_address();
        let metrics = SocketAddr::new(self.metrics_host.unwrap_or(free.ip()), free.port());
        let mut command = self.command();
        if let Some(config) = &self.config {
            std::fs::write(&config_file, config).unwrap();
            command.arg(format!("--config={}", config_file.display()));
        }
        command.args(&self.args).args(self.observable(metrics));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (logs, output, tasks) = (Logs::default(), Logs::default(), Tasks::default());
        collect_lines(&tasks, child.stderr.take().unwrap(), logs.clone());
        collect_lines(&tasks, child.stdout.take().unwrap(), output.clone());
        Collector { child, logs, output, metrics, config_file, _directory: directory, tasks }
    }

    /// Runs a subcommand to its end.
    ///
    /// # Panics
    /// If it does not end.
    pub async fn run(self) -> Finished {
        let directory = TempDir::new().unwrap();
        let mut command = self.command();
        command.args(&self.args);
        if let Some(config) = &self.config {
            let file = directory.path().join("config.yaml");
            std::fs::write(&file, config).unwrap();
            command.arg(format!("--config={}", file.display()));
        }
        let output = tokio::time::timeout(PATIENCE, command.output()).await;
        let output = output.expect("the command did not end").unwrap();
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    fn observable(&self, metrics: SocketAddr) -> Vec<String> {
        let (host, port, plain) = (metrics.ip(), metrics.port(), !self.has_suffixes);
        let encoding = format!("--set=service.telemetry.logs.encoding={}", self.encoding);
        let readers = format!(
            "--set=service.telemetry.metrics.readers=[{{pull: {{exporter: {{prometheus: \
             {{host: {host}, port: {port}, without_units: {plain}, \
             without_type_suffix: {plain}}}}}}}}}]"
        );
        if self.has_own_readers { vec![encoding] } else { vec![encoding, readers] }
    }

    fn command(&self) -> Command {
        let path = binary_path(&self.binary);
        assert!(path.exists(), "{} is not built; `make test` builds it first", path.display());
        let mut command = match self.within.split_first() {
            None => Command::new(path),
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(path);
                command
            }
        };
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.kill_on_drop(true).stdin(Stdio::null());
        command
    }
}

/// What a subcommand left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// A running collector; dropping it kills it.
#[derive(Debug)]
pub struct Collector {
    child: Child,
    logs: Logs,
    output: Logs,
    metrics: SocketAddr,
    config_file: PathBuf,
    _directory: TempDir,
    tasks: Tasks,
}

impl Collector {
    /// Starts the combined collector with this config.
    pub async fn start(yaml: &str) -> Self {
        Setup::new(COMBINED).config(yaml).start().await
    }

    /// What it logged.
    #[must_use]
    pub const fn logs(&self) -> &Logs {
        &self.logs
    }

    /// What it wrote to standard output.
    #[must_use]
    pub const fn output(&self) -> &Logs {
        &self.output
    }

    /// Its process id.
    ///
    /// # Panics
    /// If it has ended.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id().expect("the collector has ended")
    }

    /// Its process id while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Ends it with SIGKILL, at once.
    ///
    /// # Panics
    /// If the process cannot be waited for.
    pub async fn kill(&mut self) {
        self.child.kill().await.unwrap();
        self.settle_logs().await;
    }

    /// Where the `otlp` receiver listens for gRPC.
    pub async fn grpc(&self) -> SocketAddr {
        self.endpoint("Starting GRPC server", "otlp").await
    }

    /// Where the `otlp` receiver listens for HTTP.
    pub async fn http(&self) -> SocketAddr {
        self.endpoint("Starting HTTP server", "otlp").await
    }

    /// The address in the log line with which a component began to listen.
    pub async fn endpoint(&self, message: &str, component: &str) -> SocketAddr {
        let is_component = |line: &LogLine| line.field("otelcol.component.id") == component;
        wait::until(&format!("{message} of {component}"), || {
            let line = self.logs.find(message, is_component);
            std::future::ready(line.and_then(|line| line.field("endpoint").parse().ok()))
        })
        .await
    }

    /// Its own metrics now; empty if the page does not answer.
    pub async fn metrics(&self) -> Samples {
        match client::get(self.metrics, "/metrics").await {
            Ok(reply) if reply.status == 200 => Samples::parse(&reply.text()),
            _ => Samples::default(),
        }
    }

    /// Where its metrics page is.
    #[must_use]
    pub const fn metrics_address(&self) -> SocketAddr {
        self.metrics
    }

    /// Waits until its metrics pass.
    pub async fn metrics_where(&self, what: &str, passes: impl Fn(&Samples) -> bool) -> Samples {
        wait::until(what, || async {
            let samples = self.metrics().await;
            passes(&samples).then_some(samples)
        })
        .await
    }

    /// Waits until the books of every stage add up.
    pub async fn balanced_books(&self) -> Samples {
        self.metrics_where("books that add up on every stage", |samples| {
            !samples.books().is_empty() && samples.unbalanced().is_empty()
        })
        .await
    }

    /// Waits for a log record whose message starts with this.
    pub async fn logged(&self, message: &str) -> LogLine {
        wait::until(&format!("the log line {message:?}"), || {
            std::future::ready(self.logs.find(message, |_| true))
        })
        .await
    }

    /// Replaces its config file.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn write_config(&self, yaml: &str) {
        // Renaming, as editors and mounted ConfigMaps do, so that no half-written file is ever read.
        let fresh = self.config_file.with_extension("fresh");
        std::fs::write(&fresh, yaml).unwrap();
        std::fs::rename(fresh, &self.config_file).unwrap();
    }

    /// Sends a signal by its name: `TERM`, `HUP`, `KILL`, `INT`, `STOP`, `CONT`.
    ///
    /// # Panics
    /// If it has ended.
    pub async fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.pid());
        let status = Command::new("sh").args(["-c", &kill]).status().await.unwrap();
        assert!(status.success(), "{kill} failed");
    }

    /// Whether it still runs.
    ///
    /// # Panics
    /// If the process cannot be asked.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it does not end.
    pub async fn ended(&mut self) -> ExitStatus {
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = status.expect("the collector did not end").unwrap();
        self.settle_logs().await;
        status
    }

    /// Sends SIGTERM and waits for its end.
    pub async fn stop(&mut self) -> ExitStatus {
        self.signal("TERM").await;
        self.ended().await
    }

    async fn settle_logs(&self) {
        self.tasks.stop(tokio::time::Instant::now() + PATIENCE).await;
    }
}

/// An address on which nothing listens, and which nobody else takes.
///
/// A port that the system gives out may be another's by the time it is listened on. This one is below those, given
/// once in ten thousand times, and at an address of the loopback that only this process uses
/// (`deploy/tests/pods.py` does the same).
#[must_use]
pub fn free_address() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    let host = Ipv4Addr::new(127, 128 | high, middle, low);
    let port = 20_000 + NEXT.fetch_add(1, Ordering::Relaxed) % 10_000;
    SocketAddr::from((host, port))
}

/// The workspace's root.
#[must_use]
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or_else(|| Path::new("."))
}

/// Where a built binary is: in `TERCET_BIN_DIR`, or where `cargo build` puts it.
#[must_use]
pub fn binary_path(name: &str) -> PathBuf {
    let default = || root().join("target/debug").into_os_string();
    let directory: OsString = std::env::var_os("TERCET_BIN_DIR").unwrap_or_else(default);
    Path::new(&directory).join(name)
}

fn collect_lines(tasks: &Tasks, pipe: impl AsyncRead + Unpin + Send + 'static, into: Logs) {
    tasks.spawn(async move {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            into.push(line);
        }
    });
}
