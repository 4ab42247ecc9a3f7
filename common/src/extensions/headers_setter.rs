//! Sets headers of requests, from the settings, from files, or from the request that the telemetry came with.
//!
//! `from_context` needs `include_metadata: true` at the receiver, and the key in `metadata_keys` of a batch on
//! the way; `from_attribute` needs an authenticator at the receiver.
//!
//! ```yaml
//! headers_setter:
//!   headers:
//!     - action: insert
//!       key: X-Scope-OrgID
//!       from_context: tenant_id
//!       default_value: anonymous
//!     - action: upsert
//!       key: X-User
//!       from_attribute: username
//!     - action: delete
//!       key: X-Internal
//! ```
//!
//! | `action` | what happens |
//! |---|---|
//! | `insert` | sets the header unless it is there |
//! | `update` | sets the header if it is there |
//! | `upsert` | sets the header in any case |
//! | `delete` | takes the header away |
//!
//! `value_file` is read again when it changes. A request without the value, and no `default_value`, sets an
//! empty header; more than one value is an error, which is not tried again. `additional_auth` names an
//! authenticator that adds its headers before these.
//!
//! Accepts: no telemetry by itself. Holds: nothing. Rejects: nothing by itself.

mod settings;

use std::{path::Path, sync::Arc};

use futures_util::{FutureExt, future::BoxFuture};
use http::{HeaderMap, HeaderName, HeaderValue};

pub use settings::{HeaderSettings, HeadersSetterConfig};

use self::settings::Action;
use crate::{
    component::{BuildError, ComponentId, Context, Extension, Lifecycle, StartError},
    extensions::watched::{Watched, trimmed},
    net::auth::{AuthSettings, AuthorizeError, ClientAuthenticator},
    pipeline::RequestContext,
};

/// The extension.
#[derive(Debug)]
pub struct HeadersSetter {
    context: Context,
    setter: Arc<Setter>,
}

impl Extension for HeadersSetter {
    const NAME: &'static str = "headers_setter";
    type Config = HeadersSetterConfig;

    fn needs(config: &HeadersSetterConfig) -> Vec<ComponentId> {
        config.additional_auth.iter().cloned().collect()
    }

    fn build(config: HeadersSetterConfig, context: Context) -> Result<Self, BuildError> {
        let first = config.additional_auth.as_ref().map(|id| {
            let section = AuthSettings { authenticator: id.to_string() };
            context.extensions.client_authenticator(&section)
        });
        let first = first.transpose().map_err(|error| {
            BuildError::with_source("additional_auth names no client authenticator", error)
        })?;
        let rules = config.headers.iter().map(Rule::new).collect::<Result<Vec<_>, _>>();
        let rules = rules.map_err(BuildError::new)?;
        let names: Vec<_> =
            config.headers.iter().filter_map(|header| header.value_file.clone()).collect();
        let files = names.iter().map(Into::into).collect();
        let of_files = Watched::new(files, move |texts| {
            let values = texts.iter().zip(&names);
            values.map(|(text, name)| header_value(trimmed(text, Path::new(name))?)).collect()
        });
        Ok(Self { context, setter: Arc::new(Setter { first, rules, of_files }) })
    }

    fn client_authenticator(&self) -> Option<Arc<dyn ClientAuthenticator>> {
        Some(Arc::<Setter>::clone(&self.setter))
    }
}

impl Lifecycle for HeadersSetter {
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        async {
            self.setter.of_files.load().await?;
            self.setter.of_files.follow(&self.context.tasks);
            Ok(())
        }
        .boxed()
    }
}

/// Sets the headers.
struct Setter {
    first: Option<Arc<dyn ClientAuthenticator>>,
    rules: Vec<Rule>,
    /// The values of all `value_file`, in their order.
    of_files: Arc<Watched<Vec<HeaderValue>>>,
}

impl std::fmt::Debug for Setter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.rules.iter().map(|rule| rule.name.as_str()).collect();
        f.debug_struct("Setter").field("headers", &names).finish_non_exhaustive()
    }
}

