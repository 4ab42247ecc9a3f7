//! The images, as far as no engine is needed; `make images-test` is for the rest.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tests::{
    collector::{COMBINED, Finished, Setup, binary_path, root},
    source_tree::SourceFile,
};

/// What the legacy builder does without a network and without running anything.
const ALLOWED: [&str; 10] =
    ["ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "USER"];
const IMAGES: [(&str, &str, &[&str]); 4] = [
    ("traces-collector", "traces-collector", &["traces"]),
    ("metrics-collector", "metrics-collector", &["metrics"]),
    ("logs-collector", "logs-collector", &["logs"]),
    ("node-collector", COMBINED, &["traces", "metrics", "logs"]),
];

fn read(name: &str) -> String {
    SourceFile::read(&format!("deploy/docker/{name}")).unwrap().text
}

/// The instructions with their words; a line that ends in `\` goes on in the next.
fn instructions(text: &str) -> Vec<Vec<String>> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let lines = lines.join("\n").replace("\\\n", " ");
    let words = lines.lines().map(|line| line.split_whitespace().map(str::to_owned).collect());
    words.filter(|words: &Vec<String>| !words.is_empty()).collect()
}

#[test]
fn a_prebuilt_image_needs_no_network_and_runs_nothing() {
    let text = read("Dockerfile.prebuilt");
    let mut stages = BTreeSet::from(["scratch".to_owned()]);
    for words in instructions(&text) {
        assert!(ALLOWED.contains(&words[0].as_str()), "{words:?}");
        if words[0] == "FROM" {
            assert!(stages.contains(&words[1]), "{words:?} is pulled");
            stages.extend(words.get(3).cloned());
        }
        let needs_more =
            |word: &&String| word.starts_with("--chmod") || word.starts_with("--mount");
        assert_eq!(words.iter().find(needs_more), None);
    }
    // It names a frontend, which is pulled.
    assert!(!text.contains("syntax="));
    assert!(!read("Dockerfile").contains("syntax="));
}

#[test]
fn both_dockerfiles_make_the_same_images() {
    // Images of tests are made from finished binaries only, and the target is named instead of the last stage.
    let differs =
        |words: &[String]| words.iter().any(|word| word.contains("telemetry-") || word == "$BIN");
    let final_stages = |name: &str| {
        let text = read(name).replace("--from=build ", "").replace("/image/", "");
        let mut words = instructions(&text);
        let begin = words.iter().position(|words| words[..2] == ["FROM", "scratch"]).unwrap();
        words.drain(begin..).filter(|words| !differs(words)).collect::<Vec<_>>()
    };
    assert_eq!(final_stages("Dockerfile"), final_stages("Dockerfile.prebuilt"));
}

#[test]
fn every_image_calls_its_own_binary() {
    let instructions = instructions(&read("Dockerfile.prebuilt"));
    for (image, ..) in IMAGES {
        let begin = instructions.iter().position(|words| words.last().unwrap() == image).unwrap();
        let stage = instructions[begin + 1..].iter().take_while(|words| words[0] != "FROM");
        let stage: Vec<String> = stage.map(|words| words.join(" ")).collect();
        for expected in [
            format!("ENTRYPOINT [\"/{image}\"]"),
            "CMD [\"--config=/etc/otelcol/config.yaml\"]".to_owned(),
            format!(
                "HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD [\"/{image}\", \
                 \"healthcheck\"]"
            ),
        ] {
            assert!(stage.contains(&expected), "{expected} is not in {stage:?}");
        }
    }
}

#[tokio::test]
async fn every_default_config_is_valid_and_of_its_own_signals() {
    for (image, binary, signals) in IMAGES {
        let config = format!("deploy/docker/config/{image}.yaml");
        let path = root().join(&config).display().to_string();
        let checked = Setup::new(binary).arg("validate").arg(&format!("--config={path}")).run();
        let silent = Finished { code: Some(0), stdout: String::new(), stderr: String::new() };
        assert_eq!(checked.await, silent, "{config}");
        let text = SourceFile::read(&config).unwrap().text;
        let pipelines = text.split_once("  pipelines:\n").unwrap().1;
        let names: Vec<&str> = pipelines
            .lines()
            .filter(|line| !line.starts_with("     "))
            .map(|line| line.trim().trim_end_matches(':'))
            .collect();
        assert_eq!(names, signals, "{config}");
        for port in ["0.0.0.0:4317", "0.0.0.0:4318", "0.0.0.0:13133", "port: 8888"] {
            assert!(text.contains(port), "{config} does not listen on {port}");
        }
    }
}

/// What `rootfs.sh` makes of a binary.
fn lay_out(binary: &Path, out: &Path) -> Output {
    let config = root().join("deploy/docker/config/node-collector.yaml");
    let roots = root().join("LICENSE");
    Command::new(root().join("deploy/docker/rootfs.sh"))
        .args(["node-collector".as_ref(), binary.as_os_str(), out.as_os_str(), config.as_os_str()])
        .env("SOURCE_DATE_EPOCH", "1700000000")
        .env("CA_BUNDLE", roots)
        .output()
        .unwrap()
}

#[test]
fn an_image_has_the_names_that_manifests_for_the_go_collector_call() {
    let folder = tempfile::tempdir().unwrap();
    // No program, so that it asks for no loader.
    let laid_out = lay_out(&root().join("LICENSE"), folder.path());
    assert!(laid_out.status.success(), "{laid_out:?}");
    let at = |path: &str| folder.path().join("rootfs").join(path);
    for (link, target) in [
        ("otelcol", "node-collector"),
        ("otelcol-contrib", "node-collector"),
        ("etc/otelcol-contrib", "otelcol"),
    ] {
        assert_eq!(fs::read_link(at(link)).unwrap(), PathBuf::from(target));
    }
    let config = fs::read_to_string(at("etc/otelcol-contrib/config.yaml")).unwrap();
    assert_eq!(config, read("config/node-collector.yaml"));
    assert!(fs::read_to_string(at("etc/passwd")).unwrap().contains(":10001:10001:"));
    let state = fs::metadata(folder.path().join("state/otelcol")).unwrap();
    assert_eq!(state.permissions().mode() & 0o777, 0o770);
}

#[test]
fn a_binary_that_is_not_static_makes_no_image() {
    let folder = tempfile::tempdir().unwrap();
    let laid_out = lay_out(&binary_path(COMBINED), folder.path());
    let message = String::from_utf8(laid_out.stderr).unwrap();
    assert_eq!(laid_out.status.code(), Some(1));
    assert!(message.contains("is not static"), "{message}");
}
