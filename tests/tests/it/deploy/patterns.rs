//! Every pattern runs: its collectors start as they are rendered, an SDK feeds them, what its README says may
//! die is killed, and what arrives is counted (`deploy/tests/patterns.py`).

use std::process::Command;

use tests::{collector::root, source_tree::SourceFile};

fn runs(pattern: &str) {
    let mut command = Command::new(root().join(".venv/bin/python"));
    let output = command.arg(root().join("deploy/tests/patterns.py")).arg(pattern).output();
    let output = output.expect("`make test` installs Python's packages");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{pattern}\n{errors}");
}

#[test]
fn basic_brings_each_signal_to_its_backend_and_refuses_the_others() {
    runs("basic");
}

#[test]
fn a_daemonset_loses_nothing_when_backend_and_collector_are_killed() {
    runs("daemonset");
}

#[test]
fn a_gateway_holds_what_its_backend_does_not_take() {
    runs("gateway");
}

#[test]
fn per_signal_goes_on_with_two_signals_when_the_third_is_killed() {
    runs("per-signal");
}

#[test]
fn sidecars_take_telemetry_by_loopback_and_by_unix_socket() {
    runs("sidecar");
}

#[test]
fn a_hybrid_chain_of_three_tiers_loses_nothing_when_two_are_killed() {
    runs("hybrid");
}

#[test]
fn two_pods_keep_the_same_traces_without_any_balancing() {
    runs("trace-id-load-balancing");
}

#[test]
fn a_tenant_that_is_blocked_leaves_the_other_as_it_was() {
    runs("multi-tenant");
}

#[test]
fn an_edge_keeps_what_the_center_does_not_take_and_strangers_are_refused() {
    runs("multi-cluster");
}

#[test]
fn spans_of_the_control_plane_get_the_name_of_their_node() {
    runs("control-plane-tracing");
}

#[test]
fn no_pattern_is_left_out() {
    let here = SourceFile::read("tests/tests/it/deploy/patterns.rs").unwrap().text;
    let folders = std::fs::read_dir(root().join("deploy/kubernetes/patterns")).unwrap();
    let names = folders.map(Result::unwrap).filter(|entry| entry.path().is_dir());
    let names = names.map(|entry| entry.file_name().into_string().unwrap());
    let left_out: Vec<_> =
        names.filter(|name| !here.contains(&format!("runs(\"{name}\")"))).collect();
    assert!(left_out.is_empty(), "nothing runs {left_out:?}");
}
