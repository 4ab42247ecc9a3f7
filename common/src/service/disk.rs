//! Whether durable queues can grow as large as they may.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    component::{ComponentId, Registry},
    config::Config,
    delivery::{Sizer, queue_name},
    service::{graph::Graph, instance::Key},
    storage::{Storage, available_bytes},
};

/// The queues that share a directory.
#[derive(Debug, Default, PartialEq, Eq)]
struct Queues {
    /// How messages call them.
    names: Vec<String>,
    /// Where each keeps its data, below the directory.
    stores: Vec<String>,
    bytes: u64,
}

/// Tells of queues in bytes that their file system has no room for.
pub(super) async fn check(config: &Config, registry: &Registry, graph: &Graph) {
    let queues = queues(config, registry, graph);
    if queues.is_empty() {
        return;
    }
    // A file system may be slow to answer.
    let asked = tokio::task::spawn_blocking(move || {
        let queues = queues.iter();
        queues.filter_map(|(directory, queues)| shortage(directory, queues)).collect::<Vec<_>>()
    });
    for message in asked.await.unwrap_or_default() {
        tracing::warn!("{message}");
    }
}

fn queues(config: &Config, registry: &Registry, graph: &Graph) -> BTreeMap<PathBuf, Queues> {
    let mut found: BTreeMap<PathBuf, Queues> = BTreeMap::new();
    for key in graph.instances.keys() {
        let Key::Exporter(id, signal) = key else { continue };
        if let Some((storage, bytes)) = bounds(config, registry, graph, id) {
            let queues = found.entry(storage.directory).or_default();
            queues.names.push(key.to_string());
            queues.stores.push(queue_name(id, *signal));
            queues.bytes = queues.bytes.saturating_add(bytes);
        }
    }
    found
}

/// The storage of an exporter's queue and how many bytes it may hold, if it counts bytes.
fn bounds(
    config: &Config,
    registry: &Registry,
    graph: &Graph,
    id: &ComponentId,
) -> Option<(Storage, u64)> {
    let queue = config.delivery(registry, id)?.sending_queue?;
    let storage = graph.storage(queue.storage.as_ref()?)?;
    let size = u64::try_from(queue.queue_size).ok()?;
    let size = storage.max_bytes.map_or(size, |limit| limit.min(size));
    (queue.queue_sizer() == Sizer::Bytes).then_some((storage, size))
}

fn shortage(directory: &Path, queues: &Queues) -> Option<String> {
    let free = available_bytes(directory)?;
    let held: u64 = queues.stores.iter().map(|store| occupied(&directory.join(store))).sum();
    let room = free.saturating_add(held);
    (queues.bytes > room).then(|| {
        format!(
            "the queue of {} may hold {} bytes, but its file system at {} has room for {room}; once that is \
             full, new data is refused",
            queues.names.join(" and of "),
            queues.bytes,
            directory.display()
        )
    })
}

/// How many bytes the files of a directory have; what lies in directories below is not counted.
fn occupied(directory: &Path) -> u64 {
    let files = fs::read_dir(directory).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum()
}

#[cfg(test)]
mod tests;
