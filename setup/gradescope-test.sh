#!/bin/sh
# Build Gradescope's image from the ZIP file that `backmark assignment export gradescope` writes, and grade in it as Gradescope does:
# without network and user namespaces, on half a processor with 768 MB. Leaves nothing behind.
#
# GRADESCOPE_IMAGE names another image with Python 3.12 than Gradescope's own. Says why and ends well where none can be
# had, or no engine.
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")/.."

scratch=$(mktemp -d)
log=$scratch/log
tag=backmark-gradescope-test
status=0

say() { printf 'gradescope-test: %s\n' "$*" >&2; }

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

leave() {
    trap - EXIT INT TERM
    docker image rm --force "$tag" > /dev/null 2>&1 || true
    stop_engine
    rm -rf "$scratch"
}
trap leave EXIT
trap 'exit 130' INT TERM

find_engine
image=${GRADESCOPE_IMAGE:-gradescope/autograder-base:ubuntu-24.04}
docker image inspect "$image" > /dev/null 2>&1 || timeout 300 docker pull --quiet "$image" > /dev/null 2>&1 ||
    skip "$image cannot be pulled"

say "exporting"
wheels=$scratch/wheels
quietly .venv/bin/pip wheel --quiet --no-deps --wheel-dir "$wheels" .
quietly .venv/bin/pip download --quiet --only-binary=:all: --python-version 3.12 --platform manylinux_2_28_x86_64 \
    --platform manylinux_2_17_x86_64 --find-links "$wheels" --dest "$wheels" backmark pip || skip "no index has the wheels"
quietly .venv/bin/backmark assignment export gradescope udl-7.2 --output "$scratch/autograder.zip" --wheels "$wheels"

say "building"
context=$scratch/context
mkdir -p "$context"
.venv/bin/python -m zipfile -e "$scratch/autograder.zip" "$context/source"
cat > "$context/Dockerfile" << EOF
FROM $image
COPY source /autograder/source
RUN mkdir -p /autograder/submission /autograder/results && cd /autograder && \
    chmod +x source/run_autograder source/setup.sh && cp source/run_autograder . && bash source/setup.sh
WORKDIR /autograder
EOF
quietly docker build --quiet --network none --tag "$tag" "$context"

say "grading"
export GRADESCOPE_TEST_IMAGE="$tag"
.venv/bin/pytest -q -n 0 tests/compose/test_gradescope.py "$@" || status=$?
exit "$status"
