//! `include` and `exclude`: what is kept, by properties.

use serde::{Deserialize, Deserializer, Serialize, de};

use super::settings::FilterProcessorConfig;
use crate::{
    otlp::{
        any_value::{OwnedValue, PlainValue},
        overlay::{Place, Verdict, Visitor},
    },
    processors::matching::{
        CacheSettings, MatchSettings, MatchType, MetricSelection, PropertySettings, Selection,
        SeveritySettings, Visit,
    },
    settings::{Issues, PatternError},
    signal::Signal,
};

/// Properties of a log record.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct LogMatchSettings {
    /// How texts are compared.
    pub match_type: MatchType,
    /// Attributes of the resource, all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource_attributes: Vec<PropertySettings>,
    /// Attributes of the record, all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub record_attributes: Vec<PropertySettings>,
    /// Severity texts, any of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub severity_texts: Vec<String>,
    /// Severity numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity_number: Option<NamedSeveritySettings>,
    /// Bodies as text, any of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bodies: Vec<String>,
}

/// Severity numbers by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct NamedSeveritySettings {
    /// The lowest: `TRACE` to `FATAL4`, or 1 to 24.
    #[serde(deserialize_with = "text_or_number")]
    pub min: String,
    /// Whether a record without a number matches.
    pub match_undefined: bool,
}

/// Properties of a metric.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct MetricMatchSettings {
    /// How texts are compared: `strict` or `regexp`.
    pub match_type: MetricMatchType,
    /// A cache of matches, which upstream has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regexp: Option<CacheSettings>,
    /// Names, any of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metric_names: Vec<String>,
    /// Conditions in a language of their own, with `match_type: expr`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expressions: Vec<String>,
    /// Attributes of the resource, all of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource_attributes: Vec<PropertySettings>,
}

/// How metrics are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricMatchType {
    /// Names must be equal.
    #[default]
    Strict,
    /// Names are regular expressions that must be found.
    Regexp,
    /// Expressions are evaluated.
    Expr,
}

impl LogMatchSettings {
    fn as_matches(&self) -> MatchSettings {
        let severity = self.severity_number.as_ref().map(|severity| SeveritySettings {
            min: severity.number().unwrap_or_default(),
            match_undefined: severity.match_undefined,
        });
        MatchSettings {
            match_type: self.match_type,
            resources: self.resource_attributes.clone(),
            attributes: self.record_attributes.clone(),
            log_severity_texts: self.severity_texts.clone(),
            log_severity_number: severity,
            log_bodies: self.bodies.clone(),
            ..MatchSettings::default()
        }
    }
}

impl NamedSeveritySettings {
    /// The number; zero if none is written.
    fn number(&self) -> Option<i32> {
        const NAMES: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
        if self.min.is_empty() {
            return Some(0);
        }
        if let Ok(number) = self.min.parse() {
            return (1..=24).contains(&number).then_some(number);
        }
        let name = self.min.to_uppercase();
        let (word, step) = match name.strip_suffix(['2', '3', '4']) {
            Some(word) => (word, name.bytes().last()? - b'1'),
            None => (name.as_str(), 0),
        };
        let index = NAMES.iter().position(|known| *known == word)?;
        i32::try_from(index * 4 + 1).ok().map(|number| number + i32::from(step))
    }
}

impl MetricMatchSettings {
    fn as_matches(&self) -> MatchSettings {
        MatchSettings {
            match_type: match self.match_type {
                MetricMatchType::Strict | MetricMatchType::Expr => MatchType::Strict,
                MetricMatchType::Regexp => MatchType::Regexp,
            },
            metric_names: self.metric_names.clone(),
            resources: self.resource_attributes.clone(),
            ..MatchSettings::default()
        }
    }
}

impl FilterProcessorConfig {
    /// Reports what is wrong with `include` and `exclude`.
    pub(super) fn check_legacy(&self, issues: &mut Issues) {
        for (section, key, settings, signal) in self.legacy_sections() {
            issues.within(section, |issues| {
                issues.within(key, |issues| {
                    settings.check(issues);
                    // Upstream has nothing against a metric section that says nothing.
                    if signal != Signal::Metrics
                        && let Some(problem) = settings.problem_for(signal)
                    {
                        issues.error("", problem);
                    }
                });
            });
        }
        for (key, settings) in [("include", &self.logs.include), ("exclude", &self.logs.exclude)] {
            let severity = settings.as_ref().and_then(|one| one.severity_number.as_ref());
            if let Some(severity) = severity.filter(|severity| severity.number().is_none()) {
                let message =
                    format!("{:?} is no severity: TRACE to FATAL4, or 1 to 24", severity.min);
                issues.error(format!("logs::{key}::severity_number::min"), message);
            }
        }
        let metrics = [("include", &self.metrics.include), ("exclude", &self.metrics.exclude)];
        for (key, settings) in metrics {
            let Some(settings) = settings else { continue };
            if settings.match_type == MetricMatchType::Expr || !settings.expressions.is_empty() {
                let message =
                    "expressions are not available in this version, write metric_conditions";
                issues.error(format!("metrics::{key}::match_type"), message);
            }
        }
        if self.metrics.regexp.is_some_and(|cache| cache.cacheenabled) {
            issues.warn("metrics::regexp::cacheenabled", "has no effect, matches are not cached");
        }
    }

