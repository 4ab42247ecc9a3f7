#!/bin/sh
# Collectors as static binaries: `static.sh PROFILE OUT NAME...` puts them into OUT under their images' names.
set -eu
profile=$1 out=$2
shift 2
# The package is named for what it is, the image for where it runs.
binary() { echo "$1" | sed 's/^node-collector$/combined-collector/'; }

bins=""
for name in "$@"; do
    bins="$bins --bin $(binary "$name")"
done
# Naming the target keeps the flag away from what runs while building, which must load libraries.
target=$(rustc -vV | sed -n 's/^host: //p')
# Word splitting is meant: each word is an argument.
# shellcheck disable=SC2086
RUSTFLAGS='-C target-feature=+crt-static' \
    cargo build --locked --profile "$profile" --target "$target" $bins

built=${CARGO_TARGET_DIR:-target}/$target/$(echo "$profile" | sed 's/^dev$/debug/')
mkdir -p "$out"
for name in "$@"; do
    cp "$built/$(binary "$name")" "$out/$name"
done
