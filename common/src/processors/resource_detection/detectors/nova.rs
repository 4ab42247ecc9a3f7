//! `nova`: what the metadata server of an OpenStack instance says.

use super::{Attempt, Detected, Listed, Outcome, document::Document};
use crate::processors::resource_detection::settings::{NovaSection, patterns};

pub(in super::super) const ATTRIBUTES: &[Listed] = &[
    ("cloud.account.id", true),
    ("cloud.availability_zone", true),
    ("cloud.platform", true),
    ("cloud.provider", true),
    ("host.id", true),
    ("host.name", true),
    ("host.type", true),
];

const ENDPOINT: &str = "http://169.254.169.254";

pub(in super::super) async fn detect(section: &NovaSection, attempt: &Attempt<'_>) -> Outcome {
    let url = attempt.url(ENDPOINT, "/openstack/latest/meta_data.json");
    let instance = match attempt.json::<Document>(&url, &[]).await {
        Ok(instance) => instance,
        Err(error) => return attempt.missing(format!("this is no Nova instance: {error}")),
    };
    let (id, name) = (instance.text(&["uuid"]), instance.text(&["hostname"]));
    if id.is_empty() {
        return attempt.missing(format!("this is no Nova instance: {url} tells no uuid"));
    }
    if name.is_empty() {
        return Err(format!("{url}: the answer has no hostname").into());
    }
    let mut found = Detected::on("openstack", "openstack_nova");
    found.put("cloud.account.id", instance.text(&["project_id"]));
    found.put("cloud.availability_zone", instance.text(&["availability_zone"]));
    found.put("host.id", id);
    found.put("host.name", name);
    if attempt.wants("host.type") {
        // The server speaks EC2's language too, unless that is switched off.
        let url = attempt.url(ENDPOINT, "/latest/meta-data/instance-type");
        match attempt.text(&url, &[]).await {
            Ok(kind) => found.put("host.type", kind),
            Err(error) => tracing::debug!(error, "the type of the instance is not told"),
        }
    }
    let patterns = patterns(&section.labels);
    for (name, value) in instance.texts(&["meta"]) {
        if patterns.iter().any(|pattern| pattern.is_match(name)) {
            found.put(&format!("openstack.nova.meta.{name}"), value);
        }
    }
    Ok(found)
}
