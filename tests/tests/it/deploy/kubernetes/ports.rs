//! Ports: what the config opens is what the container names, the Service targets, and the probes ask.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    Deployment, Settings, finds, holds_everywhere,
    manifests::{Workload, name, number, put},
};
use crate::deploy::json::{list, text};

/// What others than the pod itself can reach, in the config of a collector.
pub(super) fn listeners(settings: &Settings) -> BTreeSet<u64> {
    let mut addresses = Vec::new();
    for (id, receiver) in used(&settings.config, "receivers") {
        let protocols = receiver["protocols"].as_object().into_iter().flatten();
        addresses
            .extend(protocols.filter(|(_, one)| one["transport"] != "unix").map(|(_, one)| one));
        assert!(
            ["otlp", "nop"].contains(&id.split('/').next().unwrap_or_default()),
            "say here where the receiver {id} listens"
        );
    }
    let extensions = used(&settings.config, "extensions");
    let health = extensions.iter().any(|(id, _)| id.starts_with("health_check"));
    addresses.extend(extensions.into_iter().map(|(_, extension)| extension));
    let mut ports: BTreeSet<u64> =
        addresses.iter().filter_map(|one| open_port(text(one, "/endpoint"))).collect();
    for reader in list(&settings.config, "/service/telemetry/metrics/readers") {
        let page = &reader["pull"]["exporter"]["prometheus"];
        let host = page["host"].as_str().unwrap_or("localhost");
        ports.extend(open_port(&format!("{host}:{}", page["port"])));
    }
    if !health {
        // `OTELCOL_DEFAULT_HEALTH` of the image.
        ports.insert(13133);
    }
    ports
}

/// The receivers that a pipeline has, or the extensions that the service starts.
fn used<'a>(config: &'a Value, section: &str) -> Vec<(&'a str, &'a Value)> {
    let started = match section {
        "receivers" => {
            let pipelines = config.pointer("/service/pipelines").and_then(Value::as_object);
            let pipelines = pipelines.into_iter().flatten();
            pipelines.flat_map(|(_, pipeline)| list(pipeline, "/receivers")).collect::<Vec<_>>()
        }
        _ => list(config, "/service/extensions").iter().collect(),
    };
    let defined = config[section].as_object().into_iter().flatten();
    defined
        .filter(|(id, _)| started.iter().any(|one| one.as_str() == Some(id)))
        .map(|(id, settings)| (id.as_str(), settings))
        .collect()
}

/// The port of an address, unless only the pod itself reaches it.
fn open_port(address: &str) -> Option<u64> {
    let (host, port) = address.rsplit_once(':')?;
    let is_inner = ["localhost", "127.0.0.1", "[::1]", "::1"].contains(&host);
    if is_inner { None } else { port.parse().ok() }
}

/// The number of a container's port that is told by number or by name.
pub(super) fn port_of(container: &Value, port: &Value) -> Option<u64> {
    port.as_u64().or_else(|| {
        let named = list(container, "/ports").iter().find(|one| one["name"] == *port)?;
        number(named, "/containerPort")
    })
}

/// Whether a pod has a port.
pub(super) fn has_port(workload: Workload<'_>, port: &Value) -> bool {
    workload.containers().any(|container| {
        port_of(container, port).is_some_and(|wanted| declared(container).contains(&wanted))
    })
}

/// The TCP ports that a container names.
pub(super) fn declared(container: &Value) -> BTreeSet<u64> {
    list(container, "/ports").iter().filter_map(|port| number(port, "/containerPort")).collect()
}

fn containers_name_what_is_open(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for workload in deployment.manifests.workloads() {
        for container in workload.containers() {
            let Some(settings) = deployment.settings(workload, container) else { continue };
            let (open, named) = (listeners(settings), declared(container));
            if open != named {
                let owner = name(workload.object);
                findings.push(format!("{owner} opens {open:?}, but its container names {named:?}"));
            }
        }
    }
    findings
}

