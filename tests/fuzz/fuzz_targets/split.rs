//! A request cut in parts keeps all its items, each part is a request, and no part is over the limit.
#![no_main]

use bytes::Bytes;
use common::{otlp::envelope, signal::Signal};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, u16, &[u8])| {
    let (max_items, max_bytes, bytes) = input;
    let (max_items, max_bytes) = (usize::from(max_items).max(1), usize::from(max_bytes));
    for signal in Signal::ALL {
        let Ok(walked) = envelope::walk(signal, Bytes::copy_from_slice(bytes)) else { continue };
        let payload = [walked.request];
        let parts = envelope::split(&payload, signal, max_items);
        assert_eq!(parts.iter().map(|part| part.items).sum::<usize>(), walked.items);
        for part in &parts {
            assert!(part.items <= max_items);
            let request = Bytes::from(part.chunks.concat());
            assert_eq!(envelope::walk(signal, request).expect("a request").items, part.items);
        }
        let by_size = envelope::split_at_bytes(&payload, signal, max_bytes);
        let kept: usize = by_size.parts.iter().map(|part| part.items).sum();
        assert_eq!(kept + by_size.oversize_items, walked.items);
        assert!(by_size.parts.iter().all(|part| part.size() <= max_bytes));
    }
});
