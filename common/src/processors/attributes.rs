//! Changes the attributes of spans, log records and data points.
//!
//! The actions are those of `resource`, made on every item that `include` selects and `exclude` does
//! not; for metrics both look at the metric's name, and all its points follow.
//!
//! ```yaml
//! attributes:
//!   include:
//!     match_type: regexp
//!     services: ['^shop']
//!     attributes:
//!       - {key: http.request.method, value: '^(GET|HEAD)$'}
//!   actions:
//!     - {key: http.request.header.cookie, action: delete}
//!     - {key: enduser.id, action: hash}
//!     - {key: tenant, from_context: metadata.x-tenant, action: insert}
//! ```
//!
//! `match_type` is `strict` or `regexp`, whose patterns are found anywhere unless anchored. Spans can be
//! told by `services`, `span_names` and `span_kinds`, log records by `log_bodies`, `log_severity_texts`
//! and `log_severity_number` (`min`, `match_undefined`), both by `attributes`, `resources` and
//! `libraries`, metrics by `metric_names`. All that is written must match; in a list of texts one is
//! enough, of `attributes`, `resources` and `libraries` all must be found.
//!
//! Accepts: when the next component accepts. Holds: nothing. Rejects: what would become several times
//! as large while memory is short.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    actions::{self, ActionSettings, Actions, RequestActions},
    matching::{MatchSettings, Selection, Visit},
};
use crate::{
    component::{BuildError, Context, Lifecycle, Processor, Stage},
    otlp::overlay::{self, Place, Verdict, Visitor},
    pipeline::{Edge, Growth, Payload, Rejected, Transform},
    settings::{Issues, PatternError, Settings},
    signal::{Signal, SignalSet},
};

/// Settings of `attributes`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct AttributesProcessorConfig {
    /// What to do with the attributes, in order.
    pub actions: Vec<ActionSettings>,
    /// Which items are changed; all if nothing is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<MatchSettings>,
    /// Which of them are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<MatchSettings>,
}

impl Settings for AttributesProcessorConfig {
    fn validate(&self, issues: &mut Issues) {
        if self.actions.is_empty() {
            issues.error("actions", "must have at least one action");
        }
        issues.within("actions", |issues| actions::check(&self.actions, issues));
        for (key, settings) in self.selections() {
            issues.within(key, |issues| settings.check(issues));
        }
    }
}

impl AttributesProcessorConfig {
    fn selections(&self) -> impl Iterator<Item = (&'static str, &MatchSettings)> {
        let both = [("include", &self.include), ("exclude", &self.exclude)];
        both.into_iter().filter_map(|(key, settings)| Some((key, settings.as_ref()?)))
    }
}

/// The `attributes` processor.
pub struct AttributesProcessor {
    actions: Actions,
    selection: Selection,
}

impl Processor for AttributesProcessor {
    const NAME: &'static str = "attributes";
    const SIGNALS: SignalSet = SignalSet::ALL;
    type Config = AttributesProcessorConfig;
    const IS_STATELESS: bool = true;

    fn build(config: Self::Config, context: Context, _next: Edge) -> Result<Stage, BuildError> {
        let signal = context.signal.unwrap_or(Signal::Traces);
        for (key, settings) in config.selections() {
            if let Some(problem) = settings.problem_for(signal) {
                return Err(BuildError::new(format!("{key}: {problem}")));
            }
            if signal == Signal::Metrics && !settings.resources.is_empty() {
                let id = context.id.to_string();
                tracing::warn!(id, key, "resources are not looked at for metrics, as upstream");
            }
        }
        let processor = Self::new(&config, signal)
            .map_err(|error| BuildError::with_source("a pattern cannot be used", error))?;
        Ok(Stage::Transform(Arc::new(processor)))
    }
}

impl AttributesProcessor {
    fn new(config: &AttributesProcessorConfig, signal: Signal) -> Result<Self, PatternError> {
        let (include, exclude) = (config.include.as_ref(), config.exclude.as_ref());
        Ok(Self {
            actions: Actions::new(&config.actions)?,
            selection: Selection::new(include, exclude, signal)?,
        })
    }
}

impl Lifecycle for AttributesProcessor {}

impl Transform for AttributesProcessor {
    fn transform(&self, payload: Payload) -> Result<Payload, Rejected> {
        let mut editor = Editor {
            actions: self.actions.for_request(payload.context()),
            visit: self.selection.visit(),
            growth: Growth::of(&payload),
        };
        let after = overlay::rewrite(payload.signal(), payload.chunks(), &mut editor);
        let items = payload.items();
        editor.growth.settle(payload, after.chunks, items)
    }
}

struct Editor<'a> {
    actions: RequestActions<'a>,
    visit: Visit<'a>,
    growth: Growth,
}

/// What is not selected stays as it is, with all that is inside.
const fn enter_if(is_selected: bool) -> Verdict {
    if is_selected { Verdict::Enter } else { Verdict::Keep }
}

impl Visitor for Editor<'_> {
    fn resource(&mut self, place: &mut Place<'_>) -> Verdict {
        // What is refused need not be edited any further.
        enter_if(self.growth.add(0) && self.visit.resource(place))
    }

    fn scope(&mut self, place: &mut Place<'_>) -> Verdict {
        enter_if(self.visit.scope(place))
    }

    fn metric(&mut self, place: &mut Place<'_>) -> Verdict {
        enter_if(self.visit.entry(place))
    }

    fn item(&mut self, place: &mut Place<'_>) -> Verdict {
        // The points of a metric are here only if it is selected.
        let is_selected = place.signal() == Signal::Metrics || self.visit.entry(place);
        if is_selected && self.growth.add(0) {
            self.growth.edit(&mut place.item, |item| self.actions.apply(item));
        }
        Verdict::Keep
    }
}

#[cfg(test)]
mod tests;
