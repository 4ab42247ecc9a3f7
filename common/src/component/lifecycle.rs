//! Starting and stopping.

use std::{future::Future, time::Duration};

use futures_util::future::BoxFuture;
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

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

/// The tasks of one component, which its `stop` waits for.
#[derive(Clone, Debug, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
}

impl Tasks {
    /// Starts a task that ends by itself, at the latest when [`Tasks::stopping`] says so.
    pub fn spawn<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tracker.spawn(task)
    }

    /// Is cancelled when the component stops.
    #[must_use]
    pub const fn stopping(&self) -> &CancellationToken {
        &self.stopping
    }

    /// Whether [`Tasks::stop`] was called.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_cancelled()
    }

    /// Tells all tasks to end and waits for them; says whether all ended in time.
    pub async fn stop(&self, deadline: Instant) -> bool {
        self.stopping.cancel();
        self.tracker.close();
        tokio::time::timeout_at(deadline, self.tracker.wait()).await.is_ok()
    }

    /// Sleeps, but no longer than until the component stops; says whether the whole time passed.
    pub async fn sleep(&self, duration: Duration) -> bool {
        tokio::select! {
            () = self.stopping.cancelled() => false,
            () = tokio::time::sleep(duration) => true,
        }
    }
}
