#!/bin/sh
# One image from one finished static binary: `image.sh NAME BINARY [CONFIG]`. Needs a Docker engine and no network.
# VERSION, REVISION, SOURCE and SOURCE_DATE_EPOCH are what the labels say; without them, what git and cargo know.
set -eu
here=$(dirname "$0") name=$1 binary=$2 config=${3:-}
root=$here/../..
version=${VERSION:-$(sed -n '/^\[workspace.package\]/,/^$/s/^version = "\(.*\)"/\1/p' "$root/Cargo.toml")}
revision=${REVISION:-$(git -C "$root" describe --always --dirty --abbrev=40 --exclude='*')}
source=${SOURCE:-$(git -C "$root" config --get remote.origin.url || true)}
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-$(git -C "$root" log -1 --format=%ct)}"
created=$(date --utc --date="@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
"$here/rootfs.sh" "$name" "$binary" "$context" "$config"
docker build --quiet --file "$here/Dockerfile.prebuilt" --target "$name" \
    --build-arg VERSION="$version" --build-arg REVISION="$revision" \
    --build-arg CREATED="$created" --build-arg SOURCE="$source" \
    --tag "$name:$version" --tag "$name:latest" "$context" >/dev/null
docker image inspect --format "$name:$version {{.Size}} bytes" "$name:$version"
