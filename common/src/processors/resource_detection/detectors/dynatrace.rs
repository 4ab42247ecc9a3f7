//! `dynatrace`: what OneAgent has written about the host.

use super::{Attempt, Detected, Outcome};

const FILE: &str = "/var/lib/dynatrace/enrichment/dt_host_metadata.properties";
const PROPERTIES: [&str; 3] = ["dt.entity.host", "host.name", "dt.smartscape.host"];

pub(in super::super) fn detect(attempt: &Attempt<'_>) -> Outcome {
    let mut found = Detected::default();
    for line in attempt.file(FILE)?.unwrap_or_default().lines() {
        if let Some((key, value)) = line.split_once('=')
            && PROPERTIES.contains(&key.trim())
        {
            found.put(key.trim(), value.trim());
        }
    }
    Ok(found)
}
