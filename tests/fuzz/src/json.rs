//! Any text: reading never panics, and what was read survives being written and read again.

use bytes::Bytes;
use common::{
    otlp::{envelope, json},
    signal::Signal,
};

use super::requests;

const MAX_BYTES: usize = 1 << 20;
/// The path to a value as deep as they may be, and what is wrong with it.
const MAX_ERROR_BYTES: usize = 8 << 10;

/// One input.
pub fn run(text: &[u8]) {
    for signal in Signal::ALL {
        let request = match json::from_json(signal, text, MAX_BYTES) {
            Ok(request) => request,
            Err(error) => {
                assert!(error.to_string().len() <= MAX_ERROR_BYTES, "{error}");
                continue;
            }
        };
        assert!(request.len() <= MAX_BYTES);
        let walked = envelope::walk(signal, request.into()).expect("JSON makes valid requests");
        assert_eq!(walked.mended_strings, 0);
        let written = json::to_json(signal, std::slice::from_ref(&walked.request));
        let again = json::from_json(signal, &written, usize::MAX).expect("our own JSON");
        let again = Bytes::from(again);
        assert_eq!(json::to_json(signal, std::slice::from_ref(&again)), written);
        let before = requests::with_prost(signal, &[walked.request]);
        let after = requests::with_prost(signal, &[again]);
        if let (Ok(before), Ok(after)) = (before, after) {
            assert_eq!(requests::as_in_json(&before.1), requests::as_in_json(&after.1));
        }
    }
}
