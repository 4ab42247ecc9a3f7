//! What is wrong with settings.

use super::*;

fn findings(yaml: &str) -> String {
    testing::settings::findings::<ResourceDetectionConfig>(yaml).unwrap()
}

#[test]
fn a_detector_that_is_none_is_told_with_those_there_are() {
    let found = findings("detectors: [env, systen]");
    assert!(found.contains(r#"there is no detector "systen", did you mean "system"?"#), "{found}");
    assert!(found.contains("expected one of akamai, aks, "), "{found}");
    assert!(findings("detectors: []").contains("must name at least one of akamai"));
}

#[test]
fn an_attribute_that_a_detector_does_not_have_is_told_with_the_nearest() {
    let yaml = "{detectors: [system], system: {resource_attributes: {host.nam: {enabled: true}}}}";
    let found = findings(yaml);
    assert!(
        found.contains(r#"system has no attribute "host.nam", did you mean "host.name"?"#),
        "{found}"
    );
}

#[test]
fn a_section_of_a_detector_that_does_not_run_is_told() {
    let found =
        findings("{detectors: [env], docker: {resource_attributes: {os.type: {enabled: false}}}}");
    assert!(
        found.contains("docker: has no effect, because detectors does not name docker"),
        "{found}"
    );
}

#[test]
fn what_needs_signed_requests_is_an_error() {
    let tags = findings("{detectors: [ec2], ec2: {tags: [a]}}");
    assert!(tags.contains("tags_from_imds: true"), "{tags}");
    let on = "{k8s.cluster.name: {enabled: true}}";
    let eks = findings(&format!("{{detectors: [eks], eks: {{resource_attributes: {on}}}}}"));
    assert!(eks.contains("signed requests"), "{eks}");
    assert_eq!(findings("{detectors: [ec2], ec2: {tags: [a], tags_from_imds: true}}"), "");
}

#[test]
fn each_key_is_checked() {
    let wrong = [
        ("{detectors: [ec2], ec2: {tags: ['*'], tags_from_imds: true}}", "is no pattern"),
        ("{detectors: [ec2], ec2: {max_attempts: 0}}", "must be at least 1"),
        ("{detectors: [system], system: {hostname_sources: [dsn]}}", "did you mean \"dns\"?"),
        ("{detectors: [k8s_api], k8s_api: {auth_type: kubeConfig}}", "is not available"),
        ("{detectors: [k8s_api], k8s_api: {auth_type: any}}", "expected serviceAccount or none"),
        ("{detectors: [kubeadm], kubeadm: {context: a}}", "needs auth_type kubeConfig"),
        ("{detectors: [openshift], openshift: {address: 'a b'}}", "is not a valid URL"),
        (
            "{detectors: [ibmcloud_vpc], ibmcloud_vpc: {protocol: ftp}}",
            "expected one of http, https",
        ),
        ("{timeout: -1s}", "must be non-negative"),
        ("{timeout: 0}", "detection could go on for ever"),
        ("{retry: {randomization_factor: 2}}", "must be within [0, 1]"),
        ("{attributes: [a]}", "is deprecated, use resource_attributes"),
        ("{detectors: [k8snode]}", "is now called k8s_api"),
        ("{detectors: [vultr], vultr: {fail_on_missing_metadata: true}}", "is deprecated"),
        ("{detector: [env]}", "detectors"),
    ];
    for (yaml, expected) in wrong {
        let found = findings(yaml);
        assert!(found.contains(expected), "{yaml}: {found}");
    }
}

#[test]
fn both_spellings_of_elastic_beanstalk_are_read() {
    for key in ["elasticbeanstalk", "elastic_beanstalk"] {
        let yaml = format!(
            "{{detectors: [elastic_beanstalk], {key}: {{resource_attributes: {{service.version: {{enabled: false}}}}}}}}"
        );
        assert_eq!(findings(&yaml), "");
        assert_ne!(config(&yaml).elasticbeanstalk, PlainSection::default());
    }
}