struct Rule {
    name: HeaderName,
    action: Action,
    source: Source,
}

enum Source {
    Value(HeaderValue),
    /// The next of the files.
    File,
    Context {
        key: String,
        default: String,
    },
    Attribute {
        name: String,
        default: String,
    },
}

impl Rule {
    fn new(settings: &HeaderSettings) -> Result<Self, String> {
        let key = &settings.key;
        let name = HeaderName::try_from(key)
            .map_err(|_| format!("key {key:?} is no valid header name"))?;
        let default = settings.default_value.as_ref().map_or("", |value| value.reveal()).to_owned();
        let source = if let Some(value) = &settings.value {
            Source::Value(header_value(value.reveal())?)
        } else if settings.value_file.is_some() {
            Source::File
        } else if let Some(key) = &settings.from_context {
            Source::Context { key: key.to_ascii_lowercase(), default }
        } else {
            let name = settings.from_attribute.clone().unwrap_or_default();
            Source::Attribute { name, default }
        };
        let action = settings.action().unwrap_or(Action::Upsert);
        Ok(Self { name, action, source })
    }

    fn apply(
        &self,
        context: &RequestContext,
        files: &mut impl Iterator<Item = HeaderValue>,
        headers: &mut HeaderMap,
    ) -> Result<(), String> {
        // In any case, so that the next file goes with the next rule.
        let value = self.source.value(context, files);
        let is_there = headers.contains_key(&self.name);
        match self.action {
            Action::Delete => {
                headers.remove(&self.name);
            }
            Action::Insert if is_there => {}
            Action::Update if !is_there => {}
            Action::Insert | Action::Update | Action::Upsert => {
                let value = value.map_err(|error| format!("header {}: {error}", self.name))?;
                headers.insert(self.name.clone(), value);
            }
        }
        Ok(())
    }
}

impl Source {
    fn value(
        &self,
        context: &RequestContext,
        files: &mut impl Iterator<Item = HeaderValue>,
    ) -> Result<HeaderValue, String> {
        match self {
            Self::Value(value) => Ok(value.clone()),
            Self::File => files.next().ok_or_else(|| "its file has not been read".to_owned()),
            Self::Context { key, default } => {
                let mut values = context.metadata(key);
                let value = values.next().unwrap_or(default);
                let more = values.count();
                if more > 0 {
                    return Err(format!(
                        "{} source keys found in the context, can't determine which one to use",
                        more + 1
                    ));
                }
                header_value(value)
            }
            Self::Attribute { name, default } => {
                header_value(context.identity().get(name).unwrap_or(default))
            }
        }
    }
}

fn header_value(text: &str) -> Result<HeaderValue, String> {
    let mut value =
        HeaderValue::try_from(text).map_err(|_| "the value is no valid header value".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

impl Setter {
    fn set(&self, context: &RequestContext, headers: &mut HeaderMap) -> Result<(), AuthorizeError> {
        let files = self.of_files.current().unwrap_or_default();
        let mut files = files.iter().cloned();
        for rule in &self.rules {
            rule.apply(context, &mut files, headers).map_err(|error| AuthorizeError {
                message: format!("failed to determine the source: {error}"),
                is_retryable: false,
            })?;
        }
        Ok(())
    }
}

impl ClientAuthenticator for Setter {
    fn authorize<'a>(
        &'a self,
        context: &'a RequestContext,
        headers: &'a mut HeaderMap,
    ) -> BoxFuture<'a, Result<(), AuthorizeError>> {
        async move {
            if let Some(first) = &self.first {
                first.authorize(context, headers).await?;
            }
            self.set(context, headers)
        }
        .boxed()
    }

    fn needs_tls(&self) -> bool {
        self.first.as_ref().is_some_and(|first| first.needs_tls())
    }

    fn renew(&self) -> BoxFuture<'_, bool> {
        async {
            let is_first_new = match &self.first {
                Some(first) => first.renew().await,
                None => false,
            };
            self.of_files.refresh().await || is_first_new
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests;
