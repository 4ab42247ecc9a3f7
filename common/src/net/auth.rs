//! Who sends a request to us, and how a request of ours shows who sends it.
//!
//! Extensions implement these two; servers and clients ask whichever their `auth` section names.

use std::{borrow::Cow, time::Duration};

use futures_util::{FutureExt, future::BoxFuture};
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::{
    pipeline::{Identity, Reason, Rejected, RequestContext},
    settings::Issues,
};

/// When a client that we had no time for may come back.
const COME_BACK: Duration = Duration::from_secs(1);

/// The `auth` section of servers and clients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuthSettings {
    /// The extension's id.
    pub authenticator: String,
}

impl AuthSettings {
    /// Reports what is wrong; `path` is the section's own.
    pub fn validate(&self, path: &str, issues: &mut Issues) {
        if self.authenticator.is_empty() {
            let message = "must be the id of an authenticator extension, got \"\"";
            issues.error(format!("{path}::authenticator"), message);
        }
    }
}

/// A request from somebody we do not know, or cannot get to know now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Unauthenticated {
    /// What the client is told; never a secret.
    pub message: Cow<'static, str>,
    /// Whether the same request may be taken later.
    pub is_retryable: bool,
}

impl Unauthenticated {
    /// A refusal that tells the client why.
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), is_retryable: false }
    }
}

impl From<Unauthenticated> for Rejected {
    fn from(error: Unauthenticated) -> Self {
        let Unauthenticated { message, is_retryable } = error;
        if is_retryable {
            return Self::new(Reason::Overloaded, message).retry_after(COME_BACK);
        }
        Self::new(Reason::Unauthenticated, message)
    }
}

/// Checks the requests of a server.
pub trait ServerAuthenticator: Send + Sync {
    /// Says who sent a request, by its headers alone: its body has not been read.
    fn authenticate<'a>(
        &'a self,
        headers: &'a HeaderMap,
    ) -> BoxFuture<'a, Result<Identity, Unauthenticated>>;

    /// What a client should send, as `WWW-Authenticate` says it (RFC 9110, section 11.6.1).
    fn challenge(&self) -> HeaderValue;
}

/// A request that cannot be authorized.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct AuthorizeError {
    /// What is wrong; never a secret.
    pub message: String,
    /// Whether it may work later.
    pub is_retryable: bool,
}

impl From<AuthorizeError> for Rejected {
    fn from(error: AuthorizeError) -> Self {
        let reason = if error.is_retryable { Reason::Unavailable } else { Reason::Malformed };
        Self::new(reason, error.message)
    }
}

/// Authorizes the requests of a client.
pub trait ClientAuthenticator: Send + Sync {
    /// Adds to the headers of one request what proves who sends it.
    fn authorize<'a>(
        &'a self,
        context: &'a RequestContext,
        headers: &'a mut HeaderMap,
    ) -> BoxFuture<'a, Result<(), AuthorizeError>>;

    /// Whether it keeps its secrets from gRPC connections without TLS.
    fn needs_tls(&self) -> bool {
        true
    }

    /// Called when the backend did not know us: forgets what it keeps, and says whether the next
    /// request may carry something else.
    fn renew(&self) -> BoxFuture<'_, bool> {
        std::future::ready(false).boxed()
    }
}

impl std::fmt::Debug for dyn ServerAuthenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerAuthenticator")
    }
}

impl std::fmt::Debug for dyn ClientAuthenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientAuthenticator")
    }
}

#[cfg(test)]
mod tests;
