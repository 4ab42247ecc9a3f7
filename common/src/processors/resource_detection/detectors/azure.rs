//! `azure` and `aks`: what the metadata server of the virtual machine says.

use serde::Deserialize;

use super::{Attempt, Detected, Listed, Outcome, kubernetes};
use crate::processors::resource_detection::settings::{AzureSection, patterns};

pub(in super::super) const ATTRIBUTES: &[Listed] = &[
    ("azure.resourcegroup.name", true),
    ("azure.vm.name", true),
    ("azure.vm.scaleset.name", true),
    ("azure.vm.size", true),
    ("cloud.account.id", true),
    ("cloud.availability_zone", false),
    ("cloud.platform", true),
    ("cloud.provider", true),
    ("cloud.region", true),
    ("host.id", true),
    ("host.name", true),
];

pub(in super::super) const AKS_ATTRIBUTES: &[Listed] =
    &[("cloud.platform", true), ("cloud.provider", true), ("k8s.cluster.name", false)];

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Machine {
    location: String,
    name: String,
    os_profile: OsProfile,
    resource_group_name: String,
    subscription_id: String,
    tags_list: Vec<Tag>,
    vm_id: String,
    vm_scale_set_name: String,
    vm_size: String,
    zone: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct OsProfile {
    computer_name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tag {
    name: String,
    value: String,
}

async fn machine(attempt: &Attempt<'_>) -> Result<Machine, String> {
    const PATH: &str = "/metadata/instance/compute?format=json&api-version=2020-09-01";
    let url = attempt.url("http://169.254.169.254", PATH);
    attempt.json(&url, &[("Metadata", "true")]).await
}

pub(in super::super) async fn detect(section: &AzureSection, attempt: &Attempt<'_>) -> Outcome {
    let machine = match machine(attempt).await {
        Ok(machine) => machine,
        Err(error) => return attempt.missing(format!("this is no Azure machine: {error}")),
    };
    let mut found = Detected::on("azure", "azure.vm");
    let host = match machine.os_profile.computer_name.as_str() {
        "" => machine.name.as_str(),
        name => name,
    };
    found.put("host.name", host);
    found.put("host.id", machine.vm_id);
    found.put("cloud.region", machine.location);
    found.put("cloud.account.id", machine.subscription_id);
    found.put("cloud.availability_zone", machine.zone);
    found.put("azure.vm.name", machine.name.as_str());
    found.put("azure.vm.size", machine.vm_size);
    found.put("azure.vm.scaleset.name", machine.vm_scale_set_name);
    found.put("azure.resourcegroup.name", machine.resource_group_name);
    let patterns = patterns(&section.tags);
    for tag in machine.tags_list {
        if patterns.iter().any(|pattern| pattern.is_match(&tag.name)) {
            found.put(&format!("azure.tag.{}", tag.name), tag.value);
        }
    }
    Ok(found)
}

pub(in super::super) async fn detect_aks(attempt: &Attempt<'_>) -> Outcome {
    if !kubernetes::is_around(attempt) {
        return attempt.missing("this is no pod");
    }
    let machine = match machine(attempt).await {
        Ok(machine) => machine,
        Err(error) => return attempt.missing(format!("this is no node of AKS: {error}")),
    };
    let mut found = Detected::on("azure", "azure.aks");
    found.put("k8s.cluster.name", cluster_name(&machine.resource_group_name));
    Ok(found)
}

/// The cluster's name in that of the group of its nodes, `MC_<group>_<cluster>_<region>`; the whole name if
/// it cannot be told apart.
fn cluster_name(group: &str) -> &str {
    match group.split('_').collect::<Vec<_>>().as_slice() {
        [mc, _, cluster, _] if mc.eq_ignore_ascii_case("mc") => cluster,
        _ => group,
    }
}
