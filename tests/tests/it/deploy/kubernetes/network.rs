//! Network policies let through what the collectors need; routes lead to Services that take them.

use serde_json::{Value, json};

use super::{
    Deployment, finds, holds_everywhere,
    manifests::{Manifests, Workload, name, number, put},
    ports::{declared, has_port, port_of},
    references::{endpoints, host_and_port, service_of},
};
use crate::deploy::json::{list, text};

/// Asked by the kubelet, which policies do not bind.
const HEALTH: u64 = 13133;

/// Whether a policy says anything about a direction.
fn governs(policy: &Value, direction: &str) -> bool {
    list(policy, "/spec/policyTypes").contains(&json!(direction))
}

/// The policies of a pod's namespace that select the pod.
fn policies<'a>(
    manifests: &'a Manifests,
    workload: Workload<'a>,
    direction: &'a str,
) -> Vec<&'a Value> {
    let all = manifests.of_kind("NetworkPolicy").filter(move |policy| governs(policy, direction));
    all.filter(|policy| {
        policy["metadata"]["namespace"] == workload.object["metadata"]["namespace"]
            && is_selected(manifests, policy, workload)
    })
    .collect()
}

fn is_selected(manifests: &Manifests, policy: &Value, workload: Workload<'_>) -> bool {
    let selector = &policy["spec"]["podSelector"];
    if selector.as_object().is_some_and(serde_json::Map::is_empty) {
        return true;
    }
    let mut by_label = manifests.selected(policy, &selector["matchLabels"]);
    let by_expression = list(selector, "/matchExpressions").iter().any(|one| {
        let label = &workload.template["metadata"]["labels"][text(one, "/key")];
        one["operator"] == "In" && list(one, "/values").contains(label)
    });
    by_expression || by_label.any(|one| std::ptr::eq(one.object, workload.object))
}

fn open_to_somebody(policies: &[&Value], workload: Workload<'_>, port: u64) -> bool {
    let rules = policies.iter().flat_map(|policy| list(policy, "/spec/ingress"));
    let mut ports = rules.map(|rule| list(rule, "/ports"));
    ports.any(|ports| {
        ports.is_empty()
            || ports.iter().any(|one| {
                workload
                    .containers()
                    .any(|container| port_of(container, &one["port"]) == Some(port))
            })
    })
}

fn policies_open_the_ports_of_their_pods(deployment: &Deployment) -> Vec<String> {
    let manifests = &deployment.manifests;
    let mut findings = Vec::new();
    for workload in manifests.workloads() {
        let policies = policies(manifests, workload, "Ingress");
        let owner = name(workload.object);
        let ports = workload.containers().flat_map(declared).filter(|port| *port != HEALTH);
        let ports: Vec<u64> = if policies.is_empty() { Vec::new() } else { ports.collect() };
        for port in ports {
            if !open_to_somebody(&policies, workload, port) {
                findings.push(format!("{owner}: no policy lets anybody at {port}"));
            }
        }
        for policy in policies {
            let ports = list(policy, "/spec/ingress").iter().flat_map(|rule| list(rule, "/ports"));
            let idle = ports.filter(|port| !has_port(workload, &port["port"]));
            findings.extend(idle.map(|one| {
                format!("{} opens {}, which {owner} has not", name(policy), one["port"])
            }));
        }
    }
    findings
}

fn policies_select_pods(deployment: &Deployment) -> Vec<String> {
    let manifests = &deployment.manifests;
    let is_idle = |policy: &&Value| {
        let mut pods = manifests
            .workloads()
            .filter(|one| one.object["metadata"]["namespace"] == policy["metadata"]["namespace"]);
        !pods.any(|one| is_selected(manifests, policy, one))
    };
    let idle = manifests.of_kind("NetworkPolicy").filter(is_idle);
    idle.map(|policy| format!("{} selects no pod", name(policy))).collect()
}

/// After its policies, a collector still reaches its exporters' Services and the name server.
fn policies_let_collectors_send(deployment: &Deployment) -> Vec<String> {
    let manifests = &deployment.manifests;
    let mut findings = Vec::new();
    for workload in manifests.workloads() {
        let policies = policies(manifests, workload, "Egress");
        if policies.is_empty() {
            continue;
        }
        let configs = workload.containers().filter_map(|one| deployment.settings(workload, one));
        let mut wanted: Vec<u64> =
            configs.flat_map(|settings| targets(manifests, workload, &settings.config)).collect();
        wanted.push(53);
        for port in wanted {
            let rules = policies.iter().flat_map(|policy| list(policy, "/spec/egress"));
            let mut ports = rules.map(|rule| list(rule, "/ports"));
            let is_open = ports.any(|ports| {
                ports.is_empty() || ports.iter().any(|one| reaches(manifests, one, port))
            });
            if !is_open {
                findings.push(format!("{} may not reach port {port}", name(workload.object)));
            }
        }
    }
    findings
}

/// A rule names a port by its number, or by the name that a pod gives it.
fn reaches(manifests: &Manifests, rule: &Value, port: u64) -> bool {
    number(rule, "/port") == Some(port)
        || manifests.workloads().any(|workload| {
            workload.containers().any(|one| port_of(one, &rule["port"]) == Some(port))
        })
}

