//! The settings of `resource_detection`.

mod sections;
mod switches;

use serde::{Deserialize, Serialize};

pub use sections::{
    AzureSection, ConsulSection, Ec2Section, EksSection, GcpSection, IbmVpcSection, KubeadmSection,
    KubernetesSection, NovaSection, OpenshiftSection, PlainSection, RequiredSection, SystemSection,
};
pub(super) use sections::{Section, patterns};
pub(super) use switches::{Listed, Wanted};
pub use switches::{Switch, Switches};

use super::known::{self, KNOWN};
use crate::{
    pipeline::Backoff,
    settings::{Duration, Issues, Settings, nearest},
};

/// All keys of `resource_detection`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct ResourceDetectionConfig {
    /// Who looks, by name; what an earlier one finds stays.
    pub detectors: Vec<String>,
    /// Whether what is found takes the place of attributes that are there.
    #[serde(rename = "override")]
    pub overrides: bool,
    /// How long detection may take; with `retry::max_elapsed_time`, how long one attempt may.
    pub timeout: Duration,
    /// How often is looked again; 0 looks at start only.
    pub refresh_interval: Duration,
    /// Whether a platform that is not there is a failure.
    pub fail_on_missing_metadata: bool,
    /// What happens when a detector fails.
    pub retry: DetectionRetry,
    /// The only attributes to put, if any are named here; an old key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<String>,
    /// `akamai`.
    #[serde(skip_serializing_if = "unset")]
    pub akamai: PlainSection,
    /// `aks`.
    #[serde(skip_serializing_if = "unset")]
    pub aks: PlainSection,
    /// `alibaba_ecs`.
    #[serde(skip_serializing_if = "unset")]
    pub alibaba_ecs: RequiredSection,
    /// `azure`.
    #[serde(skip_serializing_if = "unset")]
    pub azure: AzureSection,
    /// `azurecontainerapps`.
    #[serde(skip_serializing_if = "unset")]
    pub azurecontainerapps: PlainSection,
    /// `consul`.
    #[serde(skip_serializing_if = "unset")]
    pub consul: ConsulSection,
    /// `digitalocean`.
    #[serde(skip_serializing_if = "unset")]
    pub digitalocean: PlainSection,
    /// `docker`.
    #[serde(skip_serializing_if = "unset")]
    pub docker: PlainSection,
    /// `ec2`.
    #[serde(skip_serializing_if = "unset")]
    pub ec2: Ec2Section,
    /// `ecs`.
    #[serde(skip_serializing_if = "unset")]
    pub ecs: PlainSection,
    /// `eks`.
    #[serde(skip_serializing_if = "unset")]
    pub eks: EksSection,
    /// `elasticbeanstalk`.
    #[serde(alias = "elastic_beanstalk", skip_serializing_if = "unset")]
    pub elasticbeanstalk: PlainSection,
    /// `gcp`.
    #[serde(skip_serializing_if = "unset")]
    pub gcp: GcpSection,
    /// `heroku`.
    #[serde(skip_serializing_if = "unset")]
    pub heroku: PlainSection,
    /// `hetzner`.
    #[serde(skip_serializing_if = "unset")]
    pub hetzner: PlainSection,
    /// `ibmcloud_classic`.
    #[serde(skip_serializing_if = "unset")]
    pub ibmcloud_classic: PlainSection,
    /// `ibmcloud_vpc`.
    #[serde(skip_serializing_if = "unset")]
    pub ibmcloud_vpc: IbmVpcSection,
    /// `k8s_api`.
    #[serde(skip_serializing_if = "unset")]
    pub k8s_api: KubernetesSection,
    /// `k8snode`.
    #[serde(skip_serializing_if = "unset")]
    pub k8snode: KubernetesSection,
    /// `kubeadm`.
    #[serde(skip_serializing_if = "unset")]
    pub kubeadm: KubeadmSection,
    /// `lambda`.
    #[serde(skip_serializing_if = "unset")]
    pub lambda: PlainSection,
    /// `nova`.
    #[serde(skip_serializing_if = "unset")]
    pub nova: NovaSection,
    /// `openshift`.
    #[serde(skip_serializing_if = "unset")]
    pub openshift: OpenshiftSection,
    /// `oraclecloud`.
    #[serde(skip_serializing_if = "unset")]
    pub oraclecloud: PlainSection,
    /// `scaleway`.
    #[serde(skip_serializing_if = "unset")]
    pub scaleway: PlainSection,
    /// `system`.
    #[serde(skip_serializing_if = "unset")]
    pub system: SystemSection,
    /// `tencent_cvm`.
    #[serde(skip_serializing_if = "unset")]
    pub tencent_cvm: RequiredSection,
    /// `upcloud`.
    #[serde(skip_serializing_if = "unset")]
    pub upcloud: RequiredSection,
    /// `vultr`.
    #[serde(skip_serializing_if = "unset")]
    pub vultr: RequiredSection,
}

/// `retry`: the waits between attempts of one detector.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct DetectionRetry {
    /// Whether a failed attempt is followed by another.
    pub enabled: bool,
    /// The first wait.
    pub initial_interval: Duration,
    /// How far a wait is spread, 0 to 1.
    pub randomization_factor: f64,
    /// What a wait is multiplied with to get the next.
    pub multiplier: f64,
    /// The longest wait before it is spread.
    pub max_interval: Duration,
    /// How long a detector is tried; 0 for as long as `timeout`.
    pub max_elapsed_time: Duration,
}

