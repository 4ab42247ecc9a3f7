use std::collections::BTreeMap;

use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, InstrumentationScope, KeyValue},
    metrics::v1::{Metric, metric::Data},
    resource::v1::Resource,
};
use proptest::prelude::*;

use super::*;
use crate::{
    component::Kind,
    otlp::{decode, envelope},
    pipeline::{Budget, Charge, Reason},
    telemetry::metrics::SampleValue,
    testing::{Bench, generate, otlp_text, settings},
};

fn processor(bench: &Bench, signal: Signal, keys: &[&str]) -> GroupByAttrsProcessor {
    let mut context = bench.context(Kind::Processor, "group_by_attrs");
    context.signal = Some(signal);
    let keys = keys.iter().map(|key| (*key).to_owned()).collect();
    GroupByAttrsProcessor::new(GroupByAttrsConfig { keys }, &context)
}

fn transformed(signal: Signal, keys: &[&str], request: Vec<u8>) -> Payload {
    let items = envelope::count_items(signal, &request);
    let payload = Payload::new(signal, request.into(), items, Charge::NONE);
    processor(&Bench::default(), signal, keys).transform(payload).unwrap()
}

#[track_caller]
fn check(signal: Signal, keys: &[&str], before: &str, after: &str) {
    let request = otlp_text::encode(signal, before).unwrap();
    let payload = transformed(signal, keys, request.to_vec());
    assert_eq!(otlp_text::text(signal, payload.chunks()).unwrap(), after);
    let items = payload.chunks().iter().map(|chunk| envelope::count_items(signal, chunk));
    assert_eq!(items.sum::<usize>(), payload.items());
}

#[test]
fn spans_go_to_the_resource_of_their_keys() {
    let before = "resource service=shop host=old
  scope lib
    span a host=x b=1
    span b
    span c host=y
  scope other
    span d host=x
resource host=x service=shop
  scope lib
    span e
";
    let after = "resource service=shop host=x
  scope lib
    span a b=1
    span e
  scope other
    span d
resource service=shop host=old
  scope lib
    span b
resource service=shop host=y
  scope lib
    span c
";
    check(Signal::Traces, &["host"], before, after);
}

#[test]
fn without_keys_equal_headers_are_put_together() {
    let before = "resource a=1
  scope lib
    log x
resource a=2
  scope lib
    log y
resource a=1
  scope lib v=1
    log z
  scope lib
    log w
";
    let after = "resource a=1
  scope lib
    log x
    log w
  scope lib v=1
    log z
resource a=2
  scope lib
    log y
";
    check(Signal::Logs, &[], before, after);
}

#[test]
fn points_of_one_metric_stay_one_metric() {
    let before = "resource r=1
  scope lib
    sum requests @temporality=2 @monotonic=1
      point 1 host=x route=a
      point 2 host=y
      point 3
    gauge requests
      point 4 host=x
    sum requests @temporality=1 @monotonic=1
      point 5 host=x
    sum requests @temporality=2 @monotonic=1
      point 6 host=x route=b
    gauge empty
";
    let after = "resource r=1 host=x
  scope lib
    sum requests @temporality=2 @monotonic=1
      point 1 route=a
      point 6 route=b
    gauge requests
      point 4
    sum requests @temporality=1 @monotonic=1
      point 5
resource r=1 host=y
  scope lib
    sum requests @temporality=2 @monotonic=1
      point 2
resource r=1
  scope lib
    sum requests @temporality=2 @monotonic=1
      point 3
";
    check(Signal::Metrics, &["host"], before, after);
}

#[test]
fn what_was_done_is_counted() {
    let bench = Bench::default();
    let before = "resource a=1\n  scope lib\n    span a k=1\n    span b k=2\n    span c\n";
    let request = otlp_text::encode(Signal::Traces, before).unwrap();
    let payload = Payload::new(Signal::Traces, request, 3, Charge::NONE);
    processor(&bench, Signal::Traces, &["k"]).transform(payload).unwrap();
    let samples = bench.host.telemetry.metrics.samples().into_iter();
    let values: BTreeMap<_, _> = samples
        .map(|sample| match sample.value {
            SampleValue::Number(number) => (sample.metric.name, number),
            SampleValue::Histogram(histogram) => (sample.metric.name, histogram.get_sample_sum()),
        })
        .collect();
    assert_eq!(values["otelcol_processor_groupbyattrs_num_grouped_spans"], 2.0);
    assert_eq!(values["otelcol_processor_groupbyattrs_num_non_grouped_spans"], 1.0);
    assert_eq!(values["otelcol_processor_groupbyattrs_span_groups"], 3.0);
}

