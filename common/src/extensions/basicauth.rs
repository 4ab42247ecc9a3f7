//! Checks or sends a name and a password (HTTP Basic authentication).
//!
//! Named by a server it checks requests against `htpasswd`, whose file is read again when it changes; named by
//! a client it sends `client_auth`. One extension does either, never both.
//!
//! ```yaml
//! basicauth/server:
//!   htpasswd:
//!     file: /etc/otelcol/htpasswd
//!     inline: |
//!       agent:$2y$10$9Bw5S1pWkCkO1Rvw7mKdUu0K/tRbaab5cjbmnNVrsiUEDlg4CH3h6
//! basicauth/client:
//!   client_auth:
//!     username: agent
//!     password_file: /var/run/secrets/otelcol/password
//! ```
//!
//! | `htpasswd` line | what it holds |
//! |---|---|
//! | `name:$2y$10$...`, `$2a$`, `$2b$` | bcrypt (`htpasswd -B`), the one to choose; cost 4 to 16 |
//! | `name:$apr1$...`, `$1$` | MD5 in 1000 rounds (`htpasswd -m`) |
//! | `name:{SHA}...`, `name:{SSHA}...` | SHA-1, without and with salt |
//! | `name:anything else` | the password itself |
//!
//! Of two lines with the same name the later one counts, and `inline` stands behind the file. A line that
//! cannot be used is warned about and passed over, also one with an empty password. The identity has the
//! attributes `username` and `raw`, the credentials as they were sent, for `headers_setter`; `raw` is not written to
//! disk, so what comes out of a durable queue does not have it.
//!
//! Names cannot be guessed by how long an answer takes. Slow hashes are computed on half of the cores at most,
//! what was right is remembered for a minute after its last use, as a keyed digest and until the file changes,
//! and who comes while too many wait is refused.
//!
//! Accepts: no telemetry by itself. Holds: nothing. Rejects: as a server's authenticator, requests without a
//! known name and its password, with 401 or `UNAUTHENTICATED`.

mod client;
mod htpasswd;
mod md5_crypt;
mod remembered;
mod server;
mod settings;

use std::{path::PathBuf, sync::Arc};

use futures_util::future::BoxFuture;

pub use settings::{AwsSecretsManagerSettings, BasicAuthConfig, ClientSettings, HtpasswdSettings};

use self::{client::BasicClient, server::BasicServer};
use crate::{
    component::{BuildError, Context, Extension, Lifecycle, StartError},
    net::auth::{ClientAuthenticator, ServerAuthenticator},
};

/// The extension.
#[derive(Debug)]
pub struct BasicAuth {
    context: Context,
    role: Role,
}

#[derive(Clone, Debug)]
enum Role {
    Server(Arc<BasicServer>),
    Client(Arc<BasicClient>),
}

impl Extension for BasicAuth {
    const NAME: &'static str = "basicauth";
    const ALIASES: &'static [&'static str] = &["basic_auth"];
    type Config = BasicAuthConfig;

    fn build(config: BasicAuthConfig, context: Context) -> Result<Self, BuildError> {
        let role = match (config.htpasswd.into_option(), config.client_auth.into_option()) {
            (Some(htpasswd), None) => Role::Server(Arc::new(BasicServer::new(&htpasswd)?)),
            (None, Some(client)) => Role::Client(Arc::new(BasicClient::new(&client))),
            (Some(_), Some(_)) => return Err(BuildError::new(settings::BOTH)),
            (None, None) => return Err(BuildError::new(settings::NONE)),
        };
        Ok(Self { context, role })
    }

    fn server_authenticator(&self) -> Option<Arc<dyn ServerAuthenticator>> {
        match &self.role {
            Role::Server(server) => Some(Arc::<BasicServer>::clone(server)),
            Role::Client(_) => None,
        }
    }

    fn client_authenticator(&self) -> Option<Arc<dyn ClientAuthenticator>> {
        match &self.role {
            Role::Server(_) => None,
            Role::Client(client) => Some(Arc::<BasicClient>::clone(client)),
        }
    }
}

impl Lifecycle for BasicAuth {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        Box::pin(async {
            match &self.role {
                Role::Server(server) => server.start(&self.context.tasks).await,
                Role::Client(client) => client.start(&self.context.tasks).await,
            }
        })
    }
}

/// A path, if one is set.
fn path(text: &str) -> Option<PathBuf> {
    (!text.is_empty()).then(|| text.into())
}

#[cfg(test)]
mod tests;
