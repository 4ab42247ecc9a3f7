//! Fields of data points, of which each kind has its own.

use std::borrow::Cow;

use super::{
    PointField, Side,
    read::messages,
    span_fields::int32,
    write::{double, int},
};
use crate::{
    otlp::{
        any_value::OwnedValue,
        edit::Draft,
        field_numbers::{
            buckets, exponential_histogram_data_point as exponential,
            histogram_data_point as histogram, number_data_point as number,
            summary_data_point as summary,
        },
        message::Message,
        metric::{BucketsView, DataKind, DataPointView, NumberValue, exemplars_field},
    },
    ottl::{
        failure::Failure,
        value::{List, Messages, Value},
    },
    wire::writer::put_varint,
};

const EXEMPLARS: &str = "exemplars";
const QUANTILES: &str = "quantile values";
const BUCKETS: &str = "buckets of an exponential histogram";

/// What a data point has in a field; nil if its kind does not have it.
pub(super) fn get<'e>(
    point: DataPointView<'e>,
    message: Message<'e>,
    field: PointField,
) -> Value<'e> {
    let kind = point.kind();
    let is_number = matches!(kind, DataKind::Gauge | DataKind::Sum);
    let is_histogram = kind == DataKind::Histogram;
    let is_exponential = kind == DataKind::ExponentialHistogram;
    match field {
        PointField::Double if is_number => Value::Double(match point.value() {
            Some(NumberValue::Double(double)) => double,
            _ => 0.0,
        }),
        PointField::Int if is_number => Value::Int(match point.value() {
            Some(NumberValue::Int(int)) => int,
            _ => 0,
        }),
        PointField::Exemplars => {
            exemplars_field(kind).map_or(Value::Nil, |number| messages(message, number, EXEMPLARS))
        }
        PointField::Flags => Value::Int(point.flags().into()),
        PointField::Count => point.count().map_or(Value::Nil, |count| Value::Int(count as i64)),
        PointField::Sum if !is_number => Value::Double(point.sum().unwrap_or_default()),
        PointField::BucketCounts if is_histogram => ints(point.bucket_counts()),
        PointField::ExplicitBounds if is_histogram => {
            let bounds = point.explicit_bounds().map(OwnedValue::Double);
            Value::List(List::new(bounds.collect()))
        }
        PointField::Scale => point.scale().map_or(Value::Nil, |scale| Value::Int(scale.into())),
        PointField::ZeroCount => {
            point.zero_count().map_or(Value::Nil, |count| Value::Int(count as i64))
        }
        PointField::Buckets(side) if is_exponential => {
            let content: Vec<u8> = message.repeated(side_field(side)).flatten().copied().collect();
            Value::Messages(Messages { kind: BUCKETS, contents: vec![Cow::Owned(content)] })
        }
        PointField::Offset(side) if is_exponential => {
            Value::Int(side_view(point, side).map_or(0, BucketsView::offset).into())
        }
        PointField::CountsOf(side) if is_exponential => match side_view(point, side) {
            Some(buckets) => ints(buckets.bucket_counts()),
            None => Value::List(List::new(Vec::new())),
        },
        PointField::Quantiles if kind == DataKind::Summary => {
            messages(message, summary::QUANTILE_VALUES, QUANTILES)
        }
        _ => Value::Nil,
    }
}

