//! Whatever an object names is there: images, config maps, secrets, volumes, accounts, backends.

use serde_json::{Value, json};
use tests::source_tree::SourceFile;

use super::{
    Deployment, finds, holds_everywhere,
    manifests::{Manifests, Workload, image_name, name, number, put},
};
use crate::deploy::json::{list, text};

/// What `deploy/docker` builds and runs on a cluster.
const OUR_IMAGES: [&str; 5] =
    ["traces-collector", "metrics-collector", "logs-collector", "node-collector", "telemetry-load"];

/// Variables of other runtimes, which do nothing here.
const WITHOUT_EFFECT: [&str; 4] = ["GOMEMLIMIT", "GOGC", "GOMAXPROCS", "GODEBUG"];

fn images_are_ours(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for workload in deployment.manifests.workloads() {
        for container in workload.containers() {
            let image = text(container, "/image");
            let tag = image.rsplit_once(':').map(|(_, tag)| tag);
            if !OUR_IMAGES.contains(&image_name(container)) {
                findings.push(format!("{}: nobody builds {image}", name(workload.object)));
            } else if tag != Some(env!("CARGO_PKG_VERSION")) {
                findings.push(format!("{}: {image} is another version", name(workload.object)));
            }
        }
    }
    findings
}

fn variables_have_an_effect(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for workload in deployment.manifests.workloads() {
        for container in workload.containers() {
            let names = list(container, "/env").iter().map(|variable| text(variable, "/name"));
            for variable in names.filter(|name| WITHOUT_EFFECT.contains(name)) {
                findings.push(format!("{}: {variable} does nothing", name(workload.object)));
            }
        }
    }
    findings
}

/// The kind and name of each object that a pod needs to start, unless it may be missing.
fn needs<'a>(workload: &Workload<'a>) -> Vec<(&'static str, &'a str)> {
    let mut needs = Vec::new();
    let mut need = |kind, from: &'a Value, pointer: &str| {
        if let Some(name) = from.pointer(pointer).and_then(Value::as_str) {
            needs.push((kind, name));
        }
    };
    let spec = workload.spec();
    need("ServiceAccount", spec, "/serviceAccountName");
    for volume in list(spec, "/volumes") {
        let projected = list(volume, "/projected/sources");
        need("PersistentVolumeClaim", volume, "/persistentVolumeClaim/claimName");
        need("Secret", volume, "/secret/secretName");
        for source in std::iter::once(volume).chain(projected) {
            need("ConfigMap", source, "/configMap/name");
            need("Secret", source, "/secret/name");
        }
    }
    for container in workload.containers() {
        for source in list(container, "/envFrom") {
            need("ConfigMap", source, "/configMapRef/name");
            need("Secret", source, "/secretRef/name");
        }
        for variable in list(container, "/env") {
            need("ConfigMap", variable, "/valueFrom/configMapKeyRef/name");
            need("Secret", variable, "/valueFrom/secretKeyRef/name");
        }
    }
    needs
}

/// Secrets are the user's own: where they are not rendered, a README on the way up names them.
fn readme_names(directory: &str, secret: &str) -> bool {
    let mut folder = format!("deploy/kubernetes/{directory}");
    while folder != "deploy" {
        let readme = SourceFile::read(&format!("{folder}/README.md"));
        if readme.is_some_and(|readme| readme.text.contains(&format!("`{secret}`"))) {
            return true;
        }
        folder = folder.rsplit_once('/').map(|(parent, _)| parent.to_owned()).unwrap_or_default();
    }
    false
}

fn what_pods_need_is_there(deployment: &Deployment) -> Vec<String> {
    let manifests = &deployment.manifests;
    let mut findings = Vec::new();
    for workload in manifests.workloads() {
        for (kind, needed) in needs(&workload) {
            let is_told = kind == "Secret" && is_told(manifests, needed);
            if manifests.named(kind, workload.object, needed).is_none() && !is_told {
                findings.push(format!("{}: there is no {kind}/{needed}", name(workload.object)));
            }
        }
        findings.extend(unmounted(&workload));
    }
    findings
}

fn is_told(manifests: &Manifests, secret: &str) -> bool {
    readme_names(&manifests.directory, secret)
        || manifests.components.iter().any(|component| readme_names(component, secret))
}

