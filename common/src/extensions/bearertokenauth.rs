//! Checks or sends a bearer token.
//!
//! The same extension serves both sides: a server accepts any of the tokens, a client sends the first. The
//! file is read again when it changes; of each of its lines the first word is a token.
//!
//! ```yaml
//! bearertokenauth:
//!   scheme: Bearer
//!   filename: /var/run/secrets/otelcol/token
//! ```
//!
//! A server compares with all tokens and in constant time. As long as the file has no token, a server lets
//! nobody in, and what a client has to send waits.
//!
//! Accepts: no telemetry by itself. Holds: nothing. Rejects: as a server's authenticator, requests without one
//! of the tokens, with 401 or `UNAUTHENTICATED`.

mod settings;

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};
use http::{HeaderMap, HeaderName, HeaderValue};

pub use settings::{BearerTokenAuthConfig, FileRetry};

use crate::{
    component::{BuildError, Context, Extension, Lifecycle, StartError},
    extensions::{
        keyed_digest::{DigestKey, KeyedDigest},
        watched::Watched,
    },
    net::auth::{AuthorizeError, ClientAuthenticator, ServerAuthenticator, Unauthenticated},
    pipeline::{Identity, RequestContext},
    settings::Secret,
};

/// The extension.
#[derive(Debug)]
pub struct BearerTokenAuth {
    context: Context,
    retry: FileRetry,
    bearer: Arc<Bearer>,
}

impl Extension for BearerTokenAuth {
    const NAME: &'static str = "bearertokenauth";
    const ALIASES: &'static [&'static str] = &["bearer_token_auth"];
    type Config = BearerTokenAuthConfig;

    fn build(config: BearerTokenAuthConfig, context: Context) -> Result<Self, BuildError> {
        let bearer = Arc::new(Bearer::new(&config)?);
        Ok(Self { context, retry: config.file_retry, bearer })
    }

    fn server_authenticator(&self) -> Option<Arc<dyn ServerAuthenticator>> {
        Some(Arc::<Bearer>::clone(&self.bearer))
    }

    fn client_authenticator(&self) -> Option<Arc<dyn ClientAuthenticator>> {
        Some(Arc::<Bearer>::clone(&self.bearer))
    }
}

impl Lifecycle for BearerTokenAuth {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        async {
            let tasks = &self.context.tasks;
            let mut retries = if self.retry.enabled { self.retry.max_retries } else { 0 };
            while let Err(error) = self.bearer.tokens.load().await {
                if retries <= 0 || !tasks.sleep(self.retry.retry_interval.get()).await {
                    return Err(error);
                }
                retries -= 1;
                tracing::warn!(%error, retries_left = retries, "unable to read the token, trying again");
            }
            self.bearer.tokens.follow(tasks);
            Ok(())
        }
        .boxed()
    }
}

/// Both sides of the extension.
struct Bearer {
    /// As it is written, for messages.
    header: String,
    name: HeaderName,
    challenge: HeaderValue,
    key: Arc<DigestKey>,
    tokens: Arc<Watched<Tokens>>,
}

impl std::fmt::Debug for Bearer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bearer").field("header", &self.header).finish_non_exhaustive()
    }
}

/// What is accepted and sent, the scheme included.
#[derive(Default)]
struct Tokens {
    accepted: Vec<KeyedDigest>,
    sent: Option<HeaderValue>,
}

impl Bearer {
    fn new(config: &BearerTokenAuthConfig) -> Result<Self, BuildError> {
        let name = HeaderName::try_from(&config.header)
            .map_err(|_| BuildError::new(settings::bad_header(&config.header)))?;
        let challenge = match config.scheme.as_str() {
            "" => HeaderValue::from_static("Bearer"),
            scheme => HeaderValue::try_from(scheme)
                .map_err(|_| BuildError::new("scheme is no valid header value"))?,
        };
        let key = Arc::new(DigestKey::random()?);
        let (own_key, scheme) = (Arc::clone(&key), config.scheme.clone());
        let configured: Vec<Secret> = config
            .tokens
            .iter()
            .chain(Some(&config.token))
            .filter(|token| !token.is_empty())
            .cloned()
            .collect();
        let files = (!config.filename.is_empty()).then(|| config.filename.clone().into());
        let tokens = Watched::new(files.into_iter().collect(), move |texts| match texts.first() {
            Some(text) => Tokens::read(words(text), &scheme, &own_key),
            None => Tokens::read(configured.iter().map(Secret::reveal), &scheme, &own_key),
        });
        Ok(Self { header: config.header.clone(), name, challenge, key, tokens })
    }

    fn check(&self, headers: &HeaderMap) -> Result<Identity, Unauthenticated> {
        let value = headers.get(&self.name).filter(|value| !value.is_empty()).ok_or_else(|| {
            Unauthenticated::new(format!("missing or empty authorization header: {}", self.header))
        })?;
        let digest = self.key.digest(value.as_bytes());
        let tokens = self.tokens.current().unwrap_or_default();
        // All of them, so that the time does not tell which one it was.
        let matches = tokens.accepted.iter().filter(|accepted| **accepted == digest).count();
        if matches == 0 {
            return Err(Unauthenticated::new(
                "provided authorization does not match expected scheme or token",
            ));
        }
        Ok(Identity::default())
    }
}

/// The first word of each line.
fn words(text: &Secret) -> impl Iterator<Item = &str> {
    text.reveal().lines().filter_map(|line| line.split_whitespace().next())
}

impl Tokens {
    fn read<'a>(
        tokens: impl Iterator<Item = &'a str>,
        scheme: &str,
        key: &DigestKey,
    ) -> Result<Self, String> {
        let mut read = Self::default();
        for (index, token) in tokens.enumerate() {
            let text =
                if scheme.is_empty() { token.to_owned() } else { format!("{scheme} {token}") };
            let mut value = HeaderValue::try_from(text)
                .map_err(|_| format!("token {} is no valid header value", index + 1))?;
            value.set_sensitive(true);
            read.accepted.push(key.digest(value.as_bytes()));
            read.sent.get_or_insert(value);
        }
        Ok(read)
    }
}

impl ServerAuthenticator for Bearer {
    fn authenticate<'a>(
        &'a self,
        headers: &'a HeaderMap,
    ) -> BoxFuture<'a, Result<Identity, Unauthenticated>> {
        std::future::ready(self.check(headers)).boxed()
    }

    fn challenge(&self) -> HeaderValue {
        self.challenge.clone()
    }
}

impl ClientAuthenticator for Bearer {
    fn authorize<'a>(
        &'a self,
        _: &'a RequestContext,
        headers: &'a mut HeaderMap,
    ) -> BoxFuture<'a, Result<(), AuthorizeError>> {
        let sent = self.tokens.current().and_then(|tokens| tokens.sent.clone());
        let outcome = match sent {
            Some(value) => {
                headers.insert(self.name.clone(), value);
                Ok(())
            }
            None => Err(AuthorizeError {
                message: "there is no bearer token in the file".to_owned(),
                is_retryable: true,
            }),
        };
        std::future::ready(outcome).boxed()
    }

    fn renew(&self) -> BoxFuture<'_, bool> {
        self.tokens.refresh().boxed()
    }
}

#[cfg(test)]
mod tests;
