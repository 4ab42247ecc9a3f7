//! The local stack's files, without an engine: they fit each other, and what they name is there.

mod files;
mod flow;
mod stack;

use std::collections::BTreeSet;

use files::{DIRECTORY, environment, map, path, services, texts, yaml};
use serde_json::Value;
use tests::collector::{COMBINED, Setup};
use tokio::process::Command;

use super::json::text;

const OURS: [&str; 4] =
    ["node-collector", "traces-collector", "metrics-collector", "logs-collector"];
const BACKENDS: [&str; 3] = ["jaeger", "prometheus", "loki"];

/// The package's name, which is not the image's for the collector of all signals.
fn binary(service: &str) -> &str {
    if service == "node-collector" { COMBINED } else { service }
}

fn config_of(collector: &str) -> Value {
    yaml(&format!("config/{collector}.yaml"))
}

#[test]
fn every_mounted_path_exists_and_every_volume_is_defined() {
    let stack = yaml("compose.yaml");
    let mut mounts = 0;
    for (name, service) in services(&stack) {
        for volume in texts(service, "/volumes") {
            let source = volume.split(':').next().unwrap_or_default();
            mounts += 1;
            if source.starts_with('.') {
                assert!(path(source).exists(), "{name} mounts {source}, which is not there");
            } else {
                assert!(stack["volumes"].get(source).is_some(), "{name}: no volume {source}");
            }
        }
    }
    assert!(mounts > 10, "{mounts} mounts were read");
}

#[tokio::test]
async fn every_collector_runs_a_config_that_its_binary_takes_without_a_warning() {
    let stack = yaml("compose.yaml");
    for collector in OURS {
        let source = format!("./config/{collector}.yaml");
        let mount = format!("{source}:/etc/otelcol/config.yaml:ro");
        let volumes = texts(&services(&stack)[collector], "/volumes");
        assert!(volumes.contains(&mount), "{collector} does not run {source}");
        let config = format!("--config={}", path(&source).display());
        let finished = Setup::new(binary(collector)).arg("validate").arg(&config).run().await;
        assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""), "{collector}");
    }
}

#[test]
fn queues_are_on_the_volumes_of_their_collectors() {
    let stack = yaml("compose.yaml");
    for collector in OURS {
        let config = config_of(collector);
        let directory = text(&config, "/extensions/file_storage/directory");
        let volumes = texts(&services(&stack)[collector], "/volumes");
        let mount = format!("{collector}-queue:");
        let place = volumes.iter().find_map(|volume| volume.strip_prefix(&mount));
        assert!(directory.starts_with(place.expect("a queue on a volume")), "{collector}");
        for (name, exporter) in map(&config, "/exporters") {
            assert_eq!(text(exporter, "/sending_queue/storage"), "file_storage", "{name}");
        }
    }
}

/// `host:port` of everything that a collector sends to.
fn targets(collector: &str) -> Vec<String> {
    let config = config_of(collector);
    let endpoints = map(&config, "/exporters").map(|(_, exporter)| {
        let endpoint = text(exporter, "/endpoint");
        let address = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
        address.split('/').next().unwrap_or_default().to_owned()
    });
    endpoints.collect()
}

#[test]
fn each_signal_goes_through_its_own_collector_to_its_own_backend() {
    assert_eq!(
        targets("node-collector"),
        ["traces-collector:4317", "metrics-collector:4317", "logs-collector:4317"]
    );
    let backends = ["jaeger:4317", "prometheus:9090", "loki:3100"];
    for (collector, backend) in OURS[1..].iter().zip(backends) {
        assert_eq!(targets(collector), [backend]);
    }
    let offline = yaml("compose.offline.yaml");
    for (backend, service) in backends.iter().zip(BACKENDS) {
        let (_, port) = backend.split_once(':').unwrap();
        let arguments = texts(&services(&offline)[service], "/command");
        assert_eq!(arguments[0], format!("0.0.0.0:{port}"), "the sink in place of {service}");
    }
}

