"""A launcher whose command the kernel ends with its parent process: `python die_with_parent.py PARENT COMMAND...`.

Otherwise a part of a service would outlive a killed supervisor. This is a separate program, run by its path, because
between fork and exec no Python may run in a process that may have threads.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1


def tie_to_parent(command: Sequence[str]) -> list[str]:
    """Return a command that does the same, but ends with this process (strictly: with the thread that starts it)."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def main() -> None:
    """Tie this process to its parent, and execute the command."""
    parent, *command = sys.argv[1:]
    if sys.platform == "linux":
        # The setting survives exec. SIGTERM lets the command end in order.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != int(parent):
        # The parent ended before the setting took effect.
        return
    os.execv(command[0], command)  # noqa: S606 - a command of ours, without a shell


if __name__ == "__main__":
    main()
