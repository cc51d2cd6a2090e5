#!/bin/sh
# Bring docker-compose.yml up for real, try what it promises (tests/compose), and leave nothing behind.
#
# Uses the Docker engine of this machine where one answers. Else, as root, starts one in a scratch folder, in a network
# namespace of its own, installing it with apt-get where it is missing. Says why and ends well where neither can be had.
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")/.."

scratch=$(mktemp -d)
log=$scratch/log
stand_ins=${BACKMARK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/backmark}/compose-test
# Never the name of a service that may run here: its volume is removed at the end.
project=backmark-compose-test
status=0

say() { printf 'compose-test: %s\n' "$*" >&2; }

skip() {
    say "skipped: $*"
    exit 0
}

has() { command -v "$1" > /dev/null 2>&1; }

# A command whose output is shown only where it fails.
quietly() {
    "$@" > "$log" 2>&1 < /dev/null || {
        cat "$log" >&2
        return 1
    }
}

. setup/compose/engine.sh
. setup/compose/images.sh

compose() {
    files="-f docker-compose.yml -f setup/compose/images.yml"
    [ "$network" = bridge ] || files="$files -f setup/compose/host.yml"
    docker compose --project-name "$project" --env-file "$scratch/env" $files "$@"
}

leave() {
    trap - EXIT INT TERM
    if [ -f "$scratch/env" ]; then compose down --volumes --timeout 20 > "$log" 2>&1 || cat "$log" >&2; fi
    stop_engine
    rm -rf "$scratch"
}
trap leave EXIT
trap 'exit 130' INT TERM

free_port() { .venv/bin/python -c 'from backmark.worker.serve.embedded import free_port; print(free_port())'; }

# As in .env.example, with secrets and ports of this run's own.
settings() {
    sh deploy/secrets.sh "$scratch/secrets"
    if [ "$network" = host ]; then
        sed -i "s/@redis:6379/@127.0.0.1:$redis_port/" "$scratch/secrets/backmark_redis_url"
    fi
    sed "s/^BACKMARK_BIND=.*/BACKMARK_BIND=$address/" .env.example > "$scratch/env"
    printf '%s\n' "BACKMARK_SECRETS=$scratch/secrets" "COMPOSE_TEST_REDIS_PORT=$redis_port" >> "$scratch/env"
}

find_engine
find_images
address=127.0.0.1:$(free_port)
redis_port=6379
[ "$network" = bridge ] || redis_port=$(free_port)
settings

say "checking and building"
compose config --quiet
quietly compose build
say "starting, with two worker containers"
quietly compose up --detach --wait --wait-timeout 180 --scale worker=2 || {
    compose logs --tail 20 >&2
    exit 1
}
compose ps --format '{{.Name}}: {{.Status}}' >&2

say "trying it"
export COMPOSE_TEST_URL="http://$address" COMPOSE_TEST_PROJECT="$project" COMPOSE_TEST_NETWORK="$network" \
    COMPOSE_TEST_REDIS_PORT="$redis_port"
$inside .venv/bin/pytest -q -n 0 tests/compose "$@" || {
    status=$?
    compose logs --tail 15 >&2
}
say "taking it down"
exit "$status"
