//! Clouds whose metadata server tells all in one document.

use http::Method;

use super::{Attempt, Detected, Listed, Outcome, document::Document};
use crate::processors::resource_detection::attempt::json;

const ENDPOINT: &str = "http://169.254.169.254";

/// A document, or that there is none.
async fn document(
    attempt: &Attempt<'_>,
    path: &str,
    headers: &[(&'static str, &str)],
) -> Result<Document, String> {
    attempt.json(&attempt.url(ENDPOINT, path), headers).await
}

pub(in super::super) const DIGITALOCEAN: &[Listed] =
    &[("cloud.provider", true), ("cloud.region", true), ("host.id", true), ("host.name", true)];

pub(in super::super) async fn digitalocean(attempt: &Attempt<'_>) -> Outcome {
    let droplet = match document(attempt, "/metadata/v1.json", &[]).await {
        Ok(droplet) => droplet,
        Err(error) => return attempt.missing(format!("this is no droplet: {error}")),
    };
    let mut found = Detected::conventional();
    found.put("cloud.provider", "digitalocean");
    found.put("cloud.region", droplet.text(&["region"]));
    found.put("host.id", droplet.text(&["droplet_id"]));
    found.put("host.name", droplet.text(&["hostname"]));
    Ok(found)
}

pub(in super::super) const UPCLOUD: &[Listed] = DIGITALOCEAN;

pub(in super::super) async fn upcloud(attempt: &Attempt<'_>) -> Outcome {
    let server = match document(attempt, "/metadata/v1.json", &[]).await {
        Ok(server) => server,
        Err(error) => return attempt.missing(format!("this is no UpCloud server: {error}")),
    };
    let mut found = Detected::conventional();
    found.put("cloud.provider", server.text(&["cloud_name"]));
    found.put("cloud.region", server.text(&["region"]));
    found.put("host.id", server.text(&["instance_id"]));
    found.put("host.name", server.text(&["hostname"]));
    Ok(found)
}

pub(in super::super) const VULTR: &[Listed] = &[
    ("cloud.platform", false),
    ("cloud.provider", true),
    ("cloud.region", true),
    ("host.id", true),
    ("host.name", true),
];

pub(in super::super) async fn vultr(attempt: &Attempt<'_>) -> Outcome {
    let server = match document(attempt, "/v1.json", &[]).await {
        Ok(server) => server,
        Err(error) => return attempt.missing(format!("this is no Vultr server: {error}")),
    };
    let mut found = Detected::on("vultr", "vultr.cloud_compute");
    found.put("cloud.region", server.text(&["region", "regioncode"]).to_lowercase());
    found.put("host.id", server.text(&["instanceid"]));
    found.put("host.id", server.text(&["instance-v2-id"]));
    found.put("host.name", server.text(&["hostname"]));
    Ok(found)
}

pub(in super::super) const SCALEWAY: &[Listed] = &[
    ("cloud.account.id", true),
    ("cloud.availability_zone", true),
    ("cloud.platform", true),
    ("cloud.provider", true),
    ("cloud.region", true),
    ("host.id", true),
    ("host.image.id", true),
    ("host.image.name", true),
    ("host.name", true),
    ("host.type", true),
];

pub(in super::super) async fn scaleway(attempt: &Attempt<'_>) -> Outcome {
    const ENDPOINTS: [&str; 2] = ["http://169.254.42.42", "http://[fd00:42::42]"];
    let [v4, v6] = ENDPOINTS.map(|endpoint| attempt.url(endpoint, "/conf?format=json"));
    let (over_v4, over_v6) =
        tokio::join!(attempt.json::<Document>(&v4, &[]), attempt.json::<Document>(&v6, &[]));
    let instance = match over_v4.or_else(|error| over_v6.map_err(|_| error)) {
        Ok(instance) => instance,
        Err(error) => return attempt.missing(format!("this is no Scaleway instance: {error}")),
    };
    let zone = instance.text(&["location", "zone_id"]);
    let mut found = Detected::on("scaleway_cloud", "scaleway_cloud_compute");
    found.put("cloud.account.id", instance.text(&["organization"]));
    found.put_some("cloud.region", zone.rsplit_once('-').map(|(region, _)| region));
    found.put("cloud.availability_zone", zone);
    found.put("host.id", instance.text(&["id"]));
    found.put("host.image.id", instance.text(&["image", "id"]));
    found.put("host.image.name", instance.text(&["image", "name"]));
    found.put("host.name", instance.text(&["name"]));
    found.put("host.type", instance.text(&["commercial_type"]));
    Ok(found)
}

pub(in super::super) const AKAMAI: &[Listed] = &[
    ("cloud.account.id", true),
    ("cloud.platform", true),
    ("cloud.provider", true),
    ("cloud.region", true),
    ("host.id", true),
    ("host.image.id", true),
    ("host.image.name", true),
    ("host.name", true),
    ("host.type", true),
];

pub(in super::super) async fn akamai(attempt: &Attempt<'_>) -> Outcome {
    let instance = match akamai_instance(attempt).await {
        Ok(instance) => instance,
        Err(error) => return attempt.missing(format!("this is no Akamai instance: {error}")),
    };
    let mut found = Detected::on("akamai_cloud", "akamai_cloud.compute");
    found.put("cloud.account.id", instance.text(&["account_euuid"]));
    found.put("cloud.region", instance.text(&["region"]));
    found.put("host.id", instance.text(&["id"]));
    found.put("host.image.id", instance.text(&["image", "id"]));
    found.put("host.image.name", instance.text(&["image", "label"]));
    found.put("host.name", instance.text(&["label"]));
    found.put("host.type", instance.text(&["type"]));
    Ok(found)
}

async fn akamai_instance(attempt: &Attempt<'_>) -> Result<Document, String> {
    let url = attempt.url(ENDPOINT, "/v1/token");
    let headers = [("Metadata-Token-Expiry-Seconds", "3600"), ("Accept", "application/json")];
    let answer = attempt.ask(Method::PUT, &url, &headers).await?;
    let tokens: Vec<String> = json(&url, answer)?;
    let token = tokens.first().ok_or_else(|| format!("{url}: there is no token in the answer"))?;
    let headers = [("Metadata-Token", token.as_str()), ("Accept", "application/json")];
    document(attempt, "/v1/instance", &headers).await
}

pub(in super::super) const ORACLECLOUD: &[Listed] = &[
    ("cloud.availability_zone", true),
    ("cloud.platform", true),
    ("cloud.provider", true),
    ("cloud.region", true),
    ("cloud.resource_id", false),
    ("host.id", true),
    ("host.name", true),
    ("host.type", true),
    ("k8s.cluster.name", true),
    ("oracle_cloud.realm", true),
];

pub(in super::super) async fn oraclecloud(attempt: &Attempt<'_>) -> Outcome {
    let headers = [("Authorization", "Bearer Oracle")];
    let instance = match document(attempt, "/opc/v2/instance/", &headers).await {
        Ok(instance) => instance,
        Err(error) => {
            return attempt.missing(format!("this is no instance of Oracle Cloud: {error}"));
        }
    };
    let mut found = Detected::on("oracle_cloud", "oracle_cloud_oke");
    found.put("cloud.region", instance.text(&["canonicalRegionName"]));
    found.put("cloud.availability_zone", instance.text(&["availabilityDomain"]));
    found.put("cloud.resource_id", instance.text(&["id"]));
    found.put("host.id", instance.text(&["id"]));
    found.put("host.name", instance.text(&["displayName"]));
    found.put("host.type", instance.text(&["shape"]));
    found.put("k8s.cluster.name", instance.text(&["metadata", "oke-cluster-display-name"]));
    found.put("oracle_cloud.realm", instance.text(&["metadata", "realm"]));
    Ok(found)
}
