use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    metrics::v1::{
        ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
        Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics,
        exponential_histogram_data_point::Buckets, metric::Data, number_data_point::Value,
    },
};
use prost::Message as _;

use crate::{
    otlp::overlay::{Place, Verdict, Visitor, rewrite},
    ottl::{Cache, Context, Cursor, ErrorMode},
    pipeline::RequestContext,
    processors::{
        statements::{Group, Scope, compile_statements},
        transform::{TransformProcessorConfig, transform_functions},
    },
    settings::Issues,
    signal::Signal,
    testing::{mirror, settings},
};

struct Visit(Group, Result<(), String>);

impl Visitor for Visit {
    fn metric(&mut self, place: &mut Place<'_>) -> Verdict {
        let (cache, request) = (&mut Cache::new(), &RequestContext::default());
        let mut cursor = Cursor { place, inner: None, cache, request };
        for statement in &self.0.statements {
            if let Err(failure) = statement.run(&mut cursor) {
                self.1 = Err(failure.to_string());
            }
        }
        Verdict::Keep
    }
}

/// What a statement makes of a metric.
fn edited(data: Data, statement: &str) -> Result<Data, String> {
    let group = serde_json::json!([{"context": "metric", "statements": [statement]}]);
    let yaml = serde_json::json!({"metric_statements": group});
    let config: TransformProcessorConfig = settings::read(&yaml.to_string()).unwrap();
    let scope = Scope {
        signal: Signal::Metrics,
        contexts: Context::of_signal(Signal::Metrics),
        functions: &transform_functions(),
        error_mode: ErrorMode::Propagate,
    };
    let mut issues = Issues::default();
    let mut groups = compile_statements(&config.metric_statements, scope, &mut issues);
    assert!(issues.list.is_empty(), "{:?}", issues.list);
    let metrics = vec![Metric { data: Some(data), ..Metric::default() }];
    let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
    let resource_metrics = vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }];
    let request = ExportMetricsServiceRequest { resource_metrics }.encode_to_vec();
    let mut visit = Visit(groups.remove(0), Ok(()));
    let after = rewrite(Signal::Metrics, &[request.into()], &mut visit);
    visit.1?;
    let mut after: ExportMetricsServiceRequest = mirror::decode(&after.chunks.concat());
    let mut metrics = after.resource_metrics.remove(0).scope_metrics.remove(0).metrics;
    Ok(metrics.pop().and_then(|metric| metric.data).unwrap())
}

fn gauge(doubles: &[f64]) -> Data {
    let point = |double: &f64| NumberDataPoint {
        value: Some(Value::AsDouble(*double)),
        ..NumberDataPoint::default()
    };
    Data::Gauge(Gauge { data_points: doubles.iter().map(point).collect() })
}

/// The value of the only point of a gauge.
fn value(data: &Data) -> f64 {
    let Data::Gauge(Gauge { data_points }) = data else { panic!("{data:?}") };
    match data_points.as_slice() {
        [NumberDataPoint { value: Some(Value::AsDouble(double)), .. }] => *double,
        _ => panic!("{data_points:?}"),
    }
}

fn exponential(sides: &[(i32, &[u64])]) -> Data {
    let point = |(offset, counts): &(i32, &[u64])| ExponentialHistogramDataPoint {
        count: counts.iter().fold(0, |sum, count| sum | count),
        positive: Some(Buckets { offset: *offset, bucket_counts: counts.to_vec() }),
        ..ExponentialHistogramDataPoint::default()
    };
    let data_points = sides.iter().map(point).collect();
    Data::ExponentialHistogram(ExponentialHistogram { data_points, aggregation_temporality: 2 })
}

fn positive(data: &Data) -> (i32, Vec<u64>) {
    let Data::ExponentialHistogram(data) = data else { panic!("{data:?}") };
    let side = data.data_points[0].positive.clone().unwrap_or_default();
    (side.offset, side.bucket_counts)
}

#[test]
fn a_value_that_is_no_number_takes_over_but_for_infinity() {
    let of = |doubles: &[f64], function: &str| {
        value(&edited(gauge(doubles), &format!("aggregate_on_attributes({function:?})")).unwrap())
    };
    // As Go's math.Max and math.Min have it.
    assert!(of(&[1.0, f64::NAN, 2.0], "max").is_nan());
    assert!(of(&[1.0, f64::NAN, 2.0], "min").is_nan());
    assert_eq!(of(&[f64::NAN, f64::INFINITY], "max"), f64::INFINITY);
    assert_eq!(of(&[f64::NEG_INFINITY, f64::NAN], "min"), f64::NEG_INFINITY);
    assert_eq!(of(&[3.0, f64::NAN, 2.0], "median"), 2.0);
}

#[test]
fn buckets_stand_for_the_same_values_after_joining() {
    let joined = |sides: &[(i32, &[u64])]| {
        edited(exponential(sides), "aggregate_on_attributes(\"sum\")").map(|data| positive(&data))
    };
    assert_eq!(joined(&[(0, &[0, 1]), (1, &[1])]), Ok((0, vec![0, 2])));
    assert_eq!(joined(&[(3, &[1]), (0, &[2, 0])]), Ok((0, vec![2, 0, 0, 1])));
    assert_eq!(joined(&[(-2, &[1]), (2, &[2])]), Ok((-2, vec![1, 0, 0, 0, 2])));
}

#[test]
fn buckets_that_lie_too_far_apart_are_refused_and_stay() {
    let far = exponential(&[(i32::MIN, &[1]), (i32::MAX, &[1])]);
    let failure = edited(far, "aggregate_on_attributes(\"sum\")").unwrap_err();
    assert!(failure.contains("4294967296 buckets"), "{failure}");
}

#[test]
fn histograms_of_unequal_buckets_with_the_same_bounds_are_refused() {
    let point = |bucket_counts: Vec<u64>| HistogramDataPoint {
        count: 1,
        bucket_counts,
        explicit_bounds: vec![1.0],
        ..HistogramDataPoint::default()
    };
    let data_points = vec![point(vec![1]), point(vec![1, 2])];
    let data = Data::Histogram(Histogram { data_points, aggregation_temporality: 2 });
    let failure = edited(data, "aggregate_on_attributes(\"sum\")").unwrap_err();
    assert_eq!(failure, "2 buckets cannot be added to 1 with the same bounds");
}

#[test]
fn chance_loses_no_value_and_takes_no_time_for_many() {
    for count in [1, 7, 1000, u64::MAX] {
        let data = exponential(&[(0, &[count])]);
        let statement =
            "convert_exponential_histogram_to_histogram(\"random\", [0.5, 1.2, 1.4, 1.6, 3.0])";
        let Data::Histogram(data) = edited(data, statement).unwrap() else { panic!() };
        let counts = &data.data_points[0].bucket_counts;
        assert_eq!(counts.len(), 5);
        assert_eq!(counts[0], 0);
        assert_eq!(counts.iter().fold(0_u64, |sum, count| sum.wrapping_add(*count)), count);
    }
}
