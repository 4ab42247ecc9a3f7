//! The labels of an instance, which Google's API tells and not the metadata server.

use http::Method;
use serde::Deserialize;

use super::{Attempt, Detected, Server};
use crate::{
    net::metadata_client::{MetadataClient, Question},
    processors::resource_detection::{
        attempt::json,
        detectors::document::Document,
        settings::{GcpSection, patterns},
    },
    settings::TlsClientSettings,
};

const API: &str = "https://compute.googleapis.com";

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

/// Labels are an extra: what is wrong with them is told, and the rest stays.
pub(super) async fn put(
    found: &mut Detected,
    section: &GcpSection,
    attempt: &Attempt<'_>,
    server: &Server<'_>,
) {
    let instance = match instance(attempt, server).await {
        Ok(instance) => instance,
        Err(error) => {
            let hint = "the service account of the instance must be allowed to get instances";
            tracing::warn!(error, hint, "unable to get the labels of the instance");
            return;
        }
    };
    let patterns = patterns(&section.labels);
    for (name, value) in instance.texts(&["labels"]) {
        if patterns.iter().any(|pattern| pattern.is_match(name)) {
            found.put(&format!("gcp.gce.instance.labels.{name}"), value);
        }
    }
}

async fn instance(attempt: &Attempt<'_>, server: &Server<'_>) -> Result<Document, String> {
    let project = server.get("project/project-id").await?;
    let zone = server.last_of("instance/zone").await?;
    let name = server.get("instance/name").await?;
    let token = server.get("instance/service-accounts/default/token").await?;
    let token: Token = serde_json::from_str(&token)
        .map_err(|_| "the token of the service account cannot be read".to_owned())?;
    let path = format!("/compute/v1/projects/{project}/zones/{zone}/instances/{name}");
    let url = attempt.url(API, &path);
    let client = match url.starts_with("http://") {
        true => attempt.machine.client.clone(),
        false => MetadataClient::over_tls(&TlsClientSettings::default()).await?,
    };
    let bearer = format!("Bearer {}", token.access_token);
    let headers = [("Authorization", bearer.as_str())];
    let timeout = attempt.patience();
    let question =
        Question { method: Method::GET, url: &url, headers: &headers, body: "", timeout };
    json(&url, attempt.ask_by(&client, &question).await?)
}
