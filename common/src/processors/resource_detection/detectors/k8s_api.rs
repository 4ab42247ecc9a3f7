//! `k8s_api`: the node and the cluster, from the API server.

use super::{
    Attempt, Detected, Failure, Listed, Outcome, escaped,
    kubernetes::{Api, Object},
};
use crate::processors::resource_detection::settings::KubernetesSection;

pub(in super::super) const ATTRIBUTES: &[Listed] =
    &[("k8s.cluster.uid", true), ("k8s.node.name", true), ("k8s.node.uid", true)];

pub(in super::super) async fn detect(
    section: &KubernetesSection,
    attempt: &Attempt<'_>,
) -> Outcome {
    let variable = match section.node_from_env_var.as_str() {
        "" => "K8S_NODE_NAME",
        name => name,
    };
    let Some(node) = attempt.text_of(variable) else {
        return Err(Failure::invalid(format!(
            "{variable} is not set; set it in the pod's spec from fieldRef spec.nodeName, or name \
             another variable in node_from_env_var"
        )));
    };
    let api = Api::of_pod(attempt, &section.auth_type).await.map_err(Failure::invalid)?;
    let mut found = Detected::conventional();
    if attempt.wants("k8s.node.uid") || attempt.wants("k8s.node.name") {
        match api.get::<Object>(&format!("/api/v1/nodes/{}", escaped(&node))).await {
            Ok(node) => {
                found.put("k8s.node.name", node.metadata.name);
                found.put("k8s.node.uid", node.metadata.uid);
            }
            Err(refusal) => {
                let hint = "the service account must be allowed to get nodes";
                return attempt.missing(format!("{} ({hint})", refusal.message));
            }
        }
    }
    if attempt.wants("k8s.cluster.uid") {
        match api.cluster_uid().await {
            Ok(uid) => found.put("k8s.cluster.uid", uid),
            Err(refusal) if refusal.is_forbidden => {
                let error = refusal.message;
                let hint = "allow the service account to get the namespace kube-system, or switch \
                            k8s.cluster.uid off";
                tracing::warn!(error, hint, "unable to tell the uid of the cluster");
            }
            Err(refusal) => return Err(refusal.message.into()),
        }
    }
    Ok(found)
}
