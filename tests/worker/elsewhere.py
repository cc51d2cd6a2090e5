"""The command line as it would run on macOS or Windows: `python elsewhere.py darwin|win32 WORD...`, on Linux.

The modules and names that the system lacks are refused, here and in the process that runs a submission. The libraries
are imported before that, since they ask at import which system this is and find parts of the real one.
"""

import multiprocessing.connection
import os
import select
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import httpx
import hypothesis
import numpy as np
import rich.console
import rich.progress
import rich.table

#: Imported for what it does at import alone.
PRELOADED = (multiprocessing.connection, urllib.request, click, httpx, hypothesis, np, rich)

#: Of Linux only.
LINUX: dict[ModuleType, tuple[str, ...]] = {
    os: ("memfd_create", "pidfd_open", "sched_getaffinity", "setresuid", "setresgid", "pipe2"),
    select: ("epoll",),
    signal: ("pidfd_send_signal",),
}
#: Of Linux and macOS, not of Windows.
UNIX: dict[ModuleType, tuple[str, ...]] = {
    os: (
        *("O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "fork", "geteuid", "getgid", "getpgid", "getuid", "killpg"),
        *("mkfifo", "openpty", "readv", "setsid", "statvfs", "sysconf", "wait4", "writev"),
    ),
    select: ("poll",),
    signal: (
        "SIGALRM",
        "SIGCHLD",
        "SIGHUP",
        "SIGKILL",
        "SIGPIPE",
        "SIGUSR1",
        "SIGXCPU",
        "setitimer",
        "pthread_sigmask",
    ),
    socket: ("AF_UNIX", "recv_fds", "send_fds"),
}
UNIX_MODULES = frozenset({"fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"})


class Refusal:
    """A finder that refuses modules."""

    def __init__(self, modules: frozenset[str]) -> None:
        self._modules = modules

    def find_spec(self, name: str, *_: object) -> None:
        """Raise ModuleNotFoundError for a module that is refused."""
        if name in self._modules:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def become(system: str) -> None:
    """Take away what the system lacks."""
    windows = system == "win32"
    for names in (LINUX, UNIX) if windows else (LINUX,):
        for module, attributes in names.items():
            for name in attributes:
                vars(module).pop(name, None)
    if windows:
        for name in UNIX_MODULES:
            sys.modules.pop(name, None)
        sys.meta_path.insert(0, Refusal(UNIX_MODULES))
        # Python's own way to end a process here is by a name that Windows lacks.
        subprocess.Popen.kill = subprocess.Popen.terminate  # type: ignore[method-assign]
    sys.platform = system
    _follow_into_children(system)


def _follow_into_children(system: str) -> None:
    """Have the Python processes that are started become the same."""
    start = subprocess.Popen.__init__
    path = [str(Path(__file__).parent), *(entry for entry in sys.path if entry)]
    prologue = f"import sys; sys.path += {path!r}; import elsewhere; elsewhere.become({system!r}); "

    def start_elsewhere(self: "subprocess.Popen[bytes]", command: Sequence[str], *words: Any, **options: Any) -> None:
        *before, last = command
        if before and before[-1] == "-c":
            command = [*before, prologue + last]
        elif "-m" in command:
            place = [*command].index("-m")
            run = f"import runpy; runpy.run_module({command[place + 1]!r}, run_name='__main__', alter_sys=True)"
            command = [*command[:place], "-c", prologue + run, *command[place + 2 :]]
        start(self, command, *words, **options)

    subprocess.Popen.__init__ = start_elsewhere  # type: ignore[assignment,method-assign]


if __name__ == "__main__":
    become(sys.argv.pop(1))
    sys.path.insert(0, str(Path(__file__).parents[2]))
    from backmark.worker.cli.main import main

    main(prog_name="backmark")
