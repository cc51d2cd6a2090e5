"""Commands, timed from outside: by the wall clock, by the processor's, and by the moment at which each line arrives."""

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
    """A command: its words, its folder, its variables beside those of this process, and its allowed exit statuses."""

    words: Sequence[str]
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: ONE_THREAD)
    statuses: Sequence[int] = (0,)

    def start(self) -> subprocess.Popen[str]:
        """Start the process; its standard output can be read, its progress messages are dropped."""
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

    def check_status(self, status: int) -> None:
        """Raise RuntimeError if the exit status is not an allowed one."""
        if status not in self.statuses:
            message = f"{' '.join(self.words[:5])} ended with status {status}"
            raise RuntimeError(message)


@dataclass(frozen=True, slots=True)
class Run:
    """A command that has ended, and its output; times are in seconds."""

    wall: float
    cpu: float
    #: The moment of each line of output, from the start.
    arrivals: tuple[float, ...]
    lines: tuple[str, ...]
    status: int


def run_command(command: Command) -> Run:
    """Run the command to its end."""
    cpu_before = _children_cpu()
    start = time.perf_counter()
    arrivals, lines = [], []
    with command.start() as process:
        if process.stdout is not None:
            for line in process.stdout:
                arrivals.append(time.perf_counter() - start)
                lines.append(line)
        status = process.wait(PATIENCE)
    command.check_status(status)
    return Run(time.perf_counter() - start, _children_cpu() - cpu_before, tuple(arrivals), tuple(lines), status)


def run_side_by_side(commands: Sequence[Command], repeats: int = 1) -> float:
    """Run the commands at the same time, each `repeats` times in a row; return the seconds until all are done."""

    def run_lane(command: Command) -> None:
        for _ in range(repeats):
            process = command.start()
            process.communicate(timeout=PATIENCE)
            command.check_status(process.returncode)

    start = time.perf_counter()
    with ThreadPoolExecutor(len(commands)) as lanes:
        list(lanes.map(run_lane, commands))
    return time.perf_counter() - start


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
