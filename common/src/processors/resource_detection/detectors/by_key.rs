//! Clouds whose metadata server tells one value at a time.

use futures_util::future::join_all;
use http::Method;

use super::{Attempt, Detected, Listed, Outcome};
use crate::processors::resource_detection::attempt::text;

/// Values under keys of a server, all or nothing, each for an attribute.
async fn values(
    attempt: &Attempt<'_>,
    base: &str,
    headers: &[(&'static str, &str)],
    keys: &[(&'static str, &str)],
) -> Result<Vec<(&'static str, String)>, String> {
    let gets = keys.iter().map(|(attribute, key)| async move {
        let url = format!("{base}{key}");
        attempt.text(&url, headers).await.map(|value| (*attribute, value))
    });
    join_all(gets).await.into_iter().collect()
}

/// A cloud's values under its names.
fn found(provider: &str, platform: &str, values: Vec<(&'static str, String)>) -> Detected {
    let mut found = Detected::on(provider, platform);
    for (attribute, value) in values {
        found.put(attribute, value);
    }
    found
}

pub(in super::super) const ALIBABA_ECS: &[Listed] = &[
    ("cloud.account.id", true),
    ("cloud.availability_zone", true),
    ("cloud.platform", true),
    ("cloud.provider", true),
    ("cloud.region", true),
    ("host.id", true),
    ("host.image.id", true),
    ("host.name", true),
    ("host.type", true),
];

pub(in super::super) async fn alibaba_ecs(attempt: &Attempt<'_>) -> Outcome {
    match alibaba_values(attempt).await {
        Ok(values) => Ok(found("alibaba_cloud", "alibaba_cloud_ecs", values)),
        Err(error) => attempt.missing(format!("this is no ECS instance of Alibaba Cloud: {error}")),
    }
}

async fn alibaba_values(attempt: &Attempt<'_>) -> Result<Vec<(&'static str, String)>, String> {
    const ENDPOINT: &str = "http://100.100.100.200";
    let url = attempt.url(ENDPOINT, "/latest/api/token");
    let life = [("X-aliyun-ecs-metadata-token-ttl-seconds", "300")];
    let token = text(&url, attempt.ask(Method::PUT, &url, &life).await?)?;
    let keys = [
        ("host.name", "hostname"),
        ("host.image.id", "image-id"),
        ("host.id", "instance-id"),
        ("host.type", "instance/instance-type"),
        ("cloud.account.id", "owner-account-id"),
        ("cloud.region", "region-id"),
        ("cloud.availability_zone", "zone-id"),
    ];
    let base = attempt.url(ENDPOINT, "/latest/meta-data/");
    values(attempt, &base, &[("X-aliyun-ecs-metadata-token", &token)], &keys).await
}

pub(in super::super) const TENCENT_CVM: &[Listed] = ALIBABA_ECS;

pub(in super::super) async fn tencent_cvm(attempt: &Attempt<'_>) -> Outcome {
    let keys = [
        ("host.name", "instance-name"),
        ("host.image.id", "instance/image-id"),
        ("host.id", "instance-id"),
        ("host.type", "instance/instance-type"),
        ("cloud.account.id", "app-id"),
        ("cloud.region", "placement/region"),
        ("cloud.availability_zone", "placement/zone"),
    ];
    let base = attempt.url("http://metadata.tencentyun.com", "/latest/meta-data/");
    match values(attempt, &base, &[], &keys).await {
        Ok(values) => Ok(found("tencent_cloud", "tencent_cloud_cvm", values)),
        Err(error) => attempt.missing(format!("this is no CVM instance: {error}")),
    }
}

pub(in super::super) const HETZNER: &[Listed] = &[
    ("cloud.availability_zone", true),
    ("cloud.platform", false),
    ("cloud.provider", true),
    ("cloud.region", true),
    ("host.id", true),
    ("host.name", true),
];

pub(in super::super) async fn hetzner(attempt: &Attempt<'_>) -> Outcome {
    let base = attempt.url("http://169.254.169.254", "/hetzner/v1/metadata/");
    // What tells whether we are there; the rest may be missing.
    let name = match attempt.text(&format!("{base}hostname"), &[]).await {
        Ok(name) if !name.is_empty() => name,
        Ok(_) => return attempt.missing("this is no Hetzner server: its name is empty"),
        Err(error) => return attempt.missing(format!("this is no Hetzner server: {error}")),
    };
    let mut found = Detected::on("hetzner", "hetzner.cloud_server");
    found.put("host.name", name);
    let keys = [
        ("host.id", "instance-id"),
        ("cloud.region", "region"),
        ("cloud.availability_zone", "availability-zone"),
    ];
    for (attribute, key) in keys {
        match attempt.text(&format!("{base}{key}"), &[]).await {
            Ok(value) => found.put(attribute, value),
            Err(error) if attempt.is_required => return Err(error.into()),
            Err(error) => tracing::debug!(error, "the metadata server does not tell all"),
        }
    }
    Ok(found)
}
