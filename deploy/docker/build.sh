#!/bin/sh
# Static binaries and an image of each: `build.sh [NAME...]`, by default the four collectors. PROFILE=dev takes the
# quick profile; BINARIES=dir takes finished static binaries of the images' names from there and builds none.
set -eu
cd "$(dirname "$0")/../.."
[ $# -gt 0 ] || set -- traces-collector metrics-collector logs-collector node-collector
docker info >/dev/null 2>&1 || { echo "build.sh: no Docker engine answers; start one first" >&2; exit 1; }

if [ -z "${BINARIES:-}" ]; then
    BINARIES=target/images
    deploy/docker/static.sh "${PROFILE:-release}" "$BINARIES" "$@"
fi
for name in "$@"; do
    config=deploy/docker/config/$name.yaml
    # The tools for tests have none.
    [ -f "$config" ] || config=
    deploy/docker/image.sh "$name" "$BINARIES/$name" "$config"
done
