//! Nothing has a privilege beyond a list; all else satisfies the Pod Security standard `restricted`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    Deployment, finds, holds_everywhere,
    manifests::{Manifests, Workload, name, put},
};
use crate::deploy::json::{list, text};

/// Who may have what, and every entry is needed.
const ALLOWED: [(&str, &str); 4] = [
    // Its queue outlives its pod, and the kubelet makes the directory for root.
    ("DaemonSet/node-collector", "hostPath"),
    ("DaemonSet/node-collector", "root"),
    // For applications that know their node's address only (components/host-ports).
    ("DaemonSet/node-collector", "hostPort"),
    // The API server sends to the loopback of its node only (patterns/control-plane-tracing).
    ("DaemonSet/traces-collector", "hostNetwork"),
];

const VOLUMES: [&str; 8] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// Each privilege that a workload has over `restricted`.
fn privileges(workload: Workload<'_>) -> BTreeSet<String> {
    let spec = workload.spec();
    let mut found = BTreeSet::new();
    for shared in ["hostNetwork", "hostPID", "hostIPC"] {
        if spec[shared] == true {
            found.insert(shared.to_owned());
        }
    }
    for volume in list(spec, "/volumes") {
        let kinds = volume.as_object().into_iter().flatten().map(|(kind, _)| kind.as_str());
        let kinds = kinds.filter(|kind| *kind != "name" && !VOLUMES.contains(kind));
        found.extend(kinds.map(str::to_owned));
    }
    if !list(spec, "/securityContext/sysctls").is_empty() {
        found.insert("sysctls".to_owned());
    }
    for container in workload.containers() {
        found.extend(of_container(spec, container));
    }
    found
}

fn of_container(spec: &Value, container: &Value) -> Vec<String> {
    let own = &container["securityContext"];
    let of_pod = &spec["securityContext"];
    let setting = |key: &str| if own[key].is_null() { &of_pod[key] } else { &own[key] };
    let mut found = Vec::new();
    let mut note = |is_so: bool, privilege: &str| {
        if is_so {
            found.push(privilege.to_owned());
        }
    };
    note(own["privileged"] == true, "privileged");
    note(own["allowPrivilegeEscalation"] != false, "allowPrivilegeEscalation");
    note(!list(own, "/capabilities/drop").contains(&json!("ALL")), "capabilities kept");
    note(setting("runAsNonRoot") != true || setting("runAsUser") == 0, "root");
    let profile = text(setting("seccompProfile"), "/type");
    note(!["RuntimeDefault", "Localhost"].contains(&profile), "no seccomp profile");
    note(!own["procMount"].is_null(), "procMount");
    note(list(container, "/ports").iter().any(|port| !port["hostPort"].is_null()), "hostPort");
    // Not asked for by the standard; our images write nowhere else.
    note(own["readOnlyRootFilesystem"] != true, "a root file system that can be written");
    for capability in list(own, "/capabilities/add") {
        found.push(format!("capability {}", capability.as_str().unwrap_or_default()));
    }
    found
}

fn no_privilege_beyond_the_list(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for workload in deployment.manifests.workloads() {
        let owner = name(workload.object);
        let granted = |one: &String| ALLOWED.contains(&(owner.as_str(), one.as_str()));
        let beyond = privileges(workload).into_iter().filter(|one| !granted(one));
        findings.extend(beyond.map(|one| format!("{owner} has {one}")));
    }
    findings
}

/// The namespaces' labels hold what this page says; what is applied as it is brings its namespaces.
fn namespaces_enforce_it(deployment: &Deployment) -> Vec<String> {
    let manifests = &deployment.manifests;
    let mut findings = Vec::new();
    for workload in manifests.workloads() {
        let own = text(workload.object, "/metadata/namespace");
        let owner = name(workload.object);
        let found = manifests.of_kind("Namespace").find(|one| text(one, "/metadata/name") == own);
        let Some(namespace) = found else {
            if manifests.directory.starts_with("patterns/") {
                findings.push(format!("{owner}: there is no Namespace/{own}"));
            }
            continue;
        };
        let level = text(namespace, "/metadata/labels/pod-security.kubernetes.io~1enforce");
        let wanted = if privileges(workload).is_empty() { "restricted" } else { "privileged" };
        // What needs nothing may stand beside what needs more.
        if level != wanted && !(wanted == "restricted" && level == "privileged") {
            findings.push(format!(
                "{owner} needs {wanted:?}, but {} enforces {level:?}",
                name(namespace)
            ));
        }
    }
    findings
}

/// The memory limiter takes its share of the container's limit.
fn collectors_have_limits(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for workload in deployment.manifests.workloads() {
        for container in workload.containers() {
            let Some(settings) = deployment.settings(workload, container) else { continue };
            let owner = &settings.owner;
            let limiter = &settings.config["processors"]["memory_limiter"];
            if container["resources"]["limits"]["memory"].is_null() {
                findings.push(format!("{owner} has no memory limit"));
            }
            if limiter["limit_percentage"]
                .as_u64()
                .is_none_or(|percent| !(1..=90).contains(&percent))
            {
                findings.push(format!("{owner}: memory_limiter takes no share of the limit"));
            }
            findings.extend(pipelines_without_limiter(owner, &settings.config));
        }
    }
    findings
}

