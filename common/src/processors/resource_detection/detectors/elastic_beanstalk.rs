//! `elastic_beanstalk`: what the environment's X-Ray configuration says.

use serde::Deserialize;

use super::{Attempt, Detected, Failure, Listed, Outcome};

/// The conventions have renamed two of them; as in the Go collector, the old names are put unless switched.
pub(in super::super) const ATTRIBUTES: &[Listed] = &[
    ("cloud.platform", true),
    ("cloud.provider", true),
    ("deployment.environment", true),
    ("deployment.environment.name", false),
    ("deployment.id", false),
    ("service.instance.id", true),
    ("service.version", true),
];

const FILE: &str = "/var/elasticbeanstalk/xray/environment.conf";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Environment {
    deployment_id: i64,
    environment_name: String,
    version_label: String,
}

pub(in super::super) fn detect(attempt: &Attempt<'_>) -> Outcome {
    let Some(text) = attempt.file(FILE)? else {
        return attempt
            .missing(format!("this is no Elastic Beanstalk instance: {FILE} is missing"));
    };
    let environment: Environment = serde_json::from_str(&text)
        .map_err(|error| Failure::from(format!("{FILE} cannot be read: {error}")))?;
    let mut found = Detected::on("aws", "aws_elastic_beanstalk");
    for name in ["deployment.environment", "deployment.environment.name"] {
        found.put(name, environment.environment_name.as_str());
    }
    for name in ["deployment.id", "service.instance.id"] {
        found.put(name, environment.deployment_id.to_string());
    }
    found.put("service.version", environment.version_label);
    Ok(found)
}
