//! Rights at the API server: whoever asks it has what that needs, and nobody else has any.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    Deployment, finds, holds_everywhere,
    manifests::{Manifests, Workload, name, put},
};
use crate::deploy::json::{list, text};

/// A resource with its group, as `group/resource`.
type Rights = BTreeSet<String>;

/// What the components of a config read at the API server (docs/resource-detection.md).
fn needed(config: &Value) -> Rights {
    let mut rights = Rights::new();
    let processors = config["processors"].as_object().into_iter().flatten();
    let detectors = processors
        .filter(|(id, _)| {
            id.starts_with("resource_detection") || id.starts_with("resourcedetection")
        })
        .flat_map(|(_, processor)| list(processor, "/detectors"));
    for detector in detectors {
        let resources: &[&str] = match detector.as_str().unwrap_or_default() {
            "k8s_api" | "k8snode" => &["/nodes", "/namespaces"],
            "kubeadm" => &["/configmaps", "/namespaces"],
            "openshift" => &["config.openshift.io/infrastructures"],
            _ => &[],
        };
        rights.extend(resources.iter().map(|one| (*one).to_owned()));
    }
    rights
}

/// What the roles that are bound to an account allow.
fn granted(manifests: &Manifests, workload: Workload<'_>) -> Rights {
    let account = text(workload.spec(), "/serviceAccountName");
    let namespace = text(workload.object, "/metadata/namespace");
    let bindings = ["RoleBinding", "ClusterRoleBinding"].map(|kind| manifests.of_kind(kind));
    let of_account = bindings.into_iter().flatten().filter(|binding| {
        list(binding, "/subjects").iter().any(|subject| {
            text(subject, "/name") == account && text(subject, "/namespace") == namespace
        })
    });
    let roles = of_account.filter_map(|binding| role_of(manifests, binding));
    let rules = roles.flat_map(|role| list(role, "/rules"));
    let mut rights = Rights::new();
    for rule in rules {
        for group in list(rule, "/apiGroups") {
            for resource in list(rule, "/resources") {
                let (group, resource) = (group.as_str(), resource.as_str());
                rights.insert(format!("{}/{}", group.unwrap_or("?"), resource.unwrap_or("?")));
            }
        }
    }
    rights
}

fn role_of<'a>(manifests: &'a Manifests, binding: &Value) -> Option<&'a Value> {
    let (kind, role) = (text(binding, "/roleRef/kind"), text(binding, "/roleRef/name"));
    manifests
        .objects
        .iter()
        .find(|object| text(object, "/kind") == kind && text(object, "/metadata/name") == role)
}

fn has_token(manifests: &Manifests, workload: Workload<'_>) -> bool {
    let own = &workload.spec()["automountServiceAccountToken"];
    let account = text(workload.spec(), "/serviceAccountName");
    let of_account = manifests
        .named("ServiceAccount", workload.object, account)
        .is_none_or(|account| account["automountServiceAccountToken"] != false);
    own.as_bool().unwrap_or(of_account)
}

fn rights_are_those_that_are_needed(deployment: &Deployment) -> Vec<String> {
    let manifests = &deployment.manifests;
    let mut findings = Vec::new();
    for workload in manifests.workloads() {
        let configs = workload.containers().filter_map(|one| deployment.settings(workload, one));
        let needed: Rights = configs.flat_map(|settings| needed(&settings.config)).collect();
        let (granted, owner) = (granted(manifests, workload), name(workload.object));
        if granted != needed {
            findings.push(format!("{owner} may read {granted:?}, and needs {needed:?}"));
        }
        if has_token(manifests, workload) == needed.is_empty() {
            findings.push(format!(
                "{owner}: automountServiceAccountToken is not {}",
                !needed.is_empty()
            ));
        }
    }
    findings
}

/// A binding for somebody who is there, to a role that only reads what it names.
fn bindings_are_whole(deployment: &Deployment) -> Vec<String> {
    let manifests = &deployment.manifests;
    let mut findings = Vec::new();
    for kind in ["RoleBinding", "ClusterRoleBinding"] {
        for binding in manifests.of_kind(kind) {
            if role_of(manifests, binding).is_none() {
                findings.push(format!("{} binds a role that is not there", name(binding)));
            }
            for subject in list(binding, "/subjects") {
                let is_there = manifests.of_kind("ServiceAccount").any(|account| {
                    account["metadata"]["name"] == subject["name"]
                        && account["metadata"]["namespace"] == subject["namespace"]
                });
                if !is_there {
                    findings.push(format!("{} binds an account that is not there", name(binding)));
                }
            }
        }
    }
    for kind in ["Role", "ClusterRole"] {
        for role in manifests.of_kind(kind) {
            let verbs = list(role, "/rules").iter().flat_map(|rule| list(rule, "/verbs"));
            let writes = verbs
                .filter(|verb| !["get", "list", "watch"].contains(&verb.as_str().unwrap_or("?")));
            findings.extend(writes.map(|verb| format!("{} allows {verb}", name(role))));
        }
    }
    findings
}

/// Adds a role with one rule, bound to the sample's account.
fn grant(manifests: &mut Manifests, resource: &str, verb: &str) {
    let rule = json!({"apiGroups": [""], "resources": [resource], "verbs": [verb]});
    let role = json!({"kind": "ClusterRole", "metadata": {"name": "reader"}, "rules": [rule]});
    let account =
        json!({"kind": "ServiceAccount", "name": "traces-collector", "namespace": "otel"});
    let binding = json!({
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "reader"},
        "roleRef": {"kind": "ClusterRole", "name": "reader"},
        "subjects": [account],
    });
    manifests.objects.extend([role, binding]);
}

#[tokio::test]
async fn rights_at_the_api_server_are_those_that_components_need() {
    holds_everywhere(rights_are_those_that_are_needed).await;
    finds(rights_are_those_that_are_needed, "may read {\"/pods\"}, and needs {}", |broken| {
        grant(&mut broken.manifests, "pods", "list");
    })
    .await;
    finds(
        rights_are_those_that_are_needed,
        "may read {}, and needs {\"/namespaces\", ",
        |broken| {
            let detection = json!({"detectors": ["env", "k8s_api"]});
            put(&mut broken.settings[0].2.config, "/processors/resource_detection", detection);
        },
    )
    .await;
    finds(
        rights_are_those_that_are_needed,
        "automountServiceAccountToken is not false",
        |broken| {
            let place = "/spec/template/spec/automountServiceAccountToken";
            put(broken.manifests.object_mut("Deployment"), place, json!(true));
        },
    )
    .await;
}

#[tokio::test]
async fn roles_read_only_and_bindings_are_whole() {
    holds_everywhere(bindings_are_whole).await;
    finds(bindings_are_whole, "allows \"delete\"", |broken| {
        grant(&mut broken.manifests, "nodes", "delete");
    })
    .await;
    for (place, words) in [
        ("/roleRef/name", "binds a role that is not there"),
        ("/subjects/0/name", "binds an account that is not there"),
    ] {
        finds(bindings_are_whole, words, |broken| {
            grant(&mut broken.manifests, "nodes", "get");
            put(broken.manifests.object_mut("ClusterRoleBinding"), place, json!("nobody"));
        })
        .await;
    }
}
