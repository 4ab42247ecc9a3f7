//! A request cut in parts keeps all its items, each part is a request, and no part is over the limit.

use bytes::Bytes;
use common::{
    otlp::envelope::{self, Part},
    signal::Signal,
};

use super::requests;

/// One input.
pub fn run(input: &[u8]) {
    let Some((&[items, first, low, high], script)) = input.split_first_chunk() else { return };
    let (max_items, first) = (usize::from(items).max(1), usize::from(first).max(1));
    let max_bytes = usize::from(u16::from_le_bytes([low, high % 8]));
    let request = requests::request(script);
    for signal in Signal::ALL {
        let Ok(walked) = envelope::walk(signal, request.clone()) else { continue };
        let payload = [walked.request];
        let parts = envelope::split(&payload, signal, max_items);
        assert_eq!(items_of(signal, &parts), walked.items);
        assert!(parts.iter().all(|part| part.items <= max_items));

        let parts = envelope::split_with_first(&payload, signal, first, max_items);
        assert_eq!(items_of(signal, &parts), walked.items);
        let first = first.min(max_items);
        if let [head, _, ..] = &*parts {
            assert_eq!(head.items, first);
        }

        let by_size = envelope::split_at_bytes(&payload, signal, max_bytes);
        assert_eq!(items_of(signal, &by_size.parts) + by_size.oversize_items, walked.items);
        assert!(by_size.parts.iter().all(|part| part.size() <= max_bytes));

        if let Some((one, two)) = envelope::split_half(&payload, signal) {
            assert_eq!(items_of(signal, &[one, two]), walked.items);
        }
    }
}

/// The items of all parts, each of which must be a request of as many as it says.
fn items_of(signal: Signal, parts: &[Part]) -> usize {
    for part in parts {
        for chunk in &part.chunks {
            envelope::walk(signal, chunk.clone()).expect("a request");
        }
        let whole = Bytes::from(part.chunks.concat());
        assert_eq!(envelope::walk(signal, whole).expect("a request").items, part.items);
    }
    parts.iter().map(|part| part.items).sum()
}
