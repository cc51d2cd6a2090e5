#!/bin/sh
# Build both distributions into dist/ and try each as others get it: in an empty environment, outside this checkout. What
# the tests try in a checkout is not tried again: only what these two alone hold, and whether they can be installed.
# `release.sh VERSION` first cuts that version: its number, its entry in CHANGELOG.md, a commit and a tag.
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")/.."
root=$PWD

say() { printf 'release: %s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

number() { sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml; }

cut() {
    case $1 in *[!0-9.]* | *.*.*.* | .* | *.) fail "$1 is no version: write three numbers, such as 0.3.0" ;; *.*.*) ;; *) fail "$1 is no version: write three numbers, such as 0.3.0" ;; esac
    [ -z "$(git status --porcelain)" ] || fail "there are changes that are not committed: commit or undo them first"
    ! git rev-parse -q --verify "refs/tags/v$1" > /dev/null || fail "version $1 is there already"
    grep -q '^## Unreleased$' CHANGELOG.md || fail "CHANGELOG.md has no entry Unreleased: there is nothing to release"
    old=$(number)
    sed -i "s/^version = \"$old\"$/version = \"$1\"/" pyproject.toml setup/gallery/pyproject.toml
    sed -i "s/\"backmark==$old\"/\"backmark==$1\"/" setup/gallery/pyproject.toml
    sed -i "s/^## Unreleased$/## Unreleased\n\n## $1 - $(date -u +%F)/" CHANGELOG.md
    git commit -qam "Release $1"
    git tag "v$1"
    say "cut $1: push the commit and the tag v$1, and .github/workflows/release.yml publishes them"
}

# An environment of its own with these distributions of dist/ and what they need; its folder is the answer.
install() {
    environment=$work/$1
    shift
    .venv/bin/python -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --find-links dist "$@"
}

# Whatever runs now sees no file of the checkout by its own folder.
in_away() { (cd "$work/away" && "$@"); }

[ $# -eq 0 ] || cut "$1"
version=$(number)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2> /dev/null || true; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
mkdir "$work/away"

say "building $version"
rm -rf dist
make --no-print-directory kits docs
.venv/bin/python -m hatchling build -d dist > /dev/null
(cd setup/gallery && ../../.venv/bin/python -m hatchling build -t wheel -d ../../dist > /dev/null)

say "installing backmark for a student"
install student "backmark==$version"
in_away "$work/student/bin/backmark" --version
in_away "$work/student/bin/python" -c '
import importlib.util, sys
from pathlib import Path
import backmark
from backmark import check, list_kits
shipped = {folder.name for folder in Path(backmark.__file__).parent.glob("grader/assignments/*")}
assert shipped == {"kits"}, f"the wheel of students ships {sorted(shipped)}"
print(f"{len(list_kits())} kits")
for name, right in (("right_loops", True), ("missing_transpose", False)):
    spec = importlib.util.spec_from_file_location(name, f"{sys.argv[1]}/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    result = check("udl-7.2", module.backward_pass)
    assert bool(result) is right, result
    print(f"check of {name}: {str(result).splitlines()[0]}")
' "$root/examples"

say "installing backmark-gallery for staff"
install staff "backmark-gallery[serve]==$version"
in_away "$work/staff/bin/python" -c '
from backmark.grader.contracts import gallery
from backmark.grader.contracts.language.reading import read
from backmark.worker.grading.revisions import name_revision
shipped = {file.name for file in gallery.find_revisions().glob("*.npz")}
entries = [entry for entry in gallery.list_gallery() if gallery.find_drawn(entry.id) is None]
undrawn = [entry.id for entry in entries if name_revision(read(entry.folder)) not in shipped]
assert not undrawn, f"the wheel of staff ships without their cases: {undrawn}"
print(f"{len(entries)} revisions")
'
in_away "$work/staff/bin/backmark" grade "$root/examples/right.ipynb"
in_away env BACKMARK_CACHE=/dev/null "$work/staff/bin/backmark" grade --assignment cs231n-affine \
    "$root/grader/assignments/gallery/cs231n-affine/solution.py" 2> "$work/drawing"
[ ! -s "$work/drawing" ] || fail "a runner without a cache draws: $(cat "$work/drawing")"
status=0
in_away "$work/staff/bin/backmark" grade "$root/examples/no_relu_derivative.ipynb" || status=$?
[ "$status" -eq 1 ] || fail "a wrong submission ended with status $status"
port=$(.venv/bin/python -c 'from backmark.worker.serve.embedded import free_port; print(free_port())')
(cd "$work/away" && exec "$work/staff/bin/backmark" serve --data "$work/data" --bind "127.0.0.1:$port") > "$work/serve" 2>&1 &
server=$!
.venv/bin/python -c '
import sys, time, urllib.error, urllib.request
end = time.monotonic() + 60
while True:
    try:
        urllib.request.urlopen(sys.argv[1], timeout=5)
        break
    except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
        if time.monotonic() > end:
            sys.exit(f"the service is not ready: {error}")
        time.sleep(0.5)
' "http://127.0.0.1:$port/readyz" || {
    cat "$work/serve" >&2
    exit 1
}
.venv/bin/python -c '
import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=5)
' "http://127.0.0.1:$port/docs/" || fail "the wheel ships no docs"
say "the service of staff is ready"

.venv/bin/cyclonedx-py environment "$work/staff/bin/python" --output-reproducible -o "dist/backmark-$version.cdx.json"
say "dist/ holds what may be published:"
ls dist
