#!/bin/sh
# The four collectors as static binaries, and an image of each. PROFILE=dev takes the quick profile; BINARIES=dir
# takes finished static binaries of the images' names from there and builds none.
set -eu
cd "$(dirname "$0")/../.."
images="traces-collector metrics-collector logs-collector node-collector"
docker info >/dev/null 2>&1 || { echo "build.sh: no Docker engine answers; start one first" >&2; exit 1; }

if [ -z "${BINARIES:-}" ]; then
    BINARIES=target/images
    # Word splitting is meant: each word is an image.
    # shellcheck disable=SC2086
    deploy/docker/static.sh "${PROFILE:-release}" "$BINARIES" $images
fi
for name in $images; do
    deploy/docker/image.sh "$name" "$BINARIES/$name" "deploy/docker/config/$name.yaml"
done
