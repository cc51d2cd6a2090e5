"""`make bench`: everything in one run, one after the other in turn, so that a noisy minute falls on all."""

import argparse
import compileall
import json
import os
import platform
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from numpy import __version__ as numpy_version

from bench.floor import ONE_THREAD, floor, prepare
from bench.grading import each, grade, last
from bench.run import timed
from bench.submissions import EXAMPLES, distinct, function_of
from bench.table import Row, table
from grader.revision import packaged

ROOT = Path(__file__).parents[1]
RIGHT, WRONG = "right.ipynb", "no_relu_derivative.ipynb"


@dataclass(frozen=True, slots=True)
class Size:
    """How often, and how many files in one call."""

    cold: int
    many: int
    right: int
    wrong: int
    oracle: int


FULL, QUICK = Size(15, 3, 100, 100, 7), Size(5, 1, 40, 20, 2)


@dataclass(slots=True)
class Measured:
    """Milliseconds by what they are of."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def note(self, name: str, seconds: float) -> None:
        """One more."""
        self.values.setdefault(name, []).append(1e3 * seconds)


def main() -> None:
    """Measure, print the table, keep the figures."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="half a minute instead of a few")
    size = QUICK if parser.parse_args().quick else FULL
    # The floor's modules are compiled, so ours are too, also where the environment forbids to write bytecode.
    for package in ("grader", "worker"):
        compileall.compile_dir(ROOT / package, quiet=2)
    grading = _grading(size)
    oracle = json.loads(timed([sys.executable, "-m", "bench.oracle", str(size.oracle)], ONE_THREAD).text[0])
    rows, oracle_rows = _rows(grading, size), _oracle_rows(oracle)
    print(table("milliseconds", rows))
    print()
    print(
        table(f"milliseconds a network ({oracle['networks']} of them, {oracle['parameters']} parameters)", oracle_rows)
    )
    ours, theirs, frugal = (row.median for row in oracle_rows)
    print(f"speed-up {theirs / ours:.1f}, goal >= 20; over the frugal loop {frugal / ours:.1f}")
    print(
        f"largest error of the oracle {oracle['oracle_error']:.1e} ({oracle['inconclusive']} derivatives left out),"
        f" of the loop {oracle['loop_error']:.1e}, relative to the network's largest derivative"
    )
    print(f"figures in {_kept({'rows': [row.as_dict() for row in (*rows, *oracle_rows)], 'oracle': oracle})}")


def _grading(size: Size) -> Measured:
    measured = Measured()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        right = distinct(folder / "right", function_of(RIGHT), size.right)
        wrong = distinct(folder / "wrong", function_of(WRONG), size.wrong)
        bare = prepare(folder, packaged("udl-7.2"), function_of(RIGHT))
        for at in range(size.cold):
            run = floor(bare)
            measured.note("floor", run.wall)
            measured.note("floor cpu", run.cpu)
            run = grade([str(EXAMPLES / RIGHT)], "passed")
            measured.note("cold right", run.wall)
            measured.note("cold right cpu", run.cpu)
            measured.note("cold wrong", grade([str(EXAMPLES / WRONG)], "failed").wall)
            # Spread over the whole run.
            if at * size.many % size.cold < size.many:
                _many(measured, "right", right, "passed")
                _many(measured, "wrong", wrong, "failed")
    return measured


def _many(measured: Measured, kind: str, files: list[str], outcome: str) -> None:
    run = grade(files, outcome)
    measured.note(f"{kind} each", each(run))
    measured.note(f"{kind} last", last(run))
    measured.note(f"{kind} cpu", run.cpu / len(files))


def _rows(measured: Measured, size: Size) -> list[Row]:
    names = {
        "floor": ("bare floor: interpreter, NumPy, the calls", ""),
        "cold right": (f"backmark grade {RIGHT}, cold", "<= 4"),
        "right each": (f"a right file among {size.right} in one call, warm", "<= 2"),
        "right last": (f"the last of the {size.right}", "<= 2"),
        "cold wrong": (f"backmark grade {WRONG}, cold", ""),
        "wrong each": (f"a wrong file among {size.wrong} in one call, warm", ""),
        "wrong last": (f"the last of the {size.wrong}", ""),
        "floor cpu": ("CPU: bare floor", ""),
        "cold right cpu": ("CPU: right, cold", ""),
        "right cpu": ("CPU: a right file among many", ""),
        "wrong cpu": ("CPU: a wrong file among many", ""),
    }
    values = measured.values
    base = Row("", values["floor"], 1.0).median
    cpu = Row("", values["floor cpu"], 1.0).median
    return [Row(text, values[key], cpu if "cpu" in key else base, goal) for key, (text, goal) in names.items()]


def _oracle_rows(oracle: dict[str, Any]) -> list[Row]:
    base = Row("", oracle["loop"], 1.0).median
    return [
        Row("the oracle, with its uncertainty", oracle["oracle"], base, "<= 0.05"),
        Row("the notebook's double loop", oracle["loop"], base),
        Row("the same, its unchanged network run only once", oracle["frugal"], base),
    ]


def _kept(figures: dict[str, Any]) -> str:
    folder = ROOT / "bench" / "results"
    folder.mkdir(exist_ok=True)
    now = datetime.now(UTC)
    file = folder / f"{now:%Y%m%dT%H%M%SZ}.json"
    about = {
        "made": now.isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "numpy": numpy_version,
        "revision": packaged("udl-7.2").id,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }
    file.write_text(json.dumps({**about, **figures}, indent=1) + "\n", encoding="utf-8")
    return str(file.relative_to(ROOT))


if __name__ == "__main__":
    main()
