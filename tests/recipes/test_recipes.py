"""The recipes of docs/instructor/recipes.md, word for word, in the programs that they are for."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from bench.peers.peer import find_python
from tests.made import RIGHT
from tests.services import require

ROOT = Path(__file__).parents[2]
#: What the notebook gives to students.
GIVEN = "import numpy as np\nK = 5\n"
HOMEWORK = {True: GIVEN + RIGHT, False: GIVEN + RIGHT.replace("(all_f[k - 1] > 0) * ", "")}
#: What a wrong submission is told by each of them.
VERDICT = ("Wrong on 173 of 200 cases.", "The smallest case:")
#: Seconds of the longest recipe, on a busy machine.
PATIENCE = 300
both = pytest.mark.parametrize("right", [True, False], ids=["right", "wrong"])


def read_recipe(title: str) -> str:
    """Return the code below a heading of the page."""
    page = (ROOT / "docs/instructor/recipes.md").read_text(encoding="utf-8")
    found = re.search(rf"^## {re.escape(title)}\n.*?^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which Backmark and its gallery are installed from their wheels."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    for project in (ROOT, ROOT / "setup" / "gallery"):
        subprocess.run(command, check=True, capture_output=True, cwd=project, env={**os.environ, "PYTHONWARNINGS": ""})
    installed = folder / "site-packages"
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(installed)
    return installed


def install(name: str) -> Path:
    """Return the interpreter of an environment that has a program, made by `make bench-peers` if it is not there."""
    if not find_python(name).exists():
        subprocess.run(["/bin/sh", "setup/peers.sh", name], check=False, cwd=ROOT, stdin=subprocess.DEVNULL)
    return require(find_python(name) if find_python(name).exists() else None, name)


def run(words: Sequence[str], folder: Path, site: Path, python: str | Path = sys.executable) -> tuple[int, str]:
    """Run a command where Backmark is installed; return its status, and what it prints."""
    path = os.pathsep.join((str(Path(python).parent), os.environ.get("PATH", "")))
    variables = {"PATH": path, "PYTHONPATH": str(site), "HOME": str(folder), "JUPYTER_PLATFORM_DIRS": "1"}
    process = subprocess.run(
        words,
        cwd=folder,
        env={**variables, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    return process.returncode, process.stdout


def write_notebook(file: Path, *cells: Mapping[str, Any]) -> None:
    """Write a notebook of code cells, each with what it has beside the usual."""
    usual: dict[str, Any] = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    listed = [{**usual, "id": f"cell-{number}", **cell} for number, cell in enumerate(cells)]
    notebook = {"cells": listed, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(notebook), encoding="utf-8")


@both
def test_pytest(tmp_path: Path, site: Path, right: bool) -> None:  # noqa: FBT001
    (tmp_path / "homework.py").write_text(HOMEWORK[right], encoding="utf-8")
    (tmp_path / "test_homework.py").write_text(read_recipe("pytest"), encoding="utf-8")
    status, printed = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], tmp_path, site)
    assert status == (0 if right else 1), printed
    assert [part in printed for part in VERDICT] == [not right] * 2


#: Wrong homework that changes what `check` returns in the process that imports it.
CHEATING = """
from backmark.worker.notebook.result import CheckResult

CheckResult.__bool__ = lambda _: True


def backward_pass(*given):
    ...
