//! The counts of one resource, and the metrics that tell them.

use std::collections::BTreeMap;

use super::definitions::{Definition, Surroundings};
use crate::{
    otlp::field_numbers::{metric, number_data_point, scope_group, sum},
    ottl::View,
    pipeline::Growth,
    wire::writer::{put_bytes_field, put_fixed64_field, put_varint_field},
};

const TEMPORALITY_DELTA: u64 = 1;
/// What a series takes beside its attributes, in memory or in what is sent.
const SERIES_BYTES: usize = 128;

/// Why counting ended early.
pub(super) enum Stop {
    /// There is no memory for another series.
    NoRoom,
    /// A condition cannot be evaluated.
    Failed(String),
}

/// Counts one kind of telemetry of one resource.
pub(super) struct Series<'d> {
    definitions: &'d [Definition],
    /// For each definition: counts by the encoded attributes of their points.
    counts: Vec<BTreeMap<Vec<u8>, u64>>,
    span: Option<(u64, u64)>,
    key: Vec<u8>,
}

impl<'d> Series<'d> {
    pub(super) fn new(definitions: &'d [Definition]) -> Self {
        let counts = definitions.iter().map(|_| BTreeMap::new()).collect();
        Self { definitions, counts, span: None, key: Vec::new() }
    }

    /// Notes when something happened; zero says nothing.
    pub(super) fn note_time(&mut self, time: u64) {
        if time == 0 {
            return;
        }
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
    }

    /// Counts one by every definition that wants it, of which `view` is asked.
    pub(super) fn add(
        &mut self,
        found_in: Surroundings<'_>,
        view: View<'_>,
        growth: &mut Growth,
    ) -> Result<(), Stop> {
        for (definition, counts) in self.definitions.iter().zip(&mut self.counts) {
            self.key.clear();
            if !definition.put_attributes(found_in, &mut self.key)
                || !definition.holds(view).map_err(Stop::Failed)?
            {
                continue;
            }
            match counts.get_mut(&self.key) {
                Some(count) => *count += 1,
                None => {
                    if !growth.add(self.key.len() + SERIES_BYTES) {
                        return Err(Stop::NoRoom);
                    }
                    counts.insert(self.key.clone(), 1);
                }
            }
        }
        Ok(())
    }

    /// Appends the metrics to those of a scope and forgets the counts. Returns how many points there
    /// are; those of what says no time are of `now`.
    pub(super) fn take(&mut self, now: u64, out: &mut Vec<u8>) -> usize {
        let span = self.span.take().unwrap_or((now, now));
        let mut points = 0;
        let (mut content, mut data, mut point) = (Vec::new(), Vec::new(), Vec::new());
        for (definition, counts) in self.definitions.iter().zip(&mut self.counts) {
            if counts.is_empty() {
                continue;
            }
            data.clear();
            for (attributes, count) in std::mem::take(counts) {
                point.clear();
                put_point(&mut point, span, count, &attributes);
                put_bytes_field(&mut data, sum::DATA_POINTS, &point);
                points += 1;
            }
            put_varint_field(&mut data, sum::AGGREGATION_TEMPORALITY, TEMPORALITY_DELTA);
            put_varint_field(&mut data, sum::IS_MONOTONIC, 1);
            content.clear();
            put_bytes_field(&mut content, metric::NAME, definition.name.as_bytes());
            put_bytes_field(&mut content, metric::DESCRIPTION, definition.description.as_bytes());
            put_bytes_field(&mut content, metric::SUM, &data);
            put_bytes_field(out, scope_group::ITEMS, &content);
        }
        points
    }
}

fn put_point(out: &mut Vec<u8>, (first, last): (u64, u64), count: u64, attributes: &[u8]) {
    put_fixed64_field(out, number_data_point::START_TIME_UNIX_NANO, first);
    put_fixed64_field(out, number_data_point::TIME_UNIX_NANO, last);
    put_fixed64_field(out, number_data_point::AS_INT, count);
    out.extend_from_slice(attributes);
}
