#!/bin/sh
# What is left to the night, in an hour at most: every test, with more examples of each property; the branches that no
# fast test takes; and the processor time of a grading beside what was accepted last.
set -u
unset CDPATH
cd -- "$(dirname -- "$0")/.."

status=0
.venv/bin/pytest -n auto --dist worksteal --durations 25 --hypothesis-profile night || status=1
make --no-print-directory cover || status=1
.venv/bin/python -m bench.history --check --files || status=1
exit $status
