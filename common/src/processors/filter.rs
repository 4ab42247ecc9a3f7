//! Drops telemetry for which a condition in OTTL holds.
//!
//! A condition that holds **drops**. What is left without contents goes too: a metric whose data points
//! are all dropped, a scope, a resource.
//!
//! ```yaml
//! filter:
//!   error_mode: ignore
//!   trace_conditions:
//!     - span.attributes["http.route"] == "/healthz"
//!     - IsMatch(resource.attributes["k8s.pod.name"], "^canary-")
//!   metric_conditions:
//!     - context: datapoint
//!       conditions: ['metric.type == METRIC_DATA_TYPE_SUM and value_int == 0']
//!   log_conditions:
//!     - log.severity_number < SEVERITY_NUMBER_WARN
//! ```
//!
//! Conditions of a flat list, or of a group, are asked of one kind of thing: the innermost that their
//! paths name, or the `context` of the group. Groups come one after the other. The older lists by kind
//! (`traces`: `resource`, `span`, `spanevent`; `metrics`: `resource`, `metric`, `datapoint`; `logs`:
//! `resource`, `log_record`) and the still older `include` and `exclude` are understood, each instead of
//! the others for a signal. `error_mode` says what happens when a condition cannot be evaluated: `ignore`
//! (it does not hold, and that is told in the log), `silent`, or `propagate` (the request is refused).
//! Functions and fields: [ottl.md](ottl.md).
//!
//! Accepts: when the next component accepts, or nothing is left. Holds: nothing. Rejects: what a condition
//! fails on with `propagate`.

mod functions;
mod legacy;
mod run;
mod settings;

use std::sync::Arc;

use bytes::Bytes;
use smallvec::SmallVec;

pub use self::settings::FilterProcessorConfig;
use self::{
    legacy::Legacy,
    run::{Pass, Visit},
};
use super::statements::{Failures, Group};
use crate::{
    component::{BuildError, Context, Lifecycle, Processor, Stage},
    otlp::overlay,
    ottl::Functions,
    pipeline::{Edge, Payload, Rejected, Seldom, Transform},
    settings::Issues,
    signal::{Signal, SignalSet},
    telemetry::metrics::{Counter, FILTERED},
};

/// What conditions may call.
#[must_use]
pub fn filter_functions() -> Functions {
    Functions::converters().with(functions::FUNCTIONS)
}

/// The `filter` processor.
pub struct FilterProcessor {
    id: String,
    passes: Vec<Pass>,
    legacy: Option<Legacy>,
    filtered: Counter,
    failures: Seldom,
}

impl Processor for FilterProcessor {
    const NAME: &'static str = "filter";
    const SIGNALS: SignalSet = SignalSet::ALL;
    type Config = FilterProcessorConfig;
    const IS_STATELESS: bool = true;

    fn build(config: Self::Config, context: Context, _next: Edge) -> Result<Stage, BuildError> {
        let signal = context.signal.unwrap_or(Signal::Traces);
        let id = context.id.to_string();
        let filtered = context.host.telemetry.metrics.counter(FILTERED.of(signal), &[&id]);
        Self::new(&config, signal, (id, filtered)).map(|filter| Stage::Transform(Arc::new(filter)))
    }
}

impl FilterProcessor {
    fn new(
        config: &FilterProcessorConfig,
        signal: Signal,
        (id, filtered): (String, Counter),
    ) -> Result<Self, BuildError> {
        let mut issues = Issues::default();
        let groups = config.compile(signal, &mut issues);
        if let Some(issue) = issues.list.into_iter().find(|issue| !issue.is_warning) {
            return Err(BuildError::new(issue.message));
        }
        let legacy = Legacy::new(config, signal)
            .map_err(|error| BuildError::with_source("a pattern cannot be used", error))?;
        let passes = passes(groups);
        Ok(Self { id, passes, legacy, filtered, failures: Seldom::default() })
    }
}

/// Groups that can be asked in one go: each is for what is inside of what the one before is for.
fn passes(groups: Vec<Group>) -> Vec<Pass> {
    let mut passes: Vec<Pass> = Vec::new();
    for group in groups {
        match passes.last_mut() {
            Some(last) if last.can_take(&group) => last.add(group),
            _ => passes.push(Pass::new(group)),
        }
    }
    passes
}

impl Lifecycle for FilterProcessor {}

impl Transform for FilterProcessor {
    fn transform(&self, payload: Payload) -> Result<Payload, Rejected> {
        let signal = payload.signal();
        let before = payload.items();
        let mut failures = Failures::default();
        let mut items = before;
        let mut chunks: SmallVec<[Bytes; 1]> = payload.chunks().into();
        for pass in &self.passes {
            let mut visit = Visit { pass, request: payload.context(), failures: &mut failures };
            let after = overlay::rewrite(signal, &chunks, &mut visit);
            items = after.items(items);
            chunks = after.chunks;
        }
        if let Some(legacy) = &self.legacy {
            let after = overlay::rewrite(signal, &chunks, &mut legacy.visit());
            items = after.items(items);
            chunks = after.chunks;
        }
        failures.settle(&self.id, &self.failures)?;
        self.filtered.inc_by(before.saturating_sub(items) as u64);
        Ok(payload.with_content(chunks, items))
    }
}

#[cfg(test)]
mod tests;
