//! Keeps a share of the spans or log records and drops the rest.
//!
//! The choice depends only on the trace id, or on a random number that the item carries, so collectors
//! agree without talking to each other. What is kept says with which probability: spans in their W3C
//! trace state (`ot=rv:...;th:...`), log records in `sampling.randomness` and `sampling.threshold`.
//!
//! ```yaml
//! probabilistic_sampler:
//!   sampling_percentage: 15
//!   mode: proportional
//! ```
//!
//! `mode` is `hash_seed` (a hash of the trace id; collectors behind each other need different seeds),
//! `proportional` (keeps the share of what arrives, whatever was sampled before) or `equalizing` (brings
//! all that arrives down to the share). In the mode `hash_seed` an item that carries a random number or
//! a threshold is an error. Items in error are dropped, or kept if `fail_closed` is false.
//!
//! The attribute `sampling.priority` of a span keeps it if it is above zero and drops it if it is zero.
//! Log records have `from_attribute`, which is hashed if there is no trace id or `attribute_source` is
//! `record`, and `sampling_priority`, the attribute that holds a percentage for this record alone.
//!
//! Accepts: when the next component accepts what is kept. Holds: nothing. Rejects: what would become
//! several times as large while memory is short.

mod config;
mod log_record;
mod sampler;
mod span;
mod tally;

use std::sync::Arc;

pub use config::{AttributeSource, ProbabilisticSamplerConfig, SamplerMode};

use self::{
    log_record::{LogSettings, RecordText},
    sampler::Sampler,
    tally::{Counts, Tally},
};
use crate::{
    component::{BuildError, Context, Lifecycle, Processor, Stage},
    otlp::overlay::{self, Place, Verdict, Visitor},
    pipeline::{Edge, Growth, Payload, Rejected, Seldom, Transform},
    signal::{Signal, SignalSet},
};

/// The `probabilistic_sampler` processor.
pub struct ProbabilisticSamplerProcessor {
    sampler: Sampler,
    logs: LogSettings,
    counts: Counts,
    id: String,
    told: Seldom,
}

impl Processor for ProbabilisticSamplerProcessor {
    const NAME: &'static str = "probabilistic_sampler";
    const SIGNALS: SignalSet = SignalSet::only(Signal::Traces).with(Signal::Logs);
    type Config = ProbabilisticSamplerConfig;
    const IS_STATELESS: bool = true;

    fn build(config: Self::Config, context: Context, _next: Edge) -> Result<Stage, BuildError> {
        Ok(Stage::Transform(Arc::new(Self::new(config, &context))))
    }
}

impl ProbabilisticSamplerProcessor {
    fn new(config: ProbabilisticSamplerConfig, context: &Context) -> Self {
        let signal = context.signal.unwrap_or(Signal::Traces);
        let own = &context.host.telemetry.metrics;
        Self {
            sampler: Sampler::new(&config),
            counts: Counts::new(own, signal, &config.from_attribute),
            logs: LogSettings::new(config),
            id: context.id.to_string(),
            told: Seldom::default(),
        }
    }
}

impl Lifecycle for ProbabilisticSamplerProcessor {}

impl Transform for ProbabilisticSamplerProcessor {
    fn transform(&self, payload: Payload) -> Result<Payload, Rejected> {
        let mut visit = Visit {
            processor: self,
            growth: Growth::of(&payload),
            tally: Tally::default(),
            span_text: String::new(),
            record_text: RecordText::default(),
        };
        let after = overlay::rewrite(payload.signal(), payload.chunks(), &mut visit);
        let items = after.items(payload.items());
        let Visit { growth, tally, .. } = visit;
        let settled = growth.settle(payload, after.chunks, items)?;
        self.counts.add(&tally);
        if let Some((failure, items)) = tally.failed()
            && let Some(untold) = self.told.is_due()
        {
            let (id, error) = (self.id.as_str(), failure.to_string());
            let is_dropped = self.sampler.fails_closed();
            tracing::warn!(id, items, untold, error, is_dropped, "items could not be sampled");
        }
        Ok(settled)
    }
}

struct Visit<'a> {
    processor: &'a ProbabilisticSamplerProcessor,
    growth: Growth,
    tally: Tally,
    span_text: String,
    record_text: RecordText,
}

impl Visitor for Visit<'_> {
    fn resource(&mut self, _place: &mut Place<'_>) -> Verdict {
        // What is refused need not be looked at any further.
        if self.growth.add(0) { Verdict::Enter } else { Verdict::Keep }
    }

    fn item(&mut self, place: &mut Place<'_>) -> Verdict {
        let ProbabilisticSamplerProcessor { sampler, logs, .. } = self.processor;
        let signal = place.signal();
        let outcome = self.growth.edit(&mut place.item, |item| match signal {
            Signal::Traces => span::sample(sampler, item, &mut self.span_text),
            _ => log_record::sample(sampler, logs, item, &mut self.record_text),
        });
        self.tally.note(&outcome);
        if outcome.is_kept { Verdict::Keep } else { Verdict::Drop }
    }
}

#[cfg(test)]
mod tests;
