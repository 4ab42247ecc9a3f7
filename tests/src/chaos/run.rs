//! What every scenario starts from, and the claims that are checked after each.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::ensure;
use common::signal::Signal;
use tokio::time::Instant;

use super::{
    backend::Backend,
    config::{Config, Exporter},
    items::Items,
    ledger::Ledger,
    load::{Load, LoadSettings},
    report::Report,
    subject::{Subject, lasting_address},
};

/// After SIGKILL a collector may send again what arrived so long before: a durable queue saves every 100 ms
/// which records are done, and the rest is for an answer's way and a busy machine.
pub const CURSOR_INTERVAL: Duration = Duration::from_millis(500);

/// How much of a scenario to run.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// How long the load lasts, where the scenario does not end by itself.
    pub load: Duration,
    /// Items a second.
    pub rate: u64,
    /// Kills, stops, reloads, cuts: how often the fault comes.
    pub faults: u32,
    /// Whether it is the short form, whose figures say little about speed.
    pub is_short: bool,
}

impl Size {
    /// What `make test` runs.
    pub const SHORT: Self =
        Self { load: Duration::from_millis(1500), rate: 4000, faults: 4, is_short: true };
    /// What `make chaos` runs by default.
    pub const LONG: Self =
        Self { load: Duration::from_secs(60), rate: 20_000, faults: 200, is_short: false };
}

/// One run of a scenario: what its seed chose, and its ledger.
#[derive(Debug)]
pub struct Run {
    /// How much to run.
    pub size: Size,
    /// Chances, by the seed.
    pub dice: fastrand::Rng,
    /// Where logs and queues are.
    pub directory: PathBuf,
    /// How the items look.
    pub items: Items,
    /// The book.
    pub ledger: Arc<Ledger>,
    /// What is said at the end.
    pub report: Report,
}

/// What may be missing in the end.
#[derive(Clone, Copy, Debug, Default)]
pub struct Allowed {
    /// Items that the backend never refused and that may be missing all the same: those in damaged
    /// records.
    pub damaged: u64,
}

/// One collector in front of one backend.
#[derive(Debug)]
pub struct Rig {
    /// The backend.
    pub backend: Backend,
    /// The config of the collector.
    pub config: Config,
    /// The collector.
    pub subject: Subject,
}

impl Run {
    /// A run by its seed.
    #[must_use]
    pub fn new(seed: u64, size: Size, directory: PathBuf) -> Self {
        let mut dice = fastrand::Rng::with_seed(seed);
        let signal = dice.choice(Signal::ALL).unwrap_or(Signal::Traces);
        let items = Items::new(signal, dice.usize(20..300));
        let (ledger, report) = (Arc::default(), Report::default());
        Self { size, dice, directory, items, ledger, report }
    }

    /// Adds a remark to the report.
    pub fn note(&mut self, text: impl Into<String>) {
        self.report.notes.push(text.into());
    }

    /// One of two values, by the size.
    pub const fn pick<T: Copy>(&self, short: T, long: T) -> T {
        if self.size.is_short { short } else { long }
    }

    /// A backend on a free port.
    pub async fn backend(&mut self) -> Backend {
        self.backend_at(lasting_address()).await
    }

    /// A backend at an address.
    pub async fn backend_at(&mut self, address: SocketAddr) -> Backend {
        let (items, ledger) = (self.items.clone(), Arc::clone(&self.ledger));
        Backend::start(address, items, ledger, self.dice.u64(..)).await
    }

    /// The config that most people run: limiter, batch, and one exporter.
    #[must_use]
    pub fn config(&self, exporter: Exporter) -> Config {
        let is_durable = exporter.queue.contains("file_storage");
        Config {
            signal: self.items.signal,
            grpc: lasting_address(),
            http: lasting_address(),
            storage: is_durable.then(|| self.directory.join("storage")),
            storage_settings: String::new(),
            limiter: "{check_interval: 100ms, limit_mib: 400, spike_limit_mib: 50}".to_owned(),
            // In front of a queue in memory it would acknowledge what it holds in memory.
            batch: is_durable.then(|| {
                "{timeout: 50ms, send_batch_size: 1000, send_batch_max_size: 2000}".into()
            }),
            exporters: vec![exporter],
        }
    }

    /// A backend and a collector that has a durable queue, not started yet.
    pub async fn durable_rig(&mut self) -> Rig {
        let backend = self.backend().await;
        let mut exporter = Exporter::durable("backend", backend.address);
        exporter.compression =
            (*["none", "gzip", "zstd"].get(self.dice.usize(..3)).unwrap_or(&"")).into();
        self.rig(backend, exporter)
    }

    /// A backend and a collector in front of it, not started yet.
    #[must_use]
    pub fn rig(&self, backend: Backend, exporter: Exporter) -> Rig {
        let config = self.config(exporter);
        let subject = self.subject("collector", &config);
        Rig { backend, config, subject }
    }

    /// A collector, not started yet.
    #[must_use]
    pub fn subject(&self, name: &str, config: &Config) -> Subject {
        Subject::new(name, config.yaml(), config.grpc, &self.directory)
    }

    /// What the size says of the load.
    #[must_use]
    pub fn load_settings(&self, config: &Config) -> LoadSettings {
        LoadSettings {
            grpc: vec![config.grpc.to_string()],
            http: Some(config.http.to_string()),
            senders: 16,
            request_items: if self.size.is_short { 20 } else { 100 },
            rate: Some(self.size.rate),
            timeout: Duration::from_secs(10),
            forgets: false,
        }
    }

