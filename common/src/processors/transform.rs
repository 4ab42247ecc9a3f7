//! Changes telemetry by statements in OTTL.
//!
//! Statements are run in their order, each on what the ones before it left. Those of a flat list, or of
//! a group, are run for one kind of thing: the innermost that their paths name. What a statement does
//! not touch is never decoded.
//!
//! ```yaml
//! transform:
//!   error_mode: ignore
//!   trace_statements:
//!     - set(span.attributes["tenant"], resource.attributes["service.namespace"])
//!     - replace_pattern(span.name, "/users/[0-9]+", "/users/{id}")
//!   metric_statements:
//!     - context: datapoint
//!       conditions: ['IsMatch(metric.name, "^http")']
//!       statements:
//!         - delete_key(attributes, "http.url")
//!   log_statements:
//!     - merge_maps(log.cache, ParseJSON(log.body), "upsert") where IsMatch(log.body, "^[{]")
//!     - set(log.severity_text, log.cache["level"]) where log.cache["level"] != nil
//! ```
//!
//! A group has `statements`, and may have `conditions` (one must hold), a `context`, in which paths may
//! leave its name out, and an `error_mode` of its own. `error_mode` says what happens when a statement
//! cannot be run: `ignore` (told in the log, and the next one runs), `silent`, or `propagate` (the
//! request is refused). Functions and fields: [ottl.md](ottl.md).
//!
//! Accepts: when the next component accepts. Holds: nothing. Rejects: what a statement fails on with
//! `propagate`, and what would become several times as large while memory is short.

mod functions;
mod run;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use self::{functions::METRIC_FUNCTIONS, run::Runner};
use super::statements::{self, Group, Listed, Scope, StatementGroup};
use crate::{
    component::{BuildError, Context, Lifecycle, Processor, Stage},
    ottl::{
        self, ErrorMode, Functions,
        functions::{LOG_FUNCTIONS, SPAN_FUNCTIONS},
    },
    pipeline::{Edge, Payload, Rejected, Seldom, Transform},
    settings::{Issues, Settings},
    signal::{Signal, SignalSet},
};

/// Settings of `transform`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct TransformProcessorConfig {
    /// What happens when a statement fails.
    #[serde(deserialize_with = "crate::settings::any_case")]
    pub error_mode: ErrorMode,
    /// Statements on traces.
    pub trace_statements: Vec<Listed<StatementGroup>>,
    /// Statements on metrics.
    pub metric_statements: Vec<Listed<StatementGroup>>,
    /// Statements on logs.
    pub log_statements: Vec<Listed<StatementGroup>>,
    /// Statements on profiles, which no collector here has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profile_statements: Vec<Listed<StatementGroup>>,
    /// Moves each record to a resource of its own while statements run; behind a feature gate upstream.
    pub flatten_data: bool,
}

impl Settings for TransformProcessorConfig {
    fn validate(&self, issues: &mut Issues) {
        for signal in Signal::ALL {
            issues.within(key(signal), |issues| {
                self.compile(signal, issues);
            });
        }
        if !self.profile_statements.is_empty() {
            issues.warn("profile_statements", "is not used: there are no pipelines for profiles");
        }
        if self.flatten_data {
            let message = "is not available in this version: upstream has it behind a feature gate";
            issues.error("flatten_data", message);
        }
    }
}

const fn key(signal: Signal) -> &'static str {
    match signal {
        Signal::Traces => "trace_statements",
        Signal::Metrics => "metric_statements",
        Signal::Logs => "log_statements",
    }
}

impl TransformProcessorConfig {
    fn compile(&self, signal: Signal, issues: &mut Issues) -> Vec<Group> {
        let list = match signal {
            Signal::Traces => &self.trace_statements,
            Signal::Metrics => &self.metric_statements,
            Signal::Logs => &self.log_statements,
        };
        let scope = Scope {
            signal,
            contexts: ottl::Context::of_signal(signal),
            functions: &transform_functions(),
            error_mode: self.error_mode,
        };
        statements::compile_statements(list, scope, issues)
    }
}

/// What statements may call.
#[must_use]
pub fn transform_functions() -> Functions {
    let functions = Functions::all().with(LOG_FUNCTIONS).with(SPAN_FUNCTIONS);
    METRIC_FUNCTIONS.into_iter().fold(functions, Functions::with)
}

/// The `transform` processor.
pub struct TransformProcessor {
    id: String,
    groups: Vec<Group>,
    failures: Seldom,
}

impl Processor for TransformProcessor {
    const NAME: &'static str = "transform";
    const SIGNALS: SignalSet = SignalSet::ALL;
    type Config = TransformProcessorConfig;
    const IS_STATELESS: bool = true;

    fn build(config: Self::Config, context: Context, _next: Edge) -> Result<Stage, BuildError> {
        let mut issues = Issues::default();
        let groups = config.compile(context.signal.unwrap_or(Signal::Traces), &mut issues);
        if let Some(issue) = issues.list.into_iter().find(|issue| !issue.is_warning) {
            return Err(BuildError::new(issue.message));
        }
        let id = context.id.to_string();
        Ok(Stage::Transform(Arc::new(Self { id, groups, failures: Seldom::default() })))
    }
}

impl Lifecycle for TransformProcessor {}

impl Transform for TransformProcessor {
    fn transform(&self, payload: Payload) -> Result<Payload, Rejected> {
        let mut runner = Runner::new(&payload);
        for group in &self.groups {
            runner.run(group);
        }
        runner.settle(payload, &self.id, &self.failures)
    }
}

#[cfg(test)]
mod tests;
