//! Any request: the walk and prost agree, and what the walk lets in it lets in again, unchanged.

use bytes::Bytes;
use common::{
    otlp::envelope::{self, Fault},
    signal::Signal,
    wire::WireError,
};

use super::requests;

/// The path to a value as deep as they may be, and what is wrong with it.
const MAX_ERROR_BYTES: usize = 8 << 10;

/// One input.
pub fn run(script: &[u8]) {
    let request = requests::request(script);
    for signal in Signal::ALL {
        let prost = requests::with_prost(signal, std::slice::from_ref(&request));
        match envelope::walk(signal, request.clone()) {
            Ok(walked) => agree(signal, &request, &walked, &prost),
            Err(error) => {
                assert!(error.to_string().len() <= MAX_ERROR_BYTES, "{error}");
                let is_ours = matches!(
                    error.fault,
                    Fault::TooDeep { .. } | Fault::Wire(WireError::TooDeep { .. })
                ) || error.path.contains("instrumentation");
                assert!(prost.is_err() || is_ours, "prost takes what the walk refuses: {error}");
            }
        }
    }
}

fn agree(
    signal: Signal,
    request: &Bytes,
    walked: &envelope::Walked,
    prost: &Result<(usize, String), String>,
) {
    let again = envelope::walk(signal, walked.request.clone()).expect("it was let in before");
    assert_eq!(again.request, walked.request);
    assert_eq!(again.items, walked.items);
    assert_eq!(again.mended_strings, 0);
    assert_eq!(envelope::count_items(signal, &walked.request), walked.items);
    match requests::with_prost(signal, std::slice::from_ref(&walked.request)) {
        Ok((items, words)) => {
            assert!(signal == Signal::Metrics || items == walked.items);
            if walked.request == *request {
                assert_eq!(prost.as_ref().expect("the same bytes").1, words);
            }
        }
        Err(error) => assert!(requests::is_prost_limit(&error), "prost refuses: {error}"),
    }
}
