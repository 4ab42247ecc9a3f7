//! What `deploy/` ships, as far as it can be held to its word without an engine or a cluster.

mod compose;
mod images;
