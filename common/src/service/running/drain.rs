//! The order in which instances stop.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::stop_one;
use crate::service::{graph::Graph, instance::Key};

/// Stops each instance once all that sends to it has stopped, so that one whose backend is away delays
/// what is behind it and nothing else; says whether all ended in time.
pub(super) async fn stop_in_order(
    graph: &Graph,
    keys: &[Key],
    receivers_by: Instant,
    deadline: Instant,
) -> bool {
    let stopped: BTreeMap<&Key, CancellationToken> =
        keys.iter().map(|key| (key, CancellationToken::new())).collect();
    let stops = stopped.iter().map(|(key, done)| async {
        let feeders = graph.feeders.get(key).into_iter().flatten();
        for feeder in feeders.filter_map(|feeder| stopped.get(feeder)) {
            // At the deadline nobody waits for anybody.
            drop(timeout_at(deadline, feeder.cancelled()).await);
        }
        let is_receiver = matches!(key, Key::Receiver(_));
        let deadline = if is_receiver { receivers_by } else { deadline };
        let in_time = match graph.instances.get(key) {
            Some(instance) => stop_one(key, instance, deadline).await,
            None => true,
        };
        done.cancel();
        in_time
    });
    join_all(stops).await.into_iter().all(|in_time| in_time)
}

/// Stops instances one after the other; says whether all ended in time.
pub(super) async fn stop_one_by_one(
    graph: &Graph,
    keys: impl Iterator<Item = &Key>,
    deadline: Instant,
) -> bool {
    let mut in_time = true;
    for key in keys {
        if let Some(instance) = graph.instances.get(key) {
            in_time &= stop_one(key, instance, deadline).await;
        }
    }
    in_time
}
