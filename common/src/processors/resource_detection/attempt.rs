//! What a detector works with: the machine, and how long it has.

use std::{path::PathBuf, sync::Arc, time::Duration};

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;

use super::{detected::Detected, settings::Wanted};
use crate::{
    net::metadata_client::{MetadataAnswer, MetadataClient, Question},
    settings::{
        named_file::{self, FileError},
        without_passwords,
    },
};

/// An endpoint beside us answers at once or never.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(2);
const MAX_FILE_BYTES: u64 = 1 << 20;

/// What came of an attempt.
pub(super) type Outcome = Result<Detected, Failure>;

/// An attempt that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) kind: FailureKind,
}

/// How it failed, which is what metrics tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureKind {
    /// It may succeed later.
    Unavailable,
    /// It ran out of time.
    Timeout,
    /// It will always fail.
    Invalid,
}

impl FailureKind {
    /// The word in metrics.
    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Timeout => "timeout",
            Self::Invalid => "invalid",
        }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self { message, kind: FailureKind::Unavailable }
    }
}

impl Failure {
    /// One that another attempt does not change.
    pub(super) const fn invalid(message: String) -> Self {
        Self { message, kind: FailureKind::Invalid }
    }
}

/// Gives the value of an environment variable.
type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What stays the same from attempt to attempt.
pub(super) struct Machine {
    environment: Environment,
    /// Where paths begin.
    root: PathBuf,
    /// Who is asked instead of all endpoints.
    stand_in: Option<String>,
    /// For what is asked without TLS.
    pub(super) client: MetadataClient,
}

impl Machine {
    /// The one that we run on.
    ///
    /// # Errors
    /// There can be no client.
    pub(super) fn this() -> Result<Self, String> {
        Ok(Self {
            environment: Arc::new(|name| std::env::var(name).ok()),
            root: PathBuf::from("/"),
            stand_in: None,
            client: MetadataClient::plain()?,
        })
    }

    /// One that has these variables, files and endpoint, and nothing else.
    #[cfg(test)]
    pub(super) fn pretended(
        variables: &[(&str, &str)],
        root: &std::path::Path,
        stand_in: Option<String>,
    ) -> Self {
        let variables: std::collections::BTreeMap<String, String> =
            variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Self {
            environment: Arc::new(move |name| variables.get(name).cloned()),
            root: root.to_owned(),
            stand_in,
            client: MetadataClient::plain().unwrap(),
        }
    }
}

/// One attempt of one detector.
pub(super) struct Attempt<'a> {
    pub(super) machine: &'a Machine,
    pub(super) wanted: Wanted<'a>,
    /// Whether a platform that is not there is a failure.
    pub(super) is_required: bool,
    pub(super) deadline: Option<Instant>,
}

impl Attempt<'_> {
    /// The value of an environment variable.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        (self.machine.environment)(name)
    }

    /// The same, if there is a character in it.
    pub(super) fn text_of(&self, name: &str) -> Option<String> {
        self.variable(name).filter(|value| !value.is_empty())
    }

    /// Whether an attribute is put.
    pub(super) fn wants(&self, name: &str) -> bool {
        self.wanted.has(name)
    }

    /// We are not on the detector's platform.
    pub(super) fn missing(&self, why: impl Into<String>) -> Outcome {
        let why = why.into();
        if self.is_required {
            return Err(why.into());
        }
        tracing::debug!(reason = why, "the platform of a detector is not there");
        Ok(Detected::default())
    }

    /// Where a file is.
    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.machine.root.join(path.trim_start_matches('/'))
    }

    /// What is in a file; nothing if there is none.
    pub(super) fn file(&self, path: &str) -> Result<Option<String>, String> {
        match named_file::read(&self.path(path), MAX_FILE_BYTES) {
            Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(FileError::Unreadable(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(FileError::Unreadable(error)) => Err(format!("cannot read {path}: {error}")),
            Err(FileError::NoFile) => Err(format!("{path} is no file")),
            Err(FileError::TooLarge) => Err(format!("{path} has more than the 1 MiB allowed")),
        }
    }

    /// How long a step may take.
    pub(super) fn patience(&self) -> Duration {
        let left = self.deadline.map(|deadline| deadline.duration_since(Instant::now()));
        left.map_or(REQUEST_TIMEOUT, |left| left.min(REQUEST_TIMEOUT))
    }

    /// The address of an endpoint.
    pub(super) fn url(&self, base: &str, path: &str) -> String {
        let base = self.machine.stand_in.as_deref().unwrap_or(base);
        format!("{}{path}", base.trim_end_matches('/'))
    }

    /// Asks an endpoint without TLS.
    pub(super) async fn ask(
        &self,
        method: Method,
        url: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<MetadataAnswer, String> {
        let question = Question { method, url, headers, body: "", timeout: self.patience() };
        self.ask_by(&self.machine.client, &question).await
    }

    /// Asks with a client of one's own.
    pub(super) async fn ask_by(
        &self,
        client: &MetadataClient,
        question: &Question<'_>,
    ) -> Result<MetadataAnswer, String> {
        let url = without_passwords(question.url);
        if question.timeout.is_zero() {
            return Err(format!("{url}: no time is left to ask"));
        }
        client.ask(question).await.map_err(|error| format!("{url}: {error}"))
    }

    /// Gets a text.
    pub(super) async fn text(
        &self,
        url: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<String, String> {
        text(url, self.ask(Method::GET, url, headers).await?)
    }

    /// Gets JSON.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        url: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<T, String> {
        json(url, self.ask(Method::GET, url, headers).await?)
    }
}

/// The text of an answer with status 200.
pub(super) fn text(url: &str, answer: MetadataAnswer) -> Result<String, String> {
    let url = without_passwords(url);
    if answer.status != 200 {
        return Err(format!("{url}: status {}, expected 200", answer.status));
    }
    match String::from_utf8(answer.body.into()) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(_) => Err(format!("{url}: the answer is not UTF-8")),
    }
}

/// The JSON of an answer with status 200. What is null there counts as missing.
pub(super) fn json<T: DeserializeOwned>(url: &str, answer: MetadataAnswer) -> Result<T, String> {
    let text = text(url, answer)?;
    let unreadable =
        |error| format!("{}: the answer cannot be read: {error}", without_passwords(url));
    let mut value: Value = serde_json::from_str(&text).map_err(unreadable)?;
    without_nulls(&mut value);
    T::deserialize(value).map_err(unreadable)
}

fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(without_nulls);
        }
        Value::Array(elements) => elements.iter_mut().for_each(without_nulls),
        _ => {}
    }
}
