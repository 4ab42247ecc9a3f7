#!/bin/sh
# Hot paths in nanoseconds per item, then collectors side by side; takes the arguments of the latter.
set -eu
cd "$(dirname "$0")/../.."
cargo build --release --package combined-collector
cargo bench --package tests --bench hot_paths
cargo bench --package tests --bench throughput -- "$@"