#[test]
fn a_large_resource_is_not_copied_for_every_item_while_memory_is_short() {
    let budget = Budget::new(8 << 20);
    let mut before = format!("resource a={}\n  scope lib\n", "x".repeat(10_000));
    (0..10_000).for_each(|index| before.push_str(&format!("    log x k={index}\n")));
    let request = otlp_text::encode(Signal::Logs, &before).unwrap();
    let charge = budget.reserve(request.len()).unwrap();
    let payload = Payload::new(Signal::Logs, request, 10_000, charge);
    let processor = processor(&Bench::default(), Signal::Logs, &["k"]);
    assert_eq!(processor.transform(payload).unwrap_err().reason, Reason::Overloaded);
    assert_eq!(budget.used(), 0);
}

#[test]
fn keys_without_effect_are_told() {
    let config: GroupByAttrsConfig = settings::read("keys: [a, '', b, a]").unwrap();
    let mut issues = Issues::default();
    config.validate(&mut issues);
    let found: Vec<_> = issues.list.iter().map(|one| (&*one.path, &*one.message)).collect();
    let expected = [
        ("keys::1", "is empty and has no effect"),
        ("keys::3", "\"a\" is there already and has no further effect"),
    ];
    assert_eq!(found, expected);
    assert!(issues.list.iter().all(|issue| issue.is_warning));
}

/// Where an item is and what it is, in texts that do not depend on the order of attributes.
type Placed = (String, String);

fn sorted(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let mut map = BTreeMap::new();
    for attribute in attributes {
        let value = normal(attribute.value.as_ref());
        map.entry(attribute.key.clone()).or_insert(value);
    }
    map
}

/// A value as text, for which maps are equal in whatever order.
fn normal(value: Option<&AnyValue>) -> String {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::KvlistValue(map)) => format!("{:?}", sorted(&map.values)),
        Some(Value::ArrayValue(array)) => {
            let elements = array.values.iter().map(|element| normal(Some(element)));
            format!("{:?}", elements.collect::<Vec<_>>())
        }
        other => format!("{other:?}"),
    }
}

/// The resource that an item belongs to, once its keys have moved there.
fn moved(resource: &[KeyValue], item: &mut Vec<KeyValue>, keys: &[&str]) -> String {
    let mut all = sorted(resource);
    let own = sorted(item);
    for key in keys {
        if let Some(value) = own.get(*key) {
            all.insert((*key).to_owned(), value.clone());
        }
    }
    // An item without any of the keys is not touched.
    if keys.iter().any(|key| own.contains_key(*key)) {
        item.retain(|attribute| !keys.contains(&attribute.key.as_str()));
    }
    format!("{all:?}")
}

fn scope_text(scope: Option<&InstrumentationScope>, schema_url: &str) -> String {
    let scope = scope.cloned().unwrap_or_default();
    format!("{} {} {:?} {schema_url}", scope.name, scope.version, sorted(&scope.attributes))
}

fn attributes_of(resource: Option<&Resource>) -> &[KeyValue] {
    resource.map_or(&[], |resource| &resource.attributes)
}