/// Mounts without a volume, and volumes that nobody mounts.
fn unmounted(workload: &Workload<'_>) -> Vec<String> {
    let claims = list(workload.object, "/spec/volumeClaimTemplates");
    let volumes: Vec<&str> = list(workload.spec(), "/volumes")
        .iter()
        .map(|volume| text(volume, "/name"))
        .chain(claims.iter().map(|claim| text(claim, "/metadata/name")))
        .collect();
    let mounts: Vec<&str> = workload
        .containers()
        .flat_map(|container| list(container, "/volumeMounts"))
        .map(|mount| text(mount, "/name"))
        .collect();
    let dangling = mounts.iter().filter(|mount| !volumes.contains(mount));
    let idle = volumes.iter().filter(|volume| !mounts.contains(volume));
    let owner = name(workload.object);
    dangling
        .map(|mount| format!("{owner} mounts {mount:?}, which is no volume"))
        .chain(idle.map(|volume| format!("{owner}: nobody mounts {volume:?}")))
        .collect()
}

/// With a root file system that is read only, a queue needs a volume.
fn queues_are_on_volumes(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for workload in deployment.manifests.workloads() {
        for container in workload.containers() {
            let Some(settings) = deployment.settings(workload, container) else { continue };
            for extension in list(&settings.config, "/service/extensions") {
                let id = extension.as_str().unwrap_or_default();
                let directory = text(&settings.config["extensions"][id], "/directory");
                let is_mounted = list(container, "/volumeMounts").iter().any(|mount| {
                    directory.starts_with(text(mount, "/mountPath")) && mount["readOnly"] != true
                });
                if !directory.is_empty() && !is_mounted {
                    findings.push(format!("{}: {directory} is on no volume", settings.owner));
                }
            }
        }
    }
    findings
}

/// The endpoints of all exporters that a pipeline has.
pub(super) fn endpoints(config: &Value) -> Vec<&str> {
    let exporters = config["exporters"].as_object().into_iter().flatten();
    let pipelines = config.pointer("/service/pipelines").and_then(Value::as_object);
    let used: Vec<&Value> = pipelines
        .into_iter()
        .flatten()
        .flat_map(|(_, pipeline)| list(pipeline, "/exporters"))
        .collect();
    let is_used = |id: &str| used.iter().any(|one| one.as_str() == Some(id));
    exporters
        .filter(|(id, _)| is_used(id))
        .map(|(_, exporter)| text(exporter, "/endpoint"))
        .filter(|endpoint| !endpoint.is_empty())
        .collect()
}

/// Host and port of an endpoint: `dns:///a.b.svc:4317`, `https://a:4318/path`, `a:4317`.
pub(super) fn host_and_port(endpoint: &str) -> Option<(&str, u64)> {
    let address = endpoint.rsplit_once("//").map_or(endpoint, |(_, rest)| rest);
    let address = address.trim_start_matches('/').split('/').next()?;
    let (host, port) = address.rsplit_once(':')?;
    Some((host, port.parse().ok()?))
}

/// The Service of the render that a host names, from a pod of a namespace.
pub(super) fn service_of<'a>(
    manifests: &'a Manifests,
    from: &str,
    host: &str,
) -> Option<&'a Value> {
    let host = host.trim_end_matches(".cluster.local").trim_end_matches(".svc");
    let (service, namespace) = host.split_once('.').unwrap_or((host, from));
    manifests.of_kind("Service").find(|one| {
        text(one, "/metadata/name") == service && text(one, "/metadata/namespace") == namespace
    })
}

fn collectors_send_to_services_that_are_there(deployment: &Deployment) -> Vec<String> {
    let mut findings = Vec::new();
    for workload in deployment.manifests.workloads() {
        let own = text(workload.object, "/metadata/namespace");
        for container in workload.containers() {
            let Some(settings) = deployment.settings(workload, container) else { continue };
            for endpoint in endpoints(&settings.config) {
                let Some((host, port)) = host_and_port(endpoint) else { continue };
                let has_port = |service: &Value| {
                    list(service, "/spec/ports")
                        .iter()
                        .any(|one| number(one, "/port") == Some(port))
                };
                let owner = &settings.owner;
                match service_of(&deployment.manifests, own, host) {
                    Some(service) if !has_port(service) => {
                        findings.push(format!("{owner}: {} has no port {port}", name(service)));
                    }
                    None if is_ours(host) && !is_rendered_elsewhere(host) => {
                        findings.push(format!("{owner}: there is no Service for {host}"));
                    }
                    _ => {}
                }
            }
        }
    }
    findings
}