/// The ports of pods (not of Services) that the exporters of a config send to.
fn targets(manifests: &Manifests, workload: Workload<'_>, config: &Value) -> Vec<u64> {
    let own = text(workload.object, "/metadata/namespace");
    let all = endpoints(config).into_iter().filter_map(host_and_port);
    all.map(|(host, port)| {
        let service = service_of(manifests, own, host);
        let target = service.and_then(|service| {
            let mut ports = list(service, "/spec/ports").iter();
            let found = ports.find(|one| number(one, "/port") == Some(port))?;
            let mut pods = manifests.selected(service, &service["spec"]["selector"]);
            pods.find_map(|pod| pod.containers().find_map(|one| port_of(one, &found["targetPort"])))
        });
        target.unwrap_or(port)
    })
    .collect()
}

/// What Gateway API routes say, whose schemas are not at hand.
fn routes_lead_to_services(deployment: &Deployment) -> Vec<String> {
    let manifests = &deployment.manifests;
    let mut findings = Vec::new();
    for kind in ["GRPCRoute", "HTTPRoute"] {
        for route in manifests.of_kind(kind) {
            for rule in list(route, "/spec/rules") {
                findings.extend(list(rule, "/backendRefs").iter().filter_map(|backend| {
                    let service = manifests.named("Service", route, text(backend, "/name"));
                    let has_port = service.is_some_and(|service| {
                        list(service, "/spec/ports")
                            .iter()
                            .any(|one| one["port"] == backend["port"])
                    });
                    (!has_port)
                        .then(|| format!("{} leads to {backend}, which is not there", name(route)))
                }));
                findings.extend(misled(route, rule));
            }
        }
    }
    findings
}

/// A rule whose match is of another signal than its backend.
fn misled(route: &Value, rule: &Value) -> Vec<String> {
    let backend = list(rule, "/backendRefs").first().map_or("", |one| text(one, "/name"));
    let known = [
        ("traces", "opentelemetry.proto.collector.trace.v1.TraceService", "/v1/traces"),
        ("metrics", "opentelemetry.proto.collector.metrics.v1.MetricsService", "/v1/metrics"),
        ("logs", "opentelemetry.proto.collector.logs.v1.LogsService", "/v1/logs"),
    ];
    let fits = |one: &Value| {
        known.iter().any(|(signal, service, path)| {
            let asked = [text(one, "/method/service"), text(one, "/path/value")];
            backend.starts_with(signal) && (asked.contains(service) || asked.contains(path))
        })
    };
    let matches = list(rule, "/matches");
    if matches.is_empty() {
        return vec![format!("{} sends everything to {backend}", name(route))];
    }
    let wrong = matches.iter().filter(|one| !fits(one));
    wrong.map(|one| format!("{} sends {one} to {backend}", name(route))).collect()
}

/// A policy for the sample's pods.
fn policy(spec: &Value) -> Value {
    let mut policy = json!({
        "kind": "NetworkPolicy",
        "metadata": {"name": "sample", "namespace": "otel"},
        "spec": {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "traces-collector"}}},
    });
    for (key, value) in spec.as_object().unwrap() {
        policy["spec"][key] = value.clone();
    }
    policy
}

#[tokio::test]
async fn policies_open_exactly_the_ports_of_their_pods() {
    holds_everywhere(policies_open_the_ports_of_their_pods).await;
    for (port, words) in [
        (json!("otlp-grpc"), "no policy lets anybody at 4318"),
        (json!(4319), "opens 4319, which Deployment/traces-collector has not"),
    ] {
        finds(policies_open_the_ports_of_their_pods, words, |broken| {
            let ingress = json!([{"ports": [{"port": port}]}]);
            let spec = json!({"policyTypes": ["Ingress"], "ingress": ingress});
            broken.manifests.objects.push(policy(&spec));
        })
        .await;
    }
}

#[tokio::test]
async fn policies_select_pods_that_are_there() {
    holds_everywhere(policies_select_pods).await;
    finds(policies_select_pods, "selects no pod", |broken| {
        let selector = json!({"podSelector": {"matchLabels": {"app.kubernetes.io/name": "x"}}});
        broken.manifests.objects.push(policy(&selector));
    })
    .await;
}

#[tokio::test]
async fn policies_let_collectors_send_and_look_up_names() {
    holds_everywhere(policies_let_collectors_send).await;
    for (port, words) in [(53, "may not reach port 4317"), (4317, "may not reach port 53")] {
        finds(policies_let_collectors_send, words, |broken| {
            let spec = json!({"policyTypes": ["Egress"], "egress": [{"ports": [{"port": port}]}]});
            broken.manifests.objects.push(policy(&spec));
        })
        .await;
    }
}

#[tokio::test]
async fn routes_lead_each_signal_to_its_own_gateway() {
    holds_everywhere(routes_lead_to_services).await;
    let route = |service: &str, backend: &str, port: u64| {
        json!({
            "kind": "GRPCRoute",
            "metadata": {"name": "sample", "namespace": "otel"},
            "spec": {"rules": [{
                "matches": [{"method": {"service": service}}],
                "backendRefs": [{"name": backend, "port": port}],
            }]},
        })
    };
    let traces = "opentelemetry.proto.collector.trace.v1.TraceService";
    let logs = "opentelemetry.proto.collector.logs.v1.LogsService";
    finds(routes_lead_to_services, "sends everything to traces-collector", |broken| {
        let mut route = route(traces, "traces-collector", 4317);
        put(&mut route, "/spec/rules/0/matches", json!([]));
        broken.manifests.objects.push(route);
    })
    .await;
    for (service, backend, port, words) in [
        (traces, "trace-collector", 4317, "which is not there"),
        (traces, "traces-collector", 4319, "which is not there"),
        (logs, "traces-collector", 4317, "to traces-collector"),
    ] {
        finds(routes_lead_to_services, words, |broken| {
            broken.manifests.objects.push(route(service, backend, port));
        })
        .await;
    }
}
