#!/bin/sh
# Grade FILE, after what grading needs is installed. That not all passed (status 1) is a result and no error of make's;
# anything above is.
set -eu

[ -e "$1" ] || {
    printf 'run: there is no file "%s"; to grade one, write: make run FILE=that.ipynb\n' "$1" >&2
    exit 2
}
sh setup/setup.sh run
status=0
.venv/bin/backmark grade -- "$1" || status=$?
[ "$status" -eq 1 ] || exit "$status"
