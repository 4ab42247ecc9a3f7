//! Settings of `filter`.

use serde::{Deserialize, Serialize};

use super::{
    filter_functions,
    legacy::{LogMatchSettings, MetricMatchSettings},
};
use crate::{
    ottl::{Context, ErrorMode},
    processors::{
        matching::{CacheSettings, MatchSettings},
        statements::{self, ConditionGroup, Group, Listed, Scope},
    },
    settings::{Issues, Settings},
    signal::Signal,
};

/// Settings of `filter`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct FilterProcessorConfig {
    /// What happens when a condition fails.
    #[serde(deserialize_with = "crate::settings::any_case")]
    pub error_mode: ErrorMode,
    /// What drops traces.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trace_conditions: Vec<Listed<ConditionGroup>>,
    /// What drops metrics.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metric_conditions: Vec<Listed<ConditionGroup>>,
    /// What drops logs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log_conditions: Vec<Listed<ConditionGroup>>,
    /// What drops profiles, which no collector here has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profile_conditions: Vec<Listed<ConditionGroup>>,
    /// What drops traces, by kind.
    pub traces: TraceLists,
    /// What drops metrics, by kind.
    pub metrics: MetricLists,
    /// What drops logs, by kind.
    pub logs: LogLists,
    /// Which spans are kept; the oldest way.
    pub spans: SpanSelection,
}

/// A list by kind: its key, what its conditions are asked of, and the conditions.
type List<'a> = (&'static str, Context, &'a [String]);

/// Conditions on traces by kind.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct TraceLists {
    /// On resources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource: Vec<String>,
    /// On spans.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub span: Vec<String>,
    /// On events of spans.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spanevent: Vec<String>,
}

/// Conditions on metrics by kind, or which metrics are kept.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct MetricLists {
    /// On resources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource: Vec<String>,
    /// On metrics.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metric: Vec<String>,
    /// On data points.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub datapoint: Vec<String>,
    /// Which metrics are kept; all if nothing is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<MetricMatchSettings>,
    /// Which of them are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<MetricMatchSettings>,
    /// A cache of matches, which upstream has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regexp: Option<CacheSettings>,
}

/// Conditions on logs by kind, or which log records are kept.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct LogLists {
    /// On resources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource: Vec<String>,
    /// On log records.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log_record: Vec<String>,
    /// Which records are kept; all if nothing is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<LogMatchSettings>,
    /// Which of them are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<LogMatchSettings>,
}

/// Which spans are kept.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct SpanSelection {
    /// All if nothing is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include: Option<MatchSettings>,
    /// Which of them are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclude: Option<MatchSettings>,
}

impl Settings for FilterProcessorConfig {
    fn validate(&self, issues: &mut Issues) {
        for signal in Signal::ALL {
            self.compile(signal, issues);
            self.check_ways(signal, issues);
        }
        self.check_legacy(issues);
        if !self.profile_conditions.is_empty() {
            issues.warn("profile_conditions", "is not used: there are no pipelines for profiles");
        }
    }
}

impl FilterProcessorConfig {
    /// The conditions of a signal; what is wrong is told to `issues`.
    pub(super) fn compile(&self, signal: Signal, issues: &mut Issues) -> Vec<Group> {
        let functions = filter_functions();
        let scope = Scope {
            signal,
            contexts: contexts(signal),
            functions: &functions,
            error_mode: self.error_mode,
        };
        let (key, list) = match signal {
            Signal::Traces => ("trace_conditions", &self.trace_conditions),
            Signal::Metrics => ("metric_conditions", &self.metric_conditions),
            Signal::Logs => ("log_conditions", &self.log_conditions),
        };
        let mut groups = Vec::new();
        issues.within(key, |issues| groups = statements::compile_conditions(list, scope, issues));
        let (section, lists) = self.lists(signal);
        issues.within(section, |issues| {
            for (key, context, conditions) in lists {
                issues.within(key, |issues| {
                    groups.extend(statements::compile_list(conditions, context, scope, issues));
                });
            }
        });
        groups
    }

    /// The lists by kind, in their order, from the outside in.
    fn lists(&self, signal: Signal) -> (&'static str, Vec<List<'_>>) {
        match signal {
            Signal::Traces => {
                let TraceLists { resource, span, spanevent } = &self.traces;
                let lists = vec![
                    ("resource", Context::Resource, resource.as_slice()),
                    ("span", Context::Span, span),
                    ("spanevent", Context::SpanEvent, spanevent),
                ];
                ("traces", lists)
            }
            Signal::Metrics => {
                let MetricLists { resource, metric, datapoint, .. } = &self.metrics;
                let lists = vec![
                    ("resource", Context::Resource, resource.as_slice()),
                    ("metric", Context::Metric, metric),
                    ("datapoint", Context::DataPoint, datapoint),
                ];
                ("metrics", lists)
            }
            Signal::Logs => {
                let LogLists { resource, log_record, .. } = &self.logs;
                let lists = vec![
                    ("resource", Context::Resource, resource.as_slice()),
                    ("log_record", Context::Log, log_record),
                ];
                ("logs", lists)
            }
        }
    }

    /// Of the three ways to say what is dropped, a signal has one.
    fn check_ways(&self, signal: Signal, issues: &mut Issues) {
        let (new, by_kind, oldest) = match signal {
            Signal::Traces => ("trace_conditions", "traces", "spans"),
            Signal::Metrics => ("metric_conditions", "metrics", "metrics"),
            Signal::Logs => ("log_conditions", "logs", "logs"),
        };
        let has_new = match signal {
            Signal::Traces => !self.trace_conditions.is_empty(),
            Signal::Metrics => !self.metric_conditions.is_empty(),
            Signal::Logs => !self.log_conditions.is_empty(),
        };
        let has_lists = self.lists(signal).1.iter().any(|(_, _, list)| !list.is_empty());
        let has_selection = match signal {
            Signal::Traces => self.spans.include.is_some() || self.spans.exclude.is_some(),
            Signal::Metrics => self.metrics.include.is_some() || self.metrics.exclude.is_some(),
            Signal::Logs => self.logs.include.is_some() || self.logs.exclude.is_some(),
        };
        if has_new && signal == Signal::Traces && has_selection && !has_lists {
            issues.warn("spans", "is not used beside trace_conditions");
        } else if has_new && (has_lists || has_selection) {
            issues.error(new, format!("cannot be used together with {by_kind} or {oldest}"));
        }
        if has_lists && has_selection {
            let message =
                format!("conditions cannot be used together with include or exclude of {oldest}");
            issues.error(by_kind, message);
        }
    }
}

const fn contexts(signal: Signal) -> &'static [Context] {
    match signal {
        Signal::Traces => Context::of_signal(signal),
        Signal::Metrics => {
            &[Context::Resource, Context::Scope, Context::Metric, Context::DataPoint]
        }
        Signal::Logs => Context::of_signal(signal),
    }
}
