//! Conditions on the request that telemetry came with: `request["key"] == "value"`.

use std::str::FromStr;

use crate::pipeline::RequestContext;

/// One comparison of a metadata key, which is all that this context can say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestCondition {
    /// In lower case.
    key: String,
    value: String,
    is_equal: bool,
}

/// A condition of another form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be `request[\"key\"] == \"value\"` or `request[\"key\"] != \"value\"`, not `{0}`")]
pub(super) struct InvalidCondition(String);

impl RequestCondition {
    /// Whether a value of the key compares so. Without the key it matches neither way.
    pub(super) fn matches(&self, context: &RequestContext) -> bool {
        context.metadata(&self.key).any(|value| (value == self.value) == self.is_equal)
    }
}

impl FromStr for RequestCondition {
    type Err = InvalidCondition;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text).ok_or_else(|| InvalidCondition(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<RequestCondition> {
    let rest = text.trim().strip_prefix("request")?.trim_start().strip_prefix('[')?;
    let (key, rest) = rest.trim_start().strip_prefix('"')?.split_once('"')?;
    let rest = rest.trim_start().strip_prefix(']')?.trim_start();
    let (is_equal, rest) = match rest.strip_prefix("==") {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix("!=")?),
    };
    let value = rest.trim_start().strip_prefix('"')?.strip_suffix('"')?;
    if key.is_empty() || value.contains('"') {
        return None;
    }
    Some(RequestCondition { key: key.to_lowercase(), value: value.to_owned(), is_equal })
}

#[cfg(test)]
mod tests;
