"""Becomes a program that the kernel ends with the process that started it: `python tether.py PARENT COMMAND...`.

A part of a service would otherwise outlive a supervisor that is killed. This is a program of its own, run by its
path, since between fork and exec no Python should run in a process that may have threads.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1


def tethered(command: Sequence[str]) -> list[str]:
    """Return the command that does the same, and ends with this process (strictly: with the thread that starts it)."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def main() -> None:
    """Tie this process to its parent, and become the command."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        # Kept across exec. What is asked to end may still end in order.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != int(parent):
        # It was gone before we were tied to it.
        return
    os.execv(command[0], command)  # noqa: S606 - a command of ours, without a shell


if __name__ == "__main__":
    main()
