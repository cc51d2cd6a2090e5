#!/bin/sh
# Install what only the tests need: a browser for the pages, and a few small programs and headers.
#
# With apt where we are root; else say what is missing and how to install it, since tests without their tools are skipped
# (and fail where CI is set). Does nothing when all of them are there.
set -eu
unset CDPATH
cd -- "$(dirname -- "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM

say() { printf 'test-tools: %s\n' "$*" >&2; }

# A command whose output is shown only when it fails.
quietly() {
    "$@" > "$log" 2>&1 < /dev/null || {
        cat "$log" >&2
        return 1
    }
}

. setup/apt.sh

# The names that tests/pages/browser.py looks for. The headless shell takes half of the processor time of the whole browser.
has_browser() { has chromium-headless-shell || has chromium || has chromium-browser || has google-chrome; }

missing() {
    has_browser || echo chromium-headless-shell
    for program in bash curl openssl; do has "$program" || echo "$program"; done
    [ "$(uname)" != Linux ] || [ -e /usr/include/asm-generic/unistd.h ] || echo linux-libc-dev
}

packages=$(missing)
if [ -n "$packages" ] && can_install; then
    install_packages $packages
    # Older Debians have the whole browser only.
    has_browser || install_packages chromium
    packages=$(missing)
fi
[ -z "$packages" ] || say "not installed:" $packages. "Tests that need them are skipped." \
    "As root, on Debian: apt-get install --no-install-recommends" $packages
