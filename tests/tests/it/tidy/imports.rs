//! Who may import whom, and who may name which crate.

use tests::source_tree::SourceFile;

use super::{Finding, assert_named_files_obey, assert_rust_files_obey, check};

/// The modules of `common` by what they build on: each may import only those before it, and never a
/// sibling in its own group, which is why the kinds of component stand in one group.
const ORDER: [&[&str]; 15] = [
    &["settings"],
    &["signal"],
    &["wire"],
    &["otlp"],
    &["telemetry"],
    &["storage"],
    &["pipeline"],
    &["ottl"],
    &["net"],
    &["component"],
    &["delivery"],
    &["receivers", "processors", "connectors", "exporters", "extensions"],
    &["config"],
    &["service"],
    &["cli"],
];

/// Of these three none is before another.
const FOUNDATION: [&str; 3] = ["settings", "signal", "wire"];

const TRANSPORT_CRATES: [&str; 9] =
    ["axum", "hyper", "hyper_util", "reqwest", "rustls", "tonic", "tower", "tower_http", "h2"];
const YAML_CRATES: [&str; 2] = ["saphyr_parser", "serde_saphyr"];
const COLLECTORS: [&str; 3] = ["traces", "metrics", "logs"];

fn rank(module: &str) -> Option<usize> {
    ORDER.iter().position(|group| group.contains(&module))
}

fn module_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("common/src/")?;
    let first = inside.split('/').next().unwrap_or(inside);
    Some(first.strip_suffix(".rs").unwrap_or(first))
}

fn import_order(file: &SourceFile) -> Vec<Finding> {
    let Some(module) = module_of(&file.path) else {
        return Vec::new();
    };
    let Some(own) = rank(module) else {
        return Vec::new();
    };
    if file.is_test() {
        return Vec::new();
    }
    let is_allowed = |imported: &str| {
        imported == module
            || rank(imported).is_none_or(|rank| rank < own)
                && imported != "testing"
                && !(FOUNDATION.contains(&module) && FOUNDATION.contains(&imported))
    };
    let why = |imported: &str| match imported {
        "testing" => "only tests may import testing".to_owned(),
        _ => format!("{module} may not import {imported}: it comes later or is a sibling"),
    };
    crate_imports(file)
        .into_iter()
        .filter(|(_, imported)| !is_allowed(imported))
        .map(|(line, imported)| Finding::new(file, line, "import order", why(&imported)))
        .collect()
}

/// The first path segment after each `crate::`, also inside braces, with its line.
fn crate_imports(file: &SourceFile) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    // Depth inside `use crate::{`, where names at depth 1 are modules.
    let mut depth = 0_usize;
    for (line, code) in file.code() {
        let mut rest = code.as_str();
        if depth == 0 {
            while let Some((_, after)) = rest.split_once("crate::") {
                rest = after;
                if let Some(inside) = rest.strip_prefix('{') {
                    depth = 1;
                    rest = inside;
                    break;
                }
                found.extend(first_word(rest).map(|word| (line, word.to_owned())));
            }
        }
        if depth > 0 {
            grouped(rest, &mut depth, |word| found.push((line, word.to_owned())));
        }
    }
    found
}

fn grouped(text: &str, depth: &mut usize, mut found: impl FnMut(&str)) {
    let mut is_at_start = true;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let mut taken = c.len_utf8();
        match c {
            '{' => *depth += 1,
            '}' => *depth = depth.saturating_sub(1),
            ',' => is_at_start = true,
            _ if *depth == 0 => return,
            _ if *depth == 1 && is_at_start && (c.is_alphabetic() || c == '_') => {
                if let Some(word) = first_word(rest) {
                    found(word);
                    taken = word.len();
                }
                is_at_start = false;
            }
            _ => {}
        }
        rest = &rest[taken..];
    }
}

fn first_word(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| &text[..end])
}

fn names_crate(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = &code[at + name.len()..];
        let is_start = before.is_none_or(|c| !c.is_alphanumeric() && c != '_' && c != ':');
        let is_use = code.trim_start().trim_start_matches("pub ").starts_with("use ");
        is_start && (after.starts_with("::") || is_use && after.starts_with([';', ' ']))
    })
}

fn only_in(file: &SourceFile, home: &str, crates: &[&str], rule: &'static str) -> Vec<Finding> {
    if file.is_test() || module_of(&file.path) == Some(home) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (line, code) in file.code() {
        for name in crates.iter().filter(|name| names_crate(&code, name)) {
            let why = format!("only `{home}` may name {name}; use what it exports");
            findings.push(Finding::new(file, line, rule, why));
        }
    }
    findings
}

fn transport_only_in_net(file: &SourceFile) -> Vec<Finding> {
    only_in(file, "net", &TRANSPORT_CRATES, "transport")
}

