#!/bin/sh
# Make .peers/NAME, a virtual environment for each tool that `make bench` compares with, or for those that are named:
# peers.sh [NAME...]. One that cannot be had is said and left out: `make bench` does without it. Does nothing for those
# that are there.
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")/.."

peers=.peers
log=$(mktemp)
unfinished=
trap 'rm -rf "$log"; [ -z "$unfinished" ] || rm -rf "$unfinished"' EXIT
trap 'exit 130' INT TERM

say() { printf 'peers: %s\n' "$*" >&2; }

quietly() { "$@" > "$log" 2>&1 < /dev/null; }

# The interpreter of .venv first, so that all are measured on one; then others that are here, one of each version.
interpreters() {
    seen=
    for python in "$@" "$(.venv/bin/python -c 'import sys; print(sys._base_executable)')" \
        python3 python3.14 python3.13 python3.12 python3.11; do
        version=$("$python" -c 'import ensurepip, sys, venv; print("%d.%d" % sys.version_info[:2])' 2> /dev/null) || continue
        case " $seen " in *" $version "*) continue ;; esac
        seen="$seen $version"
        echo "$python"
    done
}

pip_install() { quietly "$environment/bin/python" -m pip install --no-input --disable-pip-version-check "$@"; }

# With one interpreter; libraries for a graphics processor (gigabytes) are of no use here, so a release that needs
# them is not taken.
install() {
    quietly "$1" -m venv --clear "$environment" || return 1
    pip_install --dry-run "$package" || return 1
    if grep -q 'Would install.* nvidia-' "$log"; then
        echo "with this interpreter it brings libraries for a graphics processor" > "$log"
        return 1
    fi
    pip_install "$package" numpy $with && quietly "$environment/bin/python" -c "import numpy, $module"
}

# What pip calls it, what Python calls it, what it needs and does not say, and the interpreters to try.
peer() {
    package=$1 module=$2 with=$3 environment=$peers/$1
    shift 3
    case " $chosen " in *" $package "* | "  ") ;; *) return ;; esac
    if [ -d "$environment" ]; then
        say "$package is there"
        return
    fi
    unfinished=$environment
    for python in "$@"; do
        if install "$python"; then
            unfinished=
            say "$package: $("$environment/bin/python" -c "from importlib.metadata import version as v
import platform; print(v('$package'), 'on Python', platform.python_version())")"
            return
        fi
    done
    say "$package cannot be had: $(tail -n 1 "$log")"
    rm -rf "$environment"
    unfinished=
}

chosen=$*
mkdir -p "$peers"
usual=$(interpreters)
peer otter-grader otter ipykernel $usual
peer nbgrader nbgrader '' $usual
peer check50 check50 '' $usual
peer gradescope-utils gradescope_utils '' $usual