#[test]
fn ports_on_the_host_are_unique_and_bound_where_the_environment_says() {
    let mut seen = BTreeSet::new();
    for file in ["compose.yaml", "compose.offline.yaml"] {
        for (name, service) in services(&yaml(file)) {
            for port in texts(service, "/ports") {
                let [bind, host, _] = port.split(':').collect::<Vec<_>>()[..] else {
                    panic!("{name}: {port}");
                };
                assert_eq!(bind, "${BIND}", "{name}");
                assert!(seen.insert(host.to_owned()), "{name}: {host} is taken");
            }
        }
    }
    assert!(seen.contains("4317") && seen.contains("3000"), "{seen:?}");
}

#[test]
fn every_image_is_named_in_the_environment_file_with_its_version() {
    let environment = environment();
    assert_eq!(environment["COLLECTOR_VERSION"], env!("CARGO_PKG_VERSION"));
    for file in ["compose.yaml", "compose.offline.yaml"] {
        for (name, service) in services(&yaml(file)) {
            let Some(image) = service.get("image").and_then(Value::as_str) else { continue };
            assert!(image.starts_with("${"), "{name}: {image} is not from .env");
            let mut resolved = image.to_owned();
            for (variable, value) in &environment {
                resolved = resolved.replace(&format!("${{{variable}}}"), value);
            }
            assert!(!resolved.contains('$'), "{name}: {image} is not in .env");
            let version = resolved.rsplit(':').next().unwrap_or_default();
            let is_pinned = version.trim_start_matches('v').split('.').count() == 3;
            assert!(is_pinned, "{name}: {resolved} has no full version");
        }
    }
}

#[test]
fn what_is_ours_has_no_privilege_and_a_limit() {
    let mut ours = 0;
    for file in ["compose.yaml", "compose.offline.yaml"] {
        for (name, service) in services(&yaml(file)) {
            let image = service.get("image").and_then(Value::as_str).unwrap_or_default();
            if !image.starts_with("${COLLECTOR_PREFIX}") {
                continue;
            }
            ours += 1;
            assert_eq!(text(service, "/read_only"), "true", "{name}");
            assert_eq!(texts(service, "/cap_drop"), ["ALL"], "{name}");
            assert_eq!(texts(service, "/security_opt"), ["no-new-privileges:true"], "{name}");
            assert!(text(service, "/mem_limit").ends_with('m'), "{name}");
        }
    }
    assert_eq!(ours, OURS.len() + 1 + BACKENDS.len());
}

#[test]
fn prometheus_scrapes_every_collector_under_its_name() {
    let config = yaml("config/prometheus.yaml");
    let jobs: Vec<_> = config["scrape_configs"].as_array().unwrap().iter().collect();
    for collector in OURS {
        let job = jobs.iter().find(|job| text(job, "/job_name") == collector);
        let targets = texts(&job.expect(collector)["static_configs"][0], "/targets");
        let readers = &config_of(collector)["service"]["telemetry"]["metrics"]["readers"];
        let port = text(&readers[0], "/pull/exporter/prometheus/port");
        assert_eq!(targets, [format!("{collector}:{port}")]);
    }
}