/// Sets a field of a data point of a kind.
pub(super) fn set(
    draft: &mut Draft<'_>,
    kind: DataKind,
    field: PointField,
    value: &Value<'_>,
) -> Result<(), Failure> {
    use DataKind::{ExponentialHistogram as Exponential, Gauge, Histogram, Sum, Summary};
    match (field, kind) {
        (PointField::Double, Gauge | Sum) => {
            let double = double(value)?;
            draft.clear(number::AS_INT);
            draft.set_double(number::AS_DOUBLE, double);
        }
        (PointField::Int, Gauge | Sum) => {
            let int = int(value)?;
            draft.clear(number::AS_DOUBLE);
            draft.set_fixed64(number::AS_INT, int as u64);
        }
        (PointField::Exemplars, _) if exemplars_field(kind).is_some() => {
            let contents = contents(value, EXEMPLARS)?;
            if let Some(number) = exemplars_field(kind) {
                draft.set_repeated(number, contents.iter().map(|content| &**content));
            }
        }
        (PointField::Flags, _) => {
            let flags = match kind {
                Gauge | Sum => number::FLAGS,
                Histogram => histogram::FLAGS,
                Exponential => exponential::FLAGS,
                Summary => summary::FLAGS,
            };
            draft.set_varint(flags, u64::from(int(value)? as u32));
        }
        // Counts and sums are in the same fields of all kinds that have them.
        (PointField::Count, Histogram | Exponential | Summary) => {
            draft.set_fixed64(histogram::COUNT, int(value)? as u64);
        }
        (PointField::Sum, Histogram | Exponential | Summary) => {
            draft.set_double(histogram::SUM, double(value)?);
        }
        (PointField::BucketCounts, Histogram) => {
            let counts = each(value, int)?;
            let packed: Vec<u8> = counts.iter().flat_map(|count| count.to_le_bytes()).collect();
            draft.set_bytes(histogram::BUCKET_COUNTS, &packed);
        }
        (PointField::ExplicitBounds, Histogram) => {
            let bounds = each(value, double)?;
            let packed: Vec<u8> = bounds.iter().flat_map(|bound| bound.to_le_bytes()).collect();
            draft.set_bytes(histogram::EXPLICIT_BOUNDS, &packed);
        }
        (PointField::Scale, Exponential) => {
            draft.set_varint(exponential::SCALE, zigzag(int(value)?));
        }
        (PointField::ZeroCount, Exponential) => {
            draft.set_fixed64(exponential::ZERO_COUNT, int(value)? as u64);
        }
        (PointField::Buckets(side), Exponential) => {
            draft.set_bytes(side_field(side), &contents(value, BUCKETS)?.concat());
        }
        (PointField::Offset(side), Exponential) => {
            let offset = zigzag(int(value)?);
            draft
                .edit_message(side_field(side), 0, |side| side.set_varint(buckets::OFFSET, offset));
        }
        (PointField::CountsOf(side), Exponential) => {
            let packed = packed_varints(&each(value, int)?);
            draft.edit_message(side_field(side), 0, |side| {
                side.set_bytes(buckets::BUCKET_COUNTS, &packed);
            });
        }
        (PointField::Quantiles, Summary) => {
            let contents = contents(value, QUANTILES)?;
            draft.set_repeated(summary::QUANTILE_VALUES, contents.iter().map(|content| &**content));
        }
        _ => return Err(Failure::new("data points of this kind have no such field")),
    }
    Ok(())
}

const fn side_field(side: Side) -> u32 {
    match side {
        Side::Positive => exponential::POSITIVE,
        Side::Negative => exponential::NEGATIVE,
    }
}

fn side_view(point: DataPointView<'_>, side: Side) -> Option<BucketsView<'_>> {
    match side {
        Side::Positive => point.positive(),
        Side::Negative => point.negative(),
    }
}

fn ints(values: impl Iterator<Item = u64>) -> Value<'static> {
    Value::List(List::new(values.map(|value| OwnedValue::Int(value as i64)).collect()))
}

fn each<T>(
    value: &Value<'_>,
    read: impl Fn(&Value<'_>) -> Result<T, Failure>,
) -> Result<Vec<T>, Failure> {
    match value {
        Value::List(list) => list.iter().map(|element| read(&element)).collect(),
        other => Err(other.mismatch("a list of numbers").into()),
    }
}

fn contents<'v>(value: &'v Value<'_>, kind: &'static str) -> Result<&'v [Cow<'v, [u8]>], Failure> {
    match value {
        Value::Messages(messages) if messages.kind == kind => Ok(&messages.contents),
        other => Err(other.mismatch(kind).into()),
    }
}

/// A sint32 as it is encoded; what does not fit loses its high bits.
const fn zigzag(int: i64) -> u64 {
    let int = int32(int) as i32;
    ((int << 1) ^ (int >> 31)) as u32 as u64
}

fn packed_varints(values: &[i64]) -> Vec<u8> {
    let mut packed = Vec::with_capacity(values.len());
    values.iter().for_each(|value| put_varint(&mut packed, *value as u64));
    packed
}
