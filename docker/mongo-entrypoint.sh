#!/bin/sh
# Makes the replica set's key file before the official entrypoint starts mongod, which
# insists on a key that it owns and nobody else can read. It stays in the volume.
set -eu

key=/data/configdb/replica.key
if [ ! -s "$key" ]; then
    (umask 077 && head -c 756 /dev/urandom | base64 -w 0 > "$key.new")
    mv "$key.new" "$key"
fi
chown mongodb:mongodb "$key"
chmod 400 "$key"

exec docker-entrypoint.sh "$@" --keyFile "$key"
