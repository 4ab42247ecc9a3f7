//! The list of detectors.

use std::future::ready;

use futures_util::{FutureExt, future::BoxFuture};

use super::{
    attempt::{Attempt, Outcome},
    detectors::{
        azure, azurecontainerapps, by_document, by_key, consul, docker, dynatrace, ec2, ecs, eks,
        elastic_beanstalk, env, gcp, heroku, ibmcloud, k8s_api, kubeadm, lambda, nova, openshift,
        system,
    },
    settings::{Listed, ResourceDetectionConfig, Section},
};

/// A detector.
pub(super) struct Known {
    /// What it is called in `detectors`, and mostly its section too.
    pub(super) name: &'static str,
    /// What it finds.
    pub(super) attributes: &'static [Listed],
    /// Its section, if it has one.
    pub(super) section: fn(&ResourceDetectionConfig) -> Option<&dyn Section>,
    /// Looks once.
    pub(super) detect: Detect,
}

type Detect = for<'a> fn(&'a ResourceDetectionConfig, &'a Attempt<'a>) -> BoxFuture<'a, Outcome>;

impl Known {
    /// What its section is called.
    pub(super) fn section_name(&self) -> &'static str {
        match self.name {
            "elastic_beanstalk" => "elasticbeanstalk",
            name => name,
        }
    }
}

/// The detector of a name.
pub(super) fn find(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name == name)
}

