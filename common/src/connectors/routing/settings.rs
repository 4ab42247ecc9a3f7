//! What can be set of `routing`.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::rule::Rule;
use crate::{
    component::PipelineId,
    ottl::{Context, ErrorMode},
    settings::{Issues, Settings},
};

/// Settings of `routing`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RoutingConnectorConfig {
    /// Where what matches no route goes; it is dropped if nothing is written.
    pub default_pipelines: Vec<PipelineId>,
    /// What happens where a condition cannot be evaluated: it does not match, or the payload is refused.
    #[serde(deserialize_with = "crate::settings::any_case")]
    pub error_mode: ErrorMode,
    /// The routes, in the order in which they are tried.
    pub table: Vec<RouteSettings>,
}

/// One route.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RouteSettings {
    /// What the condition is about; told from its paths if nothing is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<RouteContext>,
    /// What matches.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub condition: String,
    /// The same as an OTTL statement: `route() where ...`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub statement: String,
    /// Whether what matches is left for later routes too.
    pub action: Action,
    /// Where what matches goes.
    pub pipelines: Vec<PipelineId>,
}

/// What a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RouteContext {
    /// The request of the client.
    Request,
    /// What is known of the request, by paths that begin with `otelcol`.
    Otelcol,
    /// Each resource.
    Resource,
    /// Each span.
    Span,
    /// Each metric.
    Metric,
    /// Each data point.
    DataPoint,
    /// Each log record.
    Log,
}

/// What is done with what matches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It goes to this route alone.
    #[default]
    Move,
    /// It is tried on later routes too.
    Copy,
}

impl RouteContext {
    /// The context of paths that do not name one.
    pub(super) const fn of_paths(self) -> Context {
        match self {
            // What is known of the request is the same at every resource.
            Self::Request | Self::Otelcol | Self::Resource => Context::Resource,
            Self::Span => Context::Span,
            Self::Metric => Context::Metric,
            Self::DataPoint => Context::DataPoint,
            Self::Log => Context::Log,
        }
    }
}

impl Settings for RoutingConnectorConfig {
    fn validate(&self, issues: &mut Issues) {
        if self.table.is_empty() {
            issues.error("table", "must have at least one route");
        }
        let mut seen = HashSet::new();
        for (index, route) in self.table.iter().enumerate() {
            issues.within(&format!("table::{index}"), |issues| {
                let key = route.validate(issues);
                if key.is_some_and(|key| !seen.insert(key)) {
                    issues.warn("", "the same stands above already; this route is ignored");
                }
            });
        }
    }
}

impl RouteSettings {
    /// Reports what is wrong; returns what tells the route from others if nothing is.
    fn validate(&self, issues: &mut Issues) -> Option<(&'static str, String)> {
        if self.pipelines.is_empty() {
            issues.error("pipelines", "must name at least one pipeline");
        }
        let place = match (&*self.condition, &*self.statement) {
            ("", "") => {
                issues.error("", "must have a `condition` or a `statement`");
                return None;
            }
            ("", _) if self.context == Some(RouteContext::Request) => {
                issues.error("statement", "the context `request` takes a `condition`");
                return None;
            }
            (_, "") => "condition",
            ("", _) => "statement",
            _ => {
                issues.error("", "must have either a `condition` or a `statement`, not both");
                return None;
            }
        };
        match Rule::new(self) {
            Ok(rule) => Some(self.key(&rule)),
            Err(error) => {
                issues.error(place, error);
                None
            }
        }
    }

    /// What tells routes apart: of two with the same the second can never match.
    pub(super) fn key(&self, rule: &Rule) -> (&'static str, String) {
        let statement = match &*self.statement {
            "" => format!("route() where {}", self.condition.trim()),
            statement => statement.trim().to_owned(),
        };
        (rule.context(), statement)
    }
}
