//! Changes the attributes of resources.
//!
//! Actions are made in their order, each on what the ones before it left; where there is no resource
//! at all, an action that puts an attribute makes one. `insert` leaves a key alone that is there,
//! `update` one that is not, `upsert` sets it in any case.
//!
//! ```yaml
//! resource:
//!   attributes:
//!     - {key: deployment.environment.name, value: production, action: insert}
//!     - {key: tenant, from_context: metadata.x-tenant, default_value: none, action: upsert}
//!     - {key: host.name, from_attribute: k8s.node.name, action: update}
//!     - {pattern: '^process\.', action: delete}
//!     - {key: user.email, action: hash}
//!     - {key: k8s.pod.name, pattern: '^(?P<app>.*)-[0-9]+$', action: extract}
//!     - {key: http.port, converted_type: int, action: convert}
//! ```
//!
//! `from_context` takes `client.address`, `metadata.<key>` of a receiver with `include_metadata`, or
//! `auth.<attribute>` of a receiver with `auth`; several values are joined with `;`. Where a source has
//! nothing, `default_value` is put, or nothing is done. `delete` and `hash` act on a `key`, on all keys in
//! which a `pattern` is found, or both; `hash` is SHA-256. `convert` knows `string`, `int` and `double`.
//!
//! Accepts: when the next component accepts. Holds: nothing. Rejects: what would become several times
//! as large while memory is short.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::actions::{self, ActionSettings, Actions, RequestActions};
use crate::{
    component::{BuildError, Context, Lifecycle, Processor, Stage},
    otlp::overlay::{self, Place, Verdict, Visitor},
    pipeline::{Edge, Growth, Payload, Rejected, Transform},
    settings::{Issues, Settings},
    signal::SignalSet,
};

/// Settings of `resource`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ResourceProcessorConfig {
    /// What to do with the attributes, in order.
    pub attributes: Vec<ActionSettings>,
}

impl Settings for ResourceProcessorConfig {
    fn validate(&self, issues: &mut Issues) {
        if self.attributes.is_empty() {
            issues.error("attributes", "must have at least one action");
        }
        issues.within("attributes", |issues| actions::check(&self.attributes, issues));
    }
}

/// The `resource` processor.
pub struct ResourceProcessor {
    actions: Actions,
}

impl Processor for ResourceProcessor {
    const NAME: &'static str = "resource";
    const SIGNALS: SignalSet = SignalSet::ALL;
    type Config = ResourceProcessorConfig;
    const IS_STATELESS: bool = true;

    fn build(config: Self::Config, _context: Context, _next: Edge) -> Result<Stage, BuildError> {
        let actions = Actions::new(&config.attributes).map_err(|error| {
            BuildError::with_source("the actions of `attributes` cannot be made", error)
        })?;
        Ok(Stage::Transform(Arc::new(Self { actions })))
    }
}

impl Lifecycle for ResourceProcessor {}

impl Transform for ResourceProcessor {
    fn transform(&self, payload: Payload) -> Result<Payload, Rejected> {
        let actions = self.actions.for_request(payload.context());
        let mut editor = Editor { actions, growth: Growth::of(&payload) };
        let after = overlay::rewrite(payload.signal(), payload.chunks(), &mut editor);
        let items = payload.items();
        editor.growth.settle(payload, after.chunks, items)
    }
}

struct Editor<'a> {
    actions: RequestActions<'a>,
    growth: Growth,
}

impl Visitor for Editor<'_> {
    fn resource(&mut self, place: &mut Place<'_>) -> Verdict {
        // What is refused need not be edited any further.
        if self.growth.add(0) {
            let resource = &mut place.resource.message;
            self.growth.edit(resource, |resource| self.actions.apply(resource));
        }
        Verdict::Keep
    }
}

#[cfg(test)]
mod tests;