/// All detectors, by name.
pub(super) static KNOWN: &[Known] = &[
    Known {
        name: "akamai",
        attributes: by_document::AKAMAI,
        section: |config| Some(&config.akamai),
        detect: |_, attempt| by_document::akamai(attempt).boxed(),
    },
    Known {
        name: "aks",
        attributes: azure::AKS_ATTRIBUTES,
        section: |config| Some(&config.aks),
        detect: |_, attempt| azure::detect_aks(attempt).boxed(),
    },
    Known {
        name: "alibaba_ecs",
        attributes: by_key::ALIBABA_ECS,
        section: |config| Some(&config.alibaba_ecs),
        detect: |_, attempt| by_key::alibaba_ecs(attempt).boxed(),
    },
    Known {
        name: "azure",
        attributes: azure::ATTRIBUTES,
        section: |config| Some(&config.azure),
        detect: |config, attempt| azure::detect(&config.azure, attempt).boxed(),
    },
    Known {
        name: "azurecontainerapps",
        attributes: azurecontainerapps::ATTRIBUTES,
        section: |config| Some(&config.azurecontainerapps),
        detect: |_, attempt| ready(azurecontainerapps::detect(attempt)).boxed(),
    },
    Known {
        name: "consul",
        attributes: consul::ATTRIBUTES,
        section: |config| Some(&config.consul),
        detect: |config, attempt| consul::detect(&config.consul, attempt).boxed(),
    },
    Known {
        name: "digitalocean",
        attributes: by_document::DIGITALOCEAN,
        section: |config| Some(&config.digitalocean),
        detect: |_, attempt| by_document::digitalocean(attempt).boxed(),
    },
    Known {
        name: "docker",
        attributes: docker::ATTRIBUTES,
        section: |config| Some(&config.docker),
        detect: |_, attempt| docker::detect(attempt).boxed(),
    },
    Known {
        name: "dynatrace",
        attributes: &[],
        section: |_| None,
        detect: |_, attempt| ready(dynatrace::detect(attempt)).boxed(),
    },
    Known {
        name: "ec2",
        attributes: ec2::ATTRIBUTES,
        section: |config| Some(&config.ec2),
        detect: |config, attempt| ec2::detect(&config.ec2, attempt).boxed(),
    },
    Known {
        name: "ecs",
        attributes: ecs::ATTRIBUTES,
        section: |config| Some(&config.ecs),
        detect: |_, attempt| ecs::detect(attempt).boxed(),
    },
    Known {
        name: "eks",
        attributes: eks::ATTRIBUTES,
        section: |config| Some(&config.eks),
        detect: |config, attempt| eks::detect(&config.eks, attempt).boxed(),
    },
    Known {
        name: "elastic_beanstalk",
        attributes: elastic_beanstalk::ATTRIBUTES,
        section: |config| Some(&config.elasticbeanstalk),
        detect: |_, attempt| ready(elastic_beanstalk::detect(attempt)).boxed(),
    },
    Known {
        name: "env",
        attributes: &[],
        section: |_| None,
        detect: |_, attempt| ready(env::detect(attempt)).boxed(),
    },
    Known {
        name: "gcp",
        attributes: gcp::ATTRIBUTES,
        section: |config| Some(&config.gcp),
        detect: |config, attempt| gcp::detect(&config.gcp, attempt).boxed(),
    },
    Known {
        name: "heroku",
        attributes: heroku::ATTRIBUTES,
        section: |config| Some(&config.heroku),
        detect: |_, attempt| ready(heroku::detect(attempt)).boxed(),
    },
    Known {
        name: "hetzner",
        attributes: by_key::HETZNER,
        section: |config| Some(&config.hetzner),
        detect: |_, attempt| by_key::hetzner(attempt).boxed(),
    },
    Known {
        name: "ibmcloud_classic",
        attributes: ibmcloud::CLASSIC_ATTRIBUTES,
        section: |config| Some(&config.ibmcloud_classic),
        detect: |_, attempt| ibmcloud::detect_classic(attempt).boxed(),
    },
    Known {
        name: "ibmcloud_vpc",
        attributes: ibmcloud::VPC_ATTRIBUTES,
        section: |config| Some(&config.ibmcloud_vpc),
        detect: |config, attempt| ibmcloud::detect_vpc(&config.ibmcloud_vpc, attempt).boxed(),
    },
    Known {
        name: "k8s_api",
        attributes: k8s_api::ATTRIBUTES,
        section: |config| Some(&config.k8s_api),
        detect: |config, attempt| k8s_api::detect(&config.k8s_api, attempt).boxed(),
    },
    Known {
        name: "k8snode",
        attributes: k8s_api::ATTRIBUTES,
        section: |config| Some(&config.k8snode),
        detect: |config, attempt| k8s_api::detect(&config.k8snode, attempt).boxed(),
    },
    Known {
        name: "kubeadm",
        attributes: kubeadm::ATTRIBUTES,
        section: |config| Some(&config.kubeadm),
        detect: |config, attempt| kubeadm::detect(&config.kubeadm, attempt).boxed(),
    },
    Known {
        name: "lambda",
        attributes: lambda::ATTRIBUTES,
        section: |config| Some(&config.lambda),
        detect: |_, attempt| ready(lambda::detect(attempt)).boxed(),
    },
    Known {
        name: "nova",
        attributes: nova::ATTRIBUTES,
        section: |config| Some(&config.nova),
        detect: |config, attempt| nova::detect(&config.nova, attempt).boxed(),
    },
    Known {
        name: "openshift",
        attributes: openshift::ATTRIBUTES,
        section: |config| Some(&config.openshift),
        detect: |config, attempt| openshift::detect(&config.openshift, attempt).boxed(),
    },
    Known {
        name: "oraclecloud",
        attributes: by_document::ORACLECLOUD,
        section: |config| Some(&config.oraclecloud),
        detect: |_, attempt| by_document::oraclecloud(attempt).boxed(),
    },
    Known {
        name: "scaleway",
        attributes: by_document::SCALEWAY,
        section: |config| Some(&config.scaleway),
        detect: |_, attempt| by_document::scaleway(attempt).boxed(),
    },
    Known {
        name: "system",
        attributes: system::ATTRIBUTES,
        section: |config| Some(&config.system),
        detect: |config, attempt| system::detect(&config.system, attempt).boxed(),
    },
    Known {
        name: "tencent_cvm",
        attributes: by_key::TENCENT_CVM,
        section: |config| Some(&config.tencent_cvm),
        detect: |_, attempt| by_key::tencent_cvm(attempt).boxed(),
    },
    Known {
        name: "upcloud",
        attributes: by_document::UPCLOUD,
        section: |config| Some(&config.upcloud),
        detect: |_, attempt| by_document::upcloud(attempt).boxed(),
    },
    Known {
        name: "vultr",
        attributes: by_document::VULTR,
        section: |config| Some(&config.vultr),
        detect: |_, attempt| by_document::vultr(attempt).boxed(),
    },
];
