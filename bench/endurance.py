"""`python -m bench.endurance`: ten thousand submissions by one process: what it holds, and what one costs, all along.

Right ones and two kinds of wrong ones by turns, no two alike. What it holds is counted here and in its template:
memory, descriptors, processes, mounts, control groups.
"""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from bench.submissions import function_of
from grader.judge.judge import Judge
from tests.networks import load_packaged
from worker.grading.grader import Grader
from worker.grading.pool import Jails
from worker.sandbox.policy import plan_jailed

KINDS = ("right.ipynb", "no_relu_derivative.ipynb", "right.ipynb", "todo_left.ipynb")
#: When it is looked at; each time over the last hundred.
STOPS = (100, 200, 500, 1_000, 2_000, 5_000, 10_000)
WINDOW = 100


def main() -> None:
    """Grade, look, print a table."""
    parser = argparse.ArgumentParser(prog="bench.endurance", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the first thousand")
    stops = STOPS[:4] if parser.parse_args().quick else STOPS
    print("submissions  ms each  MB  template's MB  descriptors  template's  processes  mounts  groups")
    taken: list[float] = []
    with closing(Jails(plan_jailed())) as jails:
        grader = Grader(Judge(load_packaged("udl-7.2")), jails)
        for number, source in enumerate(_sources(stops[-1]), start=1):
            started = time.perf_counter()
            grader.grade(source, "submission.py")
            taken.append(time.perf_counter() - started)
            if number in stops:
                last = sum(taken[-WINDOW:]) / WINDOW
                print(f"{number:11,}  {1e3 * last:7.1f}  {'  '.join(map(str, _held()))}", flush=True)
    print(f"median {1e3 * median(taken):.1f} ms")


def _sources(count: int) -> Iterator[bytes]:
    kinds = [function_of(name) for name in KINDS]
    for number in range(count):
        yield kinds[number % len(kinds)].replace("y):\n", f"y):\n    submission = {number}\n").encode()


def _held() -> tuple[int, ...]:
    """Megabytes and counts, in the order of the table's head."""
    below = _below(os.getpid())
    # bwrap's only child is the template.
    template = below[1]
    return (
        _megabytes(os.getpid()),
        _megabytes(template),
        _entries("/proc/self/fd"),
        _entries(f"/proc/{template}/fd"),
        len(below),
        Path(f"/proc/{template}/mounts").read_text(encoding="utf-8").count("\n"),
        len(list(Path("/sys/fs/cgroup").glob(f"*/backmark-{os.getpid()}-*"))),
    )


def _megabytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) // 1024


def _entries(folder: str) -> int:
    return sum(1 for _ in Path(folder).iterdir())


def _below(pid: int) -> list[int]:
    """All processes below one, nearest first."""
    found = [pid]
    for each in found:
        children = Path(f"/proc/{each}/task/{each}/children").read_text(encoding="ascii")
        found += map(int, children.split())
    return found[1:]


if __name__ == "__main__":
    main()
