//! Fetches tokens from an OAuth2 server and sends them with requests.
//!
//! No request waits for a token that is only about to expire: it is fetched again in the background, and if
//! that fails, the old one is used as long as it is valid.
//!
//! ```yaml
//! oauth2client:
//!   client_id: agent
//!   client_secret_file: /var/run/secrets/otelcol/client_secret
//!   token_url: https://auth.example.com/oauth2/token
//!   scopes: [telemetry.write]
//!   endpoint_params:
//!     audience: https://backend.example.com
//!   timeout: 10s
//!   expiry_buffer: 5m
//! ```
//!
//! The first request fetches the token, and those that come meanwhile wait for the same answer. The next one is
//! fetched `expiry_buffer` before the token expires, but not before half of its life is over. While the server
//! cannot be reached or refuses, it is asked again after 1 s, then less and less often up to every 30 s, and
//! what has no valid token fails at once, to be tried again. A backend that answers 401 has the token thrown
//! away, at most every 10 s. `timeout: 0` is one minute. All files are read anew with each fetch.
//!
//! The client's name and secret go in the header (`Authorization: Basic`); if the server does not take that,
//! they go in the form from then on. With `grant_type: urn:ietf:params:oauth:grant-type:jwt-bearer` a signed
//! assertion stands for the secret:
//!
//! ```yaml
//! oauth2client/jwt:
//!   client_id: agent
//!   token_url: https://auth.example.com/oauth2/token
//!   grant_type: urn:ietf:params:oauth:grant-type:jwt-bearer
//!   client_certificate_key_file: /var/run/secrets/otelcol/key.pem
//!   client_certificate_key_id: key-1
//!   signature_algorithm: RS256
//! ```
//!
//! Accepts: no telemetry by itself. Holds: nothing. Rejects: nothing by itself.

mod answer;
mod assertion;
mod fetcher;
mod keeper;
mod settings;

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};
use http::{HeaderMap, header};

pub use settings::{OAuth2ClientConfig, Values};

use self::{fetcher::Fetcher, keeper::Keeper};
use crate::{
    component::{BuildError, Context, Extension, Lifecycle, StartError},
    net::{
        auth::{AuthorizeError, ClientAuthenticator},
        client::user_agent,
    },
    pipeline::RequestContext,
};

/// The extension.
pub struct OAuth2Client {
    context: Context,
    fetcher: Arc<Fetcher>,
    keeper: Arc<Keeper>,
}

impl std::fmt::Debug for OAuth2Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OAuth2Client").finish_non_exhaustive()
    }
}

impl Extension for OAuth2Client {
    const NAME: &'static str = "oauth2client";
    const ALIASES: &'static [&'static str] = &["oauth2_client"];
    type Config = OAuth2ClientConfig;

    fn build(config: OAuth2ClientConfig, context: Context) -> Result<Self, BuildError> {
        let buffer = config.expiry_buffer.get();
        let agent = user_agent(&context.host.build_info);
        let fetcher = Fetcher::new(config, &agent).map_err(BuildError::new)?;
        let keeper = Keeper::new(buffer, context.tasks.stopping().clone());
        Ok(Self { context, fetcher: Arc::new(fetcher), keeper: Arc::new(keeper) })
    }

    fn client_authenticator(&self) -> Option<Arc<dyn ClientAuthenticator>> {
        Some(Arc::<Keeper>::clone(&self.keeper))
    }
}

impl Lifecycle for OAuth2Client {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        async {
            self.fetcher.check().await.map_err(StartError::new)?;
            let (keeper, fetcher) = (Arc::clone(&self.keeper), Arc::clone(&self.fetcher));
            self.context.tasks.spawn(async move { keeper.run(|| fetcher.fetch()).await });
            Ok(())
        }
        .boxed()
    }
}

impl ClientAuthenticator for Keeper {
    fn authorize<'a>(
        &'a self,
        _: &'a RequestContext,
        headers: &'a mut HeaderMap,
    ) -> BoxFuture<'a, Result<(), AuthorizeError>> {
        async {
            headers.insert(header::AUTHORIZATION, self.token().await?);
            Ok(())
        }
        .boxed()
    }

    fn renew(&self) -> BoxFuture<'_, bool> {
        self.drop_token();
        // Somebody else may have dropped it, or fetched another, since this request was sent.
        std::future::ready(true).boxed()
    }
}

#[cfg(test)]
mod tests;
