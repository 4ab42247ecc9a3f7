//! `ibmcloud_vpc` and `ibmcloud_classic`: IBM Cloud's two kinds of servers.

use futures_util::future::join_all;
use http::Method;

use super::{Attempt, Detected, Listed, Outcome, document::Document};
use crate::{
    net::metadata_client::{MetadataClient, Question},
    processors::resource_detection::{
        attempt::{json, text},
        settings::IbmVpcSection,
    },
    settings::TlsClientSettings,
};

pub(in super::super) const VPC_ATTRIBUTES: &[Listed] = &[
    ("cloud.account.id", true),
    ("cloud.availability_zone", true),
    ("cloud.platform", true),
    ("cloud.provider", true),
    ("cloud.region", true),
    ("cloud.resource_id", true),
    ("host.id", true),
    ("host.image.id", true),
    ("host.image.name", true),
    ("host.name", true),
    ("host.type", true),
];

pub(in super::super) const CLASSIC_ATTRIBUTES: &[Listed] = &[
    ("cloud.account.id", true),
    ("cloud.availability_zone", true),
    ("cloud.platform", true),
    ("cloud.provider", true),
    ("cloud.resource_id", true),
    ("host.id", true),
    ("host.name", true),
];

async fn client_for(url: &str, attempt: &Attempt<'_>) -> Result<MetadataClient, String> {
    match url.starts_with("https://") {
        true => MetadataClient::over_tls(&TlsClientSettings::default()).await,
        false => Ok(attempt.machine.client.clone()),
    }
}

pub(in super::super) async fn detect_vpc(
    section: &IbmVpcSection,
    attempt: &Attempt<'_>,
) -> Outcome {
    let instance = match vpc_instance(section, attempt).await {
        Ok(instance) => instance,
        Err(error) => return attempt.missing(format!("this is no VPC instance: {error}")),
    };
    let mut found = Detected::on("ibm_cloud", "ibm_cloud.vpc");
    let zone = instance.text(&["zone", "name"]);
    let crn = instance.text(&["crn"]);
    let account = crn.split(':').nth(6).map(|part| part.trim_start_matches("a/"));
    found.put_some("cloud.account.id", account);
    found.put("cloud.region", zone.rsplit_once('-').map_or(zone.as_str(), |(region, _)| region));
    found.put("cloud.availability_zone", zone.as_str());
    found.put("cloud.resource_id", crn.as_str());
    found.put("host.id", instance.text(&["id"]));
    found.put("host.image.id", instance.text(&["image", "id"]));
    found.put("host.image.name", instance.text(&["image", "name"]));
    found.put("host.name", instance.text(&["name"]));
    found.put("host.type", instance.text(&["profile", "name"]));
    Ok(found)
}

async fn vpc_instance(section: &IbmVpcSection, attempt: &Attempt<'_>) -> Result<Document, String> {
    const VERSION: &str = "version=2026-01-30";
    let endpoint = format!("{}://api.metadata.cloud.ibm.com", section.protocol);
    let url = attempt.url(&endpoint, &format!("/identity/v1/token?{VERSION}"));
    let client = client_for(&url, attempt).await?;
    let headers = [("Metadata-Flavor", "ibm"), ("Content-Type", "application/json")];
    let body = r#"{"expires_in":300}"#;
    let timeout = attempt.patience();
    let question = Question { method: Method::PUT, url: &url, headers: &headers, body, timeout };
    let token: Document = json(&url, attempt.ask_by(&client, &question).await?)?;
    let bearer = format!("Bearer {}", token.text(&["access_token"]));
    let url = attempt.url(&endpoint, &format!("/metadata/v1/instance?{VERSION}"));
    let headers = [("Authorization", bearer.as_str())];
    let timeout = attempt.patience();
    let question =
        Question { method: Method::GET, url: &url, headers: &headers, body: "", timeout };
    json(&url, attempt.ask_by(&client, &question).await?)
}

pub(in super::super) async fn detect_classic(attempt: &Attempt<'_>) -> Outcome {
    match classic_values(attempt).await {
        Ok(values) => {
            let mut found = Detected::on("ibm_cloud", "ibm_cloud.classic");
            for (attribute, value) in values {
                found.put(attribute, value);
            }
            Ok(found)
        }
        Err(error) => attempt.missing(format!("this is no classic server of IBM Cloud: {error}")),
    }
}

async fn classic_values(attempt: &Attempt<'_>) -> Result<Vec<(&'static str, String)>, String> {
    const PATH: &str = "/rest/v3.1/SoftLayer_Resource_Metadata/";
    const KEYS: [(&str, &str); 5] = [
        ("host.id", "getId.txt"),
        ("host.name", "getHostname.txt"),
        ("cloud.availability_zone", "getDatacenter.txt"),
        ("cloud.account.id", "getAccountId.txt"),
        ("cloud.resource_id", "getGlobalIdentifier.txt"),
    ];
    let base = attempt.url("https://api.service.softlayer.com", PATH);
    let client = client_for(&base, attempt).await?;
    let (base, client) = (&base, &client);
    let gets = KEYS.map(|(attribute, key)| async move {
        let url = format!("{base}{key}");
        let timeout = attempt.patience();
        let question = Question { method: Method::GET, url: &url, headers: &[], body: "", timeout };
        let value = text(&url, attempt.ask_by(client, &question).await?)?;
        Ok((attribute, value))
    });
    join_all(gets).await.into_iter().collect()
}
