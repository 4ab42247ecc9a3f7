//! Every directory renders, and every object is one that Kubernetes knows, from 1.25 to the newest.

use tempfile::TempDir;
use tests::collector::root;

use super::manifests::Manifests;

#[tokio::test]
async fn everything_renders_and_is_valid_in_every_version() {
    let all = Manifests::all().await;
    let findings: Vec<String> = all
        .iter()
        .flat_map(|one| one.findings.iter().map(move |text| format!("{}: {text}", one.directory)))
        .collect();
    assert!(findings.is_empty(), "{} findings\n{}", findings.len(), findings.join("\n"));
    let empty = all.iter().find(|one| !one.is_component && one.objects.is_empty());
    assert!(empty.is_none(), "{empty:?} renders to nothing");
}

#[tokio::test]
async fn every_component_is_used_by_something_that_renders() {
    let all = Manifests::all().await;
    let unused = all.iter().filter(|component| {
        let uses = |one: &Manifests| one.components.contains(&component.directory);
        component.is_component && !all.iter().any(uses)
    });
    let unused: Vec<_> = unused.map(|component| &component.directory).collect();
    assert!(unused.is_empty(), "no kustomization shows that these fit: {unused:?}");
}

fn findings(text: &str) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("objects.yaml");
    std::fs::write(&path, text).unwrap();
    Manifests::ask(&["--objects", &path.display().to_string()]).remove(0).findings
}

#[test]
fn a_wrong_object_is_found_with_the_versions_that_refuse_it() {
    let good =
        "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports: [{port: 4317}]\n";
    assert_eq!(findings(good), [""; 0]);
    for (bad, words) in [
        (good.replace("ports", "prots"), "'prots' was unexpected) (Kubernetes 1.25 1.26"),
        (good.replace("4317", "true"), "True is not of type 'integer'"),
        (good.replace("kind: Service", "kind: Servise"), "there is no Servise of v1"),
    ] {
        assert_ne!(bad, good);
        let found = findings(&bad).join("\n");
        assert!(found.contains(words), "no {words:?} in {found:?}");
    }
}

#[test]
fn a_directory_that_does_not_render_is_found() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("kustomization.yaml");
    std::fs::write(file, "resources: [nowhere.yaml]\n").unwrap();
    let found =
        Manifests::ask(&[&folder.path().display().to_string()]).remove(0).findings.join("\n");
    assert!(found.contains("nowhere.yaml"), "{found:?}");
}

#[test]
fn the_newest_and_the_oldest_promised_versions_are_among_those_checked() {
    let readme = std::fs::read_to_string(root().join("deploy/README.md")).unwrap();
    assert!(readme.contains("1.25 to 1.37"), "deploy/README.md names the versions");
    let alien = "apiVersion: v2\nkind: Service\nmetadata: {name: a}\n";
    let found = findings(alien).join("\n");
    assert!(found.contains("(Kubernetes 1.25 ") && found.contains(" 1.37)"), "{found}");
}
