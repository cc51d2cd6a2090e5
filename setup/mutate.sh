#!/bin/sh
# Change one thing at a time in what judges and discloses, and see whether a test notices: mutate.sh [FILE...]
#
# One process, in the background's priority (MUTATE_NICENESS, 10). Prints each file's score and the changes that no test
# noticed; in `mutants/` they stay for `cd mutants && ../.venv/bin/mutmut show NAME`.
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")/.."

say() { printf 'mutate: %s\n' "$*" >&2; }

# The tests of the other rooms, which reach this one too but would be run for every change that its own do not notice.
others() {
    case $1 in
        grader/contracts/cases/coverage.py) echo --deselect tests/contracts/rows --deselect tests/contracts/judging --deselect tests/reports ;;
        grader/contracts/*) echo --deselect tests/contracts/cases --deselect tests/reports ;;
        *) echo --deselect tests/contracts ;;
    esac
}

judge=grader/contracts
[ $# -gt 0 ] || set -- $judge/cases/coverage.py $judge/cases/question.py \
    $judge/rows/agreement.py $judge/rows/row.py $judge/rows/wording.py \
    $judge/judging/examples.py $judge/judging/judge.py $judge/judging/witness.py grader/reports/disclosure.py
# mutmut follows no links: in this copy backmark/ holds what they lead to.
rm -rf mutants
mkdir mutants
cp -RL backmark tests bench examples pyproject.toml mutants
mutmut=$PWD/.venv/bin/mutmut
cd mutants
previous=
for file do
    if [ ! -f "backmark/$file" ]; then
        say "there is no $file"
        exit 2
    fi
    case $file in */__init__.py) continue ;; esac
    # Which tests reach which function is kept in there, and is each room's own.
    if [ "$(others "$file")" != "$previous" ]; then rm -rf mutants; fi
    previous=$(others "$file")
    module=backmark.$(echo "${file%.py}" | tr / .)
    output=$(PYTEST_ADDOPTS=$previous nice -n "${MUTATE_NICENESS:-10}" \
        "$mutmut" run --max-children 1 "$module.*" 2>&1) || case $output in
        *"nothing matches"*) ;; # No function in it has anything to change.
        *)
            say "mutmut stopped at $file; to see why: cd mutants && PYTEST_ADDOPTS='$previous' ../.venv/bin/mutmut run '$module.*'"
            exit 1
            ;;
    esac
    "$mutmut" results --all true | awk -v module="$module" -v file="$file" '
        index($1, module ".") != 1 { next }
        { total++; if (/killed|timeout/) killed++; else { sub(/^ +/, ""); left[++n] = $0 } }
        END {
            if (!total) { print file ": nothing to change"; exit }
            printf "%s: %d of %d noticed, %.1f %%\n", file, killed, total, 100 * killed / total
            for (i = 1; i <= n; i++) print "  " left[i]
        }'
done
