//! `kubeadm`: the cluster, from what kubeadm keeps in it.

use super::{
    Attempt, Detected, Listed, Outcome,
    kubernetes::{Api, Object, Refusal},
};
use crate::processors::resource_detection::settings::KubeadmSection;

pub(in super::super) const ATTRIBUTES: &[Listed] =
    &[("k8s.cluster.name", true), ("k8s.cluster.uid", true)];

pub(in super::super) async fn detect(section: &KubeadmSection, attempt: &Attempt<'_>) -> Outcome {
    let api = match Api::of_pod(attempt, &section.auth_type).await {
        Ok(api) => api,
        Err(error) => return attempt.missing(error),
    };
    match find(&api, attempt).await {
        Ok(found) => Ok(found),
        Err(refusal) => attempt.missing(refusal.message),
    }
}

async fn find(api: &Api<'_>, attempt: &Attempt<'_>) -> Result<Detected, Refusal> {
    const MAP: &str = "/api/v1/namespaces/kube-system/configmaps/kubeadm-config";
    let mut found = Detected::conventional();
    if attempt.wants("k8s.cluster.name") {
        let map: Object = api.get(MAP).await?;
        let text = map.data.get("ClusterConfiguration").ok_or_else(|| Refusal {
            message: "the config map kubeadm-config has no key ClusterConfiguration".to_owned(),
            is_forbidden: false,
        })?;
        found.put_some("k8s.cluster.name", cluster_name(text));
    }
    if attempt.wants("k8s.cluster.uid") {
        found.put("k8s.cluster.uid", api.cluster_uid().await?);
    }
    Ok(found)
}

/// The value of `clusterName`, which kubeadm writes as one plain word at the beginning of a line.
fn cluster_name(configuration: &str) -> Option<&str> {
    let value = configuration.lines().find_map(|line| line.strip_prefix("clusterName:"))?;
    let value = value.split(" #").next().unwrap_or(value).trim();
    Some(value.trim_matches(['"', '\'']))
}
