//! What serves the process and no pipeline.

use std::{fmt, sync::Arc};

use crate::{
    component::{BuildError, ComponentId, Context, Lifecycle},
    net::auth::{ClientAuthenticator, ServerAuthenticator},
    settings::Settings,
    storage::Storage,
};

/// What an extension can do for other components, which name it in their settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offer {
    /// It keeps data on disk ([`Extension::storage`]).
    Storage,
}

/// A service beside the pipelines: health, profiles, pages, storage, authentication.
pub trait Extension: Lifecycle + Sized + 'static {
    /// The type in configs, snake_case, upstream's word.
    const NAME: &'static str;
    /// Older spellings, accepted with a warning.
    const ALIASES: &'static [&'static str] = &[];
    /// Its settings.
    type Config: Settings;
    /// What it can do for others; for each offer its method returns something.
    const OFFERS: &'static [Offer] = &[];

    /// The extensions that it asks for itself, which are built and started before it.
    fn needs(_config: &Self::Config) -> Vec<ComponentId> {
        Vec::new()
    }

    /// Makes the extension without opening anything.
    ///
    /// # Errors
    /// [`BuildError`] if the settings do not fit together.
    fn build(config: Self::Config, context: Context) -> Result<Self, BuildError>;

    /// The place where others may keep data. It can be used once the extension has started.
    fn storage(&self) -> Option<Storage> {
        None
    }

    /// Who checks the requests of servers that name it, if it is set up for that.
    fn server_authenticator(&self) -> Option<Arc<dyn ServerAuthenticator>> {
        None
    }

    /// Who authorizes the requests of clients that name it, if it is set up for that.
    fn client_authenticator(&self) -> Option<Arc<dyn ClientAuthenticator>> {
        None
    }
}

/// An extension as the service holds it: what it does by itself, and what it offers to others.
#[derive(Clone)]
pub struct BuiltExtension {
    /// Started before all pipelines and stopped after them.
    pub service: Arc<dyn Lifecycle>,
    /// See [`Extension::storage`].
    pub storage: Option<Storage>,
    /// See [`Extension::server_authenticator`].
    pub server_authenticator: Option<Arc<dyn ServerAuthenticator>>,
    /// See [`Extension::client_authenticator`].
    pub client_authenticator: Option<Arc<dyn ClientAuthenticator>>,
}

impl BuiltExtension {
    /// An extension whose type nobody needs to know any more.
    pub fn new(extension: impl Extension) -> Self {
        Self {
            storage: extension.storage(),
            server_authenticator: extension.server_authenticator(),
            client_authenticator: extension.client_authenticator(),
            service: Arc::new(extension),
        }
    }
}

impl fmt::Debug for BuiltExtension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BuiltExtension").finish_non_exhaustive()
    }
}
