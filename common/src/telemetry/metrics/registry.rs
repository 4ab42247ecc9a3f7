//! The series that exist now.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write,
    sync::Arc,
};

use parking_lot::Mutex;
use prometheus::{HistogramOpts, Opts, core::Metric as _};

use super::{Counter, FloatCounter, FloatGauge, Gauge, Histogram, Level, Metric, MetricKind};

/// The most series that a process exposes; a histogram counts once for each of its lines.
pub const MAX_SERIES: usize = 500;
/// The most series that are kept, with those that have nothing to show.
const MAX_KEPT: usize = 4 * MAX_SERIES;

/// The metrics of one process. Cloning is cheap.
///
/// Series made through [`Metrics::owned`] go away with the last clone of that handle; all others stay.
#[derive(Clone)]
pub struct Metrics {
    shared: Arc<Shared>,
    owner: Option<Arc<Owner>>,
}

struct Shared {
    state: Mutex<State>,
    dropped: Counter,
}

struct State {
    level: Level,
    has_warned: bool,
    series: BTreeMap<String, Series>,
}

struct Series {
    metric: &'static Metric,
    labels: Vec<(&'static str, String)>,
    instrument: Instrument,
    owners: usize,
    is_permanent: bool,
}

#[derive(Clone)]
enum Instrument {
    Counter(Counter),
    FloatCounter(FloatCounter),
    Gauge(Gauge),
    FloatGauge(FloatGauge),
    Histogram(Histogram),
    Read(Arc<dyn Fn() -> f64 + Send + Sync>),
}

/// Whoever asked for series under one [`Metrics::owned`] handle.
struct Owner {
    shared: Arc<Shared>,
    keys: Mutex<HashSet<String>>,
}

/// One series and its value now.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The metric.
    pub metric: &'static Metric,
    /// Label names and values.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: SampleValue,
}

/// The value of a series.
#[derive(Clone, Debug)]
pub enum SampleValue {
    /// Of a counter or gauge.
    Number(f64),
    /// Of a histogram.
    Histogram(prometheus::proto::Histogram),
}

static DROPPED_SERIES: Metric = Metric::counter(
    "otelcol_telemetry_dropped_series",
    "Series of our own metrics that are not exposed because there are too many",
    &[],
);

impl Default for Metrics {
    fn default() -> Self {
        let shared = Shared {
            dropped: detached_counter(),
            state: Mutex::new(State {
                level: Level::default(),
                has_warned: false,
                series: BTreeMap::new(),
            }),
        };
        let dropped = shared.dropped.clone();
        let metrics = Self { shared: Arc::new(shared), owner: None };
        metrics.series(&DROPPED_SERIES, &[], &[], || Instrument::Counter(dropped.clone()));
        metrics
    }
}

impl Metrics {
    /// A handle whose series go away when its last clone is dropped, unless others asked for them too.
    #[must_use]
    pub fn owned(&self) -> Self {
        let owner = Owner { shared: Arc::clone(&self.shared), keys: Mutex::new(HashSet::new()) };
        Self { shared: Arc::clone(&self.shared), owner: Some(Arc::new(owner)) }
    }

    /// How much is shown.
    #[must_use]
    pub fn level(&self) -> Level {
        self.shared.state.lock().level
    }

    /// Changes how much is shown; series below the level are kept out of sight.
    pub fn set_level(&self, level: Level) {
        self.shared.state.lock().level = level;
    }

    /// The counter of a metric with these label values; the same values share one counter.
    #[must_use]
    pub fn counter(&self, metric: &'static Metric, values: &[&str]) -> Counter {
        self.counter_with(metric, values, &[])
    }

