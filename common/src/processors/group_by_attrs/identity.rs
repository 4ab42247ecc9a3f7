//! What tells resources, scopes and metrics apart: a digest in which the order of attributes is no
//! difference.

use ring::digest::{SHA256, digest};

use crate::otlp::{
    any_value::AnyValue,
    attributes::Attributes,
    field_numbers::sum,
    message::Message,
    metric::{DataKind, MetricView},
    scope::ScopeView,
};

/// Equal for what is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity([u8; 32]);

/// Writes down what counts, one thing after the other, and digests it.
#[derive(Debug, Default)]
pub(super) struct Identifier(Vec<u8>);

impl Identifier {
    /// The identity of a resource.
    pub(super) fn resource(&mut self, attributes: Attributes<'_>, schema_url: &str) -> Identity {
        self.0.clear();
        self.put_text(schema_url);
        self.put_map(attributes);
        self.digest()
    }

    /// The identity of a scope.
    pub(super) fn scope(&mut self, scope: &ScopeView<'_>) -> Identity {
        self.0.clear();
        self.put_text(scope.name());
        self.put_text(scope.version());
        self.put_text(scope.schema_url());
        self.put_map(scope.attributes());
        self.digest()
    }

    /// The identity of the data of one kind in a metric.
    pub(super) fn metric(
        &mut self,
        metric: MetricView<'_>,
        kind: DataKind,
        data: Message<'_>,
    ) -> Identity {
        self.0.clear();
        self.put_text(metric.name());
        self.put_text(metric.unit());
        self.put_number(u64::from(kind.field()));
        if !matches!(kind, DataKind::Gauge | DataKind::Summary) {
            // Both kinds of histogram have it in the same field.
            self.put_number(u64::from(data.uint32(sum::AGGREGATION_TEMPORALITY)));
        }
        if kind == DataKind::Sum {
            self.put_number(u64::from(data.varint(sum::IS_MONOTONIC) != 0));
        }
        self.digest()
    }

    /// Writes down the values of the keys that are there. Tells whether there is any.
    pub(super) fn extract(&mut self, keys: &[String], attributes: Attributes<'_>) -> bool {
        self.0.clear();
        for (index, key) in keys.iter().enumerate() {
            if let Some(value) = attributes.get(key) {
                self.put_number(index as u64);
                self.put_value(value);
            }
        }
        !self.0.is_empty()
    }

    /// What is written down.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    fn digest(&self) -> Identity {
        let mut identity = [0; 32];
        for (to, from) in identity.iter_mut().zip(digest(&SHA256, &self.0).as_ref()) {
            *to = *from;
        }
        Identity(identity)
    }

    fn put_text(&mut self, text: &str) {
        self.put_bytes(text.as_bytes());
    }

    fn put_bytes(&mut self, bytes: &[u8]) {
        self.put_number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn put_number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// Of duplicate keys the first is read, so it alone counts.
    fn put_map(&mut self, attributes: Attributes<'_>) {
        let mut entries: Vec<_> = attributes.iter().collect();
        entries.sort_by_key(|(key, _)| *key);
        entries.dedup_by_key(|(key, _)| *key);
        self.put_number(entries.len() as u64);
        for (key, value) in entries {
            self.put_text(key);
            self.put_value(value);
        }
    }

    fn put_value(&mut self, value: AnyValue<'_>) {
        let kind = match value {
            AnyValue::Empty => 0,
            AnyValue::Str(_) => 1,
            AnyValue::Bool(_) => 2,
            AnyValue::Int(_) => 3,
            AnyValue::Double(_) => 4,
            AnyValue::Bytes(_) => 5,
            AnyValue::Array(_) => 6,
            AnyValue::KvList(_) => 7,
        };
        self.0.push(kind);
        match value {
            AnyValue::Empty => {}
            AnyValue::Str(text) => self.put_text(text),
            AnyValue::Bool(bit) => self.0.push(u8::from(bit)),
            AnyValue::Int(int) => self.put_number(int.cast_unsigned()),
            AnyValue::Double(double) => self.put_number(double.to_bits()),
            AnyValue::Bytes(bytes) => self.put_bytes(bytes),
            AnyValue::Array(array) => {
                self.put_number(array.iter().count() as u64);
                // Nesting is bounded at the door.
                array.iter().for_each(|element| self.put_value(element));
            }
            AnyValue::KvList(map) => self.put_map(map.entries()),
        }
    }
}
