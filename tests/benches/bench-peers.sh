#!/bin/sh
# All collectors side by side; figures go to target/bench. Takes the same arguments as bench.sh.
set -eu
cd "$(dirname "$0")/../.."
tests/benches/peers/build.sh
cargo build --release --package combined-collector
cargo bench --package tests --bench throughput -- \
    --peer "go=$PWD/target/peers/go/otelcol-peer" --peer "rotel=$PWD/target/peers/rotel/bin/rotel" \
    --out "$PWD/target/bench" "$@"
