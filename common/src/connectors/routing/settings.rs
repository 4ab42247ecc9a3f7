//! What can be set of `routing`.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::request::RequestCondition;
use crate::{
    component::PipelineId,
    settings::{Issues, Settings},
};

/// Settings of `routing`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RoutingConnectorConfig {
    /// Where what matches no route goes; it is dropped if nothing is written.
    pub default_pipelines: Vec<PipelineId>,
    /// What happens where a condition cannot be evaluated.
    pub error_mode: ErrorMode,
    /// The routes, in the order in which they are tried.
    pub table: Vec<RouteSettings>,
}

/// What happens where a condition cannot be evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorMode {
    /// It does not match, and the log tells why.
    #[default]
    Ignore,
    /// It does not match.
    Silent,
    /// The whole payload is refused.
    Propagate,
}

/// One route.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RouteSettings {
    /// What the condition is about.
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RouteContext {
    /// The request of the client.
    Request,
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

impl Settings for RoutingConnectorConfig {
    fn validate(&self, issues: &mut Issues) {
        if self.table.is_empty() {
            issues.error("table", "must have at least one route");
        }
        let mut seen = HashSet::new();
        for (index, route) in self.table.iter().enumerate() {
            issues.within(&format!("table::{index}"), |issues| {
                route.validate(issues);
                if !seen.insert(route.key()) {
                    issues
                        .warn("", "the same condition stands above already; this route is ignored");
                }
            });
        }
    }
}

impl RouteSettings {
    fn validate(&self, issues: &mut Issues) {
        match (&*self.condition, &*self.statement) {
            ("", "") => issues.error("", "must have a `condition` or a `statement`"),
            ("", _) if self.context == Some(RouteContext::Request) => {
                issues.error("statement", "the context `request` takes a `condition`");
            }
            (_, "") => self.validate_condition(issues),
            ("", _) => issues.error("statement", "OTTL is not available yet"),
            _ => issues.error("", "must have either a `condition` or a `statement`, not both"),
        }
        if self.pipelines.is_empty() {
            issues.error("pipelines", "must name at least one pipeline");
        }
    }

    fn validate_condition(&self, issues: &mut Issues) {
        if self.context != Some(RouteContext::Request) {
            issues.error("condition", "OTTL is not available yet");
        } else if let Err(error) = self.condition.parse::<RequestCondition>() {
            issues.error("condition", error.to_string());
        }
    }

    /// What tells routes apart: the same of two routes means that the second never matches.
    pub(super) fn key(&self) -> (Option<RouteContext>, String) {
        let statement = match &*self.statement {
            "" => format!("route() where {}", self.condition.trim()),
            statement => statement.trim().to_owned(),
        };
        (self.context, statement)
    }
}
