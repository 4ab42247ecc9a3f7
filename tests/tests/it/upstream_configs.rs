//! Configs that people run today: each loads, or the errors name exactly what is still to come.

use tests::{
    collector::{COMBINED, Setup, root},
    findings,
};

/// What is still to come in each config, by its path; nothing where it must load.
const STILL_TO_COME: [(&str, &[&str]); 15] = [
    ("agent-daemonset", &[]),
    ("basic", &[]),
    ("control-plane-sidecar", &[]),
    (
        "daemonset",
        &[
            "receivers::hostmetrics",
            "receivers::k8s_events",
            "receivers::filelog",
            "processors::k8sattributes",
            "exporters::prometheus",
        ],
    ),
    ("edge-agent", &[]),
    ("filter-and-sample", &[]),
    (
        "gateway",
        &["processors::tail_sampling", "exporters::prometheusremotewrite", "exporters::loki"],
    ),
    ("gateway-basic", &["exporters::jaeger", "exporters::prometheus"]),
    ("gateway-large-messages", &[]),
    ("multi-tenant", &[]),
    ("per-signal", &["exporters::prometheusremotewrite"]),
    ("production", &[]),
    ("sidecar", &[]),
    ("sidecar-unix-socket", &[]),
    ("trace-id-load-balancing", &["exporters::loadbalancing"]),
];

fn setup(name: &str) -> Setup {
    let file = root().join(format!("tests/fixtures/configs/{name}.yaml"));
    Setup::new(COMBINED)
        .arg("validate")
        .arg(&format!("--config={}", file.display()))
        .env("MY_POD_IP", "127.0.0.1")
        .env("MY_NODE_NAME", "node-1")
        .env("MY_POD_NAME", "pod-1")
        .env("MY_POD_NAMESPACE", "default")
        .env("OAUTH2_CLIENT_SECRET", "s3cret")
        .env("API_KEY", "k3y")
}

#[tokio::test]
async fn each_loads_or_names_exactly_what_is_still_to_come() {
    let mut complaints = Vec::new();
    for (name, expected) in STILL_TO_COME {
        let output = setup(name).run().await;
        let errors = findings::errors(&output.stderr);
        let is_expected = |text: &str| expected.iter().any(|path| text.starts_with(path));
        let surprises: Vec<_> = errors.iter().filter(|error| !is_expected(&error.text)).collect();
        let missing: Vec<_> = expected
            .iter()
            .filter(|path| !errors.iter().any(|error| error.text.starts_with(**path)))
            .collect();
        let code = i32::from(!expected.is_empty());
        if output.code != Some(code) || !surprises.is_empty() || !missing.is_empty() {
            complaints.push(format!(
                "{name}: exit code {:?}, expected {code}\n  unexpected: {surprises:#?}\n  \
                 missing: {missing:?}\n{}",
                output.code, output.stderr
            ));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[tokio::test]
async fn no_secret_is_ever_shown() {
    for (name, _) in STILL_TO_COME {
        let output = setup(name).run().await;
        let all = format!("{}{}", output.stdout, output.stderr);
        assert!(!all.contains("s3cret") && !all.contains("k3y"), "{name} shows a secret\n{all}");
    }
}

#[test]
fn every_fixture_is_in_the_table() {
    let files = std::fs::read_dir(root().join("tests/fixtures/configs")).unwrap();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().file_name().to_string_lossy().replace(".yaml", ""))
        .collect();
    names.sort();
    assert_eq!(names, STILL_TO_COME.map(|(name, _)| name));
}
