//! Starting and stopping.

use futures_util::future::BoxFuture;
use tokio::time::Instant;

/// A component that could not start: a taken port, an unreadable file.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct StartError {
    /// What failed, with the setting and its value.
    pub message: String,
    /// The cause, if another error is behind it.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StartError {
    /// An error that tells the whole story in its message.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source: None }
    }

    /// An error with a cause behind it.
    pub fn with_source(
        message: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { message: message.into(), source: Some(source.into()) }
    }
}

/// What every component instance can do between being built and being dropped.
///
/// `start` is called once and returns when the component serves; `stop` is called at most once, also
/// after a failed start, and returns when all that was accepted is passed on or the deadline is over.
pub trait Lifecycle: Send + Sync {
    /// Opens ports, files and connections. Nothing before this may.
    fn start(&self) -> BoxFuture<'_, Result<(), StartError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Stops accepting, drains into the next stage, closes.
    fn stop(&self, _deadline: Instant) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}
