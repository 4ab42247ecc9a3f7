//! The config that each collector's container gets, as its own binary reads it.

use std::{collections::BTreeMap, sync::LazyLock};

use parking_lot::Mutex;
use serde_json::Value;
use tempfile::TempDir;
use tests::collector::Setup;

use super::manifests::{Manifests, Workload, name};
use crate::deploy::json::{list, text};

/// What a collector's container runs with, or why it does not.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// Its workload, for findings.
    pub(super) owner: String,
    /// The config with all defaults.
    pub(super) config: Value,
    /// How long it drains at most, in seconds.
    pub(super) drain: u64,
}

/// What our images set (`deploy/docker`).
const IMAGE_ENV: [(&str, &str); 2] =
    [("OTELCOL_DEFAULT_HOST", "0.0.0.0"), ("OTELCOL_DEFAULT_HEALTH", "0.0.0.0:13133")];
const DEFAULT_DRAIN: u64 = 20;

/// What a start would be told: variables, and arguments whose files have been written out.
struct Start {
    env: Vec<(String, String)>,
    arguments: Vec<String>,
    _files: TempDir,
}

/// Reads the config of a container by `validate` and `print-config` of its binary.
pub(super) async fn settings(
    manifests: &Manifests,
    workload: Workload<'_>,
    container: &Value,
    binary: &str,
) -> Result<Settings, String> {
    let owner = name(workload.object);
    let (key, start) =
        start(manifests, workload, container).map_err(|why| format!("{owner}: {why}"))?;
    let drain = start.arguments.iter().find_map(|one| one.strip_prefix("--shutdown-timeout="));
    let drain = drain.and_then(|seconds| seconds.parse().ok()).unwrap_or(DEFAULT_DRAIN);
    let config = read(binary, &key, &start).await.map_err(|why| format!("{owner}: {why}"))?;
    Ok(Settings { owner, config, drain })
}

/// Asks the binary; the same question is asked once.
async fn read(binary: &str, key: &str, start: &Start) -> Result<Value, String> {
    static KNOWN: LazyLock<Mutex<BTreeMap<String, Result<Value, String>>>> =
        LazyLock::new(Mutex::default);
    let key = format!("{binary} {key}");
    let known = KNOWN.lock().get(&key).cloned();
    if let Some(known) = known {
        return known;
    }
    let answer = ask(binary, start).await;
    KNOWN.lock().insert(key, answer.clone());
    answer
}

async fn ask(binary: &str, start: &Start) -> Result<Value, String> {
    let setup = |command: &str| {
        let setup = start
            .env
            .iter()
            .fold(Setup::new(binary), |setup, (name, value)| setup.env(name, value));
        start.arguments.iter().fold(setup.arg(command), |setup, one| setup.arg(one))
    };
    let checked = setup("validate").run().await;
    // A warning is a key without effect or a variable that nobody sets: neither belongs in what we ship.
    if checked.code != Some(0) || !checked.stderr.is_empty() {
        return Err(format!("validate says\n{}", checked.stderr));
    }
    let printed = setup("print-config").arg("--format=json").run().await;
    serde_json::from_str(&printed.stdout).map_err(|error| format!("print-config: {error}"))
}

fn start(
    manifests: &Manifests,
    workload: Workload<'_>,
    container: &Value,
) -> Result<(String, Start), String> {
    let env = environment(manifests, workload, container)?;
    let files = TempDir::new().map_err(|error| error.to_string())?;
    let mut key = format!("{env:?}");
    let mut arguments = Vec::new();
    for argument in list(container, "/args") {
        let argument = argument.as_str().unwrap_or_default();
        key.push_str(argument);
        let Some(path) = argument.strip_prefix("--config=/") else {
            arguments.push(argument.to_owned());
            continue;
        };
        let text = mounted(manifests, workload, container, &format!("/{path}"))?;
        key.push_str(&text);
        let file = files.path().join(path.replace('/', "_"));
        std::fs::write(&file, text).map_err(|error| error.to_string())?;
        arguments.push(format!("--config={}", file.display()));
    }
    Ok((key, Start { env, arguments, _files: files }))
}

/// What is in a file of the container, out of the ConfigMap that is mounted there.
fn mounted(
    manifests: &Manifests,
    workload: Workload<'_>,
    container: &Value,
    path: &str,
) -> Result<String, String> {
    let within = |mount: &&Value| path.starts_with(&format!("{}/", text(mount, "/mountPath")));
    let mount = list(container, "/volumeMounts").iter().find(within);
    let mount = mount.ok_or_else(|| format!("nothing is mounted at {path}"))?;
    let volumes = list(workload.spec(), "/volumes");
    let volume = volumes.iter().find(|volume| volume["name"] == mount["name"]);
    let map = volume.map_or("", |volume| text(volume, "/configMap/name"));
    let key = path.rsplit('/').next().unwrap_or_default();
    map_entry(manifests, workload, map, key)
}

fn map_entry(
    manifests: &Manifests,
    workload: Workload<'_>,
    map: &str,
    key: &str,
) -> Result<String, String> {
    let found = manifests.named("ConfigMap", workload.object, map);
    let entry = found.and_then(|map| map["data"][key].as_str());
    entry.map(str::to_owned).ok_or_else(|| format!("there is no ConfigMap {map:?} with {key:?}"))
}

/// The variables of a container. What only a cluster knows gets a value that any setting takes.
fn environment(
    manifests: &Manifests,
    workload: Workload<'_>,
    container: &Value,
) -> Result<Vec<(String, String)>, String> {
    let mut env: BTreeMap<String, String> =
        IMAGE_ENV.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    for source in list(container, "/envFrom") {
        let map = manifests.named("ConfigMap", workload.object, text(source, "/configMapRef/name"));
        for (name, value) in map.and_then(|map| map["data"].as_object()).into_iter().flatten() {
            let name = format!("{}{name}", text(source, "/prefix"));
            env.insert(name, value.as_str().unwrap_or_default().to_owned());
        }
    }
    for variable in list(container, "/env") {
        let from = &variable["valueFrom"];
        let value = match from.as_object().and_then(|from| from.keys().next()).map(String::as_str) {
            None => expanded(text(variable, "/value"), &env),
            Some("configMapKeyRef") => {
                let (map, key) =
                    (text(from, "/configMapKeyRef/name"), text(from, "/configMapKeyRef/key"));
                map_entry(manifests, workload, map, key)?
            }
            Some("fieldRef") if text(from, "/fieldRef/fieldPath").ends_with("IP") => {
                "127.0.0.1".into()
            }
            Some("resourceFieldRef") => "1".into(),
            Some(_) => "given-by-the-cluster".into(),
        };
        env.insert(text(variable, "/name").to_owned(), value);
    }
    Ok(env.into_iter().collect())
}

/// `$(NAME)` as the kubelet reads it: only what stands before is known.
fn expanded(value: &str, env: &BTreeMap<String, String>) -> String {
    let known = env.iter().filter(|(name, _)| value.contains(&format!("$({name})")));
    known.fold(value.to_owned(), |text, (name, value)| text.replace(&format!("$({name})"), value))
}