    fn legacy_sections(&self) -> Vec<(&'static str, &'static str, MatchSettings, Signal)> {
        let mut sections = Vec::new();
        let mut add = |section, key, settings: Option<MatchSettings>, signal| {
            sections.extend(settings.map(|settings| (section, key, settings, signal)));
        };
        add("spans", "include", self.spans.include.clone(), Signal::Traces);
        add("spans", "exclude", self.spans.exclude.clone(), Signal::Traces);
        let metrics =
            |one: &Option<MetricMatchSettings>| one.as_ref().map(MetricMatchSettings::as_matches);
        add("metrics", "include", metrics(&self.metrics.include), Signal::Metrics);
        add("metrics", "exclude", metrics(&self.metrics.exclude), Signal::Metrics);
        let logs = |one: &Option<LogMatchSettings>| one.as_ref().map(LogMatchSettings::as_matches);
        add("logs", "include", logs(&self.logs.include), Signal::Logs);
        add("logs", "exclude", logs(&self.logs.exclude), Signal::Logs);
        sections
    }
}

/// What `include` and `exclude` of a signal keep.
pub(super) enum Legacy {
    Items(Selection),
    Metrics(MetricSelection),
}

impl Legacy {
    /// What they say of a signal; nothing if they are not there.
    pub(super) fn new(
        config: &FilterProcessorConfig,
        signal: Signal,
    ) -> Result<Option<Self>, PatternError> {
        let sections = config.legacy_sections();
        let find = |wanted: &str| {
            let mut of_signal = sections.iter().filter(|(_, _, _, found)| *found == signal);
            of_signal.find(|(_, key, ..)| *key == wanted).map(|(_, _, settings, _)| settings)
        };
        let (include, exclude) = (find("include"), find("exclude"));
        let is_unused = signal == Signal::Traces && !config.trace_conditions.is_empty();
        if is_unused || include.is_none() && exclude.is_none() {
            return Ok(None);
        }
        Ok(Some(match signal {
            Signal::Metrics => Self::Metrics(MetricSelection::new(include, exclude)?),
            _ => Self::Items(Selection::new(include, exclude, signal)?),
        }))
    }

    pub(super) fn visit(&self) -> LegacyVisit<'_> {
        match self {
            Self::Items(selection) => LegacyVisit::Items(selection.visit()),
            Self::Metrics(selection) => LegacyVisit::Metrics(selection),
        }
    }
}

/// One visit of a request.
pub(super) enum LegacyVisit<'a> {
    Items(Visit<'a>),
    Metrics(&'a MetricSelection),
}

const fn enter_if(may_be_kept: bool) -> Verdict {
    if may_be_kept { Verdict::Enter } else { Verdict::Drop }
}

impl Visitor for LegacyVisit<'_> {
    fn resource(&mut self, place: &mut Place<'_>) -> Verdict {
        enter_if(match self {
            Self::Items(visit) => visit.resource(place),
            Self::Metrics(selection) => selection.keeps_resource(place),
        })
    }

    fn scope(&mut self, place: &mut Place<'_>) -> Verdict {
        enter_if(match self {
            Self::Items(visit) => visit.scope(place),
            Self::Metrics(_) => true,
        })
    }

    fn metric(&mut self, place: &mut Place<'_>) -> Verdict {
        match self {
            Self::Metrics(selection) if !selection.keeps_metric(place) => Verdict::Drop,
            _ => Verdict::Keep,
        }
    }

    fn item(&mut self, place: &mut Place<'_>) -> Verdict {
        match self {
            Self::Items(visit) if !visit.entry(place) => Verdict::Drop,
            _ => Verdict::Keep,
        }
    }
}

/// A text, or a number as one.
fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let PlainValue(value) = PlainValue::deserialize(deserializer)?;
    Ok(match value {
        OwnedValue::Str(text) => text,
        OwnedValue::Int(number) => number.to_string(),
        _ => return Err(de::Error::custom("must be the name or the number of a severity")),
    })
}
