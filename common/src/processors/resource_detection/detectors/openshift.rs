//! `openshift`: what the cluster says of what it runs on.

use serde::Deserialize;

use super::{
    Attempt, Detected, Listed, Outcome,
    kubernetes::{Access, Api},
};
use crate::processors::resource_detection::settings::OpenshiftSection;

pub(in super::super) const ATTRIBUTES: &[Listed] = &[
    ("cloud.platform", true),
    ("cloud.provider", true),
    ("cloud.region", true),
    ("k8s.cluster.name", true),
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Infrastructure {
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    infrastructure_name: String,
    platform_status: Platform,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Platform {
    #[serde(rename = "type")]
    kind: String,
    aws: Place,
    azure: Place,
    gcp: Place,
    ibmcloud: Place,
    openstack: Place,
}

/// Where the platform is, in its own words.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Place {
    region: String,
    cloud_name: String,
    location: String,
}

pub(in super::super) async fn detect(section: &OpenshiftSection, attempt: &Attempt<'_>) -> Outcome {
    const PATH: &str = "/apis/config.openshift.io/v1/infrastructures/cluster/status";
    let access = Access {
        address: &section.address,
        token: section.token.reveal(),
        tls: section.tls.clone(),
        is_anonymous: false,
    };
    let api = match Api::by(attempt, access).await {
        Ok(api) => api,
        Err(error) => return attempt.missing(error),
    };
    let status = match api.get::<Infrastructure>(PATH).await {
        Ok(infrastructure) => infrastructure.status,
        Err(refusal) => return attempt.missing(refusal.message),
    };
    let platform = &status.platform_status;
    let (provider, words, region) = match platform.kind.to_lowercase().as_str() {
        "aws" => ("aws", "aws_openshift", &platform.aws.region),
        "azure" => ("azure", "azure.openshift", &platform.azure.cloud_name),
        "gcp" => ("gcp", "gcp_openshift", &platform.gcp.region),
        "ibmcloud" => ("ibm_cloud", "ibm_cloud_openshift", &platform.ibmcloud.location),
        "openstack" => ("", "", &platform.openstack.cloud_name),
        _ => ("", "", &String::new()),
    };
    let mut found = Detected::on(provider, words);
    found.put("cloud.region", region.to_lowercase());
    found.put("k8s.cluster.name", status.infrastructure_name);
    Ok(found)
}
