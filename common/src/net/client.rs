//! What gRPC and HTTP clients share: where to dial, the byte stream, and who we say we are.

pub mod dial;
pub mod explained;
pub mod partial;
mod proxy;
pub mod sections;
pub mod target;
pub mod write_buffer;

use crate::telemetry::BuildInfo;

/// The product token that clients send, `<description>/<version> (<os>/<arch>)`, with the words that
/// upstream uses for systems and processors.
#[must_use]
pub fn user_agent(build: &BuildInfo) -> String {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    };
    format!("{}/{} ({os}/{arch})", build.description, build.version)
}

/// Whether the environment names a proxy for a host.
pub(super) fn is_proxied(host: &str, port: u16) -> bool {
    proxy::Proxy::from_environment(host, port).is_some()
}

#[cfg(test)]
mod tests;
