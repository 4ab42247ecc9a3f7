//! The open sockets of a process, so that a component that replaces another takes its ports over.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use parking_lot::Mutex;

use crate::net::listener::{ListenError, Listener, Socket, Transport};

/// Remembers who listens where, as long as they do. Cloning shares the memory.
///
/// Two components that ask for the same address get the system's error; the same component asking
/// again, as its replacement does on a reload, gets the sockets that are open. Until the old one
/// stops, both accept, so no connection is refused in between.
#[derive(Clone, Debug, Default)]
pub struct Listeners(Arc<Mutex<HashMap<String, Vec<Weak<Socket>>>>>);

impl Listeners {
    /// An opener of sockets for one component; `role` tells its listeners apart.
    #[must_use]
    pub fn opener(&self, owner: String, default_host: Arc<str>) -> Opener {
        Opener { listeners: self.clone(), owner, default_host }
    }
}

/// Opens the sockets of one listener of a component.
#[derive(Clone, Debug)]
pub struct Opener {
    listeners: Listeners,
    owner: String,
    default_host: Arc<str>,
}

impl Opener {
    /// An opener that shares with nobody, for tests.
    #[must_use]
    pub fn alone(default_host: &str) -> Self {
        Listeners::default().opener(String::new(), default_host.into())
    }

    /// Opens the sockets of an endpoint, or takes them over from the component that this one replaces.
    ///
    /// # Errors
    /// [`ListenError`] if the endpoint is wrong or taken by another.
    pub async fn open(
        &self,
        endpoint: &str,
        transport: Transport,
    ) -> Result<Listener, ListenError> {
        // Port 0 asks for a port of its own each time.
        if endpoint.ends_with(":0") {
            return Listener::bind(endpoint, transport, &self.default_host).await;
        }
        let key = format!("{} {transport:?} {endpoint}", self.owner);
        if let Some(sockets) = self.shared(&key) {
            return Ok(Listener { sockets, tls: None });
        }
        let listener = Listener::bind(endpoint, transport, &self.default_host).await?;
        let mut table = self.listeners.0.lock();
        table.retain(|_, sockets| sockets.iter().any(|socket| socket.strong_count() > 0));
        table.insert(key, listener.sockets.iter().map(Arc::downgrade).collect());
        Ok(listener)
    }

    /// The sockets that are still open under a key, if all are.
    fn shared(&self, key: &str) -> Option<Vec<Arc<Socket>>> {
        let table = self.listeners.0.lock();
        table.get(key)?.iter().map(Weak::upgrade).collect()
    }
}
