//! `azurecontainerapps`: what the environment of an Azure container app says.

use super::{Attempt, Detected, Listed, Outcome};

pub(in super::super) const ATTRIBUTES: &[Listed] = &[
    ("azure.container_app.instance.id", true),
    ("cloud.platform", true),
    ("cloud.provider", true),
    ("service.name", true),
];

pub(in super::super) fn detect(attempt: &Attempt<'_>) -> Outcome {
    const NAME: &str = "CONTAINER_APP_NAME";
    let Some(name) = attempt.text_of(NAME) else {
        return attempt.missing(format!("this is no container app: {NAME} is not set"));
    };
    let mut found = Detected::on("azure", "azure.container_apps");
    found.put("service.name", name);
    let replica = attempt.variable("CONTAINER_APP_REPLICA_NAME");
    found.put_some("azure.container_app.instance.id", replica);
    Ok(found)
}
