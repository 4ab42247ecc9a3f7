//! Any request as JSON: it is valid JSON, and read again it says the same.

use common::{
    otlp::{envelope, json},
    signal::Signal,
};

use super::requests;

/// One input.
pub fn run(script: &[u8]) {
    let request = requests::request(script);
    for signal in Signal::ALL {
        // Also what was never walked must be written without a panic.
        let unchecked = json::to_json(signal, std::slice::from_ref(&request));
        std::str::from_utf8(&unchecked).expect("JSON is text");
        let Ok(walked) = envelope::walk(signal, request.clone()) else { continue };
        let written = json::to_json(signal, std::slice::from_ref(&walked.request));
        match json::from_json(signal, &written, usize::MAX) {
            Ok(again) => {
                let before = requests::with_prost(signal, &[walked.request]);
                let after = requests::with_prost(signal, &[again.into()]);
                if let (Ok(before), Ok(after)) = (before, after) {
                    assert_eq!(requests::as_in_json(&before.1), requests::as_in_json(&after.1));
                }
            }
            // Ids of another length can be written, but nobody takes them.
            Err(error) => assert!(error.to_string().contains("length mismatch"), "{error}"),
        }
    }
}
