//! The set that every task lives in, so that whoever stops a component can wait for them.

use std::{future::Future, time::Duration};

use tokio::{task::JoinHandle, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

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
