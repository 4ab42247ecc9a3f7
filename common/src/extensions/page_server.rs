//! The server of an extension that shows pages.

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::{
    component::{Context, StartError},
    net::{
        http_server::{self, Handler, HttpServerSettings},
        server::Server,
    },
};

/// A server that an extension starts once and stops once.
#[derive(Debug, Default)]
pub(super) struct PageServer(Mutex<Option<Server>>);

impl PageServer {
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
        let server = http_server::serve(listener, settings, handler);
        tracing::info!(endpoint = server.addresses().join(", "), "serving");
        *self.0.lock() = Some(server);
        Ok(())
    }

    pub(super) async fn stop(&self, deadline: Instant) {
        let server = self.0.lock().take();
        if let Some(server) = server {
            server.stop(deadline).await;
        }
    }

    #[cfg(test)]
    pub(super) fn address(&self) -> String {
        self.0.lock().as_ref().unwrap().addresses()[0].clone()
    }
}

/// The value of a key in the part of a URL after the `?`, decoded.
pub(super) fn query_value(query: Option<&str>, key: &str) -> Option<String> {
    query?
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(name, value)| (name == key).then(|| percent_decoded(value)))
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

fn percent_decoded(text: &str) -> String {
    let mut rest = text.as_bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let digits = after.get(..2).filter(|_| *first == b'%');
        let coded = digits
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match coded {
            Some(coded) => {
                decoded.push(coded);
                rest = after.get(2..).unwrap_or_default();
            }
            None => decoded.push(if *first == b'+' { b' ' } else { *first }),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
pub(super) mod tests;
