use std::hint::black_box;

use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogramDataPoint, HistogramDataPoint, Metric, NumberDataPoint,
    SummaryDataPoint, exemplar, exponential_histogram_data_point::Buckets, metric::Data,
    number_data_point,
};
use proptest::{collection::vec, prelude::*, test_runner::TestCaseError};
use prost::Message as _;

use super::{BucketsView, DataKind, DataPointView, MetricView, NumberValue};
use crate::{
    otlp::field_numbers::{buckets, exponential_histogram_data_point, histogram_data_point},
    testing::{generate, mirror},
    wire::writer::{put_bytes_field, put_fixed64_field, put_varint_field},
};

type Checked = Result<(), TestCaseError>;

proptest! {
    #[test]
    fn a_metric_reads_as_prost_decodes_it(expected in generate::metric()) {
        check_metric(&expected.encode_to_vec(), expected)?;
    }

    #[test]
    fn a_metric_encoded_twice_reads_as_prost_merges_it(
        first in generate::metric(),
        second in generate::metric(),
    ) {
        let encoded = [first.encode_to_vec(), second.encode_to_vec()].concat();
        check_metric(&encoded, mirror::decode(&encoded))?;
    }

    #[test]
    fn any_bytes_can_be_read(bytes in vec(any::<u8>(), 0..64)) {
        let view = MetricView::new(&bytes);
        black_box((view.name(), view.data().map(|data| data.points().count())));
        for kind in KINDS {
            let point = DataPointView::new(kind, &bytes);
            let buckets = |side: Option<BucketsView<'_>>| side.map(|one| one.bucket_counts().count());
            let counts = (point.bucket_counts().count(), point.explicit_bounds().count());
            black_box((counts, buckets(point.positive()), point.exemplars().count(), point.value()));
        }
    }
}

const KINDS: [DataKind; 5] = [
    DataKind::Gauge,
    DataKind::Sum,
    DataKind::Histogram,
    DataKind::ExponentialHistogram,
    DataKind::Summary,
];

fn check_metric(encoded: &[u8], expected: Metric) -> Checked {
    let view = MetricView::new(encoded);
    prop_assert_eq!(view.name(), expected.name);
    prop_assert_eq!(view.description(), expected.description);
    prop_assert_eq!(view.unit(), expected.unit);
    prop_assert_eq!(view.metadata().iter().count(), expected.metadata.len());
    let Some(data) = view.data() else {
        prop_assert!(expected.data.is_none());
        return Ok(());
    };
    let points: Vec<_> = data.points().collect();
    let temporality = data.aggregation_temporality();
    let Some(expected) = expected.data else {
        return Err(TestCaseError::fail("data from nowhere"));
    };
    match (data.kind(), expected) {
        (DataKind::Gauge, Data::Gauge(expected)) => {
            prop_assert_eq!((temporality, data.is_monotonic()), (None, None));
            each(&points, &expected.data_points, check_number)
        }
        (DataKind::Sum, Data::Sum(expected)) => {
            prop_assert_eq!(temporality, Some(expected.aggregation_temporality));
            prop_assert_eq!(data.is_monotonic(), Some(expected.is_monotonic));
            each(&points, &expected.data_points, check_number)
        }
        (DataKind::Histogram, Data::Histogram(expected)) => {
            prop_assert_eq!(temporality, Some(expected.aggregation_temporality));
            each(&points, &expected.data_points, check_histogram)
        }
        (DataKind::ExponentialHistogram, Data::ExponentialHistogram(expected)) => {
            prop_assert_eq!(temporality, Some(expected.aggregation_temporality));
            each(&points, &expected.data_points, check_exponential)
        }
        (DataKind::Summary, Data::Summary(expected)) => {
            each(&points, &expected.data_points, check_summary)
        }
        (kind, _) => Err(TestCaseError::fail(format!("read as {kind:?}"))),
    }
}

