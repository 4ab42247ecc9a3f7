use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::{
    testing::{flattened, generate},
    wire::writer,
};

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
        if request.is_empty() { return Ok(()) }
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
                // To prost, an identifier of any length is bytes.
                let is_ours = matches!(error.fault, Fault::Identifier { .. });
                prop_assert!(is_ours || prost.is_err(), "prost accepts what was refused: {}", error);
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

/// A message field around what is inside it.
fn wrapped(number: u32, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    writer::put_bytes_field(&mut out, number, content);
    out
}

/// A trace request of one span.
fn request_of(span: &[u8]) -> Vec<u8> {
    wrapped(1, &wrapped(2, &wrapped(2, span)))
}

fn error_of(request: Vec<u8>) -> String {
    walk(Signal::Traces, Bytes::from(request)).unwrap_err().to_string()
}

#[test]
fn errors_name_the_path_and_the_byte() {
    let scopes =
        [wrapped(2, &[]), wrapped(2, &[wrapped(2, &[]), wrapped(2, &[0x2a, 9, b'x'])].concat())];
    let request = wrapped(1, &scopes.concat());
    assert_eq!(
        error_of(request),
        "resource_spans[0].scope_spans[1].spans[1].name: message ends inside a field at byte 10"
    );
    assert_eq!(
        error_of(request_of(&[0x29, 1, 2, 3, 4, 5, 6, 7, 8])),
        "resource_spans[0].scope_spans[0].spans[0].name: \
         wire type 1 at byte 6 where the field has wire type 2"
    );
    assert_eq!(error_of(vec![0]), "request: invalid field number 0 at byte 0");
    assert_eq!(error_of(vec![0x0a]), "resource_spans[0]: message ends inside a field at byte 1");
    assert_eq!(error_of(vec![0x7e]), "request: invalid wire type 6 at byte 0");
    let buckets = wrapped(6, &[1, 2, 3]);
    let metric = wrapped(1, &wrapped(2, &wrapped(2, &wrapped(9, &wrapped(1, &buckets)))));
    assert_eq!(
        walk(Signal::Metrics, Bytes::from(metric)).unwrap_err().to_string(),
        "resource_metrics[0].scope_metrics[0].metrics[0].histogram.data_points[0].bucket_counts[0]: \
         packed list at byte 10 ends inside a number"
    );
}

#[test]
fn unpacked_numbers_are_accepted() {
    let mut point = Vec::new();
    writer::put_fixed64_field(&mut point, 6, 1);
    writer::put_fixed64_field(&mut point, 6, 2);
    let metric = wrapped(1, &wrapped(2, &wrapped(2, &wrapped(9, &wrapped(1, &point)))));
    assert_eq!(walk(Signal::Metrics, Bytes::from(metric)).unwrap().items, 1);
}

#[test]
fn an_identifier_is_whole_or_absent() {
    const TRACE_ID: u32 = 1;
    const SPAN_ID: u32 = 2;
    let with = |field, bytes: usize| request_of(&wrapped(field, &vec![7; bytes]));
    for (field, bytes) in [(TRACE_ID, 0), (TRACE_ID, 16), (SPAN_ID, 0), (SPAN_ID, 8)] {
        assert_eq!(walk(Signal::Traces, Bytes::from(with(field, bytes))).unwrap().items, 1);
    }
    for (field, bytes, expected) in [(TRACE_ID, 15, 16), (TRACE_ID, 17, 16), (SPAN_ID, 16, 8)] {
        let error = error_of(with(field, bytes));
        let name = if field == TRACE_ID { "trace_id" } else { "span_id" };
        assert!(
            error.contains(&format!("spans[0].{name}: identifier of {bytes} bytes")),
            "{error}"
        );
        assert!(error.ends_with(&format!("expected {expected}")), "{error}");
    }
}

#[test]
fn values_may_be_nested_64_deep_and_no_deeper() {
    let nested = |levels: usize| {
        let value = (1..levels).fold(Vec::new(), |value, _| wrapped(5, &wrapped(1, &value)));
        request_of(&wrapped(9, &wrapped(2, &value)))
    };
    assert_eq!(walk(Signal::Traces, Bytes::from(nested(64))).unwrap().items, 1);
    let error = error_of(nested(65));
    assert!(error.contains(".attributes[0].value.array_value.values[0].array_value"), "{error}");
    assert!(error.contains("values nested deeper than 64 at byte "), "{error}");
}

#[test]
fn strings_that_are_not_utf8_are_mended_and_counted() {
    let attribute = wrapped(9, &[wrapped(1, b"k\xff"), wrapped(2, &wrapped(1, b"\xc3"))].concat());
    let span = [wrapped(5, b"ok"), attribute, wrapped(1, &[0xff; 16])].concat();
    let walked = walk(Signal::Traces, Bytes::from(request_of(&span))).unwrap();
    let text = "\u{fffd}".as_bytes();
    let attribute = [wrapped(1, &[b"k", text].concat()), wrapped(2, &wrapped(1, text))].concat();
    let span = [wrapped(5, b"ok"), wrapped(9, &attribute), wrapped(1, &[0xff; 16])].concat();
    assert_eq!(walked.request, request_of(&span));
    assert_eq!((walked.items, walked.mended_strings), (1, 2));
}

