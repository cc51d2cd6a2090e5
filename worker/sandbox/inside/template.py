"""The template: a jailed interpreter, started up once, that forks a process for each submission and runs none itself.

Each child gets namespaces of its own in a user namespace of its own, as process 1 of them, and the three pipes that
came with the request. The template keeps these open until it has told the worker how the child ended: whatever the
child does to its own ends, they end when it does.
"""

import ctypes
import gc
import importlib
import os
import resource
import select
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from . import wire
from .confine import become, check, library
from .immortal import make_immortal
from .questions import KeptQuestions

#: CLONE_PIDFD, and CLONE_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID. The network's is the template's,
#: which is empty: one of its own would belong to the child's user namespace, with every right in it that a way around
#: the filter could use, and to make and remove it takes a twentieth of what a submission costs.
_PIDFD = 0x00001000
_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000
#: What only some jails import: each would read it from its files.
_IMPORTED_BY_SOME = (".writing.programs", ".raising.facts")
#: Forks after which a template takes time to make later ones cheaper.
_FEW = 2
#: The number of descriptors that come with a request to fork: for requests, answers and prints of the child, and for
#: the report of its end.
_DESCRIPTORS = 4


def serve(begin: Mapping[str, Any]) -> KeptQuestions:
    """Fork for each request on descriptor 0; returns in the children only, each with its own pipes on 0, 1 and 2.

    What is returned are the questions that we were told to keep.
    `begin` has `user`, whom to become where root started us, and `clone`, the number of that system call.
    """
    # The interpreter stays ours during a call: a child must find it so.
    libc = ctypes.PyDLL(None, use_errno=True)
    become(library(), begin["user"])
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, os.dup(0))
    for name in _IMPORTED_BY_SOME:
        importlib.import_module(name, __package__)
    # What is here stays: a collection would only make every child copy the pages that it looks at.
    gc.collect()
    gc.freeze()
    poll = select.poll()
    poll.register(control, select.POLLIN)
    #: By the pidfd of each child that lives, its process id and what came with its request.
    living: dict[int, tuple[int, list[int]]] = {}
    kept = KeptQuestions()
    forks = 0
    while True:
        for ready, _ in poll.poll():
            if ready in living:
                poll.unregister(ready)
                _report_end(ready, *living.pop(ready))
                continue
            request, theirs, _, _ = socket.recv_fds(control, 1, _DESCRIPTORS)
            if request == wire.KEEP:
                kept.receive(control.fileno())
                continue
            if not request or len(theirs) != _DESCRIPTORS:
                os._exit(0)
            try:
                child, holder = _fork(libc, begin["clone"])
            except OSError as error:
                _fail(control, theirs, error)
                continue
            if child == 0:
                _arrange_descriptors(control, theirs)
                return kept
            living[holder] = child, theirs
            poll.register(holder, select.POLLIN)
            socket.send_fds(control, [wire.pack({"forked": True})], [holder])
            forks += 1
            if forks == _FEW:
                _improve()
                kept.lasts = True


def _improve() -> None:
    """Make later forks cheaper, by work that pays only if there are many."""
    # The collector lists nothing that is frozen.
    gc.unfreeze()
    make_immortal(gc.get_objects())
    gc.freeze()


def _fork(libc: ctypes.PyDLL, clone: int) -> tuple[int, int]:
    """Fork into new namespaces, as `os.fork` forks; return the child's process id, 0 in the child, and its pidfd.

    One call for what would be two processes with `unshare`: whoever unshares process ids stays outside, and lives on.
    """
    holder = ctypes.c_int(-1)
    flags = ctypes.c_ulong(_NAMESPACES | _PIDFD | signal.SIGCHLD)
    nothing = ctypes.c_void_p()
    ctypes.pythonapi.PyOS_BeforeFork()
    child = libc.syscall(ctypes.c_long(clone), flags, nothing, ctypes.byref(holder), nothing, nothing)
    if child == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
        return 0, -1
    ctypes.pythonapi.PyOS_AfterFork_Parent()
    if child < 0:
        check(child)
    return child, holder.value


def _arrange_descriptors(control: socket.socket, theirs: list[int]) -> None:
    """In the child: have its pipes where a process has them, and nothing else open."""
    os.setsid()
    for number, descriptor in enumerate(theirs[:-1]):
        os.dup2(descriptor, number)
    os.closerange(len(theirs) - 1, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    # Its descriptor is closed: what is left is an object that would close whatever has the number by then.
    control.detach()


def _report_end(holder: int, child: int, theirs: list[int]) -> None:
    """Write how a child ended and what it had used, and let go of all that was its."""
    _, ended, usage = os.wait4(child, 0)
    seconds = usage.ru_utime + usage.ru_stime
    with suppress(OSError):
        wire.write(theirs[-1], wire.pack({"status": os.waitstatus_to_exitcode(ended), "seconds": seconds}))
    _close([holder, *theirs])


def _fail(control: socket.socket, theirs: list[int], error: OSError) -> None:
    """Say that there is no child."""
    _close(theirs)
    control.sendall(wire.pack({"fault": f"clone: {error.strerror}"}))


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
