use bytes::Bytes;
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::ExportLogsServiceRequest, metrics::v1::ExportMetricsServiceRequest,
        trace::v1::ExportTraceServiceRequest,
    },
    metrics::v1::metric::Data,
};
use proptest::prelude::*;
use prost::Message as _;

use super::*;
use crate::testing::generate;

/// Each item as text behind the text of all that stands above it.
#[expect(
    clippy::disallowed_methods,
    reason = "prost is what the walk is held against"
)]
fn flattened(signal: Signal, request: &[u8]) -> Result<Vec<String>, prost::DecodeError> {
    let mut items = Vec::new();
    match signal {
        Signal::Traces => {
            for mut group in ExportTraceServiceRequest::decode(request)?.resource_spans {
                for mut scope in std::mem::take(&mut group.scope_spans) {
                    for item in std::mem::take(&mut scope.spans) {
                        items.push(format!("{group:?} {scope:?} {item:?}"));
                    }
                }
            }
        }
        Signal::Logs => {
            for mut group in ExportLogsServiceRequest::decode(request)?.resource_logs {
                for mut scope in std::mem::take(&mut group.scope_logs) {
                    for item in std::mem::take(&mut scope.log_records) {
                        items.push(format!("{group:?} {scope:?} {item:?}"));
                    }
                }
            }
        }
        Signal::Metrics => {
            for mut group in ExportMetricsServiceRequest::decode(request)?.resource_metrics {
                for mut scope in std::mem::take(&mut group.scope_metrics) {
                    for mut metric in std::mem::take(&mut scope.metrics) {
                        let points = take_points(metric.data.as_mut());
                        let above = format!("{group:?} {scope:?} {metric:?}");
                        items.extend(points.into_iter().map(|point| format!("{above} {point}")));
                    }
                }
            }
        }
    }
    Ok(items)
}

fn take_points(data: Option<&mut Data>) -> Vec<String> {
    fn texts<T: std::fmt::Debug>(points: &mut Vec<T>) -> Vec<String> {
        points.drain(..).map(|point| format!("{point:?}")).collect()
    }
    match data {
        None => Vec::new(),
        Some(Data::Gauge(data)) => texts(&mut data.data_points),
        Some(Data::Sum(data)) => texts(&mut data.data_points),
        Some(Data::Histogram(data)) => texts(&mut data.data_points),
        Some(Data::ExponentialHistogram(data)) => texts(&mut data.data_points),
        Some(Data::Summary(data)) => texts(&mut data.data_points),
    }
}

fn joined(chunks: &[Bytes]) -> Vec<u8> {
    chunks.concat()
}

proptest! {
    #[test]
    fn accepts_and_counts_what_prost_does((signal, request) in generate::signal_and_request()) {
        let expected = flattened(signal, &request).unwrap().len();
        let walked = walk(signal, Bytes::from(request.clone())).unwrap();
        prop_assert_eq!(walked.items, expected);
        prop_assert_eq!(walked.mended_strings, 0);
        prop_assert_eq!(count_items(signal, &request), expected);
        prop_assert_eq!(walked.request, request);
    }

    #[test]
    fn any_bytes_never_panic(signal in generate::signal(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = Bytes::from(bytes);
        let walked = walk(signal, bytes.clone());
        prop_assert!(walked.is_err() || count_items(signal, &bytes) <= bytes.len());
        let payload = [bytes];
        prop_assert!(split(&payload, signal, 2).iter().all(|part| part.items <= 2));
        prop_assert!(split_at_bytes(&payload, signal, 20).oversize_items <= payload[0].len());
    }

    #[test]
    fn agrees_with_prost_on_damaged_requests(
        (signal, mut request) in generate::signal_and_request(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<bool>(),
    ) {
        prop_assume!(!request.is_empty());
        let at = at.index(request.len());
        if cut { request.truncate(at) } else { request[at] = byte }
        let prost = flattened(signal, &request);
        match walk(signal, Bytes::from(request.clone())) {
            Ok(walked) => {
                let mended = flattened(signal, &walked.request);
                prop_assert!(mended.is_ok(), "prost refuses what was walked: {:?}", mended);
                if walked.mended_strings == 0 { prop_assert!(prost.is_ok()) }
            }
            Err(error) => {
                prop_assert!(prost.is_err(), "prost accepts what was refused: {}", error);
                let schema = schema::request(signal);
                prop_assert!(locate::has_fault(schema, &request), "no fault found: {}", error);
            }
        }
    }

    #[test]
    fn splitting_keeps_every_item_under_its_headers(
        (signal, requests) in generate::signal_and_requests(),
        max_items in 1..7_usize,
    ) {
        let payload: Vec<Bytes> = requests.into_iter().map(Bytes::from).collect();
        let expected = flattened(signal, &joined(&payload)).unwrap();
        let parts = split(&payload, signal, max_items);
        let mut found = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let items = flattened(signal, &joined(&part.chunks)).unwrap();
            prop_assert_eq!(items.len(), part.items);
            for chunk in &part.chunks {
                prop_assert!(walk(signal, chunk.clone()).is_ok());
            }
            if index + 1 < parts.len() { prop_assert_eq!(part.items, max_items) }
            found.extend(items);
        }
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn splitting_by_size_keeps_the_limit_and_every_item_that_fits(
        (signal, request) in generate::signal_and_request(),
        max_bytes in 1..2000_usize,
    ) {
        let expected = flattened(signal, &request).unwrap();
        let payload = [Bytes::from(request)];
        let split = split_at_bytes(&payload, signal, max_bytes);
        let mut found = Vec::new();
        for part in &split.parts {
            prop_assert!(part.size() <= max_bytes);
            found.extend(flattened(signal, &joined(&part.chunks)).unwrap());
        }
        prop_assert_eq!(found.len() + split.oversize_items, expected.len());
        if split.oversize_items == 0 { prop_assert_eq!(found, expected) }
    }

    #[test]
    fn mending_makes_text_that_prost_accepts(
        (signal, request) in generate::signal_and_request(),
        strings in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
    ) {
        let items = flattened(signal, &request).unwrap().len();
        let mut damaged = request.clone();
        let places: Vec<usize> = (0..request.len()).filter(|at| request[at.saturating_sub(1)..].starts_with(b"aa")).collect();
        for index in &strings {
            if !places.is_empty() { damaged[*index.get(&places)] = 0xff }
        }
        if let Ok(walked) = walk(signal, Bytes::from(damaged)) {
            prop_assert_eq!(flattened(signal, &walked.request).unwrap().len(), items);
        }
    }

    #[test]
    fn halves_have_all_items((signal, request) in generate::signal_and_request()) {
        let expected = flattened(signal, &request).unwrap();
        match split_half(&[Bytes::from(request)], signal) {
            None => prop_assert!(expected.len() < 2),
            Some((first, second)) => {
                prop_assert!(first.items - second.items <= 1);
                let mut found = flattened(signal, &joined(&first.chunks)).unwrap();
                found.extend(flattened(signal, &joined(&second.chunks)).unwrap());
                prop_assert_eq!(found, expected);
            }
        }
    }
}
