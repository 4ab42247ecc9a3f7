//! The sections of single detectors.

mod checks;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(in super::super) use checks::{Section, patterns};

use super::Switches;
use crate::settings::{Duration, Secret, TlsClientSettings};

/// The `auth_type` that every pod has.
const SERVICE_ACCOUNT: &str = "serviceAccount";

/// The section of a detector that has no keys of its own.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct PlainSection {
    /// Which attributes are put.
    pub resource_attributes: Switches,
}

/// The section of a detector that once had to be told by itself that its platform must be there.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct RequiredSection {
    /// Whether the platform must be there; an old key.
    pub fail_on_missing_metadata: bool,
    /// Which attributes are put.
    pub resource_attributes: Switches,
}

/// `azure`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct AzureSection {
    /// Patterns of the tags to put as `azure.tag.<name>`.
    pub tags: Vec<String>,
    /// Which attributes are put.
    pub resource_attributes: Switches,
}

/// `consul`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct ConsulSection {
    /// Where the agent listens; by itself `CONSUL_HTTP_ADDR` or `127.0.0.1:8500`.
    pub address: String,
    /// The datacenter to ask, if not the agent's own.
    pub datacenter: String,
    /// The token; by itself `CONSUL_HTTP_TOKEN`.
    pub token: Secret,
    /// A file with the token; by itself `CONSUL_HTTP_TOKEN_FILE`.
    pub token_file: String,
    /// The namespace; by itself `CONSUL_NAMESPACE`.
    pub namespace: String,
    /// The metadata of the node to put; only the keys count.
    pub meta: Map<String, Value>,
    /// Which attributes are put.
    pub resource_attributes: Switches,
}

/// `ec2`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct Ec2Section {
    /// Patterns of the tags to put as `ec2.tag.<name>`.
    pub tags: Vec<String>,
    /// Whether tags come from the metadata server.
    pub tags_from_imds: bool,
    /// How often the metadata server is asked until it counts as missing.
    pub max_attempts: u32,
    /// The longest wait between two attempts.
    pub max_backoff: Duration,
    /// Whether the platform must be there; an old key.
    pub fail_on_missing_metadata: bool,
    /// Which attributes are put.
    pub resource_attributes: Switches,
}

impl Default for Ec2Section {
    fn default() -> Self {
        Self {
            tags: Vec::new(),
            tags_from_imds: false,
            max_attempts: 3,
            max_backoff: Duration::from_secs(20),
            fail_on_missing_metadata: false,
            resource_attributes: Switches::default(),
        }
    }
}

/// `eks`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct EksSection {
    /// The environment variable with the name of the node.
    pub node_from_env_var: String,
    /// Which attributes are put.
    pub resource_attributes: Switches,
}

/// `gcp`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct GcpSection {
    /// Patterns of the labels to put as `gcp.gce.instance.labels.<name>`.
    pub labels: Vec<String>,
    /// Which attributes are put.
    pub resource_attributes: Switches,
}

/// `ibmcloud_vpc`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct IbmVpcSection {
    /// `http` or `https`.
    pub protocol: String,
    /// Which attributes are put.
    pub resource_attributes: Switches,
}

impl Default for IbmVpcSection {
    fn default() -> Self {
        Self { protocol: "http".to_owned(), resource_attributes: Switches::default() }
    }
}

/// `k8s_api`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct KubernetesSection {
    /// How to identify to the API server: `serviceAccount` or `none`.
    pub auth_type: String,
    /// The context of a kubeconfig, which is not available.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub context: String,
    /// The environment variable with the name of the node.
    pub node_from_env_var: String,
    /// Which attributes are put.
    pub resource_attributes: Switches,
}

impl Default for KubernetesSection {
    fn default() -> Self {
        Self {
            auth_type: SERVICE_ACCOUNT.to_owned(),
            context: String::new(),
            node_from_env_var: "K8S_NODE_NAME".to_owned(),
            resource_attributes: Switches::default(),
        }
    }
}

/// `kubeadm`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct KubeadmSection {
    /// How to identify to the API server: `serviceAccount` or `none`.
    pub auth_type: String,
    /// The context of a kubeconfig, which is not available.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub context: String,
    /// Which attributes are put.
    pub resource_attributes: Switches,
}

impl Default for KubeadmSection {
    fn default() -> Self {
        Self {
            auth_type: SERVICE_ACCOUNT.to_owned(),
            context: String::new(),
            resource_attributes: Switches::default(),
        }
    }
}

/// `nova`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct NovaSection {
    /// Patterns of the metadata to put as `openstack.nova.meta.<name>`.
    pub labels: Vec<String>,
    /// Whether the platform must be there; an old key.
    pub fail_on_missing_metadata: bool,
    /// Which attributes are put.
    pub resource_attributes: Switches,
}

/// `openshift`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct OpenshiftSection {
    /// The API server; by itself the one of the cluster we run in.
    pub address: String,
    /// The token; by itself that of the service account.
    pub token: Secret,
    /// TLS to the API server; by itself with the cluster's root.
    pub tls: TlsClientSettings,
    /// Which attributes are put.
    pub resource_attributes: Switches,
}

/// `system`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub struct SystemSection {
    /// Where to look for the name of the host, in this order: `dns`, `os`, `cname`, `lookup`.
    pub hostname_sources: Vec<String>,
    /// Which attributes are put.
    pub resource_attributes: Switches,
}

impl Default for SystemSection {
    fn default() -> Self {
        Self {
            hostname_sources: vec!["dns".to_owned(), "os".to_owned()],
            resource_attributes: Switches::default(),
        }
    }
}
