//! Moves attributes from items to their resource, and puts together what then belongs together.
//!
//! An item that has at least one of the keys goes to a resource that is its own with these attributes
//! added; where both have one, the item's counts. Items of equal resources and scopes, and data points of
//! one metric, end up under one header. Without keys that is all that is done, which makes requests of
//! many small parts smaller.
//!
//! ```yaml
//! group_by_attrs:
//!   keys: [host.name, k8s.pod.name]
//! ```
//!
//! Resources are equal if their attributes and schema URL are; scopes if their name, version, attributes
//! and schema URL are; metrics if their name, unit, type, temporality and monotonicity are. What else a
//! header holds, such as a description, is that of the first. Resources, scopes and metrics without items
//! go.
//!
//! Accepts: when the next component accepts. Holds: nothing. Rejects: what would become several times
//! as large while memory is short.

mod assembly;
mod grouping;
mod identity;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use self::grouping::Grouping;
use crate::{
    component::{BuildError, Context, Lifecycle, Processor, Stage},
    pipeline::{Edge, Growth, Payload, Rejected, Transform},
    settings::{Issues, Settings},
    signal::{Signal, SignalSet},
    telemetry::{
        Counter,
        metrics::{self, Histogram},
    },
};

/// Settings of `group_by_attrs`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct GroupByAttrsConfig {
    /// The attributes that are moved to the resource.
    pub keys: Vec<String>,
}

impl Settings for GroupByAttrsConfig {
    fn validate(&self, issues: &mut Issues) {
        for (index, key) in self.keys.iter().enumerate() {
            let path = format!("keys::{index}");
            if key.is_empty() {
                issues.warn(path, "is empty and has no effect");
            } else if self.keys.iter().take(index).any(|earlier| earlier == key) {
                issues.warn(path, format!("{key:?} is there already and has no further effect"));
            }
        }
    }
}

/// The `group_by_attrs` processor.
pub struct GroupByAttrsProcessor {
    keys: Vec<String>,
    grouped: Counter,
    not_grouped: Counter,
    groups: Histogram,
}

impl Processor for GroupByAttrsProcessor {
    const NAME: &'static str = "group_by_attrs";
    const ALIASES: &'static [&'static str] = &["groupbyattrs"];
    const SIGNALS: SignalSet = SignalSet::ALL;
    type Config = GroupByAttrsConfig;
    const IS_STATELESS: bool = true;

    fn build(config: Self::Config, context: Context, _next: Edge) -> Result<Stage, BuildError> {
        Ok(Stage::Transform(Arc::new(Self::new(config, &context))))
    }
}

impl GroupByAttrsProcessor {
    fn new(config: GroupByAttrsConfig, context: &Context) -> Self {
        let signal = context.signal.unwrap_or(Signal::Traces);
        let own = &context.host.telemetry.metrics;
        let mut keys: Vec<String> = Vec::with_capacity(config.keys.len());
        for key in config.keys {
            if !key.is_empty() && !keys.contains(&key) {
                keys.push(key);
            }
        }
        Self {
            keys,
            grouped: own.counter(metrics::GROUP_BY_ATTRS_GROUPED.of(signal), &[]),
            not_grouped: own.counter(metrics::GROUP_BY_ATTRS_NOT_GROUPED.of(signal), &[]),
            groups: own.histogram(metrics::GROUP_BY_ATTRS_GROUPS.of(signal), &[]),
        }
    }
}

impl Lifecycle for GroupByAttrsProcessor {}

impl Transform for GroupByAttrsProcessor {
    fn transform(&self, payload: Payload) -> Result<Payload, Rejected> {
        let mut growth = Growth::of(&payload);
        let mut grouping = Grouping::new(payload.signal(), &self.keys, &mut growth);
        grouping.add(payload.chunks());
        let (counts, request) = (grouping.counts(), grouping.finish());
        let items = payload.items();
        let settled = growth.settle(payload, std::iter::once(request.into()).collect(), items)?;
        self.grouped.inc_by(counts.grouped);
        self.not_grouped.inc_by(counts.not_grouped);
        self.groups.observe(counts.groups as f64);
        Ok(settled)
    }
}

#[cfg(test)]
mod tests;
