//! The settings of `oauth2client`.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

use super::assertion::Algorithm;
use crate::{
    net::{http_client::parse_url, tls::validate_client},
    settings::{Duration, Issues, Secret, Settings, TlsClientSettings},
};

/// The grant that stands on a secret.
pub(super) const CLIENT_CREDENTIALS: &str = "client_credentials";
/// The grant that stands on a signed assertion.
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// All keys of `oauth2client`.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct OAuth2ClientConfig {
    /// Our name at the token server.
    pub client_id: String,
    /// A file with that name, instead.
    pub client_id_file: String,
    /// Our secret.
    pub client_secret: Secret,
    /// A file with that secret, instead.
    pub client_secret_file: String,
    /// Where tokens are fetched.
    pub token_url: String,
    /// What the token should allow.
    pub scopes: Vec<String>,
    /// Further fields of the form.
    pub endpoint_params: BTreeMap<String, Values>,
    /// TLS to the token server.
    pub tls: TlsClientSettings,
    /// How long a fetch may take; 0 is one minute.
    pub timeout: Duration,
    /// How long before it expires a token is fetched again.
    pub expiry_buffer: Duration,
    /// `client_credentials` or `urn:ietf:params:oauth:grant-type:jwt-bearer`.
    pub grant_type: String,
    /// The key that signs assertions: RSA, as PEM.
    pub client_certificate_key: Secret,
    /// A file with that key, instead.
    pub client_certificate_key_file: String,
    /// What the server calls the key (`kid`).
    pub client_certificate_key_id: String,
    /// `RS256`, `RS384` or `RS512`.
    pub signature_algorithm: String,
    /// Who issues assertions; our name unless set.
    pub iss: String,
    /// Whom assertions are for; the token URL unless set.
    pub audience: String,
    /// Further claims of assertions.
    pub claims: Map<String, Value>,
}

impl Default for OAuth2ClientConfig {
    fn default() -> Self {
        Self {
            client_id: String::new(),
            client_id_file: String::new(),
            client_secret: Secret::default(),
            client_secret_file: String::new(),
            token_url: String::new(),
            scopes: Vec::new(),
            endpoint_params: BTreeMap::new(),
            tls: TlsClientSettings::default(),
            timeout: Duration::ZERO,
            expiry_buffer: Duration::from_secs(300),
            grant_type: CLIENT_CREDENTIALS.to_owned(),
            client_certificate_key: Secret::default(),
            client_certificate_key_file: String::new(),
            client_certificate_key_id: String::new(),
            signature_algorithm: String::new(),
            iss: String::new(),
            audience: String::new(),
            claims: Map::new(),
        }
    }
}

impl OAuth2ClientConfig {
    /// Whether an assertion stands for the secret.
    pub(super) fn is_jwt(&self) -> bool {
        self.grant_type == JWT_BEARER
    }

    /// Whether something comes from a file.
    pub(super) fn has_files(&self) -> bool {
        let files =
            [&self.client_id_file, &self.client_secret_file, &self.client_certificate_key_file];
        files.iter().any(|file| !file.is_empty())
    }

    fn validate_grant(&self, issues: &mut Issues) {
        match self.grant_type.as_str() {
            "" | CLIENT_CREDENTIALS => {
                if self.client_secret.is_empty() && self.client_secret_file.is_empty() {
                    let message =
                        "no ClientSecret provided in OAuth Client Credentials configuration";
                    issues.error("", message);
                }
                self.warn_of_jwt_keys(issues);
            }
            JWT_BEARER => {
                if self.client_certificate_key.is_empty()
                    && self.client_certificate_key_file.is_empty()
                {
                    let message =
                        "no ClientCertificateKey provided in the OAuth2 exporter configuration";
                    issues.error("", message);
                }
                if let Err(error) = Algorithm::of(&self.signature_algorithm) {
                    issues.error("signature_algorithm", error);
                }
            }
            other => issues.error(
                "grant_type",
                format!(
                    "unknown grant type {other:?}, expected {CLIENT_CREDENTIALS} or {JWT_BEARER}"
                ),
            ),
        }
    }

    fn warn_of_jwt_keys(&self, issues: &mut Issues) {
        let is_set = |text: &str| !text.is_empty();
        for (key, is_set) in [
            ("client_certificate_key", is_set(self.client_certificate_key.reveal())),
            ("client_certificate_key_file", is_set(&self.client_certificate_key_file)),
            ("client_certificate_key_id", is_set(&self.client_certificate_key_id)),
            ("signature_algorithm", is_set(&self.signature_algorithm)),
            ("iss", is_set(&self.iss)),
            ("audience", is_set(&self.audience)),
            ("claims", !self.claims.is_empty()),
        ] {
            if is_set {
                issues.warn(key, format!("has no effect without `grant_type: {JWT_BEARER}`"));
            }
        }
    }
}

impl Settings for OAuth2ClientConfig {
    fn validate(&self, issues: &mut Issues) {
        if self.client_id.is_empty() && self.client_id_file.is_empty() {
            issues.error("", "no ClientID provided in the OAuth2 exporter configuration");
        }
        self.validate_grant(issues);
        if self.token_url.is_empty() {
            issues.error("", "no TokenURL provided in OAuth Client Credentials configuration");
        } else if let Err(error) = parse_url(&self.token_url) {
            issues.error("token_url", error);
        }
        if self.endpoint_params.contains_key("scope") && !self.scopes.is_empty() {
            issues.error("endpoint_params::scope", "cannot overwrite scopes; use one of the two");
        }
        for (key, value) in [("timeout", self.timeout), ("expiry_buffer", self.expiry_buffer)] {
            if value.is_negative() {
                issues.error(key, format!("must not be negative, got {value}"));
            }
        }
        validate_client(&self.tls, "tls", issues);
    }
}

/// One value or several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values(Vec<Secret>);

impl Values {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Secret> {
        self.0.iter()
    }
}

impl Serialize for Values {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [only] => only.serialize(serializer),
            several => several.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Values {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValuesVisitor)
    }
}

struct ValuesVisitor;

impl ValuesVisitor {
    fn one(value: impl fmt::Display) -> Values {
        Values(vec![Secret::new(value.to_string())])
    }
}

impl<'de> Visitor<'de> for ValuesVisitor {
    type Value = Values;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value or a list of values")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Values, E> {
        Ok(Self::one(""))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Values, E> {
        Ok(Self::one(text))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Values, E> {
        Ok(Self::one(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Values, E> {
        Ok(Self::one(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Values, E> {
        Ok(Self::one(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Values, E> {
        Ok(Self::one(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Values, A::Error> {
        let mut values = Vec::new();
        while let Some(Values(inner)) = list.next_element()? {
            values.extend(inner);
        }
        Ok(Values(values))
    }
}
