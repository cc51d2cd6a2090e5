"""The template: a jailed interpreter, started up once, that forks a process for each submission and runs none itself.

Each child gets namespaces of its own in a user namespace of its own, as process 1 of them, and the three pipes that
came with the request. Between the two stands a process that tells the worker how the child ended.
"""

import ctypes
import gc
import os
import signal
import socket
from contextlib import suppress
from typing import NoReturn

from . import wire
from .confine import become, check, die_with_parent

#: CLONE_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC, _NEWUSER, _NEWPID, _NEWNET.
_NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
#: What comes with a request: requests and answers and prints of the child, and where to write how it ended.
_DESCRIPTORS = 4


def serve(user: int | None) -> None:
    """Fork for each request on descriptor 0; returns in the children only, each with its own pipes on 0, 1 and 2."""
    libc = ctypes.CDLL(None, use_errno=True)
    become(libc, user)
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, os.dup(0))
    # Whoever is between us and a child is waited for by nobody.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # What is here stays: a collection would only make every child copy the pages that it looks at.
    gc.collect()
    gc.freeze()
    control.sendall(wire.pack({"template": True}))
    while True:
        request, theirs, _, _ = socket.recv_fds(control, 1, _DESCRIPTORS)
        if not request or len(theirs) != _DESCRIPTORS:
            os._exit(0)
        if os.fork() == 0:
            _between(libc, control, theirs)
            return
        for descriptor in theirs:
            os.close(descriptor)


def _between(libc: ctypes.CDLL, control: socket.socket, theirs: list[int]) -> None:
    """Enter new namespaces and fork into them; returns in the child."""
    try:
        die_with_parent(libc)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        check(libc.unshare(_NAMESPACES))
        child = os.fork()
    except OSError as error:
        control.sendall(wire.pack({"fault": str(error)}))
        os._exit(1)
    if child == 0:
        os.setsid()
        for number, descriptor in enumerate(theirs[:-1]):
            os.dup2(descriptor, number)
        os.closerange(len(theirs) - 1, 1 << 16)
        # Its descriptor is closed: what is left is an object that would close whatever has the number by then.
        control.detach()
        return
    _report(control, child, theirs[-1])


def _report(control: socket.socket, child: int, ending: int) -> NoReturn:
    """Give the worker a hold on the child, wait for its end, and write how it ended.

    The child's pipes stay open here: whatever it does to its own ends, they end when it does.
    """
    holder = os.pidfd_open(child)
    socket.send_fds(control, [wire.pack({"forked": True})], [holder])
    os.close(holder)
    control.close()
    os.close(0)
    _, status = os.waitpid(child, 0)
    with suppress(OSError):
        wire.write(ending, wire.pack({"status": os.waitstatus_to_exitcode(status)}))
    os._exit(0)
