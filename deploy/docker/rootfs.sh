#!/bin/sh
# Lays out what is in an image: `rootfs.sh NAME BINARY OUT [CONFIG]` fills OUT with two trees, `rootfs` (owned by
# root in the image) and `state` (owned by the user that the image runs as). OUT is the context of Dockerfile.prebuilt.
set -eu
umask 022
name=$1 binary=$2 out=$3 config=${4:-}
mozilla=/usr/share/ca-certificates/mozilla

# A binary that wants a loader would only fail when it is started, with a message that names no library.
if LC_ALL=C readelf --program-headers "$binary" | grep -q INTERP; then
    echo "rootfs.sh: $binary is not static; build it with RUSTFLAGS='-C target-feature=+crt-static'" >&2
    exit 1
fi

mkdir -p "$out/rootfs/etc/ssl/certs" "$out/rootfs/var/lib" "$out/state/otelcol"
install -m 755 "$binary" "$out/rootfs/$name"
# Manifests that were written for the Go collector call these.
ln -s "$name" "$out/rootfs/otelcol"
ln -s "$name" "$out/rootfs/otelcol-contrib"
# The group is root's, as on OpenShift, where the user may be any but the group is 0.
chmod 770 "$out/state/otelcol"

echo "otelcol:x:10001:10001::/:/sbin/nologin" > "$out/rootfs/etc/passwd"
echo "otelcol:x:10001:" > "$out/rootfs/etc/group"

# The public roots as Debian has them from Mozilla, and not what this machine trusts beside them.
if [ -n "${CA_BUNDLE:-}" ]; then
    cat "$CA_BUNDLE"
elif [ -d "$mozilla" ]; then
    cat "$mozilla"/*.crt
else
    echo "rootfs.sh: no $mozilla (package ca-certificates); name a file of PEM roots in CA_BUNDLE" >&2
    exit 1
fi > "$out/rootfs/etc/ssl/certs/ca-certificates.crt"

if [ -n "$config" ]; then
    mkdir "$out/rootfs/etc/otelcol"
    install -m 644 "$config" "$out/rootfs/etc/otelcol/config.yaml"
    # A link, so that a config mounted at either place is the one that runs.
    ln -s otelcol "$out/rootfs/etc/otelcol-contrib"
fi

# Same content, same time: same layer.
find "$out" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
