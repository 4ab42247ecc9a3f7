//! Replicas, disruption and the time to stop.

use serde_json::{Value, json};

use super::{
    Deployment, finds, holds_everywhere,
    manifests::{Workload, name, number, put},
};
use crate::deploy::json::{list, text};

/// What the kubelet and the process need beside the drain, in seconds.
const SPARE: u64 = 5;

fn autoscalers_have_targets(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for scaler in deployment.manifests.of_kind("HorizontalPodAutoscaler") {
        let (kind, target) =
            (text(scaler, "/spec/scaleTargetRef/kind"), text(scaler, "/spec/scaleTargetRef/name"));
        let Some(target) = deployment.manifests.named(kind, scaler, target) else {
            findings.push(format!("{} scales {kind}/{target}, which is not there", name(scaler)));
            continue;
        };
        if !target["spec"]["replicas"].is_null() {
            findings.push(format!("{} says replicas, and so does its autoscaler", name(target)));
        }
        if number(scaler, "/spec/minReplicas") > number(scaler, "/spec/maxReplicas") {
            findings.push(format!("{}: minReplicas is above maxReplicas", name(scaler)));
        }
        // A share of the CPU is a share of what was asked for.
        for container in list(target, "/spec/template/spec/containers") {
            if container["resources"]["requests"]["cpu"].is_null() {
                findings.push(format!("{}: no CPU request to scale on", name(target)));
            }
        }
    }
    findings
}

fn budgets_select_pods(deployment: &Deployment) -> Vec<String> {
    let budgets = deployment.manifests.of_kind("PodDisruptionBudget");
    let is_idle = |budget: &&Value| {
        let labels = budget.pointer("/spec/selector/matchLabels").unwrap_or(&Value::Null);
        deployment.manifests.selected(budget, labels).next().is_none()
    };
    budgets.filter(is_idle).map(|budget| format!("{} selects no pod", name(budget))).collect()
}

/// How long a container goes on serving before it is told to stop.
fn pre_stop(container: &Value) -> u64 {
    let hook = &container["lifecycle"]["preStop"];
    let slept = list(hook, "/exec/command");
    match slept {
        [_, verb, seconds] if verb == "sleep" => {
            seconds.as_str().and_then(|text| text.parse().ok()).unwrap_or(0)
        }
        _ => number(hook, "/sleep/seconds").unwrap_or(0),
    }
}

fn there_is_time_to_drain(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for workload in deployment.manifests.workloads() {
        let grace = number(workload.spec(), "/terminationGracePeriodSeconds").unwrap_or(30);
        for container in workload.containers() {
            let Some(settings) = deployment.settings(workload, container) else { continue };
            let needed = pre_stop(container) + settings.drain + SPARE;
            if grace < needed {
                let owner = &settings.owner;
                findings.push(format!("{owner} is killed after {grace} s, and needs {needed} s"));
            }
        }
    }
    findings
}

/// What a gateway's update does to the pods that serve.
fn updates_keep_all_replicas(deployment: &Deployment) -> Vec<String> {
    let strategy = |workload: &Workload<'_>| workload.object["spec"]["strategy"].clone();
    let scaled: Vec<_> = deployment.manifests.of_kind("HorizontalPodAutoscaler").collect();
    let is_scaled = |workload: &Workload<'_>| {
        scaled
            .iter()
            .any(|one| one["spec"]["scaleTargetRef"]["name"] == workload.object["metadata"]["name"])
    };
    let deployments =
        deployment.manifests.workloads().filter(|one| one.object["kind"] == "Deployment");
    deployments
        .filter(|one| is_scaled(one) && strategy(one)["rollingUpdate"]["maxUnavailable"] != 0)
        .map(|one| format!("{} takes pods away before new ones serve", name(one.object)))
        .collect()
}

#[tokio::test]
async fn autoscalers_rule_over_something_alone() {
    holds_everywhere(autoscalers_have_targets).await;
    finds(autoscalers_have_targets, "which is not there", |broken| {
        let scaler = broken.manifests.object_mut("HorizontalPodAutoscaler");
        put(scaler, "/spec/scaleTargetRef/name", json!("trace-collector"));
    })
    .await;
    finds(autoscalers_have_targets, "and so does its autoscaler", |broken| {
        put(broken.manifests.object_mut("Deployment"), "/spec/replicas", json!(2));
    })
    .await;
    finds(autoscalers_have_targets, "above maxReplicas", |broken| {
        let scaler = broken.manifests.object_mut("HorizontalPodAutoscaler");
        put(scaler, "/spec/minReplicas", json!(1000));
    })
    .await;
    finds(autoscalers_have_targets, "no CPU request", |broken| {
        let place = "/spec/template/spec/containers/0/resources/requests";
        put(broken.manifests.object_mut("Deployment"), place, json!({"memory": "1Gi"}));
    })
    .await;
}

#[tokio::test]
async fn disruption_budgets_select_pods() {
    holds_everywhere(budgets_select_pods).await;
    for labels in [json!({"app.kubernetes.io/name": "x"}), json!({})] {
        finds(budgets_select_pods, "selects no pod", |broken| {
            let budget = broken.manifests.object_mut("PodDisruptionBudget");
            put(budget, "/spec/selector/matchLabels", labels);
        })
        .await;
    }
}

#[tokio::test]
async fn the_grace_period_covers_pre_stop_and_drain() {
    holds_everywhere(there_is_time_to_drain).await;
    finds(there_is_time_to_drain, "is killed after 20 s", |broken| {
        let place = "/spec/template/spec/terminationGracePeriodSeconds";
        put(broken.manifests.object_mut("Deployment"), place, json!(20));
    })
    .await;
    finds(there_is_time_to_drain, "and needs 75 s", |broken| {
        let place = "/spec/template/spec/containers/0/lifecycle/preStop";
        put(broken.manifests.object_mut("Deployment"), place, json!({"sleep": {"seconds": 50}}));
    })
    .await;
    finds(there_is_time_to_drain, "is killed after", |broken| {
        broken.settings[0].2.drain = 600;
    })
    .await;
}

#[tokio::test]
async fn updates_of_scaled_gateways_take_no_pod_away_early() {
    holds_everywhere(updates_keep_all_replicas).await;
    finds(updates_keep_all_replicas, "before new ones serve", |broken| {
        let place = "/spec/strategy/rollingUpdate/maxUnavailable";
        put(broken.manifests.object_mut("Deployment"), place, json!("25%"));
    })
    .await;
}
