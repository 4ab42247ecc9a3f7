//! Asks the token server.

use std::{
    path::Path,
    sync::atomic::{AtomicU8, Ordering},
    time::{Duration, SystemTime},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderValue;

use super::{
    answer::{Refusal, Token, read},
    assertion,
    settings::{CLIENT_CREDENTIALS, JWT_BEARER, OAuth2ClientConfig},
};
use crate::{
    extensions::watched,
    net::form_client::{FormClient, encode},
    settings::Secret,
};

/// How long a fetch may take unless the settings say otherwise.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// Where the client's name and secret go, once a server has taken them there.
const UNKNOWN: u8 = 0;
const IN_HEADER: u8 = 1;
const IN_FORM: u8 = 2;

type Form = Vec<(String, String)>;

/// Fetches tokens with these settings.
pub(super) struct Fetcher {
    config: OAuth2ClientConfig,
    client: FormClient,
    style: AtomicU8,
}

impl Fetcher {
    pub(super) fn new(config: OAuth2ClientConfig, user_agent: &str) -> Result<Self, String> {
        let timeout = match config.timeout.get() {
            Duration::ZERO => DEFAULT_TIMEOUT,
            timeout => timeout,
        };
        let client = FormClient::new(&config.token_url, config.tls.clone(), timeout, user_agent)
            .map_err(|error| format!("token_url: {error}"))?;
        Ok(Self { config, client, style: AtomicU8::new(UNKNOWN) })
    }

    /// Whether a token could be asked for. A file that is not there yet may come in time.
    ///
    /// # Errors
    /// What will not get better by itself.
    pub(super) async fn check(&self) -> Result<(), String> {
        self.client.check().await?;
        let outcome = self.credentials().await.and_then(|credentials| {
            if !self.config.is_jwt() {
                return Ok(());
            }
            let now = SystemTime::now();
            assertion::sign(&self.config, &credentials.id, &credentials.secret, now).map(drop)
        });
        match outcome {
            Err(error) if self.config.has_files() => {
                tracing::warn!(error, "unable to ask for a token yet");
                Ok(())
            }
            other => other,
        }
    }

    /// Asks for a token.
    ///
    /// # Errors
    /// Why there is none, without secrets.
    pub(super) async fn fetch(&self) -> Result<Token, String> {
        let credentials = self.credentials().await?;
        if self.config.is_jwt() {
            return self.fetch_by_assertion(&credentials).await;
        }
        let style = self.style.load(Ordering::Relaxed);
        if style == IN_FORM {
            return self.ask_with_form(&credentials).await?.map_err(|refusal| refusal.message);
        }
        let refusal = match self.ask_with_header(&credentials).await? {
            Ok(token) => {
                self.style.store(IN_HEADER, Ordering::Relaxed);
                return Ok(token);
            }
            Err(refusal) => refusal,
        };
        if style == IN_HEADER || !refusal.may_be_style {
            return Err(refusal.message);
        }
        let token = self.ask_with_form(&credentials).await?.map_err(|refusal| refusal.message)?;
        self.style.store(IN_FORM, Ordering::Relaxed);
        Ok(token)
    }

    async fn ask_with_header(
        &self,
        credentials: &Credentials,
    ) -> Result<Result<Token, Refusal>, String> {
        let (id, secret) = (encode(&credentials.id), encode(credentials.secret.reveal()));
        let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        let mut basic = HeaderValue::try_from(basic)
            .map_err(|_| "the client's name and secret are no valid header value".to_owned())?;
        basic.set_sensitive(true);
        self.ask(self.form(CLIENT_CREDENTIALS, None), Some(basic), credentials.secret.clone()).await
    }

    async fn ask_with_form(
        &self,
        credentials: &Credentials,
    ) -> Result<Result<Token, Refusal>, String> {
        let mut form = self.form(CLIENT_CREDENTIALS, None);
        form.push(("client_id".to_owned(), credentials.id.clone()));
        form.push(("client_secret".to_owned(), credentials.secret.reveal().to_owned()));
        self.ask(form, None, credentials.secret.clone()).await
    }

    async fn fetch_by_assertion(&self, credentials: &Credentials) -> Result<Token, String> {
        let now = SystemTime::now();
        let assertion = assertion::sign(&self.config, &credentials.id, &credentials.secret, now)?;
        let form = self.form(JWT_BEARER, Some(&assertion));
        self.ask(form, None, Secret::new(assertion)).await?.map_err(|refusal| refusal.message)
    }

    fn form(&self, grant_type: &str, assertion: Option<&str>) -> Form {
        let mut form = Form::new();
        let mut add = |name: &str, value: &str| form.push((name.to_owned(), value.to_owned()));
        if !self.config.endpoint_params.contains_key("grant_type") {
            add("grant_type", grant_type);
        }
        if let Some(assertion) = assertion {
            add("assertion", assertion);
        }
        if !self.config.scopes.is_empty() {
            add("scope", &self.config.scopes.join(" "));
        }
        for (name, values) in &self.config.endpoint_params {
            for value in values.iter() {
                add(name, value.reveal());
            }
        }
        form
    }

    async fn ask(
        &self,
        form: Form,
        authorization: Option<HeaderValue>,
        secret: Secret,
    ) -> Result<Result<Token, Refusal>, String> {
        let answer = self.client.post(&form, authorization).await;
        let answer = answer.map_err(|error| format!("cannot ask the token server: {error}"))?;
        let params = self.config.endpoint_params.values().flat_map(|values| values.iter().cloned());
        // Short ones, such as `true`, are words like any other.
        let params = params.filter(|value| value.reveal().len() >= 8);
        let secrets: Vec<Secret> = params.chain([secret]).collect();
        Ok(read(&answer, &secrets))
    }

    /// Reads the files that there are.
    async fn credentials(&self) -> Result<Credentials, String> {
        let config = self.config.clone();
        let read = tokio::task::spawn_blocking(move || {
            let (secret, file) = if config.is_jwt() {
                (&config.client_certificate_key, &config.client_certificate_key_file)
            } else {
                (&config.client_secret, &config.client_secret_file)
            };
            let id = text(&Secret::new(&config.client_id), &config.client_id_file)?;
            Ok(Credentials { id: id.reveal().to_owned(), secret: text(secret, file)? })
        });
        read.await.map_err(|error| error.to_string())?
    }
}

/// Who we are at the token server.
struct Credentials {
    id: String,
    /// The secret, or the key.
    secret: Secret,
}

fn text(configured: &Secret, file: &str) -> Result<Secret, String> {
    if file.is_empty() {
        return Ok(configured.clone());
    }
    let path = Path::new(file);
    Ok(Secret::new(watched::trimmed(&watched::read(path)?, path)?))
}

#[cfg(test)]
mod tests;
