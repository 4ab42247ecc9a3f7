//! The API server of the cluster that we run in, as pods find it.

use http::Method;
use serde::{Deserialize, de::DeserializeOwned};

use super::Attempt;
use crate::{
    net::metadata_client::{MetadataClient, Question},
    processors::resource_detection::attempt::json,
    settings::TlsClientSettings,
};

const HOST: &str = "KUBERNETES_SERVICE_HOST";
const PORT: &str = "KUBERNETES_SERVICE_PORT";
const TOKEN_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
const CA_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";

/// Something in the cluster.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Object {
    pub(super) metadata: ObjectMetadata,
    pub(super) spec: ObjectSpec,
    pub(super) data: std::collections::BTreeMap<String, String>,
}

/// What every object has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ObjectMetadata {
    pub(super) name: String,
    pub(super) uid: String,
}

/// What a node has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ObjectSpec {
    #[serde(rename = "providerID")]
    pub(super) provider_id: String,
}

/// Whether we run in a pod.
pub(super) fn is_around(attempt: &Attempt<'_>) -> bool {
    attempt.text_of(HOST).is_some()
}

/// What the API server did not give.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) message: String,
    /// Whether it may give it to others.
    pub(super) is_forbidden: bool,
}

/// The API server.
pub(super) struct Api<'a> {
    attempt: &'a Attempt<'a>,
    client: MetadataClient,
    base: String,
    token: Option<String>,
}

/// How to reach an API server; what is empty comes from the pod.
#[derive(Default)]
pub(super) struct Access<'a> {
    pub(super) address: &'a str,
    pub(super) token: &'a str,
    pub(super) tls: TlsClientSettings,
    pub(super) is_anonymous: bool,
}

impl<'a> Api<'a> {
    /// The API server of the pod's cluster, by an `auth_type`.
    ///
    /// # Errors
    /// We are in no pod.
    pub(super) async fn of_pod(attempt: &'a Attempt<'a>, auth_type: &str) -> Result<Self, String> {
        let is_anonymous = auth_type == "none";
        let mut access = Access { is_anonymous, ..Access::default() };
        access.tls.b.insecure_skip_verify = is_anonymous;
        Self::by(attempt, access).await
    }

    /// An API server.
    ///
    /// # Errors
    /// What is missing to reach it.
    pub(super) async fn by(
        attempt: &'a Attempt<'a>,
        mut access: Access<'_>,
    ) -> Result<Self, String> {
        let base = match access.address {
            "" => in_cluster(attempt)?,
            address => address.trim_end_matches('/').to_owned(),
        };
        let token = match (access.is_anonymous, access.token) {
            (true, _) => None,
            (false, "") => Some(service_account(attempt)?),
            (false, token) => Some(token.to_owned()),
        };
        if base.starts_with("http://") {
            let client = attempt.machine.client.clone();
            return Ok(Self { attempt, client, base, token });
        }
        if !access.tls.b.insecure_skip_verify && access.tls.a.ca_file.is_empty() {
            access.tls.a.ca_file = attempt.path(CA_FILE).display().to_string();
        }
        let client = MetadataClient::over_tls(&access.tls).await?;
        Ok(Self { attempt, client, base, token })
    }

    /// Gets an object.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Refusal> {
        let url = format!("{}{path}", self.base);
        let bearer = self.token.as_ref().map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = bearer.iter().map(|bearer| ("Authorization", &**bearer)).collect();
        let timeout = self.attempt.patience();
        let question =
            Question { method: Method::GET, url: &url, headers: &headers, body: "", timeout };
        let refused = |message| Refusal { message, is_forbidden: false };
        let answer = self.attempt.ask_by(&self.client, &question).await.map_err(refused)?;
        let is_forbidden = [401, 403].contains(&answer.status);
        json(&url, answer).map_err(|message| Refusal { message, is_forbidden })
    }

    /// The uid that stands for the cluster: that of the namespace `kube-system`.
    pub(super) async fn cluster_uid(&self) -> Result<String, Refusal> {
        let namespace: Object = self.get("/api/v1/namespaces/kube-system").await?;
        match namespace.metadata.uid {
            uid if uid.is_empty() => {
                let message = "the namespace kube-system has no uid".to_owned();
                Err(Refusal { message, is_forbidden: false })
            }
            uid => Ok(uid),
        }
    }
}

fn in_cluster(attempt: &Attempt<'_>) -> Result<String, String> {
    match (attempt.text_of(HOST), attempt.text_of(PORT)) {
        (Some(host), Some(port)) => {
            let host = if host.contains(':') { format!("[{host}]") } else { host };
            Ok(attempt.url(&format!("https://{host}:{port}"), ""))
        }
        _ => Err(format!("this is no pod: {HOST} and {PORT} are not set")),
    }
}

fn service_account(attempt: &Attempt<'_>) -> Result<String, String> {
    let token = attempt.file(TOKEN_FILE)?.unwrap_or_default().trim().to_owned();
    match token.is_empty() {
        true => Err(format!("there is no service account token in {TOKEN_FILE}")),
        false => Ok(token),
    }
}
