//! What the settings of every server have in common.

use crate::{net::listener::Transport, settings::Issues};

/// Where a key of settings that stand at `path` stands itself.
pub(in crate::net) fn place(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}::{key}") }
}

/// Reports a transport that is none, and the named sections that are set but not available.
pub(in crate::net) fn check_server(
    path: &str,
    transport: &str,
    unavailable: &[(&str, bool)],
    issues: &mut Issues,
) {
    if let Err(error) = transport.parse::<Transport>() {
        issues.error(place(path, "transport"), error.to_string());
    }
    for (key, _) in unavailable.iter().filter(|(_, is_set)| *is_set) {
        issues.error(place(path, key), format!("{key} is not available in this version"));
    }
}
