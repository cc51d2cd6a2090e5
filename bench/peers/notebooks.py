"""Graders that run a notebook: otter-grader and nbgrader."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.peers.peer import Peer, make_environment, read_results
from bench.run import Run

TEST = "from bench.peers.check import check\ncheck(globals())"

OTTER = f"""\
OK_FORMAT = True
test = {{
    "name": "gradients",
    "points": 10,
    "suites": [{{
        "cases": [{{"code": {">>> " + TEST.replace(chr(10), chr(10) + ">>> ")!r}, "hidden": False, "locked": False}}],
        "scored": True, "setup": "", "teardown": "", "type": "doctest",
    }}],
}}
"""


def _make_cell(source: str, name: str, *, is_test: bool = False) -> dict[str, Any]:
    nbgrader = {"grade": is_test, "grade_id": name, "locked": is_test, "schema_version": 3, "solution": not is_test}
    nbgrader |= {"points": 10} if is_test else {}
    metadata = {"nbgrader": {**nbgrader, "task": False}}
    return {
        "cell_type": "code",
        "id": name,
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def _make_notebook(*cells: dict[str, Any]) -> str:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps({"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})


def _prepare(words: Sequence[str], folder: Path, python: Path) -> None:
    """Run a command of the teacher, which is needed only once and not timed."""
    variables = {**os.environ, **make_environment(python, folder)}
    process = subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    if process.returncode:
        print(process.stdout[-2000:], process.stderr[-2000:], file=sys.stderr)
        process.check_returncode()


def _lay_out_otter(folder: Path, python: Path, source: str) -> Sequence[str]:
    tests = folder / "tests"
    tests.mkdir()
    (tests / "gradients.py").write_text(OTTER, encoding="utf-8")
    otter = str(python.with_name("otter"))
    _prepare(
        [otter, "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment", "--no-requirements"],
        folder,
        python,
    )
    (folder / "submission.ipynb").write_text(_make_notebook(_make_cell(source, "submission")), encoding="utf-8")
    return [otter, "run", "-a", "autograder.zip", "--no-logo", "submission.ipynb"]


def _lay_out_nbgrader(folder: Path, python: Path, source: str) -> Sequence[str]:
    blank = 'def backward_pass(*given):\n    """To be written."""'
    test = _make_cell(TEST, "gradients", is_test=True)
    for place, code in (("source/hw", blank), ("submitted/student/hw", source)):
        (folder / place).mkdir(parents=True)
        (folder / place / "hw.ipynb").write_text(_make_notebook(_make_cell(code, "submission"), test), encoding="utf-8")
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'bench'\n", "utf-8")
    nbgrader = str(python.with_name("nbgrader"))
    _prepare([nbgrader, "generate_assignment", "hw"], folder, python)
    return [nbgrader, "autograde", "hw", "--force"]


def _otter_passes(folder: Path, _: Run) -> bool:
    tests = read_results(folder)["tests"]
    return [test["score"] for test in tests if "gradients" in test["name"]] == [10]


def _nbgrader_passes(folder: Path, _: Run) -> bool:
    file = folder / "autograded" / "student" / "hw" / "hw.ipynb"
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    (test,) = (cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade"))
    return test["execution_count"] is not None and all(output["output_type"] != "error" for output in test["outputs"])


NOTEBOOKS = (
    Peer("otter-grader", "otter-grader", _lay_out_otter, _otter_passes),
    Peer("nbgrader", "nbgrader", _lay_out_nbgrader, _nbgrader_passes),
)
