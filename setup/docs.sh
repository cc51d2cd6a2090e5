#!/bin/sh
# Build docs/ as a site into grader/web/site, or into another folder: what the service serves under /docs, and the wheel
# ships. Does nothing where that is done already. MkDocs is installed by this alone, into .venv, at the versions of
# locks/docs.txt.
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")/.."

site=${1:-grader/web/site}
log=$(mktemp)
trap 'rm -f "$log"; rm -rf "$site.new"' EXIT
trap 'exit 130' INT TERM

say() { printf 'docs: %s\n' "$*" >&2; }

# A command whose output is shown only where it fails.
quietly() {
    "$@" > "$log" 2>&1 < /dev/null || {
        cat "$log" >&2
        return 1
    }
}

has_builder() { .venv/bin/python -c 'import mkdocs' 2> /dev/null; }

install_builder() {
    locked='--quiet --no-deps --require-hashes --only-binary :all: -r locks/docs.txt'
    .venv/bin/uv pip install --system-certs --python .venv/bin/python $locked > /dev/null 2>&1 ||
        quietly .venv/bin/python -m pip install --no-input --disable-pip-version-check $locked
}

is_built() {
    [ -f "$site/index.html" ] &&
        [ -z "$(find -L docs setup/docs mkdocs.yml locks/docs.txt -newer "$site/index.html" 2> /dev/null | head -n 1)" ]
}

is_built && exit
has_builder || install_builder || {
    say "the docs cannot be built: MkDocs could not be installed. The service shows a page that says so."
    exit 1
}
quietly .venv/bin/python -m mkdocs build --strict --quiet --site-dir "$site.new"
rm -rf "$site"
mv "$site.new" "$site"
say "built $site, which a service serves under /docs"