#[test]
fn data_sources_lead_to_services_and_to_each_other() {
    let stack = yaml("compose.yaml");
    let provisioned = yaml("grafana/provisioning/datasources/datasources.yaml");
    let sources = provisioned["datasources"].as_array().unwrap();
    let uids: BTreeSet<_> = sources.iter().map(|source| text(source, "/uid")).collect();
    assert_eq!(uids.len(), sources.len(), "a uid is there twice");
    for source in sources {
        let (_, address) = text(source, "/url").split_once("://").unwrap();
        let (host, port) = address.split_once(':').unwrap();
        let ports = texts(&services(&stack)[host], "/ports");
        assert!(ports.iter().any(|one| one.ends_with(&format!(":{port}"))), "{host}: {ports:?}");
    }
    let mut links = Vec::new();
    files::each(&provisioned, &mut |key, value| {
        if key == "datasourceUid" {
            links.push(value.to_owned());
        }
        // One `$` would be taken for a variable of Grafana's environment, and be gone.
        assert!(!value.replace("$$", "").contains('$'), "{key}: {value}");
    });
    assert!(links.iter().all(|uid| uids.contains(uid.as_str())), "{links:?}");
    for link in ["/tracesToLogsV2", "/tracesToMetrics"] {
        let jaeger = sources.iter().find(|source| text(source, "/uid") == "jaeger").unwrap();
        assert!(
            links.contains(&text(&jaeger["jsonData"], &format!("{link}/datasourceUid")).into())
        );
    }
}

#[test]
fn dashboards_are_json_and_ask_only_data_sources_that_are_there() {
    let provider = yaml("grafana/provisioning/dashboards/dashboards.yaml");
    let place = text(&provider["providers"][0], "/options/path").to_owned();
    let stack = yaml("compose.yaml");
    let volumes = texts(&services(&stack)["grafana"], "/volumes");
    let mount = volumes.iter().find_map(|volume| volume.strip_suffix(&format!(":{place}:ro")));
    let directory = path(mount.expect("the dashboards are not mounted"));
    let provisioned = yaml("grafana/provisioning/datasources/datasources.yaml");
    let sources = provisioned["datasources"].as_array().unwrap();
    let uids: BTreeSet<_> = sources.iter().map(|source| text(source, "/uid")).collect();
    let mut asked = 0;
    for file in std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let dashboard: Value =
            serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        files::each_map(&dashboard, &mut |object| {
            let Some(uid) = object.get("datasource").and_then(|one| one.get("uid")) else { return };
            let uid = uid.as_str().unwrap_or_default();
            asked += 1;
            let is_known = uids.contains(uid) || uid.starts_with('$') || uid == "-- Grafana --";
            assert!(is_known, "{}: no data source {uid}", file.display());
        });
    }
    assert!(asked > 0, "no dashboard in {} asks anything", directory.display());
}

#[tokio::test]
async fn compose_accepts_the_files() {
    let Some(compose) = files::compose().await else { return };
    for file in [&["compose.yaml"][..], &["compose.yaml", "compose.offline.yaml"]] {
        let mut command = Command::new(&compose[0]);
        command.args(&compose[1..]).args(file.iter().flat_map(|one| ["-f", one]));
        command.args(["--profile", "load", "config", "-q"]).current_dir(path("."));
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[tokio::test]
async fn promtool_accepts_the_config_of_prometheus() {
    let version = Command::new("promtool").arg("--version").output().await;
    let version = version.expect("promtool cannot be run; .ci/run installs it").stdout;
    let version = String::from_utf8_lossy(&version).into_owned();
    let text = std::fs::read_to_string(path("config/prometheus.yaml")).unwrap();
    // It knows the section since version 3, and looks for the rules where they are mounted.
    let is_old = version.contains("version 2.");
    let rules = path("../monitoring/rules").display().to_string();
    let kept = text.split("\n\n").filter(|part| !(is_old && part.starts_with("otlp:")));
    let text = kept.collect::<Vec<_>>().join("\n\n").replace("/etc/prometheus/rules", &rules);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("prometheus.yaml");
    std::fs::write(&file, text).unwrap();
    let output = Command::new("promtool").args(["check", "config"]).arg(&file).output().await;
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_page_names_every_port_on_the_host() {
    let page = std::fs::read_to_string(path("README.md")).unwrap();
    for file in ["compose.yaml", "compose.offline.yaml"] {
        for (name, service) in services(&yaml(file)) {
            for port in texts(service, "/ports") {
                let host = port.split(':').nth(1).unwrap_or_default();
                assert!(page.contains(host), "{DIRECTORY}/README.md has no port {host} of {name}");
            }
        }
    }
}
