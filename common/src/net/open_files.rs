//! How many files and sockets the process may have open, and how many of them a listener may take.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::pipeline::limits::MemoryFiles;

/// Connections that one listener holds at once, however many files may be open.
const MAX_CONNECTIONS: u64 = 10_000;
/// Of all open files, this part is for one listener: so gRPC, HTTP, health and metrics together leave half
/// of them to exporters and files.
const PART_OF_ONE_LISTENER: u64 = 8;
/// Connections take memory that no request is charged for: 43 to 57 KB each, measured without a call, and
/// what was read ahead of a large request. One listener may come to hold an eighth of a container's memory
/// with them: 170 uploads took a container of 64 MiB to 63, 128 to 59.
const BYTES_OF_CONTAINER: u64 = 8 * (64 << 10);
/// Even a process that may open next to nothing has to talk to some.
const MIN_CONNECTIONS: u64 = 16;

/// Raises the process's limit of open files as far as the system allows without privileges, and tells it
/// if listeners have to do with less than usual.
///
/// The soft limit is 1024 on most systems, for the sake of programs that use `select`.
pub fn raise_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if limit.current != limit.maximum
        && let Err(error) = setrlimit(Resource::Nofile, raised)
    {
        tracing::warn!(%error, limit = limit.current, "cannot raise the limit of open files");
    }
    let connections = max_connections();
    if (connections as u64) < MAX_CONNECTIONS {
        tracing::info!(
            open_files = getrlimit(Resource::Nofile).current,
            connections,
            container_memory = MemoryFiles::default().container_limit(),
            "the limit of open files is low, or that of memory, so each listener takes fewer \
             connections at once"
        );
    }
}

/// Connections that one listener may hold at once.
pub(super) fn max_connections() -> usize {
    let container = MemoryFiles::default().container_limit();
    connections_for(getrlimit(Resource::Nofile).current, container)
}

fn connections_for(open_files: Option<u64>, container_bytes: Option<u64>) -> usize {
    let by_files = open_files.unwrap_or(u64::MAX) / PART_OF_ONE_LISTENER;
    let by_memory = container_bytes.unwrap_or(u64::MAX) / BYTES_OF_CONTAINER;
    let part = by_files.min(by_memory);
    usize::try_from(part.clamp(MIN_CONNECTIONS, MAX_CONNECTIONS)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
