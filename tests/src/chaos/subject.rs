//! The collector that is tormented: its config, its directory, and what its lives counted as lost.

use std::{
    collections::BTreeMap,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use tokio::{net::TcpStream, time::Instant};

use crate::{
    collector::{COMBINED, Collector, Setup},
    metrics::Samples,
    wait::PATIENCE,
};

/// Ports below those that the system gives to outgoing connections, so that none of these takes a
/// listener's place while a collector is dead.
const PORTS: std::ops::Range<u16> = 12_000..31_000;
const STARTS: usize = 5;

/// One collector over its lives.
#[derive(Debug)]
pub struct Subject {
    /// Its name in the logs.
    pub name: String,
    /// Its config now.
    pub config: String,
    /// The program to start; a path, or the name of a built binary.
    pub binary: String,
    /// Environment variables.
    pub env: Vec<(String, String)>,
    /// The components whose losses and holdings are not looked at.
    pub ignored: Vec<&'static str>,
    /// Where its `otlp` receiver listens for gRPC.
    pub grpc: SocketAddr,
    directory: PathBuf,
    collector: Option<Collector>,
    life: usize,
    /// What the last look at the running life said.
    current: BTreeMap<String, u64>,
    /// What ended lives counted as lost, by reason.
    past: BTreeMap<String, u64>,
    rss_peak: u64,
}

impl Subject {
    /// A collector that is not started yet; its logs are written to `directory` when it ends.
    #[must_use]
    pub fn new(name: &str, config: String, grpc: SocketAddr, directory: &Path) -> Self {
        Self {
            name: name.to_owned(),
            config,
            binary: COMBINED.to_owned(),
            env: Vec::new(),
            ignored: Vec::new(),
            grpc,
            directory: directory.to_owned(),
            collector: None,
            life: 0,
            current: BTreeMap::new(),
            past: BTreeMap::new(),
            rss_peak: 0,
        }
    }

    /// Starts it and says how long it took until it accepted a connection.
    ///
    /// # Errors
    /// If it ends or does not listen.
    pub async fn start(&mut self) -> anyhow::Result<Duration> {
        for _ in 0..STARTS {
            self.life += 1;
            let started = Instant::now();
            self.collector = Some(self.setup().spawn());
            if self.listens(started + PATIENCE).await {
                return Ok(started.elapsed());
            }
            let text = self.log_text();
            self.retire();
            anyhow::ensure!(
                text.to_lowercase().contains("address already in use"),
                "{} ended or never listened:\n{text}",
                self.name
            );
        }
        anyhow::bail!("{} found its ports taken {STARTS} times", self.name)
    }

    async fn listens(&mut self, deadline: Instant) -> bool {
        while Instant::now() < deadline {
            if TcpStream::connect(self.grpc).await.is_ok() && self.is_running() {
                return true;
            }
            if !self.is_running() {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        false
    }

    /// What would be started.
    #[must_use]
    pub fn setup(&self) -> Setup {
        let setup = Setup::new(&self.binary).config(&self.config).metrics_host(self.grpc.ip());
        self.env.iter().fold(setup, |setup, (name, value)| setup.env(name, value))
    }

    /// Whether it runs.
    pub fn is_running(&mut self) -> bool {
        self.collector.as_mut().is_some_and(Collector::is_running)
    }

    /// Ends it with SIGKILL.
    pub async fn kill(&mut self) {
        self.note_rss();
        if let Some(collector) = &mut self.collector {
            collector.kill().await;
        }
        self.retire();
    }

    /// Ends it with SIGTERM and waits.
    ///
    /// # Errors
    /// If it does not run.
    pub async fn stop(&mut self) -> anyhow::Result<ExitStatus> {
        self.look().await;
        let collector = self.collector.as_mut();
        let collector = collector.ok_or_else(|| anyhow::anyhow!("{} does not run", self.name))?;
        let status = collector.stop().await;
        self.retire();
        Ok(status)
    }

    /// Replaces its config and sends SIGHUP.
    ///
    /// # Errors
    /// If it does not run.
    pub async fn reload(&mut self, config: String) -> anyhow::Result<()> {
        self.config = config;
        let collector = self.collector.as_ref();
        let collector = collector.ok_or_else(|| anyhow::anyhow!("{} does not run", self.name))?;
        collector.write_config(&self.config);
        collector.signal("HUP").await;
        Ok(())
    }

    /// Its metrics now; empty if it does not answer.
    pub async fn look(&mut self) -> Samples {
        self.note_rss();
        let Some(collector) = &self.collector else { return Samples::default() };
        let mut samples = collector.metrics().await;
        samples.0.retain(|sample| {
            let component = sample.labels.get("component").map_or("", String::as_str);
            !self.ignored.contains(&component)
        });
        let mut lost = BTreeMap::<String, u64>::new();
        for sample in samples.select("otelcol_stage_items", &[("flow", "dropped")]) {
            let reason = sample.labels.get("reason").cloned().unwrap_or_default();
            *lost.entry(reason).or_default() += sample.value as u64;
        }
        if !samples.0.is_empty() {
            self.current = lost;
        }
        samples
    }

    /// What it counted as lost in all its lives, by reason, as far as it could be read.
    #[must_use]
    pub fn lost(&self) -> BTreeMap<String, u64> {
        let mut lost = self.past.clone();
        for (reason, items) in &self.current {
            *lost.entry(reason.clone()).or_default() += items;
        }
        lost
    }

    /// The most memory that it had resident, in bytes.
    #[must_use]
    pub const fn rss_peak(&self) -> u64 {
        self.rss_peak
    }

    /// The memory that is resident now, in bytes.
    #[must_use]
    pub fn rss(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// What it logged in this life.
    #[must_use]
    pub fn log_text(&self) -> String {
        self.collector.as_ref().map(|collector| collector.logs().text()).unwrap_or_default()
    }

    fn note_rss(&mut self) {
        self.rss_peak = self.rss_peak.max(self.status("VmHWM:"));
    }

    fn status(&self, key: &str) -> u64 {
        let Some(pid) = self.collector.as_ref().and_then(Collector::id) else { return 0 };
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with(key)).unwrap_or_default();
        let kib = line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok());
        kib.unwrap_or(0) * 1024
    }

    fn retire(&mut self) {
        let Some(collector) = self.collector.take() else { return };
        let file = self.directory.join(format!("{}-{:04}.log", self.name, self.life));
        // Only a reader of a failure misses it.
        drop(std::fs::write(file, collector.logs().text()));
        for (reason, items) in std::mem::take(&mut self.current) {
            *self.past.entry(reason).or_default() += items;
        }
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        self.retire();
    }
}

/// An address that is free, and stays so while its collector is dead.
///
/// # Panics
/// If no port is free.
#[must_use]
pub fn lasting_address() -> SocketAddr {
    for _ in 0..1000 {
        let address = SocketAddr::from(([127, 0, 0, 1], fastrand::u16(PORTS)));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no free port in {PORTS:?}")
}