"""
IN_A_JAIL = "pytest, where marks depend on it"


@pytest.mark.usefixtures("jail")
@both
def test_pytest_that_grades_in_a_jail(tmp_path: Path, site: Path, right: bool) -> None:  # noqa: FBT001
    (tmp_path / "homework.py").write_text(HOMEWORK[right], encoding="utf-8")
    (tmp_path / "test_homework.py").write_text(read_recipe(IN_A_JAIL), encoding="utf-8")
    status, printed = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], tmp_path, site)
    assert status == (0 if right else 1), printed
    assert ("Wrong on 173 of 200 cases." in printed) is not right


@pytest.mark.usefixtures("jail")
@pytest.mark.parametrize("text", [CHEATING, "import os\nos._exit(0)\n"], ids=["changes the check", "ends the process"])
def test_code_that_makes_a_test_pass_is_held_by_a_jail_alone(tmp_path: Path, site: Path, text: str) -> None:
    (tmp_path / "homework.py").write_text(text, encoding="utf-8")
    statuses = []
    for title in ("pytest", IN_A_JAIL):
        (tmp_path / "test_homework.py").write_text(read_recipe(title), encoding="utf-8")
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        statuses.append(run(words, tmp_path, site)[0])
    assert statuses == [0, 1]


@both
def test_doctest(tmp_path: Path, site: Path, right: bool) -> None:  # noqa: FBT001
    (tmp_path / "homework.py").write_text(HOMEWORK[right], encoding="utf-8")
    (tmp_path / "tests.txt").write_text(read_recipe("doctest"), encoding="utf-8")
    status, printed = run([sys.executable, "-m", "doctest", "tests.txt"], tmp_path, site)
    assert status == (0 if right else 1), printed
    assert [part in printed for part in VERDICT] == [not right] * 2


@pytest.mark.nightly(0)
@both
def test_otter(tmp_path: Path, site: Path, right: bool) -> None:  # noqa: FBT001
    """By the command for one's own machine, and by the autograder that a course uploads."""
    python = install("otter-grader")
    otter = str(python.with_name("otter"))
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "backward_pass.py").write_text(read_recipe("Otter-Grader"), encoding="utf-8")
    write_notebook(tmp_path / "submission.ipynb", {"source": HOMEWORK[right]})
    _, printed = run([otter, "check", "-t", "tests", "submission.ipynb"], tmp_path, site, python)
    assert ("All tests passed!" in printed) is right
    assert [part in printed for part in VERDICT] == [not right] * 2

    make = [otter, "generate", "-t", "tests", "-o", "autograder.zip", "--no-environment", "--no-requirements"]
    for words in (make, [otter, "run", "-a", "autograder.zip", "--no-logo", "submission.ipynb"]):
        status, printed = run(words, tmp_path, site, python)
        assert status == 0, printed
    tests = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))["tests"]
    assert [test["score"] for test in tests if test["name"] == "backward_pass"] == [10 if right else 0]


#: The cell that grades, as students have it: it checks by the public kit.
RELEASED = """\
from IPython.display import display
from backmark import check

kit = "udl-7.2"
result = check(kit)
display(result)"""


@pytest.mark.nightly(0)
@both
def test_nbgrader(tmp_path: Path, site: Path, right: bool) -> None:  # noqa: FBT001
    """The marks of what is right are in nbgrader's own gradebook, and the verdict is in the graded notebook."""
    python = install("nbgrader")
    nbgrader = str(python.with_name("nbgrader"))
    status, printed = run([sys.executable, "-m", "backmark", "init", "nbgrader", "course"], tmp_path, site)
    assert status == 0, printed
    course = tmp_path / "course"
    # Grading is on a machine on which this very version is installed.
    assert (course / "requirements.txt").read_text(encoding="utf-8") == f"backmark=={version('backmark')}\n"
    status, printed = run([nbgrader, "generate_assignment", "homework"], course, site, python)
    assert status == 0, printed
    released = course / "release/homework/homework.ipynb"
    given = json.loads(released.read_text(encoding="utf-8"))
    blank, test = given["cells"]
    assert "all_dl" not in "".join(blank["source"])
    assert "".join(test["source"]) == RELEASED
    homework = HOMEWORK[True] if right else HOMEWORK[True].replace("insert(0, delta)", "insert(0, 2 * delta)")
    blank["source"] = homework
    write_notebook(course / "submitted/student/homework/homework.ipynb", blank, test)
    status, printed = run([nbgrader, "autograde", "homework"], course, site, python)
    assert status == 0, printed
    code = (
        "from nbgrader.api import Gradebook\nwith Gradebook('sqlite:///gradebook.db') as book:\n"
        "    print(book.find_submission('homework', 'student').score)"
    )
    status, printed = run([str(python), "-c", code], course, site, python)
    assert status == 0, printed
    # The kit of the course holds the solution, by which a homework that is right in part has its marks.
    assert float(printed.splitlines()[-1]) == (10 if right else 8)
    graded = json.loads((course / "autograded/student/homework/homework.ipynb").read_text(encoding="utf-8"))
    pages = "".join(
        part for output in graded["cells"][1]["outputs"] for part in output.get("data", {}).get("text/html", "")
    )
    assert ("Your code is right." if right else "The smallest case") in pages
