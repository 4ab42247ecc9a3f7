//! Signed assertions that stand for a secret (RFC 7523).

use std::time::{Duration, SystemTime};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RsaEncoding, RsaKeyPair},
};
use serde_json::{Map, Value, json};

use super::settings::OAuth2ClientConfig;
use crate::settings::Secret;

/// How long the server may take its time.
const LIFE: Duration = Duration::from_secs(30 * 60);

/// How an assertion is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
}

impl Algorithm {
    /// The algorithm of this name.
    pub(super) fn of(name: &str) -> Result<Self, String> {
        match name {
            "" | "RS256" => Ok(Self::Rs256),
            "RS384" => Ok(Self::Rs384),
            "RS512" => Ok(Self::Rs512),
            other => Err(format!(
                "invalid signature algorithm {other:?}, expected one of RS256, RS384, RS512"
            )),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
        }
    }

    fn encoding(self) -> &'static dyn RsaEncoding {
        match self {
            Self::Rs256 => &RSA_PKCS1_SHA256,
            Self::Rs384 => &RSA_PKCS1_SHA384,
            Self::Rs512 => &RSA_PKCS1_SHA512,
        }
    }
}

/// A signed assertion that we are this client.
pub(super) fn sign(
    config: &OAuth2ClientConfig,
    client_id: &str,
    pem: &Secret,
    now: SystemTime,
) -> Result<String, String> {
    let algorithm = Algorithm::of(&config.signature_algorithm)?;
    let mut header = json!({"alg": algorithm.name(), "typ": "JWT"});
    if let Some(header) =
        header.as_object_mut().filter(|_| !config.client_certificate_key_id.is_empty())
    {
        header.insert("kid".to_owned(), config.client_certificate_key_id.clone().into());
    }
    let encode = |value: &str| URL_SAFE_NO_PAD.encode(value);
    let claims = Value::Object(claims(config, client_id, now));
    let message = format!("{}.{}", encode(&header.to_string()), encode(&claims.to_string()));
    let key = read_key(pem.reveal())?;
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(algorithm.encoding(), &SystemRandom::new(), message.as_bytes(), &mut signature)
        .map_err(|_| "the assertion cannot be signed with client_certificate_key".to_owned())?;
    Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn claims(config: &OAuth2ClientConfig, client_id: &str, now: SystemTime) -> Map<String, Value> {
    let or = |text: &str, other: &str| if text.is_empty() { other } else { text }.to_owned();
    let seconds = |time: SystemTime| {
        time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
    };
    let mut claims = Map::new();
    let mut claim = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    claim("iss", or(&config.iss, client_id).into());
    claim("sub", client_id.into());
    claim("jti", uuid::Uuid::new_v4().to_string().into());
    claim("aud", or(&config.audience, &config.token_url).into());
    claim("iat", seconds(now).into());
    claim("exp", seconds(now + LIFE).into());
    if !config.scopes.is_empty() {
        claim("scope", config.scopes.join(" ").into());
    }
    claims.extend(config.claims.clone());
    claims
}

/// An RSA key in PKCS #8 or PKCS #1.
fn read_key(pem: &str) -> Result<RsaKeyPair, String> {
    let blocks = [("PRIVATE KEY", true), ("RSA PRIVATE KEY", false)];
    for (label, is_pkcs8) in blocks {
        let Some(der) = block(pem, label) else {
            continue;
        };
        let key = if is_pkcs8 { RsaKeyPair::from_pkcs8(&der) } else { RsaKeyPair::from_der(&der) };
        return key.map_err(|error| {
            format!("client_certificate_key is no RSA key of 2048 to 4096 bits: {error}")
        });
    }
    Err("client_certificate_key has no PEM block PRIVATE KEY or RSA PRIVATE KEY".to_owned())
}

fn block(pem: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
    let (text, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(text).ok()
}

#[cfg(test)]
mod tests;
