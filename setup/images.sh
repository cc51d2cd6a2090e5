#!/bin/sh
# Write which bytes the base images of Dockerfile and docker-compose.yml are: the digest behind each name, as a registry
# has it now. images.sh [--upgrade], part of `make lock`: without --upgrade what has a digest keeps it. Leaves all as it
# is where no registry answers, and says so.
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")/.."

# What a name stands for, such as redis:8.
find_digest() {
    docker buildx imagetools inspect --format '{{.Manifest.Digest}}' "$1" 2> /dev/null | grep -Ex 'sha256:[0-9a-f]{64}'
}

for variable in PYTHON_IMAGE BACKMARK_REDIS_IMAGE; do
    image=$(sed -n "s/.*$variable\(=\|:-\)\([^}]*\).*/\2/p" Dockerfile docker-compose.yml | head -n 1)
    name=${image%@*}
    [ "$image" = "$name" ] || [ "${1-}" = --upgrade ] || continue
    if ! digest=$(find_digest "$name"); then
        echo "images: no registry says what $name is; it stays as it was" >&2
        continue
    fi
    for file in Dockerfile docker-compose.yml .env.example; do
        sed "s/\($variable\(=\|:-\)$name\)\(@sha256:[0-9a-f]*\)\{0,1\}/\1@$digest/" "$file" > "$file.new"
        cat "$file.new" > "$file"
        rm "$file.new"
    done
done
