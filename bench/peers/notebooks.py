"""Graders that run a notebook: otter-grader and nbgrader."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.peers.peer import Peer, environment
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


def _cell(source: str, name: str, *, graded: bool = False) -> dict[str, Any]:
    nbgrader = {"grade": graded, "grade_id": name, "locked": graded, "schema_version": 3, "solution": not graded}
    nbgrader |= {"points": 10} if graded else {}
    metadata = {"nbgrader": {**nbgrader, "task": False}}
    return {
        "cell_type": "code",
        "id": name,
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def _notebook(*cells: dict[str, Any]) -> str:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps({"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})


def _done(words: Sequence[str], folder: Path, python: Path) -> None:
    """What a teacher does once, and is not timed."""
    variables = {**os.environ, **environment(python, folder)}
    made = subprocess.run(words, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    if made.returncode:
        print(made.stdout[-2000:], made.stderr[-2000:], file=sys.stderr)
        made.check_returncode()


def _otter(folder: Path, python: Path, source: str) -> Sequence[str]:
    tests = folder / "tests"
    tests.mkdir()
    (tests / "gradients.py").write_text(OTTER, encoding="utf-8")
    otter = str(python.with_name("otter"))
    _done(
        [otter, "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment", "--no-requirements"],
        folder,
        python,
    )
    (folder / "submission.ipynb").write_text(_notebook(_cell(source, "submission")), encoding="utf-8")
    return [otter, "run", "-a", "autograder.zip", "--no-logo", "submission.ipynb"]


def _nbgrader(folder: Path, python: Path, source: str) -> Sequence[str]:
    blank = 'def backward_pass(*given):\n    """To be written."""'
    test = _cell(TEST, "gradients", graded=True)
    for place, first in (("source/hw", blank), ("submitted/student/hw", source)):
        (folder / place).mkdir(parents=True)
        (folder / place / "hw.ipynb").write_text(_notebook(_cell(first, "submission"), test), encoding="utf-8")
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'bench'\n", "utf-8")
    nbgrader = str(python.with_name("nbgrader"))
    _done([nbgrader, "generate_assignment", "hw"], folder, python)
    return [nbgrader, "autograde", "hw", "--force"]


def _scored(folder: Path, _: Run) -> bool:
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return [each["score"] for each in results["tests"] if "gradients" in each["name"]] == [10]


def _autograded(folder: Path, _: Run) -> bool:
    file = folder / "autograded" / "student" / "hw" / "hw.ipynb"
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    (test,) = (each for each in cells if each["metadata"].get("nbgrader", {}).get("grade"))
    return test["execution_count"] is not None and all(each["output_type"] != "error" for each in test["outputs"])


NOTEBOOKS = (
    Peer("otter-grader", "otter-grader", _otter, _scored),
    Peer("nbgrader", "nbgrader", _nbgrader, _autograded),
)