/// All items of a request with their places, after moving the keys, and how many headers there are.
fn items(signal: Signal, request: &[bytes::Bytes], keys: &[&str]) -> (Vec<Placed>, Vec<String>) {
    let (mut items, mut headers) = (Vec::new(), Vec::new());
    let mut add = |around: &[&str], item: String| items.push((around.join("|"), item));
    match signal {
        Signal::Traces => {
            for group in decode::traces(request).unwrap().resource_spans {
                let resource = attributes_of(group.resource.as_ref());
                headers.push(format!("{:?} {}", sorted(resource), group.schema_url));
                for scope in group.scope_spans {
                    let within = scope_text(scope.scope.as_ref(), &scope.schema_url);
                    for mut span in scope.spans {
                        let resource = moved(resource, &mut span.attributes, keys);
                        add(&[&resource, &group.schema_url, &within], format!("{span:?}"));
                    }
                }
            }
        }
        Signal::Logs => {
            for group in decode::logs(request).unwrap().resource_logs {
                let resource = attributes_of(group.resource.as_ref());
                headers.push(format!("{:?} {}", sorted(resource), group.schema_url));
                for scope in group.scope_logs {
                    let within = scope_text(scope.scope.as_ref(), &scope.schema_url);
                    for mut record in scope.log_records {
                        let resource = moved(resource, &mut record.attributes, keys);
                        add(&[&resource, &group.schema_url, &within], format!("{record:?}"));
                    }
                }
            }
        }
        Signal::Metrics => {
            for group in decode::metrics(request).unwrap().resource_metrics {
                let resource = attributes_of(group.resource.as_ref());
                headers.push(format!("{:?} {}", sorted(resource), group.schema_url));
                for scope in group.scope_metrics {
                    let within = scope_text(scope.scope.as_ref(), &scope.schema_url);
                    for metric in scope.metrics {
                        for (kind, mut attributes, point) in points(&metric) {
                            let resource = moved(resource, &mut attributes, keys);
                            let around = [&resource, &group.schema_url, &within, &*kind];
                            add(&around, format!("{point} {attributes:?}"));
                        }
                    }
                }
            }
        }
    }
    items.sort();
    headers.sort();
    (items, headers)
}

/// The points of a metric, each with what the metric is, its attributes and the rest of it.
fn points(metric: &Metric) -> Vec<(String, Vec<KeyValue>, String)> {
    let mut out = Vec::new();
    macro_rules! points {
        ($kind:expr, $data:expr) => {
            for point in &$data.data_points {
                let mut point = point.clone();
                let attributes = std::mem::take(&mut point.attributes);
                let kind = format!("{} {} {}", metric.name, metric.unit, $kind);
                out.push((kind, attributes, format!("{point:?}")));
            }
        };
    }
    match &metric.data {
        None => {}
        Some(Data::Gauge(data)) => points!("gauge", data),
        Some(Data::Sum(data)) => {
            let more = format!("sum {} {}", data.aggregation_temporality, data.is_monotonic);
            points!(more, data);
        }
        Some(Data::Histogram(data)) => {
            points!(format!("histogram {}", data.aggregation_temporality), data);
        }
        Some(Data::ExponentialHistogram(data)) => {
            points!(format!("exponential {}", data.aggregation_temporality), data);
        }
        Some(Data::Summary(data)) => points!("summary", data),
    }
    out
}

proptest! {
    #[test]
    fn every_item_is_where_it_belongs((signal, request) in generate::signal_and_request(), key in "[a-c]") {
        let first = bytes::Bytes::from(request.clone());
        // The keys of whatever is there, so that some items have them.
        let found = first_key(signal, &first).unwrap_or_default();
        let keys = [found.as_str(), key.as_str()];
        let keys: Vec<_> = keys.into_iter().filter(|key| !key.is_empty()).collect();
        let after = transformed(signal, &keys, request);
        prop_assert!(envelope::walk(signal, after.contiguous()).is_ok());
        let (before, _) = items(signal, &[first], &keys);
        let (now, headers) = items(signal, after.chunks(), &[]);
        prop_assert_eq!(before, now);
        let mut once = headers.clone();
        once.dedup();
        prop_assert_eq!(once, headers);
    }
}

fn first_key(signal: Signal, request: &[u8]) -> Option<String> {
    let resources: Vec<_> = crate::otlp::resource::resources(request).collect();
    let mut scopes = resources.iter().flat_map(|resource| resource.scopes());
    scopes.find_map(|scope| {
        let item = crate::otlp::item::items(signal, &scope).next()?;
        item.attributes().iter().next().map(|(key, _)| key.to_owned())
    })
}
