#!/bin/sh
# `make compose-test`: brings the stack up without a registry, sends with real SDKs, kills each collector under load,
# and asserts that every item arrived. Builds static binaries (PROFILE=release for small ones) and their images first;
# BINARIES=dir takes finished static binaries of the images' names from there.
set -eu
cd "$(dirname "$0")/../.."
say() { echo "compose-test: $1" >&2; exit 1; }
docker info >/dev/null 2>&1 || say "no Docker engine answers on this machine; start one first (dockerd, as root)"
docker compose version >/dev/null 2>&1 || docker-compose version >/dev/null 2>&1 ||
    say "neither docker compose nor docker-compose is installed"

collectors="node-collector traces-collector metrics-collector logs-collector"
tools="telemetry-load telemetry-sink"
if [ -z "${BINARIES:-}" ]; then
    BINARIES=target/images
    # Word splitting is meant: each word is a binary.
    # shellcheck disable=SC2086
    deploy/docker/static.sh "${PROFILE:-dev}" "$BINARIES" $collectors $tools
fi
for name in $collectors; do
    deploy/docker/image.sh "$name" "$BINARIES/$name" "deploy/docker/config/$name.yaml"
done
for name in $tools; do
    deploy/docker/image.sh "$name" "$BINARIES/$name"
done
cargo test --package tests --test it -- --ignored --nocapture --test-threads=1 deploy::compose::stack