#[test]
fn a_mended_request_keeps_its_unknown_fields() {
    let unknown = [0xa3, 0x06, 0x08, 0x01, 0xa4, 0x06, 0xa8, 0x06, 0x05];
    let span = [&unknown[..], &wrapped(5, b"\xff")].concat();
    let walked = walk(Signal::Traces, Bytes::from(request_of(&span))).unwrap();
    let span = [&unknown[..], &wrapped(5, "\u{fffd}".as_bytes())].concat();
    assert_eq!(walked.request, request_of(&span));
}

#[test]
fn fields_from_before_1_0_move_to_their_successors() {
    let scope = wrapped(2, &wrapped(5, b"n"));
    let old = wrapped(1, &wrapped(1000, &scope));
    let walked = walk(Signal::Traces, Bytes::from(old)).unwrap();
    assert_eq!(walked.request, wrapped(1, &wrapped(2, &scope)));
    assert_eq!(walked.items, 1);
    let both = wrapped(1, &[wrapped(1000, &scope), wrapped(2, &scope)].concat());
    let walked = walk(Signal::Traces, Bytes::from(both)).unwrap();
    assert_eq!(walked.request, wrapped(1, &wrapped(2, &scope)));
    assert_eq!(walked.items, 1);
}

#[test]
fn parts_share_what_they_do_not_cut() {
    let request = Bytes::from(request_of(&wrapped(5, b"n")));
    let parts = split(&[request.clone(), request.clone(), request.clone()], Signal::Traces, 2);
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[0].chunks.len(), 2);
    for chunk in parts.iter().flat_map(|part| &part.chunks) {
        assert_eq!(chunk.as_ptr(), request.as_ptr());
    }
}

#[test]
fn every_part_has_the_unknown_fields_of_its_headers() {
    let unknown = wrapped(100, b"new");
    let spans = [wrapped(2, &wrapped(5, b"a")), wrapped(2, &wrapped(5, b"b"))];
    let scope = |spans: &[u8]| wrapped(2, &[&unknown, spans].concat());
    let group = |spans: &[u8]| wrapped(1, &[&unknown, &scope(spans)[..]].concat());
    let parts = split(&[Bytes::from(group(&spans.concat()))], Signal::Traces, 1);
    let found: Vec<Vec<u8>> = parts.iter().map(|part| joined(&part.chunks)).collect();
    assert_eq!(found, [group(&spans[0]), group(&spans[1])]);
}

#[test]
fn requests_without_items_stay_whole() {
    let request = Bytes::from(wrapped(1, &wrapped(3, b"url")));
    let walked = walk(Signal::Logs, request.clone()).unwrap();
    assert_eq!(walked.items, 0);
    let parts = split(std::slice::from_ref(&request), Signal::Logs, 1);
    assert_eq!(parts.len(), 1);
    assert_eq!((parts[0].items, joined(&parts[0].chunks)), (0, request.to_vec()));
    assert!(split(&[], Signal::Logs, 1).is_empty());
}

#[test]
fn a_large_header_is_not_repeated_for_every_item() {
    const SPANS: usize = 100_000;
    let resource = wrapped(1, &wrapped(3, &vec![0; 200_000]));
    let scope = wrapped(2, &wrapped(2, b"").repeat(SPANS));
    let payload = [Bytes::from(wrapped(1, &[resource, scope].concat()))];
    let most = payload[0].len() * 6;
    let size = |parts: &[Part]| parts.iter().map(Part::size).sum::<usize>();
    let items = |parts: &[Part]| parts.iter().map(|part| part.items).sum::<usize>();

    let parts = split(&payload, Signal::Traces, 10);
    assert_eq!((parts[0].items, items(&parts)), (10, SPANS));
    assert!(size(&parts) < most, "{} bytes in {} parts", size(&parts), parts.len());

    let by_size = split_at_bytes(&payload, Signal::Traces, 200_100);
    assert_eq!(items(&by_size.parts) + by_size.oversize_items, SPANS);
    assert!(size(&by_size.parts) < most);
    assert!(by_size.parts.iter().all(|part| part.size() <= 200_100));
}

#[test]
fn unknown_fields_of_a_request_count_against_its_size() {
    let unknown = wrapped(2, &[7; 30]);
    let request = [unknown.clone(), request_of(b""), unknown, wrapped(2, &[7; 60])].concat();
    let payload = [Bytes::from(request)];
    let by_size = split_at_bytes(&payload, Signal::Traces, 40);
    let sizes: Vec<usize> = by_size.parts.iter().map(Part::size).collect();
    assert_eq!(sizes, [38, 32]);
    assert_eq!(by_size.oversize_items, 0);
}
