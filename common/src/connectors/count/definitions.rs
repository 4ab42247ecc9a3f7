//! The metrics to count with, compiled.

use std::collections::BTreeMap;

use super::settings::{CountConnectorConfig, CountedAttribute, CountedMetric};
use crate::{
    component::BuildError,
    otlp::{
        any_value::PlainValue,
        attributes::Attributes,
        field_numbers::{key_value, number_data_point},
    },
    ottl::{Conditions, Context, View},
    wire::writer::put_bytes_field,
};

/// The metrics for each kind of telemetry.
pub(super) struct Definitions {
    pub(super) spans: Vec<Definition>,
    pub(super) span_events: Vec<Definition>,
    pub(super) metrics: Vec<Definition>,
    pub(super) data_points: Vec<Definition>,
    pub(super) logs: Vec<Definition>,
}

/// A metric to count with.
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) description: String,
    attributes: Vec<Wanted>,
    conditions: Conditions,
}

/// An attribute to count apart by.
struct Wanted {
    key: String,
    /// The encoded `KeyValue`.
    default: Option<Vec<u8>>,
}

/// What is counted, with all around it, for looking up attributes from the inside out.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'a>(pub(super) [Option<Attributes<'a>>; 3]);

impl Definitions {
    pub(super) fn new(config: CountConnectorConfig) -> Result<Self, BuildError> {
        let config = config.filled();
        let compiled = |section: BTreeMap<String, CountedMetric>, context| {
            let metrics = section.into_iter();
            let metrics = metrics.map(|(name, metric)| Definition::new(name, metric, context));
            metrics.collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            spans: compiled(config.spans, Context::Span)?,
            span_events: compiled(config.spanevents, Context::SpanEvent)?,
            metrics: compiled(config.metrics, Context::Metric)?,
            data_points: compiled(config.datapoints, Context::DataPoint)?,
            logs: compiled(config.logs, Context::Log)?,
        })
    }
}

impl Definition {
    fn new(name: String, settings: CountedMetric, context: Context) -> Result<Self, BuildError> {
        let conditions = settings.compile(context).map_err(|(index, error)| {
            BuildError::new(format!("{name}::conditions::{index}: {error}"))
        })?;
        let attributes = settings.attributes.into_iter().map(Wanted::new).collect();
        Ok(Self { name, description: settings.description, attributes, conditions })
    }

    /// Whether conditions are asked.
    pub(super) const fn has_conditions(&self) -> bool {
        !self.conditions.is_empty()
    }

    /// Whether this is to be counted as far as the conditions say; a message if one cannot be evaluated.
    pub(super) fn holds(&self, view: View<'_>) -> Result<bool, String> {
        if self.conditions.is_empty() {
            return Ok(true);
        }
        let mut failure = None;
        let holds = self.conditions.any(view, |text, error| {
            failure = Some(format!("{text:?} failed: {error}"));
            false
        });
        failure.map_or(Ok(holds), Err)
    }

    /// Writes the attributes of the point that counts this, as fields of the point. Tells whether all were found.
    pub(super) fn put_attributes(&self, found_in: Surroundings<'_>, out: &mut Vec<u8>) -> bool {
        self.attributes.iter().all(|wanted| {
            let entry = wanted.entry(found_in);
            if let Some(entry) = entry {
                put_bytes_field(out, number_data_point::ATTRIBUTES, entry);
            }
            entry.is_some()
        })
    }
}

impl Wanted {
    fn new(settings: CountedAttribute) -> Self {
        let default = settings.default_value.map(|PlainValue(value)| {
            let (mut entry, mut content) = (Vec::new(), Vec::new());
            value.encode(&mut content);
            put_bytes_field(&mut entry, key_value::KEY, settings.key.as_bytes());
            put_bytes_field(&mut entry, key_value::VALUE, &content);
            entry
        });
        Self { key: settings.key, default }
    }

    fn entry<'a>(&'a self, found_in: Surroundings<'a>) -> Option<&'a [u8]> {
        let Surroundings(levels) = found_in;
        let mut levels = levels.into_iter().flatten();
        levels.find_map(|attributes| attributes.entry(&self.key)).or(self.default.as_deref())
    }
}
