//! Counts telemetry: makes metrics of how many spans, span events, metrics, data points and log records
//! there are.
//!
//! Each payload becomes one of delta sums, for each of its resources by itself. Without settings each kind
//! is counted by one metric.
//!
//! ```yaml
//! count:
//!   logs:
//!     log.record.count:
//!       description: log records by environment
//!       attributes:
//!         - key: env
//!           default_value: unknown
//!     log.error.count:
//!       conditions: ['severity_number >= SEVERITY_NUMBER_ERROR']
//! ```
//!
//! The sections are `spans`, `spanevents`, `metrics`, `datapoints` and `logs`; each names metrics, and a section
//! that is written replaces the default of its kind: `trace.span.count`, `trace.span.event.count`,
//! `metric.count`, `metric.datapoint.count` and `log.record.count`. An attribute is looked up in what is
//! counted, then in its scope, then in its resource; what has it nowhere is counted under
//! `default_value`, or not at all without one. Of `conditions` in OTTL ([ottl.md](ottl.md)) one must hold. A point begins and ends with the earliest and the latest
//! time of what it counts.
//!
//! What is counted ends here, so name an exporter or `forward` beside the connector to keep it.
//!
//! Accepts: when the metrics pipelines accept. Holds: nothing. Rejects: what the metrics pipelines reject, for
//! the client to send again, what a condition cannot be evaluated for, and payloads of many large series
//! while memory is short.

mod counting;
mod definitions;
mod series;
mod settings;

use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use self::settings::{CountConnectorConfig, CountedAttribute, CountedMetric};
use self::{counting::count, definitions::Definitions};
use crate::{
    component::{BuildError, Connector, ConnectorOutputs, Context, Holder, Lifecycle},
    pipeline::{Accepted, Books, Consumer, Fanout, Outcome, Payload},
    signal::{Signal, SignalSet},
};

/// The `count` connector.
#[derive(Clone, Copy, Debug)]
pub struct CountConnector;

impl Connector for CountConnector {
    const NAME: &'static str = "count";

    type Config = CountConnectorConfig;

    fn outputs(_input: Signal) -> SignalSet {
        SignalSet::only(Signal::Metrics)
    }

    fn build(
        config: Self::Config,
        context: Context,
        outputs: ConnectorOutputs,
    ) -> Result<Arc<dyn Holder>, BuildError> {
        let edges = outputs.all(&context.id)?;
        let fanout = Fanout::to_all(edges, context.books.clone(), context.tasks);
        let definitions = Definitions::new(config)?;
        Ok(Arc::new(Count { definitions, fanout, books: context.books }))
    }
}

struct Count {
    definitions: Definitions,
    fanout: Fanout,
    books: Books,
}

impl Count {
    async fn run(&self, payload: Payload) -> Outcome {
        let items = payload.items() as u64;
        let mut points = 0;
        if let Some(counts) = count(&self.definitions, &payload)? {
            drop(payload);
            points = counts.items() as u64;
            self.fanout.consume(counts).await?;
        }
        self.books.merged(items);
        self.books.created(points);
        // What a backend says of the counts is not about what the client sent.
        Ok(Accepted::FULLY)
    }
}

impl Lifecycle for Count {}

impl Consumer for Count {
    fn consume(&self, payload: Payload) -> BoxFuture<'_, Outcome> {
        Box::pin(self.run(payload))
    }

    fn has_room(&self, bytes: usize) -> bool {
        self.fanout.has_room(bytes)
    }
}

#[cfg(test)]
mod tests;
