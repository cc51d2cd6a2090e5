#!/bin/sh
# Installs Backmark from the wheels beside this file. Gradescope runs it once, as root, when it builds the image.
set -eu
source=${BACKMARK_SOURCE:-/autograder/source}
home=${BACKMARK_HOME:-/opt/backmark}

fail() {
    printf 'Backmark: %s\n' "$*" >&2
    exit 1
}

is_right() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 12))' 2> /dev/null; }

python=
for name in python3.12 python3; do
    if path=$(command -v "$name") && is_right "$path"; then
        python=$path
        break
    fi
done
if [ -z "$python" ]; then
    version=$(python3 --version 2> /dev/null || echo 'no Python')
    system=$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release 2> /dev/null | tr -d '"')
    fail "this image is ${system:-another system} with $version, and these wheels are for Python 3.12." \
        "Choose Ubuntu 24.04 as the base image (Configure Autograder > Base Image OS), and upload the ZIP file again."
fi
[ "$(uname -m)" = x86_64 ] || fail "this image is for $(uname -m), and these wheels are for x86_64."
[ "$(id -u)" -eq 0 ] || fail "root must run this: the submission runs as another user."

# Ubuntu's Python has no pip of its own.
pip=$(echo "$source"/wheels/pip-*.whl)
install() {
    folder=$1
    shift
    PIP_CONFIG_FILE=/dev/null "$python" "$pip/pip" install --quiet --no-index --no-deps \
        --no-warn-script-location --root-user-action ignore --disable-pip-version-check --target "$folder" "$@"
}

umask 022
rm -rf "$home"
mkdir -p "$home/numpy" "$home/grader"
# Who runs the submission may read NumPy, and nothing else of ours.
chmod 0700 "$home/grader"
set --
for wheel in "$source"/wheels/*.whl; do
    case ${wheel##*/} in
        pip-*) ;;
        numpy-*) install "$home/numpy" "$wheel" ;;
        *) set -- "$@" "$wheel" ;;
    esac
done
install "$home/grader" "$@"
cp "$source/revision.npz" "$home/grader/"
ln -s "$python" "$home/python"
# The cases and what is expected of them lie here, too.
chmod -R go= "$source"

PYTHONPATH="$home/grader:$home/numpy" "$home/python" -s -P -m backmark --version
