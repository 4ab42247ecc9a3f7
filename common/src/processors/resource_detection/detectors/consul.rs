//! `consul`: what the local agent says of itself.

use super::{Attempt, Detected, Listed, Outcome, document::Document, escaped};
use crate::{
    net::metadata_client::{MetadataClient, Question},
    processors::resource_detection::{attempt::json, settings::ConsulSection},
    settings::TlsClientSettings,
};
use http::Method;

pub(in super::super) const ATTRIBUTES: &[Listed] =
    &[("cloud.region", true), ("host.id", true), ("host.name", true)];

const ADDRESS: &str = "127.0.0.1:8500";

pub(in super::super) async fn detect(section: &ConsulSection, attempt: &Attempt<'_>) -> Outcome {
    match find(section, attempt).await {
        Ok(found) => Ok(found),
        Err(error) => attempt.missing(format!("the Consul agent tells nothing: {error}")),
    }
}

async fn find(section: &ConsulSection, attempt: &Attempt<'_>) -> Result<Detected, String> {
    let agent = ask(section, attempt).await?;
    let mut found = Detected::conventional();
    let attributes =
        [("host.name", "NodeName"), ("cloud.region", "Datacenter"), ("host.id", "NodeID")];
    for (attribute, key) in attributes {
        let value = agent.text(&["Config", key]);
        if value.is_empty() {
            return Err(format!("there is no {key} in what it says"));
        }
        found.put(attribute, value);
    }
    for (key, value) in agent.texts(&["Meta"]) {
        if section.meta.contains_key(key) {
            found.put(key, value);
        }
    }
    Ok(found)
}

async fn ask(section: &ConsulSection, attempt: &Attempt<'_>) -> Result<Document, String> {
    let set = |setting: &str, variable: &str| match setting {
        "" => attempt.text_of(variable),
        setting => Some(setting.to_owned()),
    };
    let address = set(&section.address, "CONSUL_HTTP_ADDR");
    let address = address.unwrap_or_else(|| ADDRESS.to_owned());
    let is_tls =
        attempt.text_of("CONSUL_HTTP_SSL").is_some_and(|text| text == "true" || text == "1");
    let base = match address.contains("://") {
        true => address,
        false if is_tls => format!("https://{address}"),
        false => format!("http://{address}"),
    };
    let datacenter = match section.datacenter.as_str() {
        "" => String::new(),
        name => format!("dc={}&", escaped(name)),
    };
    let namespace = set(&section.namespace, "CONSUL_NAMESPACE");
    let namespace = namespace.map(|name| format!("ns={}", escaped(&name))).unwrap_or_default();
    let url = format!("{}/v1/agent/self?{datacenter}{namespace}", base.trim_end_matches('/'));
    let token = match set(&section.token_file, "CONSUL_HTTP_TOKEN_FILE") {
        Some(file) => Some(attempt.file(&file)?.ok_or_else(|| format!("there is no {file}"))?),
        None => set(section.token.reveal(), "CONSUL_HTTP_TOKEN"),
    };
    let token = token.map(|token| token.trim().to_owned());
    let headers: Vec<_> = token.iter().map(|token| ("X-Consul-Token", token.as_str())).collect();
    let client = match url.starts_with("https://") {
        true => MetadataClient::over_tls(&TlsClientSettings::default()).await?,
        false => attempt.machine.client.clone(),
    };
    let timeout = attempt.patience();
    let question =
        Question { method: Method::GET, url: &url, headers: &headers, body: "", timeout };
    json(&url, attempt.ask_by(&client, &question).await?)
}
