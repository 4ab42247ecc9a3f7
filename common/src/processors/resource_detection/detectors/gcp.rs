//! `gcp`: what the metadata server says of instances, GKE, Cloud Run, functions and App Engine.

mod labels;
mod server;

use super::{Attempt, Detected, Listed, Outcome, kubernetes};
use crate::processors::resource_detection::settings::GcpSection;
use server::Server;

pub(in super::super) const ATTRIBUTES: &[Listed] = &[
    ("cloud.account.id", true),
    ("cloud.availability_zone", true),
    ("cloud.platform", true),
    ("cloud.provider", true),
    ("cloud.region", true),
    ("faas.instance", true),
    ("faas.name", true),
    ("faas.version", true),
    ("gcp.cloud_run.job.execution", true),
    ("gcp.cloud_run.job.task_index", true),
    ("gcp.gce.instance.hostname", false),
    ("gcp.gce.instance.name", false),
    ("gcp.gce.instance_group_manager.name", true),
    ("gcp.gce.instance_group_manager.region", true),
    ("gcp.gce.instance_group_manager.zone", true),
    ("host.id", true),
    ("host.name", true),
    ("host.type", true),
    ("k8s.cluster.name", true),
];

/// What of Google's we run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Platform {
    Gke,
    Functions,
    CloudRun,
    CloudRunJob,
    AppEngineStandard,
    AppEngineFlex,
    Gce,
    Unknown,
}

pub(in super::super) async fn detect(section: &GcpSection, attempt: &Attempt<'_>) -> Outcome {
    if let Some(found) = bare_metal(attempt) {
        return Ok(found);
    }
    let server = match Server::find(attempt).await {
        Ok(server) => server,
        Err(error) => {
            return attempt.missing(format!("this is no machine of Google Cloud: {error}"));
        }
    };
    let mut report = Report { found: Detected::conventional(), errors: Vec::new() };
    report.found.put("cloud.provider", "gcp");
    report.put("cloud.account.id", server.get("project/project-id").await);
    let platform = platform(attempt, &server).await;
    report.found.put("cloud.platform", name_of(platform));
    match platform {
        Platform::Gke => report.gke(&server).await,
        Platform::Functions | Platform::CloudRun => report.service(attempt, &server).await,
        Platform::CloudRunJob => report.job(attempt, &server).await,
        Platform::AppEngineStandard | Platform::AppEngineFlex => {
            report.app_engine(platform, attempt, &server).await;
        }
        Platform::Gce => report.gce(&server).await,
        Platform::Unknown => {}
    }
    if attempt.is_required && !report.errors.is_empty() {
        return Err(report.errors.join("; ").into());
    }
    for error in &report.errors {
        tracing::debug!(error, "the metadata server of Google Cloud does not tell all");
    }
    if platform == Platform::Gce && !section.labels.is_empty() {
        labels::put(&mut report.found, section, attempt, &server).await;
    }
    Ok(report.found)
}

fn name_of(platform: Platform) -> &'static str {
    match platform {
        Platform::Gke => "gcp_kubernetes_engine",
        Platform::Functions => "gcp_cloud_functions",
        Platform::CloudRun | Platform::CloudRunJob => "gcp_cloud_run",
        Platform::AppEngineStandard | Platform::AppEngineFlex => "gcp_app_engine",
        Platform::Gce => "gcp_compute_engine",
        Platform::Unknown => "",
    }
}

async fn platform(attempt: &Attempt<'_>, server: &Server<'_>) -> Platform {
    let has = |name| attempt.variable(name).is_some();
    let is_gke = kubernetes::is_around(attempt)
        && server.get("instance/attributes/cluster-location").await.is_ok();
    match () {
        () if is_gke => Platform::Gke,
        () if has("FUNCTION_TARGET") => Platform::Functions,
        () if has("K_CONFIGURATION") => Platform::CloudRun,
        () if has("CLOUD_RUN_JOB") => Platform::CloudRunJob,
        () if has("CLOUD_RUN_WORKER_POOL") => Platform::CloudRun,
        () if attempt.variable("GAE_ENV").is_some_and(|kind| kind == "standard") => {
            Platform::AppEngineStandard
        }
        () if has("GAE_SERVICE") => Platform::AppEngineFlex,
        () if server.get("instance/machine-type").await.is_ok() => Platform::Gce,
        () => Platform::Unknown,
    }
}

/// A machine of Bare Metal Solution, which has no metadata server.
fn bare_metal(attempt: &Attempt<'_>) -> Option<Detected> {
    let project = attempt.text_of("BMS_PROJECT_ID")?;
    let region = attempt.text_of("BMS_REGION")?;
    let instance = attempt.text_of("BMS_INSTANCE_ID")?;
    let mut found = Detected::on("gcp", "gcp_bare_metal_solution");
    found.put("cloud.account.id", project);
    found.put("cloud.region", region);
    found.put("host.name", instance);
    Some(found)
}

