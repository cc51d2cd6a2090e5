"""Submissions whose verdicts have all kinds of texts between them, and all that anybody is shown of them.

`python -m tests.reports.golden_cases` writes the texts anew, for a change that is meant to reword them.
"""

import contextlib
import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

from rich.console import Console

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import load_packaged
from backmark.grader.model.assignment import Feedback, Level, Limits
from backmark.grader.model.records import State, SubmissionRecord
from backmark.grader.model.verdict import Verdict
from backmark.grader.reports.disclosure import disclose
from backmark.grader.reports.terminal import render
from backmark.grader.reports.view import make_view
from backmark.grader.store.listings import CodeListing
from backmark.grader.web.pages.sources import listing
from backmark.grader.web.pages.verdict_view import draw_submission
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.policy import plan_jailed

FOLDER = Path(__file__).parent / "goldens"

RIGHT = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    all_dl_dweights, all_dl_dbiases = [None] * (K + 1), [None] * (K + 1)
    all_dl_df, all_dl_dh = [None] * (K + 1), [None] * (K + 1)
    all_dl_df[K] = np.array(d_loss_d_output(all_f[K], y))
    for layer in range(K, -1, -1):
        all_dl_dbiases[layer] = np.array(all_dl_df[layer])
        all_dl_dweights[layer] = all_dl_df[layer] @ all_h[layer].T
        all_dl_dh[layer] = all_weights[layer].T @ all_dl_df[layer]
        if layer > 0:
            all_dl_df[layer - 1] = indicator_function(all_f[layer - 1]) * all_dl_dh[layer]
    return all_dl_dweights, all_dl_dbiases
"""
OUTPUT, BIAS = "np.array(d_loss_d_output(all_f[K], y))", "np.array(all_dl_df[layer])"
WEIGHT, MASK = "all_dl_df[layer] @ all_h[layer].T", "indicator_function(all_f[layer - 1]) * "
START, END = "    all_dl_df, all_dl_dh =", "    return all_dl_dweights, all_dl_dbiases"
#: Its lists cannot be read: what came back tells the first difference.
OWN_NAMES = RIGHT.replace("all_dl_", "d_")
HELPER = """
def outer(a, b):
    try:
        return a @ b
    except ValueError as error:
        raise RuntimeError("no product of\\nline 3, in two") from error
"""


def _at_start(line: str) -> str:
    return RIGHT.replace(START, f"    {line}\n{START}")


def _notebook(*cells: str) -> str:
    """A notebook of these code cells, with a cell of text above them."""
    code_cells: list[dict[str, Any]] = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": text} for text in cells
    ]
    head = {"cell_type": "markdown", "metadata": {}, "source": "Backpropagation"}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [head, *code_cells]})


#: Nothing in it corresponds to any line of a solution.
UNLIKE = """
def backward_pass(all_weights, all_biases, all_f, all_h, y):
    scaled = [w * 0.5 for w in all_weights]
    moved = [b + 1 for b in all_biases]
    return scaled, moved
