"""The jail's last walls, which only the process itself can put up: limits, capabilities, the strict filter.

The order is promised: limits, then privileges, then the filter, and only after that is the source read.
"""

import ctypes
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from . import landlock

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_READ, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = (
    1,
    4,
    22,
    23,
    24,
    38,
)
_SIGKILL, _SECCOMP_MODE_FILTER, _CAPABILITY_VERSION = 9, 2, 0x20080522
_MIB = 1024 * 1024


class _FilterProgram(ctypes.Structure):
    """A `struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


@cache
def library() -> ctypes.CDLL:
    """The C library, which says why a call failed."""
    return ctypes.CDLL(None, use_errno=True)


def confine(
    limits: dict[str, int], user: int | None, program: bytes, readable: Mapping[str, list[str]] | None = None
) -> None:
    """Put up the walls, for good; raises OSError if one cannot be had.

    `limits` has `memory` (bytes) and `seconds` (whole seconds of CPU). `user` is whom a jail that was made by
    root becomes; None where it is nobody already. `readable` has the paths for Landlock, where no mounts hide others.
    """
    if sys.platform != "linux":
        return
    _limit(limits["memory"], limits["seconds"])
    libc = library()
    become(libc, user)
    # A limit of no bytes still starts the program that a host has for cores, as root and outside.
    _prctl(libc, _PR_SET_DUMPABLE, 0)
    _prctl(libc, _PR_SET_NO_NEW_PRIVS, 1)
    if readable is not None:
        landlock.restrict(libc, readable["shown"], readable["hidden"])
    _prctl(libc, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(_FilterProgram(len(program) // 8, program)))


def bound(limits: dict[str, int]) -> None:
    """Bound memory and processor time without a jail, where the system can: macOS keeps no bound on memory."""
    try:
        # Not there on Windows.
        import resource  # noqa: PLC0415
    except ImportError:
        return
    for name, wanted in ((resource.RLIMIT_AS, limits["memory"]), (resource.RLIMIT_CPU, limits["seconds"])):
        _, hard = resource.getrlimit(name)
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        # Some systems refuse a bound that is passed already.
        with suppress(OSError, ValueError):
            resource.setrlimit(name, (value, value))


def become(libc: ctypes.CDLL, user: int | None) -> None:
    """Give up every capability for good, and root too if we are root; raises OSError."""
    capability = 0
    while _give_up(libc, capability):
        capability += 1
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    head = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    check(libc.capset(head, (ctypes.c_uint32 * 6)()))
    # A change of user cancels what bwrap's --die-with-parent asked for.
    die_with_parent(libc)


def _give_up(libc: ctypes.CDLL, capability: int) -> bool:
    """Drop a capability from the bounding set; return True if it exists. Raises OSError if it stays."""
    if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        return True
    number = ctypes.get_errno()
    state: int = libc.prctl(_PR_CAPBSET_READ, capability, 0, 0, 0)
    if state > 0:
        raise OSError(number, os.strerror(number))
    return state == 0


def die_with_parent(libc: ctypes.CDLL) -> None:
    """Be killed when the thread that started this process ends."""
    _prctl(libc, _PR_SET_PDEATHSIG, _SIGKILL)


def _limit(memory: int, seconds: int) -> None:
    # Not there on Windows, where this module must still be importable.
    import resource  # noqa: PLC0415

    # PID 1 of a namespace ignores SIGXCPU, so the hard limit, which is SIGKILL, is what ends it.
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CPU: seconds,
        resource.RLIMIT_STACK: 16 * _MIB,
        resource.RLIMIT_NOFILE: 64,
        # Threads, that is: the filter lets no process be made. Enough for a small pool in the module of each depth.
        resource.RLIMIT_NPROC: 64,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        # Those that wait are counted for all jails of a user together.
        resource.RLIMIT_SIGPENDING: 64,
        resource.RLIMIT_NICE: 0,
        resource.RLIMIT_RTPRIO: 0,
    }
    for name, wanted in limits.items():
        _, hard = resource.getrlimit(name)
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(name, (value, value))


def _prctl(libc: ctypes.CDLL, option: int, argument: int, pointer: Any = 0) -> None:
    check(libc.prctl(option, ctypes.c_ulong(argument), pointer, 0, 0))


def check(result: int) -> None:
    """Raise OSError where a call of the C library did not return zero."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
