//! The metadata server of EC2 instances, which several detectors ask.

use std::time::Duration;

use http::Method;
use serde::Deserialize;
use tokio::time::sleep;

use super::Attempt;
use crate::{pipeline::Backoff, processors::resource_detection::attempt::text};

const ENDPOINT: &str = "http://169.254.169.254";
const ENDPOINT_V6: &str = "http://[fd00:ec2::254]";
const TOKEN: &str = "X-aws-ec2-metadata-token";
const TOKEN_LIFE: (&str, &str) = ("X-aws-ec2-metadata-token-ttl-seconds", "300");

/// What the identity document says.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Identity {
    pub(super) account_id: String,
    pub(super) availability_zone: String,
    pub(super) image_id: String,
    pub(super) instance_id: String,
    pub(super) instance_type: String,
    pub(super) region: String,
}

/// The server, and what it takes to be answered.
pub(super) struct Imds<'a> {
    attempt: &'a Attempt<'a>,
    base: String,
    /// None where only version 1 is spoken.
    token: Option<String>,
}

impl<'a> Imds<'a> {
    /// Finds the server, in so many tries.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn find(
        attempt: &'a Attempt<'a>,
        tries: u32,
        longest_wait: Duration,
    ) -> Result<Self, String> {
        let is_on = |name: &str| {
            attempt.variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
        };
        if is_on("AWS_EC2_METADATA_DISABLED") {
            return Err("AWS_EC2_METADATA_DISABLED is true".to_owned());
        }
        let is_v6 = attempt
            .variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE")
            .is_some_and(|mode| mode.eq_ignore_ascii_case("ipv6"));
        let base = attempt
            .text_of("AWS_EC2_METADATA_SERVICE_ENDPOINT")
            .unwrap_or_else(|| attempt.url(if is_v6 { ENDPOINT_V6 } else { ENDPOINT }, ""));
        let base = base.trim_end_matches('/').to_owned();
        let backoff = Backoff { max: longest_wait, ..Backoff::INTERNAL };
        let mut waits = backoff.waits();
        let mut this = Self { attempt, base, token: None };
        let is_v1_off = is_on("AWS_EC2_METADATA_V1_DISABLED");
        for _ in 1..tries {
            match this.introduce(is_v1_off).await {
                Ok(()) => return Ok(this),
                Err(error) => tracing::debug!(error, "the EC2 metadata server did not answer"),
            }
            let wait = waits.next_wait(None);
            // Time must be left for a last try.
            if attempt.deadline.is_some_and(|end| tokio::time::Instant::now() + wait >= end) {
                break;
            }
            sleep(wait).await;
        }
        this.introduce(is_v1_off).await.map(|()| this)
    }

    /// Gets a token, and with it a first answer.
    async fn introduce(&mut self, is_v1_off: bool) -> Result<(), String> {
        let url = format!("{}/latest/api/token", self.base);
        let answer = self.attempt.ask(Method::PUT, &url, &[TOKEN_LIFE]).await?;
        self.token = match answer.status {
            403..=405 if !is_v1_off => None,
            _ => Some(text(&url, answer)?),
        };
        self.get("/latest/meta-data/instance-id").await.map(drop)
    }

    /// Gets a text.
    pub(super) async fn get(&self, path: &str) -> Result<String, String> {
        let url = format!("{}{path}", self.base);
        match &self.token {
            Some(token) => self.attempt.text(&url, &[(TOKEN, token)]).await,
            None => self.attempt.text(&url, &[]).await,
        }
    }

    /// Gets the identity document.
    pub(super) async fn identity(&self) -> Result<Identity, String> {
        let text = self.get("/latest/dynamic/instance-identity/document").await?;
        serde_json::from_str(&text)
            .map_err(|error| format!("the identity document cannot be read: {error}"))
    }

    /// Gets the name of the host.
    pub(super) async fn hostname(&self) -> Result<String, String> {
        self.get("/latest/meta-data/hostname").await
    }
}
