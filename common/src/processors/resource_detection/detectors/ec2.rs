//! `ec2`: what the metadata server of the instance says.

use super::{Attempt, Detected, Listed, Outcome, escaped, imds::Imds};
use crate::processors::resource_detection::settings::{Ec2Section, patterns};

pub(in super::super) const ATTRIBUTES: &[Listed] = &[
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

/// An instance has at most 50.
const MAX_TAGS: usize = 50;

pub(in super::super) async fn detect(section: &Ec2Section, attempt: &Attempt<'_>) -> Outcome {
    let server = Imds::find(attempt, section.max_attempts, section.max_backoff.get()).await;
    let server = match server {
        Ok(server) => server,
        Err(error) => return attempt.missing(format!("this is no EC2 instance: {error}")),
    };
    let identity = server.identity().await?;
    let mut found = Detected::on("aws", "aws_ec2");
    found.put("cloud.account.id", identity.account_id);
    found.put("cloud.availability_zone", identity.availability_zone);
    found.put("cloud.region", identity.region);
    found.put("host.id", identity.instance_id);
    found.put("host.image.id", identity.image_id);
    found.put("host.type", identity.instance_type);
    found.put("host.name", server.hostname().await?);
    if section.tags_from_imds && !section.tags.is_empty() {
        put_tags(&mut found, section, &server).await;
    }
    Ok(found)
}

/// Tags are an extra: what is wrong with one is told, and the rest is put.
async fn put_tags(found: &mut Detected, section: &Ec2Section, server: &Imds<'_>) {
    const TAGS: &str = "/latest/meta-data/tags/instance";
    let names = match server.get(TAGS).await {
        Ok(names) => names,
        Err(error) => {
            let hint = "allow tags in the instance's metadata options";
            tracing::warn!(error, hint, "unable to get the tags of the EC2 instance");
            return;
        }
    };
    let patterns = patterns(&section.tags);
    let names = names.lines().map(str::trim).filter(|name| !name.is_empty());
    let wanted = names.filter(|name| patterns.iter().any(|pattern| pattern.is_match(name)));
    for name in wanted.take(MAX_TAGS) {
        match server.get(&format!("{TAGS}/{}", escaped(name))).await {
            Ok(value) => found.put(&format!("ec2.tag.{name}"), value),
            Err(error) => tracing::warn!(tag = name, error, "unable to get a tag"),
        }
    }
}
