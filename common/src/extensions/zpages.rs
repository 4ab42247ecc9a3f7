//! Shows the running collector in a browser: build, pipelines, extensions.
//!
//! The pages show names and versions only, never settings.
//!
//! ```yaml
//! zpages:
//!   endpoint: localhost:55679
//! ```
//!
//! Accepts: no telemetry. Holds: nothing. Rejects: nothing.

mod pages;

use std::sync::Arc;

use futures_util::{FutureExt, future::BoxFuture};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{
    component::{BuildError, ComponentId, Context, Extension, Lifecycle, StartError},
    extensions::page_server::{self, PageServer},
    net::http_server::{HttpServerSettings, Request},
    settings::{Both, Issues, Settings},
};

/// All keys of `zpages`: those of an HTTP server and its own.
pub type ZpagesConfig = Both<HttpServerSettings, ZpagesOptions>;

/// The keys of `zpages` beside those of an HTTP server.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default)]
pub struct ZpagesOptions {
    /// Where to listen. There is no authentication, so it is this machine only unless a host is named.
    pub endpoint: String,
    /// The page of variables.
    pub expvar: Expvar,
}

impl Default for ZpagesOptions {
    fn default() -> Self {
        Self { endpoint: "localhost:55679".to_owned(), expvar: Expvar::default() }
    }
}

/// `expvar`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Expvar {
    /// Whether `/debug/expvarz` is there.
    pub enabled: bool,
}

impl Settings for ZpagesConfig {
    fn validate(&self, issues: &mut Issues) {
        self.a.validate_at("", issues);
        if self.b.endpoint.is_empty() {
            issues
                .error("endpoint", "\"endpoint\" is required when using the \"zpages\" extension");
        }
    }
}

/// The extension.
#[derive(Debug)]
pub struct Zpages {
    context: Context,
    settings: HttpServerSettings,
    has_expvar: bool,
    server: PageServer,
}

impl Extension for Zpages {
    const NAME: &'static str = "zpages";
    type Config = ZpagesConfig;

    fn needs(config: &ZpagesConfig) -> Vec<ComponentId> {
        page_server::needs(&config.a)
    }

    fn build(config: ZpagesConfig, context: Context) -> Result<Self, BuildError> {
        let ZpagesConfig { a: mut settings, b: options } = config;
        settings.endpoint = options.endpoint;
        let has_expvar = options.expvar.enabled;
        let server = PageServer::build(&settings, &context)?;
        Ok(Self { context, settings, has_expvar, server })
    }
}

impl Lifecycle for Zpages {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        let pages = Arc::new(pages::Pages::new(&self.context, self.has_expvar));
        let handler = move |request: Request| {
            let response = pages.answer(request.path(), request.query());
            async { response }.boxed()
        };
        self.server.start(&self.context, &self.settings, handler).boxed()
    }

    fn stop(&self, deadline: Instant) -> BoxFuture<'_, ()> {
        self.server.stop(deadline).boxed()
    }
}

#[cfg(test)]
mod tests;
