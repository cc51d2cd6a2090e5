"""Processes, timed from outside: the wall's clock, the CPU's, and when each line of an answer came."""

import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

#: Seconds after which a run has failed: a hundred wrong submissions take a tenth of it.
PATIENCE = 600

#: One thread, as in the jail: OpenBLAS's threads cost more than they bring at these sizes.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True)
class Command:
    """What is run, where, with which variables beside those of this process, and how it may end."""

    words: Sequence[str]
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: ONE_THREAD)
    statuses: Sequence[int] = (0,)

    def start(self) -> subprocess.Popen[str]:
        """The process, its standard output to be read; what it says of its progress is nobody's."""
        return subprocess.Popen(
            self.words,
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )

    def ended(self, status: int) -> None:
        """Raise RuntimeError where the status is none of those that it may end with."""
        if status not in self.statuses:
            message = f"{' '.join(self.words[:5])} ended with status {status}"
            raise RuntimeError(message)


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds."""

    wall: float
    cpu: float
    #: When each line came, from the start.
    lines: tuple[float, ...]
    text: tuple[str, ...]
    status: int


def timed(command: Command) -> Run:
    """Run the command to its end."""
    before = _cpu()
    started = time.perf_counter()
    lines, text = [], []
    with command.start() as process:
        if process.stdout is not None:
            for line in process.stdout:
                lines.append(time.perf_counter() - started)
                text.append(line)
        status = process.wait(PATIENCE)
    command.ended(status)
    return Run(time.perf_counter() - started, _cpu() - before, tuple(lines), tuple(text), status)


def together(commands: Sequence[Command], times: int = 1) -> float:
    """Seconds until all of them are done side by side, each so many times over."""

    def stream(command: Command) -> None:
        for _ in range(times):
            process = command.start()
            process.communicate(timeout=PATIENCE)
            command.ended(process.returncode)

    started = time.perf_counter()
    with ThreadPoolExecutor(len(commands)) as streams:
        list(streams.map(stream, commands))
    return time.perf_counter() - started


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
