//! What `kubectl kustomize` makes of each directory, and how the checks read it.

use std::process::Command;

use serde_json::Value;
use tests::collector::root;
use tokio::sync::OnceCell;

use crate::deploy::json::{list, text};

/// A kustomization, rendered.
#[derive(Clone, Debug, Default)]
pub(super) struct Manifests {
    /// Its path below `deploy/kubernetes`.
    pub(super) directory: String,
    /// Whether others include it, so that it is never rendered by itself.
    pub(super) is_component: bool,
    /// The components that it includes, as their directories.
    pub(super) components: Vec<String>,
    /// What kubectl and the schemas say against it.
    pub(super) findings: Vec<String>,
    /// Its objects.
    pub(super) objects: Vec<Value>,
}

/// An object that makes pods.
#[derive(Clone, Copy, Debug)]
pub(super) struct Workload<'a> {
    /// The object.
    pub(super) object: &'a Value,
    /// The template of its pods.
    pub(super) template: &'a Value,
}

const WORKLOADS: [&str; 4] = ["Deployment", "DaemonSet", "StatefulSet", "Job"];

impl Manifests {
    /// Every kustomization below `deploy/kubernetes`; rendered once.
    pub(super) async fn all() -> &'static [Self] {
        static ALL: OnceCell<Vec<Manifests>> = OnceCell::const_new();
        let folder = root().join("deploy/kubernetes");
        ALL.get_or_init(|| async move { Self::ask(&[&folder.display().to_string()]) }).await
    }

    /// One that has what most others build on, to be broken by tests of the checks.
    pub(super) async fn sample() -> Self {
        let all = Self::all().await;
        all.iter().find(|one| one.directory == "base/traces").unwrap().clone()
    }

    /// What `render.py` prints for these arguments.
    pub(super) fn ask(arguments: &[&str]) -> Vec<Self> {
        let mut command = Command::new(root().join(".venv/bin/python"));
        let script = root().join("deploy/tests/render.py");
        let output = command.arg(script).args(arguments).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "render.py failed; `make test` installs it\n{errors}");
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        list(&printed, "/kustomizations").iter().map(Self::read).collect()
    }

    fn read(printed: &Value) -> Self {
        let below = format!("{}/deploy/kubernetes/", root().display());
        let relative = |path: &str| path.trim_start_matches(&below).to_owned();
        let texts = |at: &str| -> Vec<String> {
            list(printed, at)
                .iter()
                .map(|one| one.as_str().unwrap_or_default().to_owned())
                .collect()
        };
        Self {
            directory: relative(text(printed, "/directory")),
            is_component: printed["is_component"] == true,
            components: texts("/components").iter().map(|path| relative(path)).collect(),
            findings: texts("/findings"),
            objects: list(printed, "/objects").to_vec(),
        }
    }

    /// The objects of one kind.
    pub(super) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter(move |object| text(object, "/kind") == kind)
    }

    /// One object of the namespace that another one is in.
    pub(super) fn named<'a>(
        &'a self,
        kind: &'a str,
        beside: &Value,
        name: &str,
    ) -> Option<&'a Value> {
        let namespace = text(beside, "/metadata/namespace");
        self.of_kind(kind).find(|object| {
            text(object, "/metadata/name") == name
                && text(object, "/metadata/namespace") == namespace
        })
    }

    /// One object, to be broken.
    pub(super) fn object_mut(&mut self, kind: &str) -> &mut Value {
        self.objects.iter_mut().find(|object| text(object, "/kind") == kind).unwrap()
    }

    /// Everything that makes pods.
    pub(super) fn workloads(&self) -> impl Iterator<Item = Workload<'_>> {
        let makers =
            self.objects.iter().filter(|object| WORKLOADS.contains(&text(object, "/kind")));
        makers.filter_map(|object| {
            Some(Workload { object, template: object.pointer("/spec/template")? })
        })
    }

    /// What makes the pods that a selector (labels by name) takes in the namespace of an object.
    pub(super) fn selected<'a>(
        &'a self,
        beside: &'a Value,
        labels: &'a Value,
    ) -> impl Iterator<Item = Workload<'a>> {
        let namespace = text(beside, "/metadata/namespace");
        self.workloads().filter(move |workload| {
            text(workload.object, "/metadata/namespace") == namespace && workload.has_labels(labels)
        })
    }
}

impl<'a> Workload<'a> {
    /// The pods' spec.
    pub(super) fn spec(&self) -> &'a Value {
        &self.template["spec"]
    }

    /// All containers, those before the start as well.
    pub(super) fn containers(&self) -> impl Iterator<Item = &'a Value> + use<'a> {
        let spec = self.spec();
        list(spec, "/initContainers").iter().chain(list(spec, "/containers"))
    }

    /// The containers that run a collector, each with the name of its binary.
    pub(super) fn collectors(&self) -> impl Iterator<Item = (&'a Value, &'static str)> + use<'a> {
        self.containers().filter_map(|container| Some((container, binary(container)?)))
    }

    fn has_labels(&self, labels: &Value) -> bool {
        let own = self.template.pointer("/metadata/labels").unwrap_or(&Value::Null);
        let wanted = labels.as_object().filter(|labels| !labels.is_empty());
        wanted.is_some_and(|wanted| wanted.iter().all(|(name, value)| own.get(name) == Some(value)))
    }
}

/// The name of an image without its tag.
pub(super) fn image_name(container: &Value) -> &str {
    let image = text(container, "/image");
    image.rsplit_once(':').map_or(image, |(name, _)| name)
}

/// The binary in a collector's image.
fn binary(container: &Value) -> Option<&'static str> {
    match image_name(container) {
        "traces-collector" => Some("traces-collector"),
        "metrics-collector" => Some("metrics-collector"),
        "logs-collector" => Some("logs-collector"),
        "node-collector" => Some("combined-collector"),
        _ => None,
    }
}

/// How an object is called in a finding.
pub(super) fn name(object: &Value) -> String {
    format!("{}/{}", text(object, "/kind"), text(object, "/metadata/name"))
}

/// A whole number by its pointer.
pub(super) fn number(value: &Value, pointer: &str) -> Option<u64> {
    value.pointer(pointer).and_then(Value::as_u64)
}

/// Puts a value where a pointer says, all of whose parts but the last must be there.
pub(super) fn put(object: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/");
    let parent = object.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {pointer}"));
    match parent.as_array_mut() {
        Some(list) => list[key.parse::<usize>().unwrap()] = value,
        None => parent[&key] = value,
    }
}
