//! The server of an extension that shows pages.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::{
    component::{BuildError, ComponentId, Context, StartError},
    net::{
        auth::ServerAuthenticator,
        http_server::{self, Handler, HttpServerSettings},
        server::Server,
    },
};

/// A server that an extension starts once and stops once.
#[derive(Debug, Default)]
pub(super) struct PageServer {
    authenticator: Option<Arc<dyn ServerAuthenticator>>,
    server: Mutex<Option<Server>>,
}

/// The extensions that a server with these settings asks for.
pub(super) fn needs(settings: &HttpServerSettings) -> Vec<ComponentId> {
    let named = settings.auth.get().and_then(|auth| auth.a.authenticator.parse().ok());
    named.into_iter().collect()
}

impl PageServer {
    pub(super) fn build(
        settings: &HttpServerSettings,
        context: &Context,
    ) -> Result<Self, BuildError> {
        let section = settings.auth.get().map(|auth| &auth.a);
        let authenticator =
            section.map(|section| context.extensions.server_authenticator(section)).transpose()?;
        Ok(Self { authenticator, server: Mutex::default() })
    }

    pub(super) async fn start(
        &self,
        context: &Context,
        settings: &HttpServerSettings,
        handler: impl Handler,
    ) -> Result<(), StartError> {
        let component = format!("{} \"{}\"", context.kind, context.id);
        tracing::info!(component, "Extension is starting...");
        let listener = settings.listen(&context.opener("http")).await.map_err(|error| {
            let message = format!("{} cannot listen on {:?}", context.id, settings.endpoint);
            StartError::with_source(message, error)
        })?;
        let server = http_server::serve(listener, settings, self.authenticator.clone(), handler);
        tracing::info!(endpoint = server.addresses().join(", "), "serving");
        *self.server.lock() = Some(server);
        Ok(())
    }

    pub(super) async fn stop(&self, deadline: Instant) {
        let server = self.server.lock().take();
        if let Some(server) = server {
            server.stop(deadline).await;
        }
    }

    #[cfg(test)]
    pub(super) fn address(&self) -> String {
        self.server.lock().as_ref().unwrap().addresses()[0].clone()
    }
}

/// Text that can stand between tags and in attributes.
pub(super) fn html_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
pub(super) mod tests;