/// Whether a host is a Service of a collector of ours, by its name.
fn is_ours(host: &str) -> bool {
    host.contains("-collector") && !host.contains('/')
}

/// Gateways that another directory brings (`base/`), as a node's collector knows them.
fn is_rendered_elsewhere(host: &str) -> bool {
    let signals = ["traces", "metrics", "logs"];
    signals.iter().any(|signal| {
        let name = format!("{signal}-collector");
        [format!("{name}.otel.svc"), format!("{name}-headless.otel.svc")]
            .iter()
            .any(|known| host.trim_end_matches(".cluster.local") == known)
    })
}

#[tokio::test]
async fn images_are_those_that_are_built_here() {
    let stages = SourceFile::read("deploy/docker/Dockerfile").unwrap().text;
    for image in OUR_IMAGES {
        assert!(stages.contains(&format!(" AS {image}\n")), "no stage makes {image}");
    }
    holds_everywhere(images_are_ours).await;
    let image = "/spec/template/spec/containers/0/image";
    for (value, words) in [
        ("trace-collector:0.1.0", "nobody builds"),
        ("traces-collector:0.0.9", "is another version"),
        ("traces-collector", "is another version"),
    ] {
        finds(images_are_ours, words, |broken| {
            put(broken.manifests.object_mut("Deployment"), image, json!(value));
        })
        .await;
    }
}

#[tokio::test]
async fn no_variable_is_without_effect() {
    holds_everywhere(variables_have_an_effect).await;
    finds(variables_have_an_effect, "GOMEMLIMIT does nothing", |broken| {
        let env = json!([{"name": "GOMEMLIMIT", "value": "200MiB"}]);
        put(broken.manifests.object_mut("Deployment"), "/spec/template/spec/containers/0/env", env);
    })
    .await;
}

#[tokio::test]
async fn what_pods_name_is_there_or_told_as_the_users_own() {
    holds_everywhere(what_pods_need_is_there).await;
    let spec = "/spec/template/spec";
    for (place, value, words) in [
        ("/serviceAccountName", json!("nobody"), "there is no ServiceAccount/nobody"),
        ("/volumes/0/configMap/name", json!("nothing"), "there is no ConfigMap/nothing"),
        (
            "/volumes/0",
            json!({"name": "config", "secret": {"secretName": "hidden"}}),
            "there is no Secret/hidden",
        ),
        ("/volumes/0/name", json!("konfig"), "mounts \"config\", which is no volume"),
        ("/volumes/0/name", json!("konfig"), "nobody mounts \"konfig\""),
    ] {
        finds(what_pods_need_is_there, words, |broken| {
            put(broken.manifests.object_mut("Deployment"), &format!("{spec}{place}"), value);
        })
        .await;
    }
}

#[tokio::test]
async fn queues_on_disk_are_on_volumes() {
    holds_everywhere(queues_are_on_volumes).await;
    finds(queues_are_on_volumes, "/var/lib/otelcol is on no volume", |broken| {
        let config = &mut broken.settings[0].2.config;
        put(config, "/service/extensions/0", json!("file_storage"));
        put(config, "/extensions/file_storage", json!({"directory": "/var/lib/otelcol"}));
    })
    .await;
}

#[tokio::test]
async fn collectors_send_to_ports_of_services() {
    holds_everywhere(collectors_send_to_services_that_are_there).await;
    for (endpoint, words) in [
        ("traces-collector.otel.svc:4319", "has no port 4319"),
        ("dns:///trace-collector.otel.svc.cluster.local:4317", "there is no Service for"),
        ("https://metrics-collector.otel:4318", "there is no Service for"),
    ] {
        finds(collectors_send_to_services_that_are_there, words, |broken| {
            put(&mut broken.settings[0].2.config, "/exporters/otlp_grpc/endpoint", json!(endpoint));
        })
        .await;
    }
}
