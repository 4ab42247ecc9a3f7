//! Upstream's metrics of an exporter.

use std::sync::Arc;

use super::{DeliverySettings, Sizer};
use crate::{
    component::{ComponentId, Context, Peer},
    net::status::grpc_code,
    pipeline::{Aliases, FailureAlias, Payload, Reason},
    signal::Signal,
    telemetry::{
        Counter, Metrics,
        metrics::{self, Gauge, Histogram, Level, Metric},
    },
};

/// Upstream's names for what the books of an exporter count; for whoever opens them.
#[must_use]
pub fn aliases(
    metrics: &Metrics,
    (exporter, peer): (&ComponentId, &Peer),
    signal: Signal,
    settings: &DeliverySettings,
) -> Aliases {
    let exporter = exporter.to_string();
    let sent =
        metrics.counter_with(metrics::EXPORTER_SENT.of(signal), &[&exporter], &borrowed(peer));
    let send_failed = || {
        let metric = metrics::EXPORTER_SEND_FAILED.of(signal);
        if metrics.level() == Level::Detailed {
            return by_reason(metrics.clone(), metric, exporter.clone(), peer.clone());
        }
        FailureAlias::Plain(metrics.counter_with(metric, &[&exporter], &borrowed(peer)))
    };
    // What a queue refuses never came to a try, unless the client waits for the answer.
    let refused = match &settings.sending_queue {
        Some(queue) if !queue.wait_for_result => {
            let metric = metrics::EXPORTER_ENQUEUE_FAILED.of(signal);
            FailureAlias::Plain(metrics.counter(metric, &[&exporter]))
        }
        _ => send_failed(),
    };
    Aliases {
        offered: None,
        passed_on: Some(sent),
        refused: Some(refused),
        dropped: Some(send_failed()),
    }
}

fn by_reason(
    metrics: Metrics,
    metric: &'static Metric,
    exporter: String,
    peer: Peer,
) -> FailureAlias {
    FailureAlias::ByReason(Arc::new(move |reason| {
        let (error_type, is_permanent) = error_labels(reason);
        let permanent = if is_permanent { "true" } else { "false" };
        let mut labels = borrowed(&peer);
        labels.extend([("error_type", error_type.as_str()), ("error_permanent", permanent)]);
        metrics.counter_with(metric, &[&exporter], &labels)
    }))
}

/// The error as upstream names it, and whether another try is no use.
fn error_labels(reason: &str) -> (String, bool) {
    let Some(reason) = Reason::ALL.into_iter().find(|known| known.label() == reason) else {
        return ("_OTHER".to_owned(), true);
    };
    let error_type = match reason {
        Reason::ShuttingDown => "Shutdown".to_owned(),
        Reason::TimedOut => "Deadline_Exceeded".to_owned(),
        other => format!("{:?}", grpc_code(other)),
    };
    (error_type, !reason.is_retryable())
}

fn borrowed(peer: &Peer) -> Vec<(&'static str, &str)> {
    peer.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// How much of a queue something takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// In what the queue's sizer counts.
    pub(super) units: u64,
    pub(super) bytes: u64,
}

impl Size {
    pub(super) fn of(payload: &Payload, sizer: Sizer) -> Self {
        let bytes = payload.size() as u64;
        let units = match sizer {
            Sizer::Requests => 1,
            Sizer::Items => payload.items() as u64,
            Sizer::Bytes => bytes,
        };
        Self { units, bytes }
    }

    /// Of a payload whose items nobody has counted yet, in a queue of so many units. A wrong guess costs
    /// a duplicate, not a loss.
    pub(super) fn guess(bytes: usize, sizer: Sizer, capacity: u64) -> Self {
        let bytes = bytes as u64;
        let units = match sizer {
            Sizer::Requests | Sizer::Items => 1,
            Sizer::Bytes => bytes.min(capacity),
        };
        Self { units, bytes }
    }
}

/// How full a queue is.
pub(super) struct QueueGauges {
    size: Gauge,
    bytes: Gauge,
    capacity: Gauge,
    capacity_bytes: Gauge,
}

impl QueueGauges {
    pub(super) fn new(context: &Context) -> Self {
        let (exporter, signal) = (context.id.to_string(), context.signal.map_or("", Signal::name));
        let gauge =
            |metric| context.host.telemetry.metrics.gauge(metric, &[exporter.as_str(), signal]);
        Self {
            size: gauge(&metrics::EXPORTER_QUEUE_SIZE),
            bytes: gauge(&metrics::EXPORTER_QUEUE_SIZE_BYTES),
            capacity: gauge(&metrics::EXPORTER_QUEUE_CAPACITY),
            capacity_bytes: gauge(&metrics::EXPORTER_QUEUE_CAPACITY_BYTES),
        }
    }

    /// What the queue may hold; without a bound in bytes of its own, the memory budget is the bound.
    pub(super) fn set_capacity(&self, units: u64, sizer: Sizer) {
        self.capacity.set(shown(units));
        if sizer == Sizer::Bytes {
            self.capacity_bytes.set(shown(units));
        }
    }

    pub(super) fn set(&self, used: Size) {
        self.size.set(shown(used.units));
        self.bytes.set(shown(used.bytes));
    }
}

/// What only a queue on disk has to tell.
pub(super) struct DurableMeters {
    pub(super) disk_bytes: Gauge,
    pub(super) damaged_records: Counter,
    pub(super) torn_bytes: Counter,
}

impl DurableMeters {
    pub(super) fn new(context: &Context) -> Self {
        let (exporter, signal) = (context.id.to_string(), context.signal.map_or("", Signal::name));
        let labels = [exporter.as_str(), signal];
        let own = &context.host.telemetry.metrics;
        Self {
            disk_bytes: own.gauge(&metrics::EXPORTER_QUEUE_DISK_BYTES, &labels),
            damaged_records: own.counter(&metrics::EXPORTER_QUEUE_DAMAGED_RECORDS, &labels),
            torn_bytes: own.counter(&metrics::EXPORTER_QUEUE_TORN_BYTES, &labels),
        }
    }
}

pub(super) fn shown(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// How large payloads are; nothing below level `detailed`.
pub(super) struct Sizes(Option<(Histogram, Histogram)>);

impl Sizes {
    pub(super) const NONE: Self = Self(None);

    /// Of what is put into a queue.
    pub(super) fn enqueued(metrics: &Metrics, exporter: &str) -> Self {
        let pair = [&metrics::EXPORTER_ENQUEUE_SIZE, &metrics::EXPORTER_ENQUEUE_SIZE_BYTES];
        Self::of(metrics, pair, exporter, &Peer::new())
    }

    /// Of what a batch sends.
    pub(super) fn sent(metrics: &Metrics, exporter: &str, peer: &Peer) -> Self {
        let sizes = &metrics::EXPORTER_QUEUE_BATCH_SEND_SIZE;
        let pair = [sizes, &metrics::EXPORTER_QUEUE_BATCH_SEND_SIZE_BYTES];
        Self::of(metrics, pair, exporter, peer)
    }

    fn of(metrics: &Metrics, pair: [&'static Metric; 2], exporter: &str, peer: &Peer) -> Self {
        if metrics.level() != Level::Detailed {
            return Self::NONE;
        }
        let [items, bytes] =
            pair.map(|metric| metrics.histogram_with(metric, &[exporter], &borrowed(peer)));
        Self(Some((items, bytes)))
    }

    pub(super) fn observe(&self, payload: &Payload) {
        if let Some((items, bytes)) = &self.0 {
            items.observe(payload.items() as f64);
            bytes.observe(payload.size() as f64);
        }
    }
}

#[cfg(test)]
mod tests;
