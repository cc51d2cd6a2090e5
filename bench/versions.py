"""`python -m bench.versions PYTHON ...`: the examples and ten wrong files, graded by each Python by turns.

All others are compared with the first: a verdict must be the same, and may cost five times the processor time at most,
of worker and jails together, which varies least on a busy machine. Status 1 if a Python fails.
"""

import argparse
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.run import ONE_THREAD, Command, run_command
from bench.submissions import EXAMPLES, WRONG, extract_function, write_variants

#: The most that a Python may take, as a multiple of what the first one takes.
MOST = 5.0
#: It takes its whole time limit on each Python.
ENDLESS = "endless_loop.py"
_VERSION = "import numpy, platform; print('Python', platform.python_version(), 'NumPy', numpy.__version__)"


def main() -> int:
    """Measure each Python; print a table and what is wrong; return the status."""
    parser = argparse.ArgumentParser(prog="bench.versions", description=__doc__)
    parser.add_argument("pythons", nargs="+", help="interpreters of environments that have Backmark")
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    names = {python: run_command(Command([python, "-c", _VERSION])).lines[0].strip() for python in options.pythons}
    print(f"{'seconds of a processor':34}{'examples':>10}{'ten wrong':>11}")
    with TemporaryDirectory() as folder:
        examples = [str(file) for file in sorted(EXAMPLES.iterdir()) if file.is_file() and file.name != ENDLESS]
        examples = [file for file in examples if file.endswith((".py", ".ipynb"))]
        wrong = write_variants(Path(folder, "wrong"), [extract_function(name) for name in WRONG], 10)
        seconds, verdicts = measure(options.pythons, (examples, wrong), options.rounds)
    for python, name in names.items():
        print(f"{name:34}{seconds[python][0]:10.2f}{seconds[python][1]:11.2f}")
    faults = find_faults(seconds, verdicts)
    for python, fault in faults:
        print(f"{names[python]}: {fault}")
    return 1 if faults else 0


def measure(
    pythons: list[str], groups: tuple[list[str], ...], rounds: int
) -> tuple[dict[str, list[float]], dict[str, list[str]]]:
    """Return by Python the least seconds for each group of files, and the verdicts on all files."""
    seconds = {python: [float("inf")] * len(groups) for python in pythons}
    verdicts: dict[str, list[str]] = {}
    for _ in range(rounds):
        for python in pythons:
            verdicts[python] = []
            for number, files in enumerate(groups):
                words = [python, "-m", "backmark", "grade", "--json", "--jobs", "1", *files]
                run = run_command(Command(words, None, ONE_THREAD, (0, 1)))
                seconds[python][number] = min(seconds[python][number], run.cpu)
                verdicts[python] += map(_summarise, run.lines)
    return seconds, verdicts


def find_faults(seconds: dict[str, list[float]], verdicts: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Return each Python, but the first, that grades otherwise or too slowly, with what is wrong."""
    first, *others = seconds
    faults = []
    for python in others:
        pairs = zip(verdicts[first], verdicts[python], strict=True)
        faults += [(python, f"{theirs} instead of {ours}") for ours, theirs in pairs if ours != theirs]
        ratio = max(theirs / ours for ours, theirs in zip(seconds[first], seconds[python], strict=True))
        if ratio > MOST:
            faults.append((python, f"{ratio:.2f} times the processor time of the first; {MOST:g} times is the most"))
    return faults


def _summarise(line: str) -> str:
    verdict = json.loads(line)
    return f"{verdict['submission']['filename']}: {verdict['outcome']}, score {verdict['score']}"


if __name__ == "__main__":
    sys.exit(main())
