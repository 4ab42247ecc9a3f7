//! `system`: the host, its operating system and its processor.

mod cpu;
mod hostname;
mod network;
mod os_release;

use super::{Attempt, Detected, Failure, Listed, Outcome};
use crate::processors::resource_detection::settings::SystemSection;

pub(in super::super) const ATTRIBUTES: &[Listed] = &[
    ("host.arch", false),
    ("host.cpu.cache.l2.size", false),
    ("host.cpu.family", false),
    ("host.cpu.model.id", false),
    ("host.cpu.model.name", false),
    ("host.cpu.stepping", false),
    ("host.cpu.vendor.id", false),
    ("host.id", false),
    ("host.interface", false),
    ("host.ip", false),
    ("host.mac", false),
    ("host.name", true),
    ("os.build.id", false),
    ("os.description", false),
    ("os.name", false),
    ("os.type", true),
    ("os.version", false),
];

const MACHINE_ID_FILES: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

pub(in super::super) async fn detect(section: &SystemSection, attempt: &Attempt<'_>) -> Outcome {
    let mut found = Detected::conventional();
    let sources = match section.hostname_sources.as_slice() {
        [] => SystemSection::default().hostname_sources,
        sources => sources.to_vec(),
    };
    let name = hostname::find(&sources, attempt).await;
    found.put("host.name", name.map_err(Failure::from)?);
    found.put("os.type", os_type());
    found.put("host.arch", arch());
    if attempt.wants("host.id") {
        match machine_id(attempt) {
            Some(id) => found.put("host.id", id),
            None => tracing::warn!(files = ?MACHINE_ID_FILES, "this machine has no id"),
        }
    }
    os_release::put(&mut found, attempt)?;
    network::put(&mut found, attempt)?;
    if ATTRIBUTES.iter().any(|(name, _)| name.starts_with("host.cpu.") && attempt.wants(name)) {
        cpu::put(&mut found, attempt)?;
    }
    Ok(found)
}

/// The operating system in the words of the conventions.
fn os_type() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        "dragonfly" => "dragonflybsd",
        other => other,
    }
}

/// The architecture in the words of the conventions.
fn arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "arm" => "arm32",
        "powerpc64" => "ppc64",
        other => other,
    }
}

fn machine_id(attempt: &Attempt<'_>) -> Option<String> {
    MACHINE_ID_FILES.into_iter().find_map(|file| {
        let text = attempt.file(file).ok()??.trim().to_owned();
        (!text.is_empty()).then_some(text)
    })
}

#[cfg(test)]
mod tests;