    /// The same with labels beyond those that the metric always has.
    #[must_use]
    pub fn counter_with(
        &self,
        metric: &'static Metric,
        values: &[&str],
        more: &[(&'static str, &str)],
    ) -> Counter {
        match self.series(metric, values, more, || Instrument::Counter(detached_counter())) {
            Instrument::Counter(counter) => counter,
            _ => detached_counter(),
        }
    }

    /// The counter of fractions of a metric with these label values.
    #[must_use]
    pub fn float_counter(&self, metric: &'static Metric, values: &[&str]) -> FloatCounter {
        match self.series(
            metric,
            values,
            &[],
            || Instrument::FloatCounter(detached_float_counter()),
        ) {
            Instrument::FloatCounter(counter) => counter,
            _ => detached_float_counter(),
        }
    }

    /// The gauge of a metric with these label values; the same values share one gauge.
    #[must_use]
    pub fn gauge(&self, metric: &'static Metric, values: &[&str]) -> Gauge {
        match self.series(metric, values, &[], || Instrument::Gauge(detached_gauge())) {
            Instrument::Gauge(gauge) => gauge,
            _ => detached_gauge(),
        }
    }

    /// The gauge of fractions of a metric with these label values.
    #[must_use]
    pub fn float_gauge(&self, metric: &'static Metric, values: &[&str]) -> FloatGauge {
        match self.series(metric, values, &[], || Instrument::FloatGauge(detached_float_gauge())) {
            Instrument::FloatGauge(gauge) => gauge,
            _ => detached_float_gauge(),
        }
    }

    /// The histogram of a metric with these label values.
    #[must_use]
    pub fn histogram(&self, metric: &'static Metric, values: &[&str]) -> Histogram {
        self.histogram_with(metric, values, &[])
    }

    /// The same with labels beyond those that the metric always has.
    #[must_use]
    pub fn histogram_with(
        &self,
        metric: &'static Metric,
        values: &[&str],
        more: &[(&'static str, &str)],
    ) -> Histogram {
        let bounds = match metric.kind {
            MetricKind::Histogram(bounds) => bounds,
            MetricKind::Counter | MetricKind::Gauge => &[],
        };
        match self
            .series(metric, values, more, || Instrument::Histogram(detached_histogram(bounds)))
        {
            Instrument::Histogram(histogram) => histogram,
            _ => detached_histogram(bounds),
        }
    }

    /// Shows what `read` says when somebody looks; the last one to ask for a series wins.
    ///
    /// `read` lives as long as the series, so it holds what it reads weakly, or the handle is an
    /// owned one.
    pub fn read_with(
        &self,
        metric: &'static Metric,
        values: &[&str],
        read: impl Fn() -> f64 + Send + Sync + 'static,
    ) {
        let mut read = Instrument::Read(Arc::new(read));
        self.series(metric, values, &[], || read.clone());
        let key = key_of(metric, &label_pairs(metric, values, &[]));
        if let Some(series) = self.shared.state.lock().series.get_mut(&key) {
            // The old one is dropped after the lock, because it may hold handles of ours.
            std::mem::swap(&mut series.instrument, &mut read);
        }
    }

    /// The visible series and their values now, by metric name, then by label values.
    #[must_use]
    pub fn samples(&self) -> Vec<Sample> {
        // Values are read without the lock: a callback may ask for series itself.
        let visible: Vec<_> = {
            let state = self.shared.state.lock();
            state
                .series
                .values()
                .filter(|series| series.metric.is_visible_at(state.level))
                .map(|series| (series.metric, series.labels.clone(), series.instrument.clone()))
                .collect()
        };
        let mut samples: Vec<_> = visible
            .into_iter()
            .map(|(metric, labels, instrument)| Sample {
                metric,
                labels,
                value: instrument.value(),
            })
            .filter(|sample| sample.metric.is_shown_at_zero || !sample.value.is_zero())
            .collect();
        // Series that had nothing to show may become too many. How many are dropped goes first, then
        // what every level shows.
        samples
            .sort_by_key(|sample| (sample.metric.name != DROPPED_SERIES.name, sample.metric.level));
        let (mut taken, whole) = (0, samples.len());
        samples.retain(|sample| {
            taken += sample.metric.cost();
            taken <= MAX_SERIES
        });
        let cut = whole - samples.len();
        for sample in samples.iter_mut().filter(|s| cut > 0 && s.metric.name == DROPPED_SERIES.name)
        {
            sample.value = SampleValue::Number(self.shared.dropped.get() as f64 + cut as f64);
        }
        samples.sort_by(|a, b| (a.metric.name, &a.labels).cmp(&(b.metric.name, &b.labels)));
        samples
    }

    fn series(
        &self,
        metric: &'static Metric,
        values: &[&str],
        more: &[(&'static str, &str)],
        make: impl Fn() -> Instrument,
    ) -> Instrument {
        let labels = label_pairs(metric, values, more);
        let key = key_of(metric, &labels);
        let mut state = self.shared.state.lock();
        if !state.series.contains_key(&key) {
            if !state.has_room_for(metric) {
                self.shared.dropped.inc();
                let is_first = !std::mem::replace(&mut state.has_warned, true);
                drop(state);
                if is_first {
                    warn_about(metric);
                }
                return make();
            }
            let series =
                Series { metric, labels, instrument: make(), owners: 0, is_permanent: false };
            state.series.insert(key.clone(), series);
        }
        let Some(series) = state.series.get_mut(&key) else {
            return make();
        };
        let instrument = series.instrument.clone();
        match &self.owner {
            Some(owner) => series.owners += usize::from(owner.keys.lock().insert(key)),
            None => series.is_permanent = true,
        }
        instrument
    }
}

impl State {
    /// Hidden series are bounded too, or a change of the level could show too many.
    fn has_room_for(&self, metric: &Metric) -> bool {
        let is_visible = metric.is_visible_at(self.level);
        let taken: usize = self
            .series
            .values()
            .filter(|series| series.metric.is_visible_at(self.level) == is_visible)
            .filter(|series| series.has_something_to_show())
            .map(|series| series.metric.cost())
            .sum();
        taken + metric.cost() <= MAX_SERIES && self.series.len() < MAX_KEPT
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // Dropped after the lock, because what is read may hold handles of ours.
        let mut removed = Vec::new();
        let mut state = self.shared.state.lock();
        for key in self.keys.get_mut().drain() {
            let Some(series) = state.series.get_mut(&key) else {
                continue;
            };
            series.owners = series.owners.saturating_sub(1);
            if series.owners == 0 && !series.is_permanent {
                removed.extend(state.series.remove(&key));
            }
        }
        drop(state);
        drop(removed);
    }
}

impl Series {
    fn has_something_to_show(&self) -> bool {
        // Callbacks may ask for series, so they are not called under the lock.
        let is_read = matches!(self.instrument, Instrument::Read(_));
        self.metric.is_shown_at_zero || is_read || !self.instrument.value().is_zero()
    }
}

impl SampleValue {
    fn is_zero(&self) -> bool {
        matches!(self, Self::Number(number) if *number == 0.0)
    }
}

impl Instrument {
    fn value(&self) -> SampleValue {
        SampleValue::Number(match self {
            Self::Counter(counter) => counter.get() as f64,
            Self::FloatCounter(counter) => counter.get(),
            Self::Gauge(gauge) => gauge.get() as f64,
            Self::FloatGauge(gauge) => gauge.get(),
            Self::Read(read) => read(),
            Self::Histogram(histogram) => {
                return SampleValue::Histogram(histogram.metric().get_histogram().clone());
            }
        })
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let series = self.shared.state.lock().series.len();
        f.debug_struct("Metrics").field("series", &series).finish_non_exhaustive()
    }
}

fn label_pairs(
    metric: &'static Metric,
    values: &[&str],
    more: &[(&'static str, &str)],
) -> Vec<(&'static str, String)> {
    let always = metric.labels.iter().zip(values).map(|(name, value)| (*name, *value));
    always.chain(more.iter().copied()).map(|(name, value)| (name, value.to_owned())).collect()
}

// Lengths stand before values, so that no value can imitate a border.
fn key_of(metric: &Metric, labels: &[(&'static str, String)]) -> String {
    labels.iter().fold(metric.name.to_owned(), |mut key, (name, value)| {
        // Writing to a string cannot fail.
        _ = write!(key, " {name} {} {value}", value.len());
        key
    })
}

fn warn_about(metric: &Metric) {
    tracing::warn!(
        limit = MAX_SERIES,
        metric = metric.name,
        "too many series of own metrics, further ones are not exposed"
    );
}

fn detached_counter() -> Counter {
    Counter::new("detached", "detached").unwrap_or_else(|_| unreachable!("the name is valid"))
}

fn detached_float_counter() -> FloatCounter {
    FloatCounter::new("detached", "detached").unwrap_or_else(|_| unreachable!("the name is valid"))
}

fn detached_gauge() -> Gauge {
    Gauge::new("detached", "detached").unwrap_or_else(|_| unreachable!("the name is valid"))
}

fn detached_float_gauge() -> FloatGauge {
    FloatGauge::with_opts(Opts::new("detached", "detached"))
        .unwrap_or_else(|_| unreachable!("the name is valid"))
}

fn detached_histogram(bounds: &[f64]) -> Histogram {
    Histogram::with_opts(HistogramOpts::new("detached", "detached").buckets(bounds.to_vec()))
        .unwrap_or_else(|_| unreachable!("bounds in the catalogue rise"))
}