    /// Starts the load that the size asks for.
    #[must_use]
    pub fn load(&self, config: &Config) -> Load {
        self.load_with(self.load_settings(config))
    }

    /// Starts a load.
    #[must_use]
    pub fn load_with(&self, settings: LoadSettings) -> Load {
        Load::start(settings, self.items.clone(), Arc::clone(&self.ledger))
    }

    /// Waits until so many more items were acknowledged.
    ///
    /// # Errors
    /// If they are not.
    pub async fn acknowledged(&self, more: u64, patience: Duration) -> anyhow::Result<()> {
        let goal = self.ledger.totals().acknowledged + more;
        let is_reached = || self.ledger.totals().acknowledged >= goal;
        self.until(&format!("{more} more acknowledged items"), patience, is_reached).await
    }

    /// Waits until something is true.
    ///
    /// # Errors
    /// If it does not become true.
    pub async fn until(
        &self,
        what: &str,
        patience: Duration,
        mut is_true: impl FnMut() -> bool,
    ) -> anyhow::Result<()> {
        let deadline = Instant::now() + patience;
        while !is_true() {
            ensure!(
                Instant::now() < deadline,
                "waited {patience:?} in vain for {what}: {:?}",
                self.ledger.totals()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// A moment within a span, by the dice.
    pub async fn some_time(&mut self, span: std::ops::Range<u64>) {
        tokio::time::sleep(Duration::from_millis(self.dice.u64(span))).await;
    }

    /// Kills the collector, counts what it may send again, and starts it again.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn kill_and_restart(&mut self, rig: &mut Rig) -> anyhow::Result<Duration> {
        self.kill(rig).await;
        self.restart(rig).await
    }

    /// Kills the collector.
    pub async fn kill(&mut self, rig: &mut Rig) {
        rig.subject.kill().await;
        self.report.kills += 1;
    }

    /// Starts the killed collector again; from now on it may send again what it did not know to be done.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn restart(&mut self, rig: &mut Rig) -> anyhow::Result<Duration> {
        if rig.config.storage.is_some() {
            self.report.duplicates_bound += rig.backend.taken_within(CURSOR_INTERVAL);
        }
        rig.subject.start().await
    }

    /// Waits until the collectors hold nothing and all that was acknowledged is accounted for.
    ///
    /// # Errors
    /// If that takes longer than `patience`.
    pub async fn settle(
        &mut self,
        subjects: &mut [&mut Subject],
        patience: Duration,
    ) -> anyhow::Result<()> {
        let deadline = Instant::now() + patience;
        let mut quiet = 0;
        loop {
            let mut held = 0.0;
            let mut lost = 0;
            for subject in subjects.iter_mut() {
                let samples = subject.look().await;
                // A page that does not answer is no empty queue.
                held += if samples.0.is_empty() { f64::NAN } else { held_items(&samples) };
                lost += subject.lost().values().sum::<u64>();
            }
            let totals = self.ledger.totals();
            let is_quiet = held.abs() < 0.5 && (totals.missing <= lost + totals.told || quiet > 20);
            quiet = if held.abs() < 0.5 { quiet + 1 } else { 0 };
            if is_quiet && quiet > 1 {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "not settled after {patience:?}: {held} items held, {lost} counted lost, {totals:?}, \
                 for example {:?}",
                self.ledger.examples_of_missing()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Writes the report and checks what must hold after every scenario.
    ///
    /// # Errors
    /// If something acknowledged is lost, changed, or doubled beyond the bound.
    pub fn check(
        &mut self,
        subjects: &[&Subject],
        backends: &[&Backend],
        allowed: Allowed,
    ) -> anyhow::Result<()> {
        let totals = self.ledger.totals();
        for subject in subjects {
            for (reason, items) in subject.lost() {
                *self.report.lost.entry(reason).or_default() += items;
            }
            self.report.rss_peak = self.report.rss_peak.max(subject.rss_peak());
        }
        self.report.totals = totals;
        // A client without an answer sends again what may have been taken.
        self.report.duplicates_bound += totals.unanswered + totals.put_off;
        self.report.duplicates_bound += backends.iter().map(|one| one.unconfirmed()).sum::<u64>();
        let counted = self.report.lost.values().sum::<u64>();
        let report = &self.report;
        ensure!(totals.acknowledged > 0, "nothing was acknowledged: {report}");
        ensure!(totals.altered == 0, "{} items were changed: {report}", totals.altered);
        ensure!(
            totals.missing_unrejected <= allowed.damaged + totals.told,
            "{} acknowledged items are missing, for example {:?}: {report}",
            totals.missing_unrejected,
            self.ledger.examples_of_missing()
        );
        ensure!(
            totals.missing <= counted + totals.told + allowed.damaged,
            "{} acknowledged items are missing, but only {counted} are counted lost: {report}",
            totals.missing
        );
        // What was sent twice may be lost once and arrive once.
        ensure!(
            counted <= totals.missing + report.duplicates_bound,
            "{counted} items are counted lost, but only {} are missing: {report}",
            totals.missing
        );
        ensure!(
            totals.duplicates <= report.duplicates_bound,
            "more duplicates than the faults explain: {report}"
        );
        Ok(())
    }
}

/// Items in the care of a collector.
#[must_use]
pub fn held_items(samples: &crate::metrics::Samples) -> f64 {
    samples.sum("otelcol_stage_held_items", &[])
}
