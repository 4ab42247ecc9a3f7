//! `deploy/kubernetes`: rendered, validated against the schemas of Kubernetes, and held against itself.

mod manifests;
mod network;
mod ports;
mod privilege;
mod references;
mod rights;
mod scaling;
mod schema;
mod settings;

use manifests::{Manifests, Workload, put};
use serde_json::{Value, json};
use settings::{Settings, settings};

use super::json::{list, text};

/// Namespace and name: two tiers of a pattern may differ by the first alone.
type Id = [String; 2];

fn id(workload: Workload<'_>) -> Id {
    let namespace = text(workload.object, "/metadata/namespace").to_owned();
    [namespace, manifests::name(workload.object)]
}

/// A render with the config of each of its collectors.
#[derive(Clone, Debug)]
struct Deployment {
    manifests: Manifests,
    /// A workload, its container's name, and what that runs with.
    settings: Vec<(Id, String, Settings)>,
}

/// Says what is wrong with a render.
type Check = fn(&Deployment) -> Vec<String>;

impl Deployment {
    async fn read(manifests: Manifests) -> Result<Self, Vec<String>> {
        let (mut found, mut errors) = (Vec::new(), Vec::new());
        for workload in manifests.workloads() {
            for (container, binary) in workload.collectors() {
                match settings(&manifests, workload, container, binary).await {
                    Ok(settings) => {
                        found.push((id(workload), text(container, "/name").to_owned(), settings))
                    }
                    Err(why) => errors.push(format!("{}: {why}", manifests.directory)),
                }
            }
        }
        if errors.is_empty() { Ok(Self { manifests, settings: found }) } else { Err(errors) }
    }

    /// What a container runs with, if it is a collector.
    fn settings(&self, workload: Workload<'_>, container: &Value) -> Option<&Settings> {
        let (owner, name) = (id(workload), text(container, "/name"));
        let found =
            self.settings.iter().find(|(id, container, _)| *id == owner && container == name);
        found.map(|(_, _, settings)| settings)
    }
}

/// Holds every render against a check.
async fn holds_everywhere(check: Check) {
    let mut findings = Vec::new();
    for manifests in Manifests::all().await {
        match Deployment::read(manifests.clone()).await {
            Ok(deployment) => findings.extend(
                check(&deployment).iter().map(|one| format!("{}: {one}", manifests.directory)),
            ),
            Err(errors) => findings.extend(errors),
        }
    }
    assert!(findings.is_empty(), "{} findings\n{}", findings.len(), findings.join("\n"));
}

/// Proves that a check can fail: it finds nothing in the sample, and these words once it is broken.
async fn finds(check: Check, words: &str, breakage: impl FnOnce(&mut Deployment)) {
    let mut deployment = Deployment::read(Manifests::sample().await).await.unwrap();
    assert_eq!(check(&deployment), [""; 0], "the sample is not sound");
    breakage(&mut deployment);
    let found = check(&deployment).join("\n");
    assert!(found.contains(words), "no {words:?} in what was found: {found:?}");
}

#[tokio::test]
async fn every_config_is_valid_for_the_binary_that_gets_it() {
    holds_everywhere(configs_are_mounted).await;
    finds(configs_are_mounted, "nobody mounts ConfigMap/spare", |broken| {
        let metadata = json!({"name": "spare", "namespace": "otel"});
        let data = json!({"collector.yaml": ""});
        let spare = json!({"kind": "ConfigMap", "metadata": metadata, "data": data});
        broken.manifests.objects.push(spare);
    })
    .await;
    let mut broken = Manifests::sample().await;
    let map = broken.objects.iter_mut().find(|one| !one["data"]["collector.yaml"].is_null());
    put(map.unwrap(), "/data/collector.yaml", json!("receivers: {otpl: }"));
    let errors = Deployment::read(broken).await.unwrap_err();
    assert!(errors.join("\n").contains("validate says"), "{errors:?}");
}

fn configs_are_mounted(deployment: &Deployment) -> Vec<String> {
    let manifests = &deployment.manifests;
    let is_mounted = |map: &Value| {
        manifests.workloads().any(|workload| {
            let mut volumes = list(workload.spec(), "/volumes").iter();
            map["metadata"]["namespace"] == workload.object["metadata"]["namespace"]
                && volumes.any(|volume| volume["configMap"]["name"] == map["metadata"]["name"])
        })
    };
    let configs =
        manifests.of_kind("ConfigMap").filter(|map| !map["data"]["collector.yaml"].is_null());
    let idle = configs.filter(|map| !is_mounted(map));
    idle.map(|map| format!("nobody mounts {}", manifests::name(map))).collect()
}
