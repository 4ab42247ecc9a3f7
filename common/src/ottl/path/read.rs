//! Reading what a path names.

use std::borrow::Cow;

use data_encoding::HEXLOWER;

use super::{
    Access, Key, MetricField, Path, RequestField, Source, data_point, ids, keys, span_fields,
};
use crate::{
    otlp::{
        any_value::AnyValue,
        edit::Draft,
        field_numbers::{gauge, span},
        message::Message,
        metric::{DataKind, ExemplarView, NumberValue},
    },
    ottl::{
        context::Level,
        cursor::View,
        failure::Failure,
        time::Time,
        value::{Map, Messages, Value},
    },
};

impl Path {
    /// What it names.
    ///
    /// # Errors
    /// [`Failure`] if a key does not fit to what it is asked of.
    pub fn get<'e>(&'e self, view: View<'e>) -> Result<Value<'e>, Failure> {
        match self.source {
            Source::Field(level, Access::Attributes) => match self.keys.split_first() {
                None => Ok(field(level, Access::Attributes, view)),
                Some((first, rest)) => match view.draft(level).attribute(&first.as_text(view)?) {
                    None => Ok(Value::Nil),
                    Some(value) => keys::follow(Value::of(value), rest, view),
                },
            },
            Source::Field(level, Access::TraceState) if !self.keys.is_empty() => {
                let text = view.draft(level).field(span::TRACE_STATE).string();
                span_fields::trace_state_member(text, &self.keys, view)
            }
            Source::Field(level, access) => {
                keys::follow(field(level, access, view), &self.keys, view)
            }
            Source::Cache => keys::in_map(Map::Made(Cow::Borrowed(view.cache())), &self.keys, view),
            Source::Request(RequestField::Metadata) => request_metadata(view, &self.keys),
            Source::Request(field) => keys::follow(field.get(view.request), &self.keys, view),
        }
    }
}

/// The metadata of the request, whose keys are looked for in any case.
fn request_metadata<'e>(view: View<'e>, keys: &'e [Key]) -> Result<Value<'e>, Failure> {
    let all = RequestField::Metadata.get(view.request);
    match (all, keys.split_first()) {
        (Value::Map(map), Some((first, rest))) => {
            let values = map.into_value(&first.as_text(view)?.to_lowercase());
            values.map_or(Ok(Value::Nil), |values| keys::follow(values, rest, view))
        }
        (all, _) => Ok(all),
    }
}

fn field(level: Level, access: Access, view: View<'_>) -> Value<'_> {
    let draft = view.draft(level);
    match access {
        Access::Attributes => Value::Map(Map::View(draft.attributes())),
        Access::Any(number) => Value::of(any(draft, number)),
        Access::AnyText(number) => Value::Text(any(draft, number).to_text()),
        Access::Text(number) => Value::text(draft.field(number).string()),
        Access::Varint(number) => Value::Int(i64::from(draft.field(number).int32())),
        Access::Fixed32(number) => Value::Int(i64::from(draft.field(number).fixed32())),
        Access::Nanos(number) => Value::Int(draft.field(number).fixed64() as i64),
        Access::Time(number) => {
            Value::Time(Time::from_unix_nanos(draft.field(number).fixed64() as i64))
        }
        Access::TraceId(number) => Value::TraceId(ids::read(draft.field(number).bytes())),
        Access::SpanId(number) => Value::SpanId(ids::read(draft.field(number).bytes())),
        Access::TraceIdText(number) => id_text::<16>(draft.field(number).bytes()),
        Access::SpanIdText(number) => id_text::<8>(draft.field(number).bytes()),
        Access::TraceState
        | Access::SpanKindText
        | Access::SpanKindName
        | Access::Status
        | Access::StatusCode
        | Access::StatusMessage => span_fields::get(draft, access),
        Access::Messages(number, kind) => messages(draft.message(), number, kind),
        Access::Index => Value::Int(i64::try_from(view.inner_index()).unwrap_or(i64::MAX)),
        Access::SchemaUrl => Value::text(match level {
            Level::Scope => view.place.scope.schema_url(),
            _ => view.place.resource.schema_url(),
        }),
        Access::Metric(field) => metric_field(view, field),
        Access::Point(field) => data_point::get(view.place.data_point(), draft.message(), field),
        Access::ExemplarDouble => match exemplar_value(draft.bytes()) {
            Some(NumberValue::Double(double)) => Value::Double(double),
            _ => Value::Double(0.0),
        },
        Access::ExemplarInt => match exemplar_value(draft.bytes()) {
            Some(NumberValue::Int(int)) => Value::Int(int),
            _ => Value::Int(0),
        },
    }
}

/// A value in a field; empty if it is not there.
pub(super) fn any<'e>(draft: &'e Draft<'_>, number: u32) -> AnyValue<'e> {
    draft.inner_message(number).map(AnyValue::read).unwrap_or_default()
}

fn id_text<const N: usize>(bytes: &[u8]) -> Value<'static> {
    Value::from(HEXLOWER.encode(&ids::read::<N>(bytes)))
}

pub(super) fn messages<'e>(message: Message<'e>, number: u32, kind: &'static str) -> Value<'e> {
    let contents = message.repeated(number).map(Cow::Borrowed).collect();
    Value::Messages(Messages { kind, contents })
}

fn exemplar_value(bytes: &[u8]) -> Option<NumberValue> {
    ExemplarView::new(bytes).value()
}

fn metric_field(view: View<'_>, field: MetricField) -> Value<'_> {
    let data = view.place.metric_view().data();
    match field {
        MetricField::Type => Value::Int(match data.map(|data| data.kind()) {
            None => 0,
            Some(DataKind::Gauge) => 1,
            Some(DataKind::Sum) => 2,
            Some(DataKind::Histogram) => 3,
            Some(DataKind::ExponentialHistogram) => 4,
            Some(DataKind::Summary) => 5,
        }),
        MetricField::Temporality => data
            .and_then(|data| data.aggregation_temporality())
            .map_or(Value::Nil, |temporality| Value::Int(temporality.into())),
        MetricField::Monotonic => {
            data.and_then(|data| data.is_monotonic()).map_or(Value::Nil, Value::Bool)
        }
        MetricField::DataPoints => match data {
            None => Value::Nil,
            Some(data) => {
                let number = data.kind().field();
                let message = view.place.metric.message().message(number);
                messages(
                    message.unwrap_or(Message::EMPTY),
                    gauge::DATA_POINTS,
                    points_kind(data.kind()),
                )
            }
        },
    }
}

/// What the data points of a kind are called; those of gauges and sums are the same.
pub(super) const fn points_kind(kind: DataKind) -> &'static str {
    match kind {
        DataKind::Gauge | DataKind::Sum => "number data points",
        DataKind::Histogram => "histogram data points",
        DataKind::ExponentialHistogram => "exponential histogram data points",
        DataKind::Summary => "summary data points",
    }
}
