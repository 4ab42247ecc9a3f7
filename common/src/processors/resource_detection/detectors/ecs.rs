//! `ecs`: what the task metadata endpoint says.

use serde::Deserialize;

use super::{Attempt, Detected, Listed, Outcome};

pub(in super::super) const ATTRIBUTES: &[Listed] = &[
    ("aws.ecs.cluster.arn", true),
    ("aws.ecs.launchtype", true),
    ("aws.ecs.task.arn", true),
    ("aws.ecs.task.family", true),
    ("aws.ecs.task.id", true),
    ("aws.ecs.task.revision", true),
    ("aws.log.group.arns", true),
    ("aws.log.group.names", true),
    ("aws.log.stream.arns", true),
    ("aws.log.stream.names", true),
    ("cloud.account.id", true),
    ("cloud.availability_zone", true),
    ("cloud.platform", true),
    ("cloud.provider", true),
    ("cloud.region", true),
];

const VARIABLES: [&str; 2] = ["ECS_CONTAINER_METADATA_URI_V4", "ECS_CONTAINER_METADATA_URI"];

#[derive(Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[derive(Default)]
struct Task {
    availability_zone: String,
    cluster: String,
    containers: Vec<Container>,
    family: String,
    launch_type: String,
    revision: String,
    #[serde(rename = "TaskARN")]
    task_arn: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Container {
    docker_id: String,
    known_status: String,
    log_driver: String,
    log_options: LogOptions,
    #[serde(rename = "Type")]
    kind: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LogOptions {
    #[serde(rename = "awslogs-group")]
    group: String,
    #[serde(rename = "awslogs-region")]
    region: String,
    #[serde(rename = "awslogs-stream")]
    stream: String,
}

pub(in super::super) async fn detect(attempt: &Attempt<'_>) -> Outcome {
    let set = VARIABLES.iter().find_map(|name| attempt.text_of(name));
    let Some(endpoint) = set else {
        let names = VARIABLES.join(" nor ");
        return attempt.missing(format!("this is no ECS task: neither {names} is set"));
    };
    let endpoint = endpoint.trim();
    let task: Task = attempt.json(&format!("{endpoint}/task"), &[]).await?;
    let (region, account, id) = parts_of(&task.task_arn);
    let mut found = Detected::on("aws", "aws_ecs");
    let cluster = match task.cluster.contains(':') || task.cluster.is_empty() {
        true => task.cluster.clone(),
        false => format!("arn:aws:ecs:{region}:{account}:cluster/{}", task.cluster),
    };
    found.put("aws.ecs.cluster.arn", cluster);
    let launch_type = task.launch_type.to_lowercase();
    if ["ec2", "fargate"].contains(&launch_type.as_str()) {
        found.put("aws.ecs.launchtype", launch_type);
    }
    found.put("aws.ecs.task.arn", task.task_arn.as_str());
    found.put("aws.ecs.task.family", task.family.as_str());
    found.put("aws.ecs.task.id", id);
    found.put("aws.ecs.task.revision", task.revision.as_str());
    found.put("cloud.account.id", account);
    found.put("cloud.availability_zone", task.availability_zone.as_str());
    found.put("cloud.region", region);
    match attempt.json::<Container>(endpoint, &[]).await {
        Ok(own) => put_logs(&mut found, &task, &own, account),
        Err(error) if attempt.is_required => return Err(error.into()),
        Err(error) => tracing::debug!(error, "the metadata of the container are not there"),
    }
    Ok(found)
}

/// Region, account and id, as a task's ARN has them.
fn parts_of(arn: &str) -> (&str, &str, &str) {
    let mut parts = arn.split(':').skip(3);
    let (region, account) = (parts.next(), parts.next());
    let id = parts.next().and_then(|task| task.rsplit('/').next());
    match (region, account, id) {
        (Some(region), Some(account), Some(id)) => (region, account, id),
        _ => ("", "", ""),
    }
}

/// Where the other containers of the task log to.
fn put_logs(found: &mut Detected, task: &Task, own: &Container, account: &str) {
    let others: Vec<&LogOptions> = task
        .containers
        .iter()
        .filter(|one| one.kind == "NORMAL" && one.known_status == "RUNNING")
        .filter(|one| one.log_driver == "awslogs" && one.docker_id != own.docker_id)
        .map(|one| &one.log_options)
        .filter(|log| [&log.group, &log.region, &log.stream].iter().any(|part| !part.is_empty()))
        .collect();
    let group_arn =
        |log: &LogOptions| format!("arn:aws:logs:{}:{account}:log-group:{}", log.region, log.group);
    let stream_arn = |log: &LogOptions| format!("{}:log-stream:{}", group_arn(log), log.stream);
    let texts = |text: &dyn Fn(&LogOptions) -> String| -> Vec<String> {
        others.iter().map(|log| text(log)).collect()
    };
    found.put_texts("aws.log.group.arns", texts(&group_arn));
    found.put_texts("aws.log.group.names", texts(&|log| log.group.clone()));
    found.put_texts("aws.log.stream.arns", texts(&stream_arn));
    found.put_texts("aws.log.stream.names", texts(&|log| log.stream.clone()));
}
