//! `eks`: whether the cluster is one of EKS, and the instance that we run on.

use std::time::Duration;

use serde::Deserialize;

use super::{
    Attempt, Detected, Listed, Outcome, escaped,
    imds::Imds,
    kubernetes::{self, Api, Object},
};
use crate::processors::resource_detection::settings::EksSection;

pub(in super::super) const ATTRIBUTES: &[Listed] = &[
    ("cloud.account.id", false),
    ("cloud.availability_zone", false),
    ("cloud.platform", true),
    ("cloud.provider", true),
    ("cloud.region", false),
    ("host.id", false),
    ("host.image.id", false),
    ("host.name", false),
    ("host.type", false),
    ("k8s.cluster.name", false),
];

/// What comes from the metadata server only.
const OF_INSTANCE: [&str; 4] = ["cloud.account.id", "host.image.id", "host.name", "host.type"];
/// What the node tells as well.
const OF_NODE: [&str; 3] = ["cloud.availability_zone", "cloud.region", "host.id"];

#[derive(Default, Deserialize)]
#[serde(default)]
struct OpenId {
    issuer: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Version {
    git_version: String,
}

pub(in super::super) async fn detect(section: &EksSection, attempt: &Attempt<'_>) -> Outcome {
    match is_eks(attempt).await {
        Ok(true) => {}
        Ok(false) => return attempt.missing("this is no pod of an EKS cluster"),
        Err(error) => return attempt.missing(format!("this may be no EKS cluster: {error}")),
    }
    let mut found = Detected::on("aws", "aws_eks");
    if !OF_INSTANCE.iter().chain(&OF_NODE).any(|name| attempt.wants(name)) {
        return Ok(found);
    }
    let told = match Imds::find(attempt, 1, Duration::ZERO).await {
        Ok(server) => put_instance(&mut found, &server).await,
        Err(error) => put_node(&mut found, section, attempt).await.and_then(|()| match OF_INSTANCE
            .iter()
            .find(|name| attempt.wants(name))
        {
            Some(name) => Err(format!("{name} comes from the metadata server only: {error}")),
            None => Ok(()),
        }),
    };
    match told {
        Err(error) if attempt.is_required => return Err(error.into()),
        Err(error) => tracing::debug!(error, "the EC2 instance does not tell all"),
        Ok(()) => {}
    }
    Ok(found)
}

/// From what pods of EKS are given, then from the API server.
async fn is_eks(attempt: &Attempt<'_>) -> Result<bool, String> {
    if !kubernetes::is_around(attempt) {
        return Ok(false);
    }
    let signs = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "eks.amazonaws.com"),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "eks-pod-identity"),
    ];
    let has = |(name, sign)| attempt.variable(name).is_some_and(|value| value.contains(sign));
    if signs.into_iter().any(has) {
        return Ok(true);
    }
    let api = Api::of_pod(attempt, "serviceAccount").await?;
    if let Ok(openid) = api.get::<OpenId>("/.well-known/openid-configuration").await
        && openid.issuer.contains("oidc.eks.")
    {
        return Ok(true);
    }
    let version: Version = api.get("/version").await.map_err(|refusal| refusal.message)?;
    Ok(version.git_version.contains("-eks-"))
}

async fn put_instance(found: &mut Detected, server: &Imds<'_>) -> Result<(), String> {
    let identity = server.identity().await?;
    found.put("cloud.account.id", identity.account_id);
    found.put("cloud.availability_zone", identity.availability_zone);
    found.put("cloud.region", identity.region);
    found.put("host.id", identity.instance_id);
    found.put("host.image.id", identity.image_id);
    found.put("host.type", identity.instance_type);
    found.put("host.name", server.hostname().await?);
    Ok(())
}

async fn put_node(
    found: &mut Detected,
    section: &EksSection,
    attempt: &Attempt<'_>,
) -> Result<(), String> {
    let node = attempt.text_of(&section.node_from_env_var).ok_or_else(|| {
        "the metadata server does not answer, and node_from_env_var names no variable with the \
         name of the node"
            .to_owned()
    })?;
    let api = Api::of_pod(attempt, "serviceAccount").await?;
    let node = api.get::<Object>(&format!("/api/v1/nodes/{}", escaped(&node))).await;
    let id = node.map_err(|refusal| refusal.message)?.spec.provider_id;
    // aws:///<zone>/<instance>
    let mut parts = id.strip_prefix("aws://").unwrap_or_default().split('/').skip(1);
    let (zone, instance) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if zone.is_empty() || instance.is_empty() {
        return Err(format!("the node's provider id {id:?} names no zone and instance"));
    }
    found.put("cloud.availability_zone", zone);
    found.put("cloud.region", zone.trim_end_matches(|c: char| c.is_ascii_lowercase()));
    found.put("host.id", instance);
    Ok(())
}
