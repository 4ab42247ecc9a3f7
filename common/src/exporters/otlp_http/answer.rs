//! What a backend's HTTP answer means.

use crate::{
    net::{
        client::partial,
        http_client::HttpAnswer,
        status::{Status, rejected_by_http},
    },
    otlp::json::response_from_json,
    pipeline::{Accepted, Outcome, Reason, Rejected},
    settings::without_passwords,
    signal::Signal,
};

/// The answer for one request.
pub(super) fn outcome(signal: Signal, url: &str, answer: &HttpAnswer) -> Outcome {
    if (200..300).contains(&answer.status) {
        return accepted(signal, answer).map_err(|error| {
            Rejected::new(Reason::Refused, format!("the backend's reply cannot be read: {error}"))
        });
    }
    let mut message = format!(
        "error exporting items, request to {} responded with HTTP Status Code {}",
        without_passwords(url),
        answer.status
    );
    if answer.media_type == "application/x-protobuf" {
        let status = Status::from_proto(&answer.body);
        if !status.message.is_empty() {
            message.push_str(&format!(", Message={}", status.message));
        }
    }
    Err(rejected_by_http(answer.status, answer.retry_after.as_deref(), message))
}

fn accepted(signal: Signal, answer: &HttpAnswer) -> Result<Accepted, String> {
    match answer.media_type.as_str() {
        "application/x-protobuf" => {
            partial::accepted(signal, &answer.body).map_err(|error| error.to_string())
        }
        "application/json" => {
            let response = response_from_json(signal, &answer.body);
            let response = response.map_err(|error| error.to_string())?;
            partial::accepted(signal, &response).map_err(|error| error.to_string())
        }
        _ => Ok(Accepted::FULLY),
    }
}