impl Default for ResourceDetectionConfig {
    fn default() -> Self {
        Self {
            detectors: vec!["env".to_owned()],
            overrides: true,
            timeout: Duration::from_secs(5),
            refresh_interval: Duration::ZERO,
            fail_on_missing_metadata: false,
            retry: DetectionRetry::default(),
            attributes: Vec::new(),
            akamai: PlainSection::default(),
            aks: PlainSection::default(),
            alibaba_ecs: RequiredSection::default(),
            azure: AzureSection::default(),
            azurecontainerapps: PlainSection::default(),
            consul: ConsulSection::default(),
            digitalocean: PlainSection::default(),
            docker: PlainSection::default(),
            ec2: Ec2Section::default(),
            ecs: PlainSection::default(),
            eks: EksSection::default(),
            elasticbeanstalk: PlainSection::default(),
            gcp: GcpSection::default(),
            heroku: PlainSection::default(),
            hetzner: PlainSection::default(),
            ibmcloud_classic: PlainSection::default(),
            ibmcloud_vpc: IbmVpcSection::default(),
            k8s_api: KubernetesSection::default(),
            k8snode: KubernetesSection::default(),
            kubeadm: KubeadmSection::default(),
            lambda: PlainSection::default(),
            nova: NovaSection::default(),
            openshift: OpenshiftSection::default(),
            oraclecloud: PlainSection::default(),
            scaleway: PlainSection::default(),
            system: SystemSection::default(),
            tencent_cvm: RequiredSection::default(),
            upcloud: RequiredSection::default(),
            vultr: RequiredSection::default(),
        }
    }
}

impl Default for DetectionRetry {
    fn default() -> Self {
        Self {
            enabled: true,
            initial_interval: Duration::from_secs(1),
            randomization_factor: 0.5,
            multiplier: 2.0,
            max_interval: Duration::from_secs(30),
            max_elapsed_time: Duration::ZERO,
        }
    }
}

impl DetectionRetry {
    pub(super) const fn backoff(&self) -> Backoff {
        Backoff {
            initial: self.initial_interval.get(),
            multiplier: self.multiplier,
            max: self.max_interval.get(),
            randomization: self.randomization_factor,
        }
    }
}

impl ResourceDetectionConfig {
    /// The detectors by name, in their order; a name that is none is left out.
    pub(super) fn named(&self) -> impl Iterator<Item = &str> {
        self.detectors.iter().map(|name| name.trim())
    }

    fn check_detectors(&self, issues: &mut Issues) {
        let names = || KNOWN.iter().map(|known| known.name);
        if self.detectors.is_empty() {
            let all = names().collect::<Vec<_>>().join(", ");
            issues.error("detectors", format!("must name at least one of {all}"));
        }
        for name in self.named() {
            if known::find(name).is_some() {
                if name == "k8snode" {
                    issues.warn("detectors", "the detector k8snode is now called k8s_api");
                }
                continue;
            }
            let hint = match nearest(name, names()) {
                Some(near) => format!("did you mean {near:?}? "),
                None => String::new(),
            };
            let all = names().collect::<Vec<_>>().join(", ");
            let message = format!("there is no detector {name:?}, {hint}expected one of {all}");
            issues.error("detectors", message);
        }
    }

    fn check_sections(&self, issues: &mut Issues) {
        for known in KNOWN {
            let Some(section) = (known.section)(self).filter(|section| section.is_written()) else {
                continue;
            };
            let is_named = self.named().any(|name| name == known.name);
            issues.within(known.section_name(), |issues| {
                if !is_named {
                    let name = known.name;
                    issues
                        .warn("", format!("has no effect, because detectors does not name {name}"));
                }
                let switches = section.switches();
                issues.within("resource_attributes", |issues| {
                    switches.check(known.name, known.attributes, issues);
                });
                section.check(issues);
                if section.is_required() {
                    let message = "is deprecated, use fail_on_missing_metadata of the processor";
                    issues.warn("fail_on_missing_metadata", message);
                }
            });
        }
    }

    fn check_times(&self, issues: &mut Issues) {
        let times = [
            ("timeout", self.timeout),
            ("refresh_interval", self.refresh_interval),
            ("retry::initial_interval", self.retry.initial_interval),
            ("retry::max_interval", self.retry.max_interval),
            ("retry::max_elapsed_time", self.retry.max_elapsed_time),
        ];
        for (key, time) in times {
            if time.is_negative() {
                issues.error(key, "must be non-negative");
            }
        }
        if !(0.0..=1.0).contains(&self.retry.randomization_factor) {
            issues.error("retry::randomization_factor", "must be within [0, 1]");
        }
        if !(self.retry.multiplier >= 0.0 && self.retry.multiplier.is_finite()) {
            issues.error("retry::multiplier", "must be non-negative");
        }
        if self.retry.enabled && self.timeout.is_zero() && self.retry.max_elapsed_time.is_zero() {
            let message = "retry::enabled needs a timeout or a retry::max_elapsed_time above 0, or \
                           detection could go on for ever";
            issues.error("retry", message);
        }
    }
}

impl Settings for ResourceDetectionConfig {
    fn validate(&self, issues: &mut Issues) {
        self.check_detectors(issues);
        self.check_sections(issues);
        self.check_times(issues);
        if !self.attributes.is_empty() {
            let message = "is deprecated, use resource_attributes of the detectors";
            issues.warn("attributes", message);
        }
    }
}

/// Whether a section is as it would be if nobody had written it.
fn unset<T: Default + PartialEq>(section: &T) -> bool {
    *section == T::default()
}
