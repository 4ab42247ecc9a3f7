use super::*;
use crate::{
    settings::Duration,
    telemetry::settings::LogLevel,
    testing::settings::{lines, node},
};

fn checked(text: &str) -> (TelemetrySettings, Vec<Finding>) {
    let mut findings = Vec::new();
    let settings = read(&node(text).unwrap(), "t", &mut findings);
    (settings, findings)
}

fn accepted(text: &str) -> TelemetrySettings {
    let (settings, findings) = checked(text);
    assert!(findings.is_empty(), "{text}: {}", lines(&findings));
    settings
}

fn check_error(text: &str, expected: &str) {
    let (_, findings) = checked(text);
    assert!(findings.iter().any(Finding::is_error), "{text}");
    assert!(lines(&findings).contains(expected), "{text}: {}", lines(&findings));
}

#[test]
fn defaults_are_those_of_upstream() {
    let settings = accepted("{}");
    let page = settings.metrics.readers[0].as_prometheus().unwrap();
    assert_eq!((page.host.as_deref(), page.port), (Some("localhost"), Some(8888)));
    assert!(page.without_units && page.without_type_suffix && page.without_scope_info);
    assert_eq!(settings.metrics.level, MetricLevel::Normal);
    assert_eq!(settings.logs.output_paths, ["stderr"]);
}

#[test]
fn logs_take_levels_in_any_case_and_sampling_over_its_defaults() {
    let settings = accepted("logs: {level: WARN, encoding: json, sampling: {initial: 3}}");
    assert_eq!(settings.logs.level, LogLevel::Warn);
    assert_eq!(settings.logs.sampling.initial, 3);
    assert_eq!(settings.logs.sampling.tick, Duration::from_secs(10));
    check_error("logs: {encoding: JSON}", "unknown value \"JSON\"");
    check_error("logs: {processors: [{batch: {}}]}", "not available in this version");
    let (_, findings) = checked("logs: {development: true, disable_stacktrace: true}");
    assert_eq!(findings.len(), 1, "{}", lines(&findings));
    assert!(lines(&findings).contains("no stack traces"));
}

#[test]
fn readers_replace_the_default() {
    let settings = accepted(
        "metrics: {level: detailed, readers: [{pull: {exporter: {prometheus: {host: 0.0.0.0, port: \
         9999, without_units: false, with_resource_constant_labels: {included: ['service*']}}}}}]}",
    );
    let page = settings.metrics.readers[0].as_prometheus().unwrap();
    assert_eq!((page.port, page.without_units), (Some(9999), false));
    check_error(
        "metrics: {readers: []}",
        "metrics reader should exist when metric level is not none",
    );
    assert!(accepted("metrics: {level: none, readers: []}").metrics.readers.is_empty());
    check_error(
        "metrics: {readers: [{periodic: {exporter: {otlp: {}}}}]}",
        "t::metrics::readers::0::periodic: sending our own metrics is not available",
    );
    check_error("metrics: {readers: [{pull: {exporter: {}}}]}", "no valid metric exporter");
    check_error(
        "metrics: {readers: [{pull: {exporter: {prometheus: {host: x}}}}]}",
        "port must be specified",
    );
    check_error("metrics: {views: [{}]}", "can only be set when");
    check_error("metrics: {level: detailed, views: [{}]}", "not available");
}

#[test]
fn the_old_address_becomes_a_reader_with_a_warning() {
    for (address, host, port) in
        [("0.0.0.0:8888", "0.0.0.0", 8888), (":8889", "", 8889), ("[::1]:1", "[::1]", 1)]
    {
        let (settings, findings) = checked(&format!("metrics: {{address: '{address}'}}"));
        assert_eq!(findings.len(), 1);
        assert!(!findings[0].is_error());
        assert!(lines(&findings).contains(&format!("port: {port}")), "{}", lines(&findings));
        assert_eq!(settings.metrics.readers.len(), 1);
        let page = settings.metrics.readers[0].as_prometheus().unwrap();
        assert_eq!((page.host.as_deref(), page.port), (Some(host), Some(port)));
        assert_eq!(settings.metrics.address, None);
    }
    check_error("metrics: {address: nowhere}", "invalid address \"nowhere\", expected host:port");
}

#[test]
fn traces_are_accepted_while_off() {
    accepted("traces: {propagators: [tracecontext, b3], sampler: {always_on: }}");
    accepted("traces: {level: none, processors: [{batch: {}}]}");
    check_error("traces: {processors: [{batch: {}}]}", "not available in this version");
    check_error("traces: {propagators: [x]}", "unsupported trace propagator");
}

#[test]
fn a_resource_has_either_form_but_not_both() {
    let settings = accepted("resource: {attributes: [{name: a, value: 1}], schema_url: u}");
    assert_eq!(settings.resource.attributes[0].value, 1);
    assert_eq!(settings.resource.schema_url.as_deref(), Some("u"));
    let (settings, findings) = checked("resource: {service.name: x, service.instance.id: ~}");
    assert_eq!(findings.len(), 1);
    assert_eq!(settings.resource.attributes[0].value, "x");
    assert!(settings.resource.attributes[1].value.is_null());
    check_error("resource: {a: 5}", "legacy resource attribute \"a\" must be string or null");
    check_error(
        "resource: {a: x, attributes: []}",
        "resource::attributes cannot be used together with legacy inline resource attributes",
    );
    check_error("resource: {attributes_list: x}", "not supported");
    check_error(
        "resource: {detection/development: {detectors: [{host: }]}}",
        "not available in this version",
    );
}

#[test]
fn unknown_keys_are_refused() {
    check_error("metric: {}", "unknown key \"metric\", did you mean \"metrics\"?");
    check_error("logs: {lvl: info}", "unknown key \"lvl\"");
}

#[test]
fn the_page_takes_the_tls_keys_of_a_server() {
    let page = |tls: &str| {
        format!(
            "metrics: {{readers: [{{pull: {{exporter: {{prometheus: {{host: x, port: 1, tls: {tls}}}}}}}}}]}}"
        )
    };
    let settings = accepted(&page("{cert_file: /a, key_file: /b}"));
    assert!(settings.metrics.readers[0].as_prometheus().unwrap().tls.is_on());
    assert!(accepted(&page("null")).metrics.readers[0].as_prometheus().unwrap().tls.is_off());
    check_error(
        &page("{cert_file: /a}"),
        "t::metrics::readers::0::pull::exporter::prometheus::tls: TLS configuration must include",
    );
    check_error(&page("{cert: /a}"), "unknown key \"cert\"");
}
