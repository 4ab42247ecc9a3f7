//! Any bytes: the walk never panics, and what it lets in it lets in again, unchanged.
#![no_main]

use bytes::Bytes;
use common::{otlp::envelope, signal::Signal};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for signal in Signal::ALL {
        let Ok(walked) = envelope::walk(signal, Bytes::copy_from_slice(bytes)) else { continue };
        let again = envelope::walk(signal, walked.request.clone()).expect("it was let in before");
        assert_eq!(again.request, walked.request);
        assert_eq!(again.items, walked.items);
        assert_eq!(again.mended_strings, 0);
    }
});
