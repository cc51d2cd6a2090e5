"""One process, timed from outside: the wall's clock, the CPU's, and when each line of its answer came."""

import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: Seconds after which a run has failed: a hundred wrong submissions take a tenth of it.
PATIENCE = 600


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds."""

    wall: float
    cpu: float
    #: When each line came, from the start.
    lines: tuple[float, ...]
    text: tuple[str, ...]


def timed(command: Sequence[str], environment: Mapping[str, str] | None = None, statuses: Sequence[int] = (0,)) -> Run:
    """Run the command to its end; raises RuntimeError where it ends with another status than those."""
    before = _cpu()
    started = time.perf_counter()
    lines, text = [], []
    with subprocess.Popen(
        command, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as process:
        if process.stdout is not None:
            for line in process.stdout:
                lines.append(time.perf_counter() - started)
                text.append(line)
        status = process.wait(PATIENCE)
    wall = time.perf_counter() - started
    if status not in statuses:
        message = f"{' '.join(command[:4])} ended with status {status}"
        raise RuntimeError(message)
    return Run(wall, _cpu() - before, tuple(lines), tuple(text))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
