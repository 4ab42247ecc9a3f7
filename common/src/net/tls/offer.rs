//! Versions, cipher suites and key exchange groups, from Go's names for them.

use std::sync::Arc;

use rustls::{
    NamedGroup, SupportedCipherSuite, SupportedProtocolVersion,
    crypto::{CryptoProvider, SupportedKxGroup},
    version::{TLS12, TLS13},
};

use super::provider;
use crate::settings::{Issues, TlsSettings};

const VERSIONS: [&str; 4] = ["1.0", "1.1", "1.2", "1.3"];
const LOWEST: &str = "1.2";
const HIGHEST: &str = "1.3";

/// Always on, as in Go; a list of suites may name them all the same.
const OF_TLS13: [&str; 3] =
    ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
/// Known to Go and not to rustls.
const WITH_CBC: [&str; 4] = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
];
/// What Go calls insecure; none of it is known to rustls.
const INSECURE: [&str; 12] = [
    "TLS_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
];

/// What we offer to the other side, or take from it.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    /// With the suites and groups that the settings leave.
    pub(super) provider: Arc<CryptoProvider>,
    /// The versions.
    pub(super) versions: Vec<&'static SupportedProtocolVersion>,
}

impl Offer {
    /// Reads the settings, and reports what is wrong with them by key.
    pub(super) fn of(settings: &TlsSettings, issues: &mut Issues) -> Self {
        let (lowest, highest) = versions(settings, issues);
        let suites = suites(settings, (lowest, highest), issues);
        let kx_groups = groups(settings, issues);
        let has_tls12 = suites.iter().any(|suite| suite.tls13().is_none());
        let mut versions = Vec::new();
        if highest == HIGHEST {
            versions.push(&TLS13);
        }
        if lowest == LOWEST && has_tls12 {
            versions.push(&TLS12);
        }
        let provider = CryptoProvider { cipher_suites: suites, kx_groups, ..(*provider()).clone() };
        Self { provider: Arc::new(provider), versions }
    }
}

/// The lowest and the highest version that are spoken, out of 1.2 and 1.3.
fn versions(settings: &TlsSettings, issues: &mut Issues) -> (&'static str, &'static str) {
    let mut read = |key: &str, written: &str, default| {
        if written.is_empty() {
            return default;
        }
        VERSIONS.into_iter().find(|known| *known == written).unwrap_or_else(|| {
            let message = format!(
                "invalid TLS {key}: unsupported TLS version: {written:?}, expected 1.2 or 1.3"
            );
            issues.error(key, message);
            default
        })
    };
    let lowest = read("min_version", &settings.min_version, LOWEST);
    let highest = read("max_version", &settings.max_version, HIGHEST);
    if highest < LOWEST {
        let message = format!("TLS {highest} is not available here, expected 1.2 or 1.3");
        issues.error("max_version", message);
        return (LOWEST, HIGHEST);
    }
    if lowest > highest {
        let message = "invalid TLS configuration: min_version cannot be greater than max_version";
        issues.error("min_version", message);
        return (LOWEST, HIGHEST);
    }
    if lowest < LOWEST {
        let message = format!("TLS {lowest} is not spoken here, the lowest version is 1.2");
        issues.warn("min_version", message);
        return (LOWEST, highest);
    }
    (lowest, highest)
}

fn suites(
    settings: &TlsSettings,
    (lowest, highest): (&str, &str),
    issues: &mut Issues,
) -> Vec<SupportedCipherSuite> {
    const KEY: &str = "cipher_suites";
    let all = provider().cipher_suites.clone();
    if settings.cipher_suites.is_empty() {
        return all;
    }
    let mut usable = Vec::new();
    let mut has_errors = false;
    for name in settings.cipher_suites.iter().map(String::as_str) {
        let is_insecure = INSECURE.contains(&name);
        let suite = all.iter().find(|suite| suite.suite().as_str() == Some(name));
        if OF_TLS13.contains(&name) || suite.is_some() {
            usable.push(name);
        } else if WITH_CBC.contains(&name) || is_insecure && settings.include_insecure_cipher_suites
        {
            issues.warn(KEY, format!("{name} is not available here and left out"));
        } else {
            let hint = match is_insecure {
                true => ", which is insecure (see include_insecure_cipher_suites)",
                false => "",
            };
            issues.error(KEY, format!("invalid TLS cipher suite: {name:?}{hint}"));
            has_errors = true;
        }
    }
    if lowest == HIGHEST {
        issues.warn(KEY, "has no effect, because it concerns TLS 1.2 and min_version is 1.3");
    }
    let can_speak = |name: &&str| highest == HIGHEST || !OF_TLS13.contains(name);
    if !has_errors && !usable.iter().any(can_speak) {
        let known = all.iter().filter(|suite| suite.tls13().is_none());
        let known: Vec<_> = known.filter_map(|suite| suite.suite().as_str()).collect();
        let message = format!("none is left to speak, expected some of {}", known.join(", "));
        issues.error(KEY, message);
    }
    let is_left = |suite: &SupportedCipherSuite| {
        suite.tls13().is_some() || suite.suite().as_str().is_some_and(|name| usable.contains(&name))
    };
    all.into_iter().filter(is_left).collect()
}

fn groups(settings: &TlsSettings, issues: &mut Issues) -> Vec<&'static dyn SupportedKxGroup> {
    const KEY: &str = "curve_preferences";
    const EXPECTED: &str = "expected some of X25519, P256, P384";
    let all = provider().kx_groups.clone();
    if settings.curve_preferences.is_empty() {
        return all;
    }
    let mut groups: Vec<&'static dyn SupportedKxGroup> = Vec::new();
    let mut has_errors = false;
    for name in &settings.curve_preferences {
        let group = match name.as_str() {
            "X25519" => NamedGroup::X25519,
            "P256" => NamedGroup::secp256r1,
            "P384" => NamedGroup::secp384r1,
            "P521" | "X25519MLKEM768" => {
                issues.warn(KEY, format!("{name} is not available here and left out"));
                continue;
            }
            _ => {
                issues.error(KEY, format!("invalid curve type: {name:?}, {EXPECTED}"));
                has_errors = true;
                continue;
            }
        };
        if !groups.iter().any(|taken| taken.name() == group) {
            groups.extend(all.iter().copied().filter(|known| known.name() == group));
        }
    }
    if groups.is_empty() && !has_errors {
        issues.error(KEY, format!("none is left to speak, {EXPECTED}"));
    }
    groups
}
