//! What token servers answer (RFC 6749, section 5).

use std::time::Duration;

use http::HeaderValue;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    net::form_client::{FormAnswer, decode_form},
    settings::Secret,
};

/// More of what a server says of an error is not repeated.
const MAX_CHARS: usize = 300;
/// A life that is longer is as good as endless, and a sum with it always fits.
const MAX_LIFE: f64 = 10.0 * 365.0 * 24.0 * 3600.0;

/// A token that was given out.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Its type and itself.
    pub header: HeaderValue,
    /// How long it is valid from the request on; nothing if it does not expire.
    pub life: Option<Duration>,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("life", &self.life).finish_non_exhaustive()
    }
}

/// An answer without a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// What is wrong; never a secret.
    pub message: String,
    /// Whether the server may want the client's name and secret in another place.
    pub may_be_style: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    access_token: Value,
    token_type: Value,
    expires_in: Value,
    error: Value,
    error_description: Value,
}

/// Reads an answer; `secrets` are kept out of messages even if the server repeats them.
pub(super) fn read(answer: &FormAnswer, secrets: &[Secret]) -> Result<Token, Refusal> {
    let status = answer.status;
    let parsed = parse(answer);
    let is_good = (200..300).contains(&status);
    let refusal = |message: String| {
        let error = parsed.as_ref().map(|parsed| text(&parsed.error)).unwrap_or_default();
        let is_client = matches!(status, 400 | 401) || error == "invalid_client";
        Refusal { message, may_be_style: is_client }
    };
    let Some(parsed) = &parsed else {
        let kind = if answer.media_type.is_empty() { "no media type" } else { &answer.media_type };
        let kind = clean(kind, secrets);
        return Err(refusal(format!(
            "the token server answered {status} with {kind}, expected JSON"
        )));
    };
    let error = clean(&text(&parsed.error), secrets);
    if !is_good || !error.is_empty() {
        let description = clean(&text(&parsed.error_description), secrets);
        let message = match (error.as_str(), description.as_str()) {
            ("", _) => format!("the token server answered {status}"),
            (error, "") => format!("the token server answered {status}: {error}"),
            (error, description) => {
                format!("the token server answered {status}: {error} ({description})")
            }
        };
        return Err(refusal(message));
    }
    token(parsed).map_err(refusal)
}

fn parse(answer: &FormAnswer) -> Option<Answer> {
    if let Ok(parsed) = serde_json::from_slice(&answer.body) {
        return Some(parsed);
    }
    // Some old servers answer with a form.
    let form_types = ["application/x-www-form-urlencoded", "text/plain"];
    if !form_types.contains(&answer.media_type.as_str()) {
        return None;
    }
    let mut parsed = Answer::default();
    for (name, value) in decode_form(std::str::from_utf8(&answer.body).ok()?) {
        match name.as_str() {
            "access_token" => parsed.access_token = value.into(),
            "token_type" => parsed.token_type = value.into(),
            "expires_in" => parsed.expires_in = value.into(),
            "error" => parsed.error = value.into(),
            "error_description" => parsed.error_description = value.into(),
            _ => {}
        }
    }
    Some(parsed)
}

fn token(parsed: &Answer) -> Result<Token, String> {
    let token = text(&parsed.access_token);
    if token.is_empty() {
        return Err("the token server's answer has no access_token".to_owned());
    }
    let kind = match text(&parsed.token_type) {
        kind if kind.is_empty() || kind.eq_ignore_ascii_case("bearer") => "Bearer".to_owned(),
        kind => kind,
    };
    let mut header = HeaderValue::try_from(format!("{kind} {token}"))
        .map_err(|_| "the token server's access_token is no valid header value".to_owned())?;
    header.set_sensitive(true);
    let seconds = match &parsed.expires_in {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    if seconds.is_some_and(|seconds| seconds < 0.0) {
        return Err("the token server's answer has a token that has expired".to_owned());
    }
    let life = seconds.filter(|seconds| *seconds > 0.0 && *seconds < MAX_LIFE);
    Ok(Token { header, life: life.and_then(|life| Duration::try_from_secs_f64(life).ok()) })
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A server's words for a message of ours: one line, not too long, and without secrets.
fn clean(text: &str, secrets: &[Secret]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        text = text.replace(secret.reveal(), "[REDACTED]");
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_CHARS).collect()
}

#[cfg(test)]
mod tests;
