"""Landlock: a process gives up, for good and without any privilege, all files but those that it names."""

import ctypes
import os
import struct
import sys
from collections.abc import Sequence

#: The numbers of the system calls, on every machine, and the flag that asks for the version (linux/landlock.h).
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _PATH_BENEATH = 1, 1
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
#: The number of rights over files in each version: what a version does not know it does not take.
_FILE_RIGHTS = (0, 13, 14, 15, 15, 16)
#: Binding and connecting TCP sockets, and from which version on.
_NET_RIGHTS, _NET_VERSION = 0b11, 4
#: Abstract sockets and signals of processes outside, and from which version on.
_SCOPES, _SCOPE_VERSION = 0b11, 6


def find_landlock() -> int:
    """Return the kernel's version of Landlock; 0 where there is none, or a container does not let it be used."""
    if sys.platform != "linux":
        return 0
    library = ctypes.CDLL(None, use_errno=True)
    return max(0, int(library.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))))


def restrict(libc: ctypes.CDLL, shown: Sequence[str], hidden: Sequence[str]) -> None:
    """Let this process read the paths that are shown, and nothing else; raises OSError. It has no_new_privs already.

    Whoever may read a folder may read all in it: of one with hidden folders each other entry is named by itself.
    """
    version = find_landlock()
    rights = struct.pack(
        "=QQQ",
        (1 << _FILE_RIGHTS[min(version, len(_FILE_RIGHTS) - 1)]) - 1,
        _NET_RIGHTS if version >= _NET_VERSION else 0,
        _SCOPES if version >= _SCOPE_VERSION else 0,
    )
    # An older kernel takes an attribute as long as it knows it; zeros behind it are no request.
    ruleset = _call(libc, _CREATE_RULESET, rights, ctypes.c_size_t(len(rights)), ctypes.c_uint32(0))
    try:
        for path in shown:
            _allow(libc, ruleset, path, hidden)
        _call(libc, _RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _allow(libc: ctypes.CDLL, ruleset: int, path: str, hidden: Sequence[str]) -> None:
    if path in hidden:
        return
    if not os.path.isdir(path):  # noqa: PTH112 - pathlib would be imported for this alone
        _add(libc, ruleset, path, _READ_FILE)
    elif not any(folder.startswith(f"{path}/") for folder in hidden):
        _add(libc, ruleset, path, _READ_FILE | _READ_DIR)
    else:
        _add(libc, ruleset, path, _READ_DIR)
        for name in os.listdir(path):  # noqa: PTH208 - likewise
            _allow(libc, ruleset, f"{path}/{name}", hidden)


def _add(libc: ctypes.CDLL, ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        # What it cannot reach it cannot read either.
        return
    try:
        rule = struct.pack("=Qi", rights, descriptor)
        _call(libc, _ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0))
    finally:
        os.close(descriptor)


def _call(libc: ctypes.CDLL, number: int, *arguments: object) -> int:
    """Make a system call; raise OSError where it fails."""
    result = int(libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result