/// What was found, and what was not.
struct Report {
    found: Detected,
    errors: Vec<String>,
}

impl Report {
    fn put(&mut self, name: &str, value: Result<String, String>) {
        match value {
            Ok(value) => self.found.put(name, value),
            Err(error) => self.errors.push(format!("{name}: {error}")),
        }
    }

    fn put_variable(&mut self, name: &str, attempt: &Attempt<'_>, variables: &[&str]) {
        let value = variables.iter().find_map(|variable| attempt.variable(variable));
        self.put(name, value.ok_or_else(|| format!("{} is not set", variables.join(" or "))));
    }

    async fn gke(&mut self, server: &Server<'_>) {
        match server.get("instance/attributes/cluster-location").await {
            Ok(location) => match location.matches('-').count() {
                1 => self.found.put("cloud.region", location),
                2 => {
                    let region = location.rsplit_once('-').map(|(region, _)| region);
                    self.found.put_some("cloud.region", region);
                    self.found.put("cloud.availability_zone", location);
                }
                _ => self.errors.push(format!("{location:?} is neither a zone nor a region")),
            },
            Err(error) => self.errors.push(error),
        }
        let name = server.get("instance/attributes/cluster-name").await;
        self.put("k8s.cluster.name", name);
        self.put("host.id", server.get("instance/id").await);
        // Nodes with a concealed metadata server do not tell it.
        if let Ok(name) = server.get("instance/name").await {
            self.found.put("host.name", name);
        }
    }

    async fn service(&mut self, attempt: &Attempt<'_>, server: &Server<'_>) {
        const NAMES: [&str; 3] = ["K_SERVICE", "CLOUD_RUN_JOB", "CLOUD_RUN_WORKER_POOL"];
        self.put_variable("faas.name", attempt, &NAMES);
        self.put_variable("faas.version", attempt, &["CLOUD_RUN_REVISION", "K_REVISION"]);
        self.put("faas.instance", server.get("instance/id").await);
        self.put("cloud.region", server.last_of("instance/region").await);
    }

    async fn job(&mut self, attempt: &Attempt<'_>, server: &Server<'_>) {
        self.put_variable("faas.name", attempt, &["K_SERVICE", "CLOUD_RUN_JOB"]);
        self.put_variable("gcp.cloud_run.job.execution", attempt, &["CLOUD_RUN_EXECUTION"]);
        self.put_variable("gcp.cloud_run.job.task_index", attempt, &["CLOUD_RUN_TASK_INDEX"]);
        self.put("faas.instance", server.get("instance/id").await);
        self.put("cloud.region", server.last_of("instance/region").await);
    }

    async fn app_engine(&mut self, platform: Platform, attempt: &Attempt<'_>, server: &Server<'_>) {
        self.put_variable("faas.name", attempt, &["GAE_SERVICE"]);
        self.put_variable("faas.version", attempt, &["GAE_VERSION"]);
        self.put_variable("faas.instance", attempt, &["GAE_INSTANCE"]);
        if platform == Platform::AppEngineFlex {
            return self.zone(server).await;
        }
        self.put("cloud.availability_zone", server.last_of("instance/zone").await);
        self.put("cloud.region", server.last_of("instance/region").await);
    }

    async fn gce(&mut self, server: &Server<'_>) {
        self.zone(server).await;
        self.put("host.type", server.get("instance/machine-type").await);
        self.put("host.id", server.get("instance/id").await);
        let name = server.get("instance/name").await;
        self.put("host.name", name.clone());
        self.put("gcp.gce.instance.name", name);
        self.put("gcp.gce.instance.hostname", server.get("instance/hostname").await);
        match server.defined("instance/attributes/created-by").await {
            Ok(Some(creator)) => self.group_manager(&creator),
            Ok(None) => {}
            Err(error) => self.errors.push(error),
        }
    }

    /// The zone, and the region that it is in.
    async fn zone(&mut self, server: &Server<'_>) {
        match server.last_of("instance/zone").await {
            Ok(zone) => match zone.splitn(3, '-').collect::<Vec<_>>().as_slice() {
                [continent, region, _] => {
                    self.found.put("cloud.region", format!("{continent}-{region}"));
                    self.found.put("cloud.availability_zone", zone);
                }
                _ => self.errors.push(format!("{zone:?} is no zone, such as europe-west1-b")),
            },
            Err(error) => self.errors.push(error),
        }
    }

    /// `projects/<number>/zones/<zone>/instanceGroupManagers/<name>`, or the same of a region.
    fn group_manager(&mut self, creator: &str) {
        let parts: Vec<&str> = creator.split('/').collect();
        if let ["projects", _, kind, place, "instanceGroupManagers", name] = parts.as_slice() {
            let attribute = match *kind {
                "zones" => "gcp.gce.instance_group_manager.zone",
                "regions" => "gcp.gce.instance_group_manager.region",
                _ => return,
            };
            self.found.put("gcp.gce.instance_group_manager.name", *name);
            self.found.put(attribute, *place);
        }
    }
}
