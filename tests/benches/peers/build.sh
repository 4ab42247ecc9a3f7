#!/bin/sh
# Puts the peers of `make bench-peers` into target/peers, by the package clients of Go and of Python.
# What is there already stays; remove target/peers to build it anew.
set -eu
cd "$(dirname "$0")/../../.."
mkdir -p target/peers

if [ ! -x target/peers/go/otelcol-peer ]; then
    go run go.opentelemetry.io/collector/cmd/builder@v0.159.0 --config tests/benches/peers/go.yaml
fi

# Published for Python only; the wheel holds the collector itself.
if [ ! -x target/peers/rotel/bin/rotel ]; then
    python3 -m venv target/peers/rotel
    target/peers/rotel/bin/pip install --quiet rotel==0.0.1a15
    agent=$(find "$PWD/target/peers/rotel/lib" -name rotel-agent)
    chmod +x "$agent"
    ln -s "$agent" target/peers/rotel/bin/rotel
fi