fn services_reach_pods(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for service in deployment.manifests.of_kind("Service") {
        let Some(selector) = service.pointer("/spec/selector") else { continue };
        let pods: Vec<_> = deployment.manifests.selected(service, selector).collect();
        if pods.is_empty() {
            findings.push(format!("{} selects no pod", name(service)));
        }
        for port in list(service, "/spec/ports") {
            let target = port.get("targetPort").unwrap_or(&port["port"]);
            if !pods.iter().all(|pod| has_port(*pod, target)) {
                findings.push(format!("{}: no pod has the port {target}", name(service)));
            }
        }
    }
    findings
}

fn probes_ask_the_health_check(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for workload in deployment.manifests.workloads() {
        for container in workload.containers() {
            let Some(settings) = deployment.settings(workload, container) else { continue };
            let (port, path) = health(settings);
            let owner = name(workload.object);
            for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
                let asked = &container[probe]["httpGet"];
                // Nobody is sent to a sidecar, so it need not say when it is ready.
                let is_sidecar = list(workload.spec(), "/initContainers").contains(container)
                    || list(workload.spec(), "/containers").len() > 1;
                if asked.is_null() && is_sidecar && probe == "readinessProbe" {
                    continue;
                }
                let asks_for =
                    (port_of(container, &asked["port"]), asked["path"].as_str().unwrap_or("/"));
                if asked.is_null() || asks_for != (Some(port), path.as_str()) {
                    findings.push(format!(
                        "{owner}: {probe} asks {asks_for:?}, health is at {port}{path}"
                    ));
                }
            }
        }
    }
    findings
}

fn health(settings: &Settings) -> (u64, String) {
    let extensions = used(&settings.config, "extensions");
    let found = extensions.iter().find(|(id, _)| id.starts_with("health_check"));
    let Some((_, check)) = found else { return (13133, "/".to_owned()) };
    let path = Some(text(check, "/path")).filter(|path| !path.is_empty()).unwrap_or("/");
    (open_port(text(check, "/endpoint")).unwrap_or(0), path.to_owned())
}

#[tokio::test]
async fn containers_name_the_ports_that_their_configs_open() {
    holds_everywhere(containers_name_what_is_open).await;
    finds(containers_name_what_is_open, "opens {4317, 4318, 8888, 13133}, but", |broken| {
        put(
            broken.manifests.object_mut("Deployment"),
            "/spec/template/spec/containers/0/ports/1/containerPort",
            json!(4319),
        );
    })
    .await;
    finds(containers_name_what_is_open, "opens {4317, 4318, 13133}, but", |broken| {
        let config = &mut broken.settings[0].2.config;
        put(
            config,
            "/service/telemetry/metrics/readers/0/pull/exporter/prometheus/host",
            json!("localhost"),
        );
    })
    .await;
}

#[tokio::test]
async fn services_select_pods_that_have_their_ports() {
    holds_everywhere(services_reach_pods).await;
    finds(services_reach_pods, "selects no pod", |broken| {
        let label = "/spec/selector/app.kubernetes.io~1name";
        put(broken.manifests.object_mut("Service"), label, json!("trace-collector"));
    })
    .await;
    finds(services_reach_pods, "no pod has the port \"otlp\"", |broken| {
        put(broken.manifests.object_mut("Service"), "/spec/ports/0/targetPort", json!("otlp"));
    })
    .await;
}

#[tokio::test]
async fn probes_ask_where_health_is_served() {
    holds_everywhere(probes_ask_the_health_check).await;
    let probe = "/spec/template/spec/containers/0/readinessProbe";
    for (place, value) in [("/httpGet/port", json!("metrics")), ("/httpGet/path", json!("/ready"))]
    {
        finds(probes_ask_the_health_check, "readinessProbe asks", |broken| {
            put(broken.manifests.object_mut("Deployment"), &format!("{probe}{place}"), value);
        })
        .await;
    }
    finds(probes_ask_the_health_check, "livenessProbe asks", |broken| {
        let place = "/spec/template/spec/containers/0/livenessProbe";
        put(broken.manifests.object_mut("Deployment"), place, json!(null));
    })
    .await;
}