"""
SOURCES = {
    "passed.py": RIGHT,
    "one_mistake.ipynb": _notebook("import numpy as np", RIGHT.replace(MASK, "")),
    "two_mistakes.py": RIGHT.replace(OUTPUT, "all_f[K] - y").replace(MASK, ""),
    "two_first.py": RIGHT.replace(BIAS, "all_dl_df[layer] * 1.5").replace(WEIGHT, f"1.5 * {WEIGHT}"),
    "own_names.py": OWN_NAMES.replace(MASK, ""),
    "own_names_zero.py": OWN_NAMES.replace(MASK, "0 * "),
    "own_names_halved.py": OWN_NAMES.replace("df[layer - 1] = ", "df[layer - 1] = 0.5 * "),
    "several_lines.ipynb": _notebook(
        RIGHT.replace(f"= {WEIGHT}", "= 0").replace(END, f"    all_dl_dweights[0] = 3 * all_dl_df[0]\n{END}")
    ),
    "zero_biases.py": RIGHT.replace(BIAS, f"0 * {BIAS}"),
    "transposed.py": RIGHT.replace(f"= {WEIGHT}", "= all_h[layer] @ all_dl_df[layer].T"),
    "elsewhere.py": RIGHT.replace(f"= {WEIGHT}", f"= (2 if K > 5 else 1) * {WEIGHT}"),
    "template.py": RIGHT.replace(WEIGHT, "np.zeros_like(all_weights[layer])").replace(MASK, "0 * "),
    "raises.ipynb": _notebook(HELPER, RIGHT.replace(WEIGHT, "outer(all_h[layer], all_dl_df[layer])")),
    "raises_elsewhere.py": _at_start("if K > 2: raise ValueError('not for K = %d' % K)"),
    "left_out.ipynb": _notebook("tables = {}\nfor row in open('x'):\n    tables[row] = 1\n", _at_start("tables['a']")),
    "not_imported.py": _at_start("import helpers"),
    "timeout.py": _at_start("while K == 2: pass"),
    "memory.py": _at_start("if K == 2: bytearray(10 << 30)"),
    "output_limit.py": _at_start("if K == 2: print('x' * (1 << 26))"),
    "crashed.py": _at_start("import os; os._exit(61 if K == 2 else 0) if K == 2 else None"),
    "rejected.ipynb": _notebook("import numpy as np", RIGHT.replace("y):", "y:")),
    "rejected.py": f"{RIGHT}\nbackward_pass = 3\n",
    "flat_biases.py": RIGHT.replace(BIAS, "all_dl_df[layer].ravel()"),
    "swapped.py": RIGHT.replace(END, "    return all_dl_dbiases, all_dl_dweights"),
    "text_returned.py": RIGHT.replace(END, "    return 'uniform'"),
    "nothing_returned.py": RIGHT.replace(END, "    return None"),
    "not_finite.py": RIGHT.replace(BIAS, "all_dl_df[layer] / (K > 2)"),
    "grows.py": RIGHT.replace("y):", "y, kept=[]):").replace(END, f"    kept += all_dl_dbiases\n{END[:-14]}kept"),
    "random.py": RIGHT.replace(BIAS, f"{BIAS} + (np.random.rand() > 0.6)"),
    "unlike.py": UNLIKE,
    "changes.py": RIGHT.replace(OUTPUT, "d_loss_d_output(all_f[K], y)").replace(START, f"    y *= 1.5\n{START}"),
}  # fmt: skip
LEVELS = {
    "full": Feedback.always(Level.FULL),
    "hidden": Feedback.always(Level.FULL, ("relu_derivative", "any_shape")),
    "line": Feedback.always(Level.LINE),
    "hint": Feedback.always(Level.HINT),
    "score": Feedback.always(Level.SCORE),
}


def make_grader(jails: Jails) -> Grader:
    """The shipped assignment with short limits."""
    base = load_packaged("udl-7.2")
    limits = Limits(seconds_per_call=0.4, seconds=20.0, memory=1 << 30, output=1 << 16)
    return Grader(Judge(replace(base, assignment=replace(base.assignment, limits=limits))), jails)


def grade_source(name: str, grader: Grader) -> tuple[Verdict, CodeListing | None]:
    """The verdict on the source of that name, as if it had taken no time, and a notebook's code."""
    grading = grader.grading(SOURCES[name].encode(), name)
    verdict = grading.verdict()
    verdict = replace(verdict, statistics=replace(verdict.statistics, seconds=0.0))
    return verdict, CodeListing(grading.cells.texts, grading.cells.whole) if name.endswith(".ipynb") else None


def show_verdict(name: str, verdict: Verdict, cells: CodeListing | None) -> str:
    """Return all that is shown of the verdict on the source of that name, as a text."""
    source = SOURCES[name].encode()
    code_listing = listing(name, source, len(source), cells, verdict)
    marked = [f"{cell.number}:{line.number} {line.mark}" for cell in code_listing.cells for line in cell.marked]
    shown = {level: disclose(verdict, feedback, 2) for level, feedback in LEVELS.items()}
    if shown["line"] == shown["full"]:
        del shown["line"]
    parts = {
        "on a terminal": _terminal(verdict),
        "marked lines": "\n".join(marked) or "none",
        **{f"the page, {level}": _page(name, part) for level, part in shown.items()},
    }
    scripts = {_fold(row.counterexample.script) for row in verdict.properties if row.counterexample} - {""}
    text = "".join(f"=== {title}\n{part.strip()}\n\n" for title, part in parts.items())
    for script in sorted(scripts, key=len, reverse=True):
        text = text.replace(script, "(script)")
    return text


def _terminal(verdict: Verdict) -> str:
    """Return what `backmark grade` shows, which knows no levels."""
    console = Console(width=100, color_system=None, highlight=False, markup=False, emoji=False)
    with console.capture() as capture:
        console.print(render(replace(verdict, level=None)))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _page(name: str, verdict: Verdict) -> str:
    """Return the words of the verdict's page, the script apart."""
    submission = SubmissionRecord(
        id="s1", course="c", assignment="udl-7.2", revision="r", student="ada", attempt=2, filename=name,
        source_sha256="0" * 64, size=10, state=State.DONE, created=1_700_000_000.0, finished=1_700_000_001.0, verdict=1,
    )  # fmt: skip
    page = draw_submission(make_view(verdict), submission, "UDL")
    text = unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", page, flags=re.DOTALL))
    return _fold(text)


def _fold(text: str) -> str:
    """Return the words of a text line by line, as a page shows them."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines() if line.strip())


def main() -> None:
    """Write what each case is shown as."""
    FOLDER.mkdir(exist_ok=True)
    with contextlib.closing(Jails(plan_jailed())) as jails:
        grader = make_grader(jails)
        for name in SOURCES:
            (FOLDER / f"{name}.txt").write_text(show_verdict(name, *grade_source(name, grader)), encoding="utf-8")


if __name__ == "__main__":
    main()
