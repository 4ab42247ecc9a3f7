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

use manifests::Manifests;
use settings::{Settings, settings};

/// A render with the config of each of its collectors.
#[derive(Clone, Debug)]
struct Deployment {
    manifests: Manifests,
    /// The name of a workload and of its container, and what the container runs with.
    settings: Vec<(String, String, Settings)>,
}

/// Says what is wrong with a render.
type Check = fn(&Deployment) -> Vec<String>;

impl Deployment {
    async fn read(manifests: Manifests) -> Result<Self, Vec<String>> {
        let (mut found, mut errors) = (Vec::new(), Vec::new());
        for workload in manifests.workloads() {
            for (container, binary) in workload.collectors() {
                match settings(&manifests, workload, container, binary).await {
                    Ok(settings) => found.push((
                        manifests::name(workload.object),
                        manifests::text(container, "/name").to_owned(),
                        settings,
                    )),
                    Err(why) => errors.push(format!("{}: {why}", manifests.directory)),
                }
            }
        }
        if errors.is_empty() { Ok(Self { manifests, settings: found }) } else { Err(errors) }
    }

    /// What a container runs with, if it is a collector.
    fn settings(
        &self,
        workload: manifests::Workload<'_>,
        container: &serde_json::Value,
    ) -> Option<&Settings> {
        let (owner, name) = (manifests::name(workload.object), manifests::text(container, "/name"));
        let found = self
            .settings
            .iter()
            .find(|(workload, container, _)| *workload == owner && container == name);
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
    holds_everywhere(|deployment| {
        let maps = deployment.manifests.of_kind("ConfigMap");
        let has_config = maps.filter(|map| !map["data"]["collector.yaml"].is_null()).count();
        let read = deployment.settings.len();
        let unread = has_config > read;
        unread.then(|| format!("{has_config} configs, but {read} collectors")).into_iter().collect()
    })
    .await;
}
