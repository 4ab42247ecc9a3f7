//! What the settings say and refuse.

use crate::{
    receivers::{nop::NopReceiverConfig, otlp::OtlpReceiverConfig},
    settings::{Issues, Settings},
    testing::settings::read,
};

fn issues(yaml: &str) -> Vec<String> {
    let config: OtlpReceiverConfig = read(yaml).unwrap();
    let mut issues = Issues::default();
    config.validate(&mut issues);
    issues.list.into_iter().map(|issue| format!("{}: {}", issue.path, issue.message)).collect()
}

#[test]
fn a_protocol_that_is_named_is_on_with_upstreams_defaults() {
    let config: OtlpReceiverConfig = read("protocols: {grpc: , http: }").unwrap();
    assert_eq!(config.protocols.grpc.get().unwrap().endpoint, ":4317");
    let http = config.protocols.http.get().unwrap();
    assert_eq!(http.a.endpoint, ":4318");
    assert!(http.a.idle_timeout.is_zero());
    assert_eq!(http.b.logs_url_path, "/v1/logs");
    assert!(issues("protocols: {grpc: }").is_empty());
}

#[test]
fn a_receiver_without_a_protocol_is_an_error() {
    assert_eq!(
        issues("protocols: {}"),
        ["protocols: must specify at least one protocol when using the OTLP receiver"]
    );
}

#[test]
fn what_we_lack_or_cannot_honour_is_an_error() {
    let found = issues(
        "protocols: {grpc: {tls: {cert_file: a}, max_recv_msg_size_mib: -1, \
         keepalive: {enforcement_policy: {min_time: 10m}}}, http: {transport: x, auth: {}}}",
    );
    let paths: Vec<_> = found.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(
        paths,
        [
            "protocols::grpc::tls",
            "protocols::grpc::max_recv_msg_size_mib",
            "protocols::grpc::keepalive::enforcement_policy::min_time",
            "protocols::http::transport",
            "protocols::http::auth::authenticator",
        ]
    );
}

#[test]
fn older_spellings_warn_and_work() {
    let yaml = "protocols: {http: {max_request_body_size_mib: 2}}";
    let config: OtlpReceiverConfig = read(yaml).unwrap();
    assert_eq!(config.protocols.http.get().unwrap().a.max_body_bytes(), 2 << 20);
    assert_eq!(issues(yaml).len(), 1);
}

#[test]
fn unknown_keys_are_errors() {
    assert!(read::<OtlpReceiverConfig>("protocols: {grpc: {endpont: a}}").is_err());
    assert!(read::<OtlpReceiverConfig>("protocols: {http: {trace_url_path: a}}").is_err());
    assert!(read::<NopReceiverConfig>("a: b").is_err());
}

#[test]
fn the_documented_configuration_is_valid() {
    let yaml = "protocols: {grpc: {endpoint: '0.0.0.0:4317', max_recv_msg_size_mib: 8}, http: \
                {endpoint: '0.0.0.0:4318', cors: {allowed_origins: ['https://*.example.com']}}}";
    assert!(issues(yaml).is_empty());
}
