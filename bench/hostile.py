"""`python -m bench.hostile`: what the most expensive files cost that we know how to write, a process each.

Each is wrong, so that its lines are looked for, and burns what it can: calls just below their limit, sleep, values
that are large or many, programs as long as they may be, answers that never repeat. Prints by file the processor time
of `backmark grade` with all of its jails, the seconds on the wall clock, the outcome, and the assignment's seconds
beside the worst. Exits with 1 if one costs more than twice these, passes, or ends as a failure of ours.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from backmark.grader.contracts.judging.revision import load_packaged

#: A right backward pass in its own style, but for a factor; `{top}` and `{each}` are lines at its top and in its loop.
BODY = """
import numpy as np
import sys, time
{before}

def backward_pass(all_weights, all_biases, all_f, all_h, y):
{top}
    delta = all_f[-1] - y
    d_weights, d_biases = [], []
    for k in range(K, -1, -1):
{each}
        d_weights.insert(0, delta @ all_h[k].T)
        d_biases.insert(0, delta)
        if k > 0:
            delta = (all_f[k - 1] > 0) * (all_weights[k].T @ delta)
    return d_weights, d_biases
"""

_BUSY = "    end = time.process_time() + {}\n    while time.process_time() < end: pass"
_SUM = " + ".join(f"0 * (delta[0, 0] * {number}.5 - y[0, 0])" for number in range(400))
#: By name the lines before the function, at its top, and in its loop.
FILES: dict[str, tuple[str, str, str]] = {
    "busy_calls": ("", _BUSY.format(0.07), ""),
    "busy_once": (
        "calls = []",
        "    calls.append(1)\n    if len(calls) == 3:\n        "
        + _BUSY.format(1.8)[4:].replace("\n    ", "\n        "),
        "",
    ),
    "sleeps": ("", "    time.sleep(0.07)", ""),
    "turns": ("", "    total = 0\n    for i in range(200_000): total += i", ""),
    "long_values": (
        "",
        "    waste = np.zeros(400_000)\n    for i in range(40): waste = waste * 0.5 + all_f[0][0, 0]",
        "        waste = waste * 0.5",
    ),
    "many_sites": ("", "", f"        delta = delta + {_SUM}"),
    "many_statements": (
        "",
        "\n".join(f"    part{number} = all_f[0] * {number}.5 + all_h[0][0, 0]" for number in range(900)),
        "",
    ),
    "many_helpers": (
        "\n".join(f"def help{number}(a): return a * 1.0 + 0.0 * a" for number in range(300)),
        "",
        "        delta = " + "".join(f"help{number}(" for number in range(80)) + "delta" + ")" * 80,
    ),
    "never_repeats": ("", "    noise = np.random.rand() * 1e-3", "        delta = delta + noise"),
    "slow_where_mended": (
        "",
        "    if len(sys._getframe().f_globals) > 40:\n        while True: pass",
        "",
    ),
}


def write_source(name: str) -> str:
    """Return the source of a file."""
    before, top, each = FILES[name]
    return BODY.format(before=before, top=top, each=each)


def main() -> None:
    """Grade each file alone, and print what it cost."""
    parser = argparse.ArgumentParser(prog="bench.hostile", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"the files, of {', '.join(FILES)}; by default all")
    names = parser.parse_args().names or list(FILES)
    limit = load_packaged("udl-7.2").assignment.limits.seconds
    worst, bad = 0.0, []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            file = Path(folder) / f"{name}.py"
            file.write_text(write_source(name), encoding="utf-8")
            seconds, wall, outcome, lines = grade(file)
            worst = max(worst, seconds)
            bad += [name] if outcome in {"", "passed"} or seconds > 2 * limit else []
            end = f"{outcome or 'OURS'}, {lines} lines"
            print(f"{name:20} {seconds:6.1f} s of a processor {wall:6.1f} s on the clock  {end}", flush=True)
    print(f"worst {worst:.1f} s; the assignment gives {limit:g} s")
    if bad:
        print(f"too expensive, passed, or a failure of ours: {', '.join(bad)}")
    sys.exit(1 if bad else 0)


def grade(file: Path) -> tuple[float, float, str, int]:
    """Return a file's processor time, its time on the clock, its outcome (none if we failed) and its named lines."""
    start, before = time.monotonic(), read_children()
    command = [sys.executable, "-m", "backmark", "grade", "--json", str(file)]
    process = subprocess.run(command, capture_output=True, check=False)
    verdict: dict[str, Any] = json.loads(process.stdout) if process.stdout else {"outcome": "", "repair": []}
    used = read_children() - before
    return used, time.monotonic() - start, verdict["outcome"], len(verdict["repair"] or [])


def read_children() -> float:
    """Return the processor time of all children that have ended, and of theirs."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
