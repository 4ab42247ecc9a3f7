//! Any bytes as the body of an answer: statuses and responses survive being written and read again.

use common::{
    net::{client::partial, status},
    otlp::{
        json,
        response::{PartialSuccess, Status},
    },
    signal::Signal,
};

/// One input.
pub fn run(bytes: &[u8]) {
    if let Some(status) = Status::decode(bytes) {
        assert_eq!(Status::decode(&status.encode()).as_ref(), Some(&status));
        let written = json::status_to_json(&status);
        let again = json::status_from_json(&written).expect("our own JSON");
        assert_eq!((again.code, &again.message), (status.code, &status.message));
        assert_eq!(again.retry_after(), status.retry_after());
    }
    if let Ok(status) = json::status_from_json(bytes) {
        assert_eq!(Status::decode(&status.encode()), Some(status.clone()));
        let again = json::status_from_json(&json::status_to_json(&status));
        assert_eq!(again.expect("our own JSON").retry_after(), status.retry_after());
    }

    let answer = status::Status::from_proto(bytes);
    assert_eq!(status::Status::from_proto(&answer.to_proto()), answer);
    json::status_from_json(&answer.to_json()).expect("our own JSON");

    let said = PartialSuccess::decode_response(bytes);
    assert_eq!(PartialSuccess::decode_response(&said.encode_response()), said);
    for signal in Signal::ALL {
        drop(partial::accepted(signal, bytes));
        let written = json::response_to_json(signal, bytes);
        std::str::from_utf8(&written).expect("JSON is text");
        if let Ok(response) = json::response_from_json(signal, bytes) {
            partial::accepted(signal, &response).expect("JSON makes valid responses");
            let written = json::response_to_json(signal, &response);
            let again = json::response_from_json(signal, &written).expect("our own JSON");
            assert_eq!(
                PartialSuccess::decode_response(&again),
                PartialSuccess::decode_response(&response)
            );
        }
    }
}
