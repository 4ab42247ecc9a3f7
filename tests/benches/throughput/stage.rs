//! A sink, a collector before it, and phases of load that are measured.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::{
    book::{self, Book, SharedBook},
    cgroup::Cgroup,
    load::{Lines, Load, Rate},
    payload::Requests,
    process::{self, Pinned},
    scenarios::Scenario,
    sink::{Behaviour, Sink},
    subject::{Family, Places, Subject},
};

/// So long a load goes before it is measured.
const WARM_UP: Duration = Duration::from_millis(300);
/// So long what was acknowledged may take to arrive.
const PATIENCE: Duration = Duration::from_secs(5);
/// So long a collector may take to end.
const FAREWELL: Duration = Duration::from_secs(10);

/// Named figures of one turn; nanoseconds, items per second, MiB, microseconds, shares from 0 to 1.
pub(crate) type Figures = Vec<(&'static str, f64)>;

/// The one of that name.
pub(crate) fn figure(figures: &Figures, name: &str) -> Option<f64> {
    figures.iter().find(|(own, _)| *own == name).map(|(_, value)| *value)
}

/// What runs during a measurement.
pub(crate) struct Stage {
    pub(crate) sink: Sink,
    pub(crate) lines: Lines,
    pub(crate) pinned: Option<Pinned>,
    pub(crate) requests: Requests,
    /// Items of a request that come through.
    kept: usize,
    _storage: TempDir,
}

impl Stage {
    /// Starts sink and collector.
    pub(crate) async fn set(
        subject: &Subject,
        scenario: &Scenario,
        requests: &Requests,
        limits: Option<&Cgroup>,
    ) -> anyhow::Result<Self> {
        let behaviour = Behaviour::of(&scenario.shape, scenario.frame);
        Self::before(behaviour, subject, scenario, (requests, limits)).await
    }

    /// The same before a sink of some other behaviour.
    pub(crate) async fn before(
        behaviour: Behaviour,
        subject: &Subject,
        scenario: &Scenario,
        (requests, limits): (&Requests, Option<&Cgroup>),
    ) -> anyhow::Result<Self> {
        let kept = scenario.kept();
        let book = Arc::new(Mutex::new(Book::new(requests.bodies.len(), kept as u64)));
        let sink = Sink::start(behaviour, book).await?;
        let storage = tempfile::tempdir_in(tests::collector::root().join("target"))?;
        let mut receivers = Vec::new();
        for _ in 0..scenario.pipelines {
            receivers.push(process::free_port());
        }
        let places = Places { receivers, sink: sink.port(), storage: storage.path().to_owned() };
        let (pinned, ports) = if subject.family == Family::Rig {
            (None, vec![sink.port()])
        } else {
            let launch = subject.launch(scenario, &places);
            (Some(Pinned::start(&launch, limits).await?), places.receivers)
        };
        let Scenario { connections, frame, .. } = *scenario;
        let lines = Lines { ports, connections, frame: frame as usize, most_open: usize::MAX };
        let requests = requests.clone();
        Ok(Self { sink, lines, pinned, requests, kept, _storage: storage })
    }

    /// An empty book, which the sink goes on in.
    pub(crate) fn open_book(&self) -> SharedBook {
        let book = Book::new(self.requests.bodies.len(), self.kept as u64);
        let book = Arc::new(Mutex::new(book));
        self.sink.turn_to(Arc::clone(&book));
        book
    }

    /// One phase: warm-up, the window that is measured, and the wait for all to arrive.
    pub(crate) async fn phase(&self, rate: Rate, window: Duration) -> anyhow::Result<Figures> {
        let book = self.open_book();
        let load = Load::start(&self.requests, Arc::clone(&book), &self.lines, rate).await?;
        tokio::time::sleep(WARM_UP).await;
        book.lock().restart_clocks();
        let before = self.snapshot(&book)?;
        tokio::time::sleep(window).await;
        let after = self.snapshot(&book)?;
        let mut figures = self.compare(&before, &after, rate);
        figures.extend(times(&book));
        if let Some(pinned) = &self.pinned {
            figures.push(("rss_mib", pinned.rss_mib()?));
        }
        load.stop().await;
        book::settled(&book, PATIENCE).await;
        if let Some(pinned) = &self.pinned {
            figures.push(("peak_mib", pinned.peak_rss_mib()?));
        }
        figures.extend(self.account(&book));
        Ok(figures)
    }

    /// What became of all requests of a book.
    pub(crate) fn account(&self, book: &SharedBook) -> Figures {
        let book = book.lock();
        let counts = book.counts;
        [
            ("sent", counts.sent),
            ("acknowledged", counts.acknowledged),
            ("arrived", counts.arrived),
            ("refused", counts.refused),
            ("failed", counts.failed),
            ("lost", book.missing()),
            ("duplicate", counts.duplicate),
            ("malformed", self.sink.malformed()),
        ]
        .map(|(name, count)| (name, count as f64))
        .to_vec()
    }

    fn snapshot(&self, book: &SharedBook) -> anyhow::Result<Snapshot> {
        let collector = self.pinned.as_ref().map(Pinned::cpu).transpose()?;
        let counts = book.lock().counts;
        Ok(Snapshot {
            at: Instant::now(),
            collector: collector.unwrap_or_default(),
            rig: process::cpu("self")?,
            arrived_items: counts.arrived_items,
            acknowledged: counts.acknowledged,
        })
    }

    fn compare(&self, before: &Snapshot, after: &Snapshot, rate: Rate) -> Figures {
        let seconds = (after.at - before.at).as_secs_f64();
        let share = self.requests.shape.items as f64 / self.kept as f64;
        let arrived = (after.arrived_items - before.arrived_items) as f64 * share;
        let taken = (after.acknowledged - before.acknowledged) as f64;
        let taken = taken * self.requests.shape.items as f64;
        // At a low rate, batches arrive in lumps as large as the window; what was taken tells more.
        let items = if matches!(rate, Rate::Full(_)) { arrived } else { taken };
        let [collector, rig] = [after.collector - before.collector, after.rig - before.rig]
            .map(|cpu| cpu.as_secs_f64());
        vec![
            ("cpu_ns_per_item", if self.pinned.is_some() { collector } else { rig } * 1e9 / items),
            ("items_per_s", items / seconds),
            ("core_share", collector / seconds),
            ("rig_share", rig / seconds),
        ]
    }

    /// Ends the collector.
    pub(crate) async fn strike(self) -> anyhow::Result<()> {
        match self.pinned {
            Some(pinned) => pinned.stop(FAREWELL).await,
            None => Ok(()),
        }
    }
}

struct Snapshot {
    at: Instant,
    collector: Duration,
    rig: Duration,
    arrived_items: u64,
    acknowledged: u64,
}

/// Microseconds to arrival and to the answer.
pub(crate) fn times(book: &SharedBook) -> Figures {
    let book = book.lock();
    let micros = |duration: Option<Duration>| duration.map(|it| it.as_nanos() as f64 / 1_000.0);
    [
        ("p50_us", book.arrival.quantile(0.5)),
        ("p99_us", book.arrival.quantile(0.99)),
        ("p999_us", book.arrival.quantile(0.999)),
        ("answer_p50_us", book.answer.quantile(0.5)),
        ("answer_p99_us", book.answer.quantile(0.99)),
    ]
    .into_iter()
    .filter_map(|(name, duration)| micros(duration).map(|micros| (name, micros)))
    .collect()
}
