//! `lambda`: what the function's environment says.

use super::{Attempt, Detected, Listed, Outcome};

pub(in super::super) const ATTRIBUTES: &[Listed] = &[
    ("aws.log.group.names", true),
    ("aws.log.stream.names", true),
    ("cloud.platform", true),
    ("cloud.provider", true),
    ("cloud.region", true),
    ("faas.instance", true),
    ("faas.max_memory", true),
    ("faas.name", true),
    ("faas.version", true),
];

pub(in super::super) fn detect(attempt: &Attempt<'_>) -> Outcome {
    const NAME: &str = "AWS_LAMBDA_FUNCTION_NAME";
    const STREAM: &str = "AWS_LAMBDA_LOG_STREAM_NAME";
    let Some(name) = attempt.text_of(NAME) else {
        return attempt.missing(format!("this is no Lambda function: {NAME} is not set"));
    };
    let mut found = Detected::on("aws", "aws_lambda");
    found.put("faas.name", name);
    let variables = [
        ("cloud.region", "AWS_REGION"),
        ("faas.version", "AWS_LAMBDA_FUNCTION_VERSION"),
        ("faas.instance", STREAM),
        ("faas.max_memory", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE"),
    ];
    for (attribute, variable) in variables {
        found.put_some(attribute, attempt.variable(variable));
    }
    found.put_texts("aws.log.group.names", attempt.text_of("AWS_LAMBDA_LOG_GROUP_NAME"));
    found.put_texts("aws.log.stream.names", attempt.text_of(STREAM));
    Ok(found)
}
