//! `docker`: what the Docker daemon says.

use std::path::Path;

use http::Method;
use serde::{Deserialize, de::DeserializeOwned};

use super::{Attempt, Detected, Listed, Outcome, escaped};
use crate::{
    net::metadata_client::{MetadataClient, Question},
    processors::resource_detection::attempt::json,
};

pub(in super::super) const ATTRIBUTES: &[Listed] = &[
    ("container.image.name", false),
    ("container.name", false),
    ("host.name", true),
    ("os.type", true),
];

const SOCKET: &str = "/var/run/docker.sock";

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Info {
    name: String,
    #[serde(rename = "OSType")]
    os_type: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Container {
    name: String,
    image: String,
}

pub(in super::super) async fn detect(attempt: &Attempt<'_>) -> Outcome {
    match find(attempt).await {
        Ok(found) => Ok(found),
        Err(error) => attempt.missing(format!("the Docker daemon tells nothing: {error}")),
    }
}

async fn find(attempt: &Attempt<'_>) -> Result<Detected, String> {
    let daemon = Daemon::new(attempt)?;
    let mut found = Detected::conventional();
    if attempt.wants("os.type") || attempt.wants("host.name") {
        let info: Info = daemon.get("/info").await?;
        found.put("os.type", info.os_type);
        found.put("host.name", info.name);
    }
    if attempt.wants("container.name") || attempt.wants("container.image.name") {
        // A container's host name is the beginning of its id, unless somebody chose another.
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let path = format!("/containers/{}/json", escaped(&host));
        let container: Container = daemon.get(&path).await?;
        found.put("container.name", container.name);
        found.put("container.image.name", container.image);
    }
    Ok(found)
}

struct Daemon<'a> {
    attempt: &'a Attempt<'a>,
    client: MetadataClient,
    base: String,
}

impl<'a> Daemon<'a> {
    /// The daemon that `DOCKER_HOST` names.
    fn new(attempt: &'a Attempt<'a>) -> Result<Self, String> {
        let host = attempt.text_of("DOCKER_HOST");
        let socket = match host.as_deref() {
            None => attempt.path(SOCKET),
            Some(host) => match host.split_once("://") {
                Some(("unix", path)) => Path::new(path).to_owned(),
                Some(("tcp" | "http", address))
                    if attempt.text_of("DOCKER_TLS_VERIFY").is_none() =>
                {
                    let client = attempt.machine.client.clone();
                    return Ok(Self { attempt, client, base: format!("http://{address}") });
                }
                _ => {
                    return Err(format!(
                        "DOCKER_HOST {host:?} is not available, expected unix:// or tcp:// without TLS"
                    ));
                }
            },
        };
        let client = MetadataClient::over_socket(&socket)?;
        Ok(Self { attempt, client, base: "http://localhost".to_owned() })
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, String> {
        let url = format!("{}{path}", self.base);
        let timeout = self.attempt.patience();
        let question = Question { method: Method::GET, url: &url, headers: &[], body: "", timeout };
        json(&url, self.attempt.ask_by(&self.client, &question).await?)
    }
}
