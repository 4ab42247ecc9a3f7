//! The set that every task lives in, so that whoever stops a component can wait for them.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::{task::JoinHandle, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{Instrument as _, Span};

use crate::pipeline::Fatal;

/// The tasks of one component, which its `stop` waits for.
#[derive(Clone, Debug)]
pub struct Tasks {
    tracker: TaskTracker,
    stopping: CancellationToken,
    span: Span,
    watch: Option<(Arc<str>, Fatal)>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self {
            tracker: TaskTracker::new(),
            stopping: CancellationToken::new(),
            span: Span::none(),
            watch: None,
        }
    }
}

impl Tasks {
    /// The tasks of a component: they log in its span, and a panic in one of them is reported, because
    /// whatever the task did is done by nobody from then on.
    #[must_use]
    pub fn of(owner: impl Into<Arc<str>>, span: Span, fatal: Fatal) -> Self {
        Self { span, watch: Some((owner.into(), fatal)), ..Self::default() }
    }

    /// Starts a task that ends by itself, at the latest when [`Tasks::stopping`] says so.
    pub fn spawn<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let watched = Watched(self.watch.clone());
        let watching = async move {
            let _watched = watched;
            task.await
        };
        self.tracker.spawn(watching.instrument(self.span.clone()))
    }

    /// The span of the component, for what it does outside its tasks.
    #[must_use]
    pub const fn span(&self) -> &Span {
        &self.span
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

/// Lives as long as a task and sees it panic.
struct Watched(Option<(Arc<str>, Fatal)>);

impl Drop for Watched {
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some((owner, fatal)) = &self.0
        {
            fatal.report(format!("a task of {owner} panicked"));
        }
    }
}

#[cfg(test)]
mod tests;
