//! Any text: reading never panics, and what was read survives being written and read again.

use bytes::Bytes;
use common::{
    otlp::{envelope, json},
    signal::Signal,
};

use super::requests;

const MAX_BYTES: usize = 1 << 20;

/// One input.
pub fn run(text: &[u8]) {
    for signal in Signal::ALL {
        let Ok(request) = json::from_json(signal, text, MAX_BYTES) else { continue };
        assert!(request.len() <= MAX_BYTES);
        let walked = envelope::walk(signal, request.into()).expect("JSON makes valid requests");
        assert_eq!(walked.mended_strings, 0);
        let written = json::to_json(signal, &[walked.request.clone()]);
        let again = json::from_json(signal, &written, usize::MAX).expect("our own JSON");
        let again = Bytes::from(again);
        assert_eq!(json::to_json(signal, &[again.clone()]), written);
        let before = requests::with_prost(signal, &[walked.request]);
        let after = requests::with_prost(signal, &[again]);
        if let (Ok(before), Ok(after)) = (before, after) {
            assert_eq!(requests::as_in_json(&before.1), requests::as_in_json(&after.1));
        }
    }
}