fn pipelines_without_limiter(owner: &str, config: &Value) -> Vec<String> {
    let pipelines = config.pointer("/service/pipelines").and_then(Value::as_object);
    let connectors = config["connectors"].as_object();
    let is_fed_from_inside = |pipeline: &Value| {
        let all = list(pipeline, "/receivers");
        all.iter().all(|one| {
            connectors.is_some_and(|known| known.contains_key(one.as_str().unwrap_or_default()))
        })
    };
    let bare = pipelines.into_iter().flatten().filter(|(_, pipeline)| {
        let first = list(pipeline, "/processors").first().and_then(Value::as_str);
        !is_fed_from_inside(pipeline) && first != Some("memory_limiter")
    });
    bare.map(|(id, _)| format!("{owner}: pipeline {id} does not start with memory_limiter"))
        .collect()
}

#[tokio::test]
async fn nothing_has_a_privilege_beyond_the_list() {
    holds_everywhere(no_privilege_beyond_the_list).await;
    let all: Vec<_> = Manifests::all().await.iter().flat_map(Manifests::workloads).collect();
    for (owner, privilege) in ALLOWED {
        let is_used =
            all.iter().any(|one| name(one.object) == owner && privileges(*one).contains(privilege));
        assert!(is_used, "{owner} does not need {privilege}");
    }
    let container = "/spec/template/spec/containers/0";
    for (place, value, words) in [
        ("/spec/template/spec/hostNetwork", json!(true), "has hostNetwork"),
        ("/spec/template/spec/hostPID", json!(true), "has hostPID"),
        ("/spec/template/spec/volumes/0", json!({"name": "c", "hostPath": {}}), "has hostPath"),
        ("/spec/template/spec/securityContext/runAsUser", json!(0), "has root"),
        ("/spec/template/spec/securityContext/runAsNonRoot", json!(false), "has root"),
        ("/spec/template/spec/securityContext/seccompProfile", json!(null), "no seccomp profile"),
        ("#/securityContext/privileged", json!(true), "has privileged"),
        ("#/securityContext/allowPrivilegeEscalation", json!(true), "allowPrivilegeEscalation"),
        ("#/securityContext/capabilities", json!({"drop": ["NET_RAW"]}), "capabilities kept"),
        (
            "#/securityContext/capabilities",
            json!({"drop": ["ALL"], "add": ["DAC_READ_SEARCH"]}),
            "has capability DAC_READ_SEARCH",
        ),
        ("#/securityContext/readOnlyRootFilesystem", json!(false), "can be written"),
        ("#/ports/0/hostPort", json!(4317), "has hostPort"),
    ] {
        finds(no_privilege_beyond_the_list, words, |broken| {
            let place = place.replace('#', container);
            put(broken.manifests.object_mut("Deployment"), &place, value);
        })
        .await;
    }
}

#[tokio::test]
async fn namespaces_enforce_the_level_of_what_is_in_them() {
    holds_everywhere(namespaces_enforce_it).await;
    finds(namespaces_enforce_it, "there is no Namespace/otel", |broken| {
        broken.manifests.directory = "patterns/x".to_owned();
        broken.manifests.objects.retain(|object| text(object, "/kind") != "Namespace");
    })
    .await;
    for (level, place, value) in [
        ("baseline", "/spec/template/spec/hostPID", json!(false)),
        ("restricted", "/spec/template/spec/hostPID", json!(true)),
    ] {
        finds(namespaces_enforce_it, "but Namespace/otel enforces", |broken| {
            put(broken.manifests.object_mut("Deployment"), place, value);
            let labels = json!({"pod-security.kubernetes.io/enforce": level});
            let metadata = json!({"name": "otel", "labels": labels});
            let namespace = json!({"kind": "Namespace", "metadata": metadata});
            broken.manifests.objects.retain(|object| text(object, "/kind") != "Namespace");
            broken.manifests.objects.push(namespace);
        })
        .await;
    }
}

#[tokio::test]
async fn memory_is_limited_and_every_pipeline_keeps_to_it() {
    holds_everywhere(collectors_have_limits).await;
    finds(collectors_have_limits, "has no memory limit", |broken| {
        let place = "/spec/template/spec/containers/0/resources/limits";
        put(broken.manifests.object_mut("Deployment"), place, json!({"cpu": 1}));
    })
    .await;
    finds(collectors_have_limits, "takes no share", |broken| {
        let place = "/processors/memory_limiter/limit_percentage";
        put(&mut broken.settings[0].2.config, place, json!(95));
    })
    .await;
    finds(collectors_have_limits, "does not start with memory_limiter", |broken| {
        let place = "/service/pipelines/traces/processors";
        put(&mut broken.settings[0].2.config, place, json!([]));
    })
    .await;
}
