//! The metrics to count with, compiled.

use std::collections::BTreeMap;

use super::settings::{CountConnectorConfig, CountedAttribute, CountedMetric};
use crate::{
    otlp::{
        any_value::PlainValue,
        attributes::Attributes,
        field_numbers::{key_value, number_data_point},
    },
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
    pub(super) fn new(config: CountConnectorConfig) -> Self {
        let config = config.filled();
        let compiled = |section: BTreeMap<String, CountedMetric>| {
            section.into_iter().map(|(name, metric)| Definition::new(name, metric)).collect()
        };
        Self {
            spans: compiled(config.spans),
            span_events: compiled(config.spanevents),
            metrics: compiled(config.metrics),
            data_points: compiled(config.datapoints),
            logs: compiled(config.logs),
        }
    }
}

impl Definition {
    fn new(name: String, settings: CountedMetric) -> Self {
        let attributes = settings.attributes.into_iter().map(Wanted::new).collect();
        Self { name, description: settings.description, attributes }
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
