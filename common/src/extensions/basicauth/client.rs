//! Sends a name and a password.

use std::{path::PathBuf, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{FutureExt, future::BoxFuture};
use http::{HeaderMap, HeaderValue, header};

use super::{path, settings::ClientSettings};
use crate::{
    component::{StartError, Tasks},
    extensions::watched::{Watched, trimmed},
    net::auth::{AuthorizeError, ClientAuthenticator},
    pipeline::RequestContext,
    settings::Secret,
};

/// The client side of the extension.
pub(super) struct BasicClient {
    header: Arc<Watched<HeaderValue>>,
}

impl std::fmt::Debug for BasicClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BasicClient").finish_non_exhaustive()
    }
}

impl BasicClient {
    pub(super) fn new(settings: &ClientSettings) -> Self {
        let of_name = path(&settings.username_file);
        let of_password = path(&settings.password_file);
        let (name, password) = (Secret::new(&settings.username), settings.password.clone());
        let files = [of_name.clone(), of_password.clone()].into_iter().flatten().collect();
        let header = Watched::new(files, move |texts| {
            let mut texts = texts.iter();
            let name = pick(of_name.as_ref(), &mut texts, &name)?;
            let password = pick(of_password.as_ref(), &mut texts, &password)?;
            if name.contains(':') {
                return Err("the username must not contain a colon, which ends the name".to_owned());
            }
            let encoded = STANDARD.encode(format!("{name}:{password}"));
            let mut value = HeaderValue::try_from(format!("Basic {encoded}"))
                .map_err(|_| "the credentials are no valid header value".to_owned())?;
            value.set_sensitive(true);
            Ok(value)
        });
        Self { header }
    }

    pub(super) async fn start(&self, tasks: &Tasks) -> Result<(), StartError> {
        self.header.load().await?;
        self.header.follow(tasks);
        Ok(())
    }
}

/// What the file says if there is one, otherwise what the settings say.
fn pick<'a>(
    file: Option<&PathBuf>,
    texts: &mut impl Iterator<Item = &'a Secret>,
    configured: &'a Secret,
) -> Result<&'a str, String> {
    match file.and_then(|path| Some((path, texts.next()?))) {
        Some((path, text)) => trimmed(text, path),
        None => Ok(configured.reveal()),
    }
}

impl ClientAuthenticator for BasicClient {
    fn authorize<'a>(
        &'a self,
        _: &'a RequestContext,
        headers: &'a mut HeaderMap,
    ) -> BoxFuture<'a, Result<(), AuthorizeError>> {
        let outcome = match self.header.current() {
            Some(value) => {
                headers.insert(header::AUTHORIZATION, HeaderValue::clone(&value));
                Ok(())
            }
            None => Err(AuthorizeError {
                message: "basicauth has not been started".to_owned(),
                is_retryable: true,
            }),
        };
        std::future::ready(outcome).boxed()
    }

    fn renew(&self) -> BoxFuture<'_, bool> {
        self.header.refresh().boxed()
    }
}
