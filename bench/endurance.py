"""`python -m bench.endurance`: ten thousand submissions by one process: what it holds, and what one costs, all along.

Right ones and two kinds of wrong ones by turns, no two alike; with `--all` the solutions of all assignments that ship,
by turns, all of them loaded, where a worker's process keeps the last eight. Memory, descriptors, processes, mounts and
control groups are counted, of this process and of its template.
"""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from statistics import median

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import load_packaged
from backmark.grader.store.packaged import list_packaged_revisions
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.policy import plan_jailed
from bench.process_tree import walk_tree
from bench.submissions import extract_function, pick_variant

KINDS = ("right.ipynb", "no_relu_derivative.ipynb", "right.ipynb", "todo_left.ipynb")
#: Submissions after which resources are counted; the time is that of the last hundred.
STOPS = (100, 200, 500, 1_000, 2_000, 5_000, 10_000)
WINDOW = 100


def main() -> None:
    """Grade, count, print a table."""
    parser = argparse.ArgumentParser(prog="bench.endurance", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the first thousand")
    parser.add_argument("--all", action="store_true", help="submissions for all assignments that ship, by turns")
    options = parser.parse_args()
    stops = STOPS[:4] if options.quick else STOPS
    print("submissions  ms each  MB  template's MB  descriptors  template's  processes  mounts  groups")
    times: list[float] = []
    with closing(Jails(plan_jailed())) as jails:
        make = _make_solutions if options.all else _make_sources
        for number, (grader, source) in enumerate(make(jails, stops[-1]), start=1):
            start = time.perf_counter()
            grader.grade(source, "submission.py")
            times.append(time.perf_counter() - start)
            if number in stops:
                mean = sum(times[-WINDOW:]) / WINDOW
                print(f"{number:11,}  {1e3 * mean:7.1f}  {'  '.join(map(str, _count_resources()))}", flush=True)
    print(f"median {1e3 * median(times):.1f} ms")


def _make_sources(jails: Jails, count: int) -> Iterator[tuple[Grader, bytes]]:
    grader, kinds = Grader(Judge(load_packaged("udl-7.2")), jails), [extract_function(name) for name in KINDS]
    for number in range(count):
        yield grader, pick_variant(kinds, number).encode()


def _make_solutions(jails: Jails, count: int) -> Iterator[tuple[Grader, bytes]]:
    names = [packaged.assignment_id for packaged in list_packaged_revisions()]
    graders = [Grader(Judge(load_packaged(name)), jails) for name in names]
    for number in range(count):
        grader = graders[number % len(graders)]
        yield grader, f"{grader.judge.assignment.solution}\nSUBMISSION = {number}\n".encode()


def _count_resources() -> tuple[int, ...]:
    """Return megabytes and counts, in the order of the table's head."""
    descendants = list(walk_tree(os.getpid()))[1:]
    # The first child is bwrap, whose only child is the template.
    template = descendants[1]
    return (
        _read_megabytes(os.getpid()),
        _read_megabytes(template),
        _count_entries("/proc/self/fd"),
        _count_entries(f"/proc/{template}/fd"),
        len(descendants),
        Path(f"/proc/{template}/mounts").read_text(encoding="utf-8").count("\n"),
        len(list(Path("/sys/fs/cgroup").glob(f"*/backmark-{os.getpid()}-*"))),
    )


def _read_megabytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) // 1024


def _count_entries(folder: str) -> int:
    return sum(1 for _ in Path(folder).iterdir())


if __name__ == "__main__":
    main()
