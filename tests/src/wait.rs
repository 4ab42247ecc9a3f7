//! Waiting for something to become true, without sleeping for a fixed time.

use std::{future::Future, time::Duration};

use tokio::time::Instant;

/// How long a test waits for something that happens within milliseconds on an idle machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

const STEP: Duration = Duration::from_millis(10);

/// Asks again and again until there is an answer, and fails with `what` after [`PATIENCE`].
pub async fn until<T, F>(what: &str, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain for {what}");
        tokio::time::sleep(STEP).await;
    }
}

/// The same for a claim that needs no waiting to be checked.
pub async fn until_true(what: &str, mut is_true: impl FnMut() -> bool) {
    until(what, || std::future::ready(is_true().then_some(()))).await;
}
