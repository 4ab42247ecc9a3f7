//! Google Cloud's metadata server.

use http::Method;

use super::Attempt;
use crate::processors::resource_detection::attempt::text;

const ENDPOINT: &str = "http://169.254.169.254";
const FLAVOR: (&str, &str) = ("Metadata-Flavor", "Google");

pub(super) struct Server<'a> {
    attempt: &'a Attempt<'a>,
    base: String,
}

impl<'a> Server<'a> {
    /// Finds the server; one that `GCE_METADATA_HOST` names need not show who it is.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) async fn find(attempt: &'a Attempt<'a>) -> Result<Self, String> {
        if let Some(host) = attempt.text_of("GCE_METADATA_HOST") {
            return Ok(Self { attempt, base: format!("http://{host}") });
        }
        let base = attempt.url(ENDPOINT, "");
        let url = format!("{base}/");
        let answer = attempt.ask(Method::GET, &url, &[FLAVOR]).await?;
        let flavor = answer.headers.get(FLAVOR.0).and_then(|value| value.to_str().ok());
        match flavor {
            Some("Google") => Ok(Self { attempt, base }),
            _ => Err(format!("{url}: the server there is not Google's")),
        }
    }

    /// Gets a text.
    pub(super) async fn get(&self, key: &str) -> Result<String, String> {
        let value = self.defined(key).await?;
        value.ok_or_else(|| format!("the metadata server has no {key}"))
    }

    /// Gets a text that may not be there.
    pub(super) async fn defined(&self, key: &str) -> Result<Option<String>, String> {
        let url = format!("{}/computeMetadata/v1/{key}", self.base);
        let answer = self.attempt.ask(Method::GET, &url, &[FLAVOR]).await?;
        if answer.status == 404 { Ok(None) } else { text(&url, answer).map(Some) }
    }

    /// Gets the last part of a path.
    pub(super) async fn last_of(&self, key: &str) -> Result<String, String> {
        let path = self.get(key).await?;
        Ok(path.rsplit('/').next().unwrap_or_default().to_owned())
    }
}