fn yaml_only_in_config(file: &SourceFile) -> Vec<Finding> {
    only_in(file, "config", &YAML_CRATES, "yaml")
}

fn decoding_only_in_otlp_decode(file: &SourceFile) -> Vec<Finding> {
    let is_home = file.path.starts_with("common/src/otlp/decode");
    if file.is_test() || is_home || !file.code().any(|(_, code)| names_crate(&code, "prost")) {
        return Vec::new();
    }
    let calls =
        ["::decode(", "decode_length_delimited(", "merge_length_delimited(", "Message::merge("];
    file.code()
        .filter(|(_, code)| calls.iter().any(|call| code.contains(call)))
        .map(|(line, _)| {
            let why = "only `otlp::decode` may call prost's decoders; read bytes with a view";
            Finding::new(file, line, "decode", why)
        })
        .collect()
}

fn package_imports(file: &SourceFile) -> Vec<Finding> {
    let own = file.path.split('/').next().unwrap_or_default();
    if own == "deploy" || own == "tests" {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for signal in COLLECTORS {
            let (package, module) =
                (format!("{signal}-collector"), format!("{signal}_collector::"));
            let is_dependency = file.path.ends_with("Cargo.toml")
                && line.split(['.', ' ', '=']).next() == Some(package.as_str());
            if own != package && (is_dependency || line.contains(&module)) {
                let why = format!("{own} may not know {package}: what two need goes to common");
                findings.push(Finding::new(file, index + 1, "package imports", why));
            }
        }
    }
    findings
}

#[test]
fn modules_import_only_what_comes_before_them() {
    assert_rust_files_obey(import_order);
}

#[test]
fn only_net_names_the_transport_crates() {
    assert_rust_files_obey(transport_only_in_net);
}

#[test]
fn only_config_names_the_yaml_crates() {
    assert_rust_files_obey(yaml_only_in_config);
}

#[test]
fn only_otlp_decode_calls_the_decoders_of_prost() {
    assert_rust_files_obey(decoding_only_in_otlp_decode);
}

#[test]
fn collectors_do_not_know_each_other_and_common_knows_none() {
    assert_rust_files_obey(package_imports);
    let manifests = ["common", "traces-collector", "metrics-collector", "logs-collector"]
        .map(|package| format!("{package}/Cargo.toml"));
    assert_named_files_obey(&manifests.each_ref().map(String::as_str), package_imports);
}

#[test]
fn an_import_of_a_later_module_is_found() {
    let path = "common/src/pipeline/edge.rs";
    check(import_order, path, "use crate::net::Server;", "use crate::signal::Signal;");
    let grouped = "use crate::{\n    signal::{Signal, net},\n    service::Graph,\n};";
    let good =
        "use crate::{\n    signal::{Signal, net},\n    telemetry::metrics::{self, Gauge},\n};";
    check(import_order, path, grouped, good);
    assert_eq!(import_order(&SourceFile::made_up(path, grouped))[0].line, 3);
}

#[test]
fn an_import_between_siblings_is_found() {
    let bad = "let e = crate::exporters::debug::Debug;";
    check(import_order, "common/src/receivers/otlp.rs", bad, "use crate::receivers::otlp::grpc;");
    check(
        import_order,
        "common/src/wire.rs",
        "use crate::signal::Signal;",
        "use crate::wire::Reader;",
    );
}

#[test]
fn a_product_import_of_testing_is_found() {
    let path = "common/src/receivers/otlp.rs";
    check(import_order, path, "use crate::testing::Sink;", "use crate::net::Server;");
}

#[test]
fn a_transport_crate_outside_net_is_found() {
    let path = "common/src/receivers/otlp/grpc.rs";
    check(transport_only_in_net, path, "fn a(s: tonic::Status) {}", "use crate::net::tonic_free;");
    check(transport_only_in_net, path, "use hyper;", "use http_body::Body; // hyper::Body");
}

#[test]
fn a_yaml_crate_outside_config_is_found() {
    let path = "common/src/settings/duration.rs";
    check(yaml_only_in_config, path, "use saphyr_parser::Event;", "use serde::Deserialize;");
}

#[test]
fn a_prost_decode_outside_its_door_is_found() {
    let bad = "use prost::Message;\nlet r = ExportTraceServiceRequest::decode(bytes);";
    let good = "use prost::Message;\nlet r = request.encode_to_vec();";
    check(decoding_only_in_otlp_decode, "common/src/processors/batch.rs", bad, good);
}

#[test]
fn a_dependency_between_collectors_is_found() {
    let good = "[dependencies]\ncommon.workspace = true";
    let bad = "[dependencies]\nlogs-collector.workspace = true";
    check(package_imports, "traces-collector/Cargo.toml", bad, good);
    check(package_imports, "common/src/cli.rs", "logs_collector::register(r)", "register(r)");
}
