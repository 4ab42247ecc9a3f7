//! The extensions that are there, for components whose settings name one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use parking_lot::Mutex;

use crate::{
    component::{BuildError, BuiltExtension, ComponentId},
    net::auth::{AuthSettings, ClientAuthenticator, ServerAuthenticator},
    storage::Storage,
};

/// What the extensions of a collector offer to one component. Remembers which it asked for, because it
/// has to be built again when one of those is.
#[derive(Clone, Debug, Default)]
pub struct Extensions {
    built: Arc<BTreeMap<ComponentId, BuiltExtension>>,
    asked: Arc<Mutex<BTreeSet<ComponentId>>>,
}

impl Extensions {
    /// These extensions, of which none was asked for.
    #[must_use]
    pub fn new(built: Arc<BTreeMap<ComponentId, BuiltExtension>>) -> Self {
        Self { built, asked: Arc::default() }
    }

    /// The storage that an extension offers.
    ///
    /// # Errors
    /// [`BuildError`] if it is not there or offers none.
    pub fn storage(&self, id: &ComponentId) -> Result<Storage, BuildError> {
        let storage = self.ask(id).and_then(|built| built.storage.clone());
        storage
            .ok_or_else(|| BuildError::new(format!("no storage client extension found: \"{id}\"")))
    }

    /// Who checks the requests of a server with this `auth` section.
    ///
    /// # Errors
    /// [`BuildError`] if the section names no extension that can.
    pub fn server_authenticator(
        &self,
        section: &AuthSettings,
    ) -> Result<Arc<dyn ServerAuthenticator>, BuildError> {
        let built = self.authenticator(section)?;
        built.server_authenticator.clone().ok_or_else(|| unfit(section, "server"))
    }

    /// Who authorizes the requests of a client with this `auth` section.
    ///
    /// # Errors
    /// [`BuildError`] if the section names no extension that can.
    pub fn client_authenticator(
        &self,
        section: &AuthSettings,
    ) -> Result<Arc<dyn ClientAuthenticator>, BuildError> {
        let built = self.authenticator(section)?;
        built.client_authenticator.clone().ok_or_else(|| unfit(section, "client"))
    }

    /// What was asked for so far.
    #[must_use]
    pub fn asked(&self) -> BTreeSet<ComponentId> {
        self.asked.lock().clone()
    }

    fn authenticator(&self, section: &AuthSettings) -> Result<&BuiltExtension, BuildError> {
        let name = &section.authenticator;
        let id: ComponentId = name.parse().map_err(|error| {
            BuildError::new(format!("failed to resolve authenticator {name:?}: {error}"))
        })?;
        self.ask(&id).ok_or_else(|| {
            BuildError::new(format!(
                "failed to resolve authenticator {name:?}: authenticator not found; it must be \
                 configured under extensions and named in service::extensions"
            ))
        })
    }

    fn ask(&self, id: &ComponentId) -> Option<&BuiltExtension> {
        self.asked.lock().insert(id.clone());
        self.built.get(id)
    }
}

fn unfit(section: &AuthSettings, side: &str) -> BuildError {
    BuildError::new(format!(
        "failed to resolve authenticator {:?}: requested authenticator is not a {side} authenticator",
        section.authenticator
    ))
}
