#!/bin/sh
# Run the jail's own tests on the oldest Python that is promised and on the newest that is here, the oldest also with the
# oldest NumPy, and grade the examples by each beside .venv. Which are promised is read from pyproject.toml.
#
# Pythons are found on PATH and by pyenv; what is not here is said in one line, and done without. Each gets an environment
# from locks/dev.txt, which is removed at the end. What .venv has already is not made again: its tests are the others.
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")/.."

scratch=$(mktemp -d)
log=$scratch/log
status=0
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

say() { printf 'versions: %s\n' "$*" >&2; }

# A command whose output is shown only where it fails.
quietly() {
    "$@" > "$log" 2>&1 < /dev/null || {
        cat "$log" >&2
        return 1
    }
}

. setup/pythons.sh

# uv reads none of pip's settings: where it cannot install, pip does.
install() {
    environment=$1
    shift
    .venv/bin/uv pip install --quiet --system-certs --python "$environment/bin/python" "$@" > /dev/null 2>&1 ||
        quietly .venv/bin/python -m pip --python "$environment/bin/python" install --quiet --no-input \
            --disable-pip-version-check "$@"
}

# An environment like .venv, in the scratch folder, of a Python.
make_environment() {
    quietly "$2" -m venv --without-pip "$scratch/$1" &&
        install "$scratch/$1" --require-hashes --only-binary :all: -r locks/dev.txt &&
        install "$scratch/$1" --no-deps --no-build-isolation -e .
}

# What a jail compiles itself lasts no longer than the jail.
compile() {
    numpy=$("$scratch/$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/numpy
    "$scratch/$1/bin/python" -m compileall -q -j 0 -x /tests/ "$numpy" backmark grader worker > /dev/null 2>&1 || true
}

test_jail() {
    compile "$1"
    environments="$environments $scratch/$1/bin/python"
    say "the jail's tests: $("$scratch/$1/bin/python" -c "$describe")"
    "$scratch/$1/bin/python" -m pytest -q -n auto --dist worksteal -p no:cacheprovider --nightly-share "$commit" \
        -m "not nightly or in_share" tests/sandbox < /dev/null || status=1
}

describe='import numpy, platform; print("Python", platform.python_version(), "with NumPy", numpy.__version__)'
promised=$(sed -n 's/.*"Programming Language :: Python :: \(3\.[0-9]*\)".*/\1/p' pyproject.toml)
oldest=$(echo "$promised" | head -n 1)
oldest_numpy=$(sed -n 's/^ *"numpy>=\([0-9.]*\)",$/\1/p' pyproject.toml)
main=$(version_of .venv/bin/python)

here='' absent=''
for version in $promised; do
    if find_python "$version" > /dev/null; then here="$here $version"; else absent="$absent $version"; fi
done
[ -z "$absent" ] || say "not here, neither on PATH nor by pyenv:" $absent

# Whose share of the slow ones is run, as `make test` does.
commit=$(git rev-parse HEAD 2> /dev/null || echo 0)
environments=''
for version in $(printf '%s\n' $here | sed -n '1p;$p' | sort -u -V); do
    if [ "$version" = "$main" ]; then continue; fi
    make_environment "$version" "$(find_python "$version")"
    test_jail "$version"
done

# There are wheels of it for no Python that is much newer.
for version in $here; do
    make_environment numpy "$(find_python "$version")"
    if install "$scratch/numpy" --no-deps --only-binary :all: "numpy==$oldest_numpy" 2> /dev/null; then
        test_jail numpy
        break
    fi
    say "NumPy $oldest_numpy cannot be had for Python $version"
    rm -rf "$scratch/numpy"
done

.venv/bin/python -m bench.versions .venv/bin/python $environments || status=1
exit "$status"
