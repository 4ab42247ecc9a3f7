//! What each section is checked for.

use super::{
    AzureSection, ConsulSection, Ec2Section, EksSection, GcpSection, IbmVpcSection, KubeadmSection,
    KubernetesSection, NovaSection, OpenshiftSection, PlainSection, RequiredSection,
    SERVICE_ACCOUNT, SystemSection,
};
use crate::{
    net::{http_client::parse_url, tls::validate_client},
    processors::resource_detection::settings::Switches,
    settings::{Issues, Pattern, nearest},
};

const HOSTNAME_SOURCES: [&str; 4] = ["dns", "os", "cname", "lookup"];

/// What the sections of all detectors have in common.
pub(in crate::processors::resource_detection) trait Section {
    /// `resource_attributes`.
    fn switches(&self) -> &Switches;
    /// Whether it differs from one that nobody wrote.
    fn is_written(&self) -> bool;
    /// Whether it says by itself that the platform must be there.
    fn is_required(&self) -> bool {
        false
    }
    /// Reports what is wrong with its own keys.
    fn check(&self, _issues: &mut Issues) {}
}

/// The patterns of tags or labels; those that [`Section::check`] has something against are left out.
pub(in crate::processors::resource_detection) fn patterns(texts: &[String]) -> Vec<Pattern> {
    texts.iter().filter_map(|text| Pattern::new(text).ok()).collect()
}

/// The parts that are alike in all sections.
macro_rules! common {
    () => {
        fn switches(&self) -> &Switches {
            &self.resource_attributes
        }

        fn is_written(&self) -> bool {
            *self != Self::default()
        }
    };
}

/// The same for sections with the old key `fail_on_missing_metadata`.
macro_rules! required {
    () => {
        common!();

        fn is_required(&self) -> bool {
            self.fail_on_missing_metadata
        }
    };
}

impl Section for PlainSection {
    common!();
}

impl Section for RequiredSection {
    required!();
}

impl Section for AzureSection {
    common!();

    fn check(&self, issues: &mut Issues) {
        check_patterns("tags", &self.tags, issues);
    }
}

impl Section for ConsulSection {
    common!();
}

impl Section for Ec2Section {
    required!();

    fn check(&self, issues: &mut Issues) {
        check_patterns("tags", &self.tags, issues);
        match (self.tags.is_empty(), self.tags_from_imds) {
            (false, false) => issues.error(
                "tags",
                "tags from the EC2 API need signed requests, which are not available in this \
                 version; set tags_from_imds: true and allow tags in the instance's metadata options",
            ),
            (true, true) => issues.warn("tags_from_imds", "has no effect without tags"),
            _ => {}
        }
        if self.max_attempts == 0 {
            issues.error("max_attempts", "must be at least 1");
        }
        if self.max_backoff.is_negative() {
            issues.error("max_backoff", "must be non-negative");
        }
    }
}

impl Section for EksSection {
    common!();

    fn check(&self, issues: &mut Issues) {
        if self.resource_attributes.is_on("k8s.cluster.name") {
            issues.error(
                "resource_attributes::k8s.cluster.name",
                "comes from the EC2 API, which needs signed requests, and these are not available \
                 in this version; set the attribute by OTEL_RESOURCE_ATTRIBUTES and the detector env",
            );
        }
    }
}

impl Section for GcpSection {
    common!();

    fn check(&self, issues: &mut Issues) {
        check_patterns("labels", &self.labels, issues);
    }
}

impl Section for IbmVpcSection {
    common!();

    fn check(&self, issues: &mut Issues) {
        if !["http", "https"].contains(&self.protocol.as_str()) {
            let protocol = &self.protocol;
            issues.error("protocol", format!("{protocol:?} is none, expected one of http, https"));
        }
    }
}

impl Section for KubernetesSection {
    common!();

    fn check(&self, issues: &mut Issues) {
        check_api(&self.auth_type, &self.context, issues);
    }
}

impl Section for KubeadmSection {
    common!();

    fn check(&self, issues: &mut Issues) {
        check_api(&self.auth_type, &self.context, issues);
    }
}

impl Section for NovaSection {
    required!();

    fn check(&self, issues: &mut Issues) {
        check_patterns("labels", &self.labels, issues);
    }
}

impl Section for OpenshiftSection {
    common!();

    fn check(&self, issues: &mut Issues) {
        if !self.address.is_empty()
            && let Err(error) = parse_url(&self.address)
        {
            let address = &self.address;
            issues.error("address", format!("{address:?} is not a valid URL: {error}"));
        }
        validate_client(&self.tls, "tls", issues);
    }
}

impl Section for SystemSection {
    common!();

    fn check(&self, issues: &mut Issues) {
        for source in &self.hostname_sources {
            if HOSTNAME_SOURCES.contains(&source.as_str()) {
                continue;
            }
            let hint = match nearest(source, HOSTNAME_SOURCES) {
                Some(near) => format!("did you mean {near:?}?"),
                None => format!("expected one of {}", HOSTNAME_SOURCES.join(", ")),
            };
            issues.error("hostname_sources", format!("{source:?} is no source, {hint}"));
        }
    }
}

fn check_patterns(key: &str, texts: &[String], issues: &mut Issues) {
    for text in texts {
        if let Err(error) = Pattern::new(text) {
            issues.error(key, format!("{text:?} is no pattern: {error}"));
        }
    }
}

fn check_api(auth_type: &str, context: &str, issues: &mut Issues) {
    match auth_type {
        SERVICE_ACCOUNT | "none" => {}
        "kubeConfig" | "tls" => {
            let message = format!(
                "{auth_type} is not available in this version, expected serviceAccount or none"
            );
            issues.error("auth_type", message);
        }
        other => {
            let message = format!("{other:?} is none, expected serviceAccount or none");
            issues.error("auth_type", message);
        }
    }
    if !context.is_empty() {
        issues
            .error("context", "needs auth_type kubeConfig, which is not available in this version");
    }
}
