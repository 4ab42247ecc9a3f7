//! The settings of `basicauth`.

use serde::{Deserialize, Serialize};

use super::htpasswd::Table;
use crate::settings::{Duration, Issues, NoneByDefault, Secret, Settings};

/// Both roles in one.
pub(super) const BOTH: &str = "only one of `htpasswd` or `client_auth` can be specified";
/// No role, or nothing to fill it with.
pub(super) const NONE: &str = "no credential source provided";

/// All keys of `basicauth`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct BasicAuthConfig {
    /// Whom a server knows.
    pub htpasswd: NoneByDefault<HtpasswdSettings>,
    /// What a client sends.
    pub client_auth: NoneByDefault<ClientSettings>,
}

/// The `htpasswd` section.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct HtpasswdSettings {
    /// A file of lines `name:hash`.
    pub file: String,
    /// Such lines, which stand behind those of the file.
    pub inline: Secret,
}

/// The `client_auth` section.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ClientSettings {
    /// The name.
    pub username: String,
    /// A file with the name, instead.
    pub username_file: String,
    /// The password.
    pub password: Secret,
    /// A file with the password, instead.
    pub password_file: String,
    /// Not available.
    pub aws_secrets_manager: NoneByDefault<AwsSecretsManagerSettings>,
}

/// The `aws_secrets_manager` section, none of which is available.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct AwsSecretsManagerSettings {
    /// Not available.
    pub secret_arn: String,
    /// Not available.
    pub region: String,
    /// Not available.
    pub refresh_interval: Duration,
    /// Not available.
    pub username_key: String,
    /// Not available.
    pub password_key: String,
}

impl Settings for BasicAuthConfig {
    fn validate(&self, issues: &mut Issues) {
        match (self.htpasswd.get(), self.client_auth.get()) {
            (Some(_), Some(_)) => issues.error("", BOTH),
            (None, None) => issues.error("", NONE),
            (Some(htpasswd), None) => {
                issues.within("htpasswd", |issues| htpasswd.validate(issues));
            }
            (None, Some(client)) => {
                issues.within("client_auth", |issues| client.validate(issues));
            }
        }
    }
}

impl HtpasswdSettings {
    fn validate(&self, issues: &mut Issues) {
        let (table, bad_lines) = Table::read(&[self.inline.reveal()]);
        for bad in bad_lines {
            issues.warn("inline", format!("line {} is not used: {}", bad.line, bad.reason));
        }
        if self.file.is_empty() && table.is_empty() {
            issues.error("", NONE);
        }
    }
}

impl ClientSettings {
    fn validate(&self, issues: &mut Issues) {
        if self.aws_secrets_manager.is_on() {
            issues.error(
                "aws_secrets_manager",
                "is not available in this version; use username_file and password_file",
            );
            return;
        }
        let texts = [&self.username, &self.username_file, &self.password_file];
        if texts.iter().all(|text| text.is_empty()) && self.password.is_empty() {
            issues.error("", NONE);
        }
        if self.username_file.is_empty() && self.username.contains(':') {
            issues.error("username", "must not contain a colon, which ends the name");
        }
        for (is_unused, key, file) in [
            (
                !self.username.is_empty() && !self.username_file.is_empty(),
                "username",
                "username_file",
            ),
            (
                !self.password.is_empty() && !self.password_file.is_empty(),
                "password",
                "password_file",
            ),
        ] {
            if is_unused {
                issues.warn(key, format!("is not used, because {file} is set"));
            }
        }
    }
}