fn each<P>(
    points: &[DataPointView<'_>],
    expected: &[P],
    check: impl Fn(DataPointView<'_>, &P) -> Checked,
) -> Checked {
    prop_assert_eq!(points.len(), expected.len());
    points.iter().zip(expected).try_for_each(|(point, expected)| check(*point, expected))
}

fn check_number(point: DataPointView<'_>, expected: &NumberDataPoint) -> Checked {
    let value = expected.value.as_ref().map(|value| match value {
        number_data_point::Value::AsDouble(double) => NumberValue::Double(*double),
        number_data_point::Value::AsInt(int) => NumberValue::Int(*int),
    });
    prop_assert_eq!(point.value(), value);
    prop_assert_eq!(point.start_time(), expected.start_time_unix_nano);
    prop_assert_eq!(point.time(), expected.time_unix_nano);
    prop_assert_eq!(point.flags(), expected.flags);
    prop_assert_eq!(point.attributes().iter().count(), expected.attributes.len());
    prop_assert_eq!((point.count(), point.sum(), point.min()), (None, None, None));
    check_exemplars(point, &expected.exemplars)
}

fn check_histogram(point: DataPointView<'_>, expected: &HistogramDataPoint) -> Checked {
    prop_assert_eq!(point.value(), None);
    prop_assert_eq!(point.time(), expected.time_unix_nano);
    prop_assert_eq!(point.flags(), expected.flags);
    prop_assert_eq!(point.count(), Some(expected.count));
    prop_assert_eq!(point.sum(), expected.sum);
    prop_assert_eq!((point.min(), point.max()), (expected.min, expected.max));
    prop_assert_eq!(&point.bucket_counts().collect::<Vec<_>>(), &expected.bucket_counts);
    prop_assert_eq!(&point.explicit_bounds().collect::<Vec<_>>(), &expected.explicit_bounds);
    prop_assert_eq!(point.attributes().iter().count(), expected.attributes.len());
    check_exemplars(point, &expected.exemplars)
}

fn check_exponential(
    point: DataPointView<'_>,
    expected: &ExponentialHistogramDataPoint,
) -> Checked {
    prop_assert_eq!(point.start_time(), expected.start_time_unix_nano);
    prop_assert_eq!(point.count(), Some(expected.count));
    prop_assert_eq!(point.sum(), expected.sum);
    prop_assert_eq!((point.min(), point.max()), (expected.min, expected.max));
    prop_assert_eq!(point.scale(), Some(expected.scale));
    prop_assert_eq!(point.zero_count(), Some(expected.zero_count));
    prop_assert_eq!(point.zero_threshold(), Some(expected.zero_threshold));
    prop_assert_eq!(&point.positive().map(buckets_of), &expected.positive);
    prop_assert_eq!(&point.negative().map(buckets_of), &expected.negative);
    prop_assert_eq!(point.attributes().iter().count(), expected.attributes.len());
    check_exemplars(point, &expected.exemplars)
}

fn check_summary(point: DataPointView<'_>, expected: &SummaryDataPoint) -> Checked {
    prop_assert_eq!(point.time(), expected.time_unix_nano);
    prop_assert_eq!(point.flags(), expected.flags);
    prop_assert_eq!(point.count(), Some(expected.count));
    prop_assert_eq!(point.sum(), Some(expected.sum));
    let quantiles = expected.quantile_values.iter().map(|pair| (pair.quantile, pair.value));
    prop_assert!(point.quantiles().eq(quantiles));
    prop_assert_eq!(point.attributes().iter().count(), expected.attributes.len());
    check_exemplars(point, &[])
}

fn check_exemplars(point: DataPointView<'_>, expected: &[Exemplar]) -> Checked {
    prop_assert_eq!(point.exemplars().count(), expected.len());
    for (view, expected) in point.exemplars().zip(expected) {
        let value = expected.value.as_ref().map(|value| match value {
            exemplar::Value::AsDouble(double) => NumberValue::Double(*double),
            exemplar::Value::AsInt(int) => NumberValue::Int(*int),
        });
        prop_assert_eq!(view.value(), value);
        prop_assert_eq!(view.time(), expected.time_unix_nano);
        prop_assert_eq!(view.span_id(), &expected.span_id);
        prop_assert_eq!(view.trace_id(), &expected.trace_id);
        let attributes = view.filtered_attributes();
        prop_assert_eq!(attributes.iter().count(), expected.filtered_attributes.len());
    }
    Ok(())
}

fn buckets_of(view: BucketsView<'_>) -> Buckets {
    Buckets { offset: view.offset(), bucket_counts: view.bucket_counts().collect() }
}

#[test]
fn repeated_numbers_are_read_packed_or_not() {
    let mut point = Vec::new();
    put_fixed64_field(&mut point, histogram_data_point::BUCKET_COUNTS, 1);
    let packed = [2_u64.to_le_bytes(), 3_u64.to_le_bytes()].concat();
    put_bytes_field(&mut point, histogram_data_point::BUCKET_COUNTS, &packed);
    put_fixed64_field(&mut point, histogram_data_point::BUCKET_COUNTS, 4);
    let view = DataPointView::new(DataKind::Histogram, &point);
    assert!(view.bucket_counts().eq([1, 2, 3, 4]));

    let mut side = Vec::new();
    put_varint_field(&mut side, buckets::BUCKET_COUNTS, 300);
    put_bytes_field(&mut side, buckets::BUCKET_COUNTS, &[0xac, 0x02, 0x05]);
    put_varint_field(&mut side, buckets::BUCKET_COUNTS, u64::MAX);
    let mut point = Vec::new();
    put_bytes_field(&mut point, exponential_histogram_data_point::POSITIVE, &side);
    let view = DataPointView::new(DataKind::ExponentialHistogram, &point);
    assert!(view.positive().unwrap().bucket_counts().eq([300, 300, 5, u64::MAX]));
}
