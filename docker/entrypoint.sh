#!/bin/sh
# Prepares what must be writable, then becomes the command it is given.
set -eu

# numba passes over a cache it cannot write to, and the image may be mounted read-only: so the kernels that
# were compiled with the image are copied out of it, once an image. The old ones go, because numba does not
# notice when a kernel calls one of another file that has changed. What this CPU adds stays until then.
if ! cmp -s /opt/numba/IMAGE "$NUMBA_CACHE_DIR/IMAGE"; then
    if ! { rm -rf "$NUMBA_CACHE_DIR" && cp -R /opt/numba "$NUMBA_CACHE_DIR"; }; then
        echo "shelfwise: $NUMBA_CACHE_DIR must be writable by uid $(id -u): chown -R $(id -u) the folder mounted there" >&2
        exit 1
    fi
fi

exec "$@"
