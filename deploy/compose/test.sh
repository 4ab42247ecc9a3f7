#!/bin/sh
# `make compose-test`: brings the stack up without a registry, sends with real SDKs, kills each collector under load,
# and asserts that every item arrived. Makes the images first, of the dev profile unless PROFILE or BINARIES are given
# (deploy/docker/build.sh).
set -eu
cd "$(dirname "$0")/../.."
say() { echo "compose-test: $1" >&2; exit 1; }
docker info >/dev/null 2>&1 || say "no Docker engine answers on this machine; start one first (dockerd, as root)"
docker compose version >/dev/null 2>&1 || docker-compose version >/dev/null 2>&1 ||
    say "neither docker compose nor docker-compose is installed"

PROFILE=${PROFILE:-dev} deploy/docker/build.sh node-collector traces-collector metrics-collector logs-collector \
    telemetry-load telemetry-sink
cargo test --package tests --test it -- --ignored --nocapture --test-threads=1 deploy::compose::stack
