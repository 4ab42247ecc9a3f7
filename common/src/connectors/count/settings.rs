//! What can be set of `count`.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::{
    otlp::any_value::PlainValue,
    ottl::{Conditions, Context, Error, Functions},
    settings::{Issues, Settings},
};

/// Settings of `count`: for each kind of telemetry, the metrics that count it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct CountConnectorConfig {
    /// Metrics that count spans.
    pub spans: BTreeMap<String, CountedMetric>,
    /// Metrics that count events of spans.
    pub spanevents: BTreeMap<String, CountedMetric>,
    /// Metrics that count metrics.
    pub metrics: BTreeMap<String, CountedMetric>,
    /// Metrics that count data points.
    pub datapoints: BTreeMap<String, CountedMetric>,
    /// Metrics that count log records.
    pub logs: BTreeMap<String, CountedMetric>,
    /// Not available: there are no profiles.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub profiles: BTreeMap<String, CountedMetric>,
}

/// One metric that counts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CountedMetric {
    /// What the metric says of itself.
    pub description: String,
    /// OTTL conditions, of which one must hold for what is counted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// What is counted apart.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<CountedAttribute>,
}

/// An attribute whose values are counted apart.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CountedAttribute {
    /// Its key.
    pub key: String,
    /// The value for what does not have it; without one, that is not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value: Option<PlainValue>,
}

const SPANS: (&str, &str) = ("trace.span.count", "The number of spans observed.");
const SPAN_EVENTS: (&str, &str) = ("trace.span.event.count", "The number of span events observed.");
const METRICS: (&str, &str) = ("metric.count", "The number of metrics observed.");
const DATA_POINTS: (&str, &str) = ("metric.datapoint.count", "The number of data points observed.");
const LOGS: (&str, &str) = ("log.record.count", "The number of log records observed.");

impl Default for CountConnectorConfig {
    fn default() -> Self {
        Self {
            spans: only(SPANS),
            spanevents: only(SPAN_EVENTS),
            metrics: only(METRICS),
            datapoints: only(DATA_POINTS),
            logs: only(LOGS),
            profiles: BTreeMap::new(),
        }
    }
}

fn only((name, description): (&str, &str)) -> BTreeMap<String, CountedMetric> {
    let metric = CountedMetric { description: description.to_owned(), ..CountedMetric::default() };
    BTreeMap::from([(name.to_owned(), metric)])
}

impl CountConnectorConfig {
    /// The same with defaults in the place of sections that name nothing.
    pub(super) fn filled(mut self) -> Self {
        let default = Self::default();
        let sections = [
            (&mut self.spans, default.spans),
            (&mut self.spanevents, default.spanevents),
            (&mut self.metrics, default.metrics),
            (&mut self.datapoints, default.datapoints),
            (&mut self.logs, default.logs),
        ];
        for (section, default) in sections {
            if section.is_empty() {
                *section = default;
            }
        }
        self
    }
}

impl Settings for CountConnectorConfig {
    fn validate(&self, issues: &mut Issues) {
        let sections = [
            ("spans", &self.spans, Context::Span),
            ("spanevents", &self.spanevents, Context::SpanEvent),
            ("metrics", &self.metrics, Context::Metric),
            ("datapoints", &self.datapoints, Context::DataPoint),
            ("logs", &self.logs, Context::Log),
        ];
        for (key, section, context) in sections {
            issues.within(key, |issues| {
                for (name, metric) in section {
                    if name.is_empty() {
                        issues.error("", "a metric must have a name");
                    }
                    issues.within(name, |issues| metric.validate(context, issues));
                }
            });
        }
        if !self.profiles.is_empty() {
            issues.error("profiles", "profiles are not available; remove the section");
        }
    }
}

impl CountedMetric {
    /// The conditions, compiled; their paths may leave the context out.
    ///
    /// # Errors
    /// The first that is none, by its place.
    pub(super) fn compile(&self, context: Context) -> Result<Conditions, (usize, Error)> {
        let (mut compiled, functions) = (Conditions::default(), Functions::converters());
        for (index, text) in self.conditions.iter().enumerate() {
            let added = compiled.add(text, context, &functions, false);
            added.map_err(|error| (index, error))?;
        }
        Ok(compiled)
    }

    fn validate(&self, context: Context, issues: &mut Issues) {
        if let Err((index, error)) = self.compile(context) {
            issues.error(format!("conditions::{index}"), error.to_string());
        }
        if context == Context::Metric && !self.attributes.is_empty() {
            issues.error("attributes", "metrics have no attributes; count `datapoints` instead");
        }
        let mut seen = HashSet::new();
        for (index, attribute) in self.attributes.iter().enumerate() {
            let path = format!("attributes::{index}::key");
            if attribute.key.is_empty() {
                issues.error(path, "must name an attribute");
            } else if !seen.insert(&attribute.key) {
                issues.error(path, format!("{:?} is named above already", attribute.key));
            }
        }
    }
}
