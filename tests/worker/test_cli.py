"""The command line as its users have it: exit status, streams and files."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from tests.corpus.examples import OUTCOMES

EXAMPLES = Path(__file__).parents[2] / "examples"
#: An assignment of one line each way, which is drawn in no time, and its solution.
RELU = EXAMPLES.parent / "grader" / "assignments" / "gallery" / "cs231n-relu"
SOLUTION = RELU / "solution.py"

#: Rows of numbers, which carry no marks.
NUMBERS = {"finite_differences", "all_dl_dweights", "all_dl_dbiases"}


def backmark(*words: str | Path, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own."""
    root = str(EXAMPLES.parent)
    return subprocess.run(
        [sys.executable, "-m", "backmark.worker.cli.main", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": root, **variables},
    )


def results(process: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The result objects on standard output, which holds nothing else."""
    return [json.loads(line) for line in process.stdout.splitlines()]


@pytest.mark.usefixtures("jail")
def test_every_example_gets_the_verdict_that_its_table_states() -> None:
    """A folder stands for its files, in order of name; not all passed is status 1."""
    process = backmark("grade", "--json", EXAMPLES)
    assert process.returncode == 1, process.stderr
    outcomes = {
        result["submission"]["filename"]: (
            result["outcome"],
            {row["name"] for row in result["properties"] if row["outcome"] == "failed"} - NUMBERS,
        )
        for result in results(process)
    }
    assert outcomes == OUTCOMES
    assert list(outcomes) == sorted(outcomes)


@pytest.mark.usefixtures("jail")
def test_a_passed_submission_is_status_zero_and_readable() -> None:
    """No colour where it is no terminal."""
    process = backmark("grade", EXAMPLES / "right.ipynb")
    assert process.returncode == 0, process.stderr
    assert "right.ipynb (udl-7.2)  passed  10 of 10 marks" in process.stdout
    assert "\x1b" not in process.stdout


@pytest.mark.usefixtures("jail")
def test_results_come_in_the_order_of_the_files_given() -> None:
    """One line each."""
    files = [EXAMPLES / "right_loops.py", EXAMPLES / "bias_template.py", EXAMPLES / "right.ipynb"]
    process = backmark("grade", "--json", *files)
    assert [result["submission"]["filename"] for result in results(process)] == [file.name for file in files]


@pytest.mark.usefixtures("jail")
def test_the_script_reproduces_the_difference_below_the_students_own_code(tmp_path: Path) -> None:
    """In plain NumPy, in a fresh interpreter."""
    source = EXAMPLES / "missing_factor_two.py"
    process = backmark("grade", source, "--script", tmp_path / "try.py")
    assert process.returncode == 1, process.stderr
    pasted_file = tmp_path / "pasted.py"
    pasted_file.write_text(source.read_text() + (tmp_path / "try.py").read_text())
    script_run = subprocess.run([sys.executable, pasted_file], capture_output=True, text=True, check=True)
    assert script_run.stdout.count("[[-1.]]") == 2
    assert script_run.stdout.splitlines()[-1] == "Differs: all_dl_dweights[0][0, 0] is 1.0, but must be 2.0."
    assert backmark("grade", source, "--script", tmp_path / "try.py").returncode == 1


@pytest.mark.usefixtures("jail")
def test_other_networks_are_said_not_to_be_the_assignments_own() -> None:
    """Drawn in a process of their own, repeatably."""
    words = ("grade", "--json", "--assignment", "cs231n-relu", "--seed", "5", "--networks", "20", SOLUTION)
    runs = [backmark(*words) for _ in range(2)]
    first, second = (results(process)[0] for process in runs)
    assert first["outcome"] == "passed"
    assert first["statistics"]["networks"] == 20
    assert first["assignment"]["own_networks"] is False
    assert first["assignment"]["networks_sha256"] == second["assignment"]["networks_sha256"]


@pytest.mark.parametrize(
    "words",
    [
        ("grade",),
        ("grade", "no_such_file.py"),
        ("grade", str(EXAMPLES / "right.ipynb"), "--networks", "0"),
        ("grade", str(EXAMPLES), "--script", "x.py"),
        ("nonsense",),
    ],
)
def test_wrong_usage_is_status_two_and_says_what_is_wrong(words: tuple[str, ...]) -> None:
    """On standard error, nothing on standard output."""
    process = backmark(*words)
    assert process.returncode == 2
    assert process.stderr
    assert not process.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--assignment", "udl-9.9"), "there is no assignment 'udl-9.9'"),
        (("--assignment", "missing.toml"), "missing.toml cannot be read"),
    ],
)
def test_an_assignment_that_is_not_there_is_wrong_usage(words: tuple[str, ...], sentence: str) -> None:
    """The user who named it can fix that."""
    process = backmark("grade", "--json", EXAMPLES / "right.ipynb", *words)
    assert process.returncode == 2
    assert sentence in process.stderr
    assert not process.stdout


def test_a_damaged_revision_is_our_own_failure_and_says_nothing_about_the_student(tmp_path: Path) -> None:
    """Status three: not a result, not a mark."""
    (tmp_path / "x.npz").write_bytes(b"PK nothing of the kind")
    process = backmark("grade", "--json", EXAMPLES / "right.ipynb", "--assignment", tmp_path / "x.npz")
    assert process.returncode == 3
    assert "damaged" in process.stderr
    assert not process.stdout


@pytest.mark.usefixtures("jail")
def test_many_files_end_in_a_line_for_each(tmp_path: Path) -> None:
    """Folders are searched below, and what systems leave in them is left alone."""
    for name in ("a/one.py", "b/two.PY", "b/.hidden.py", "__MACOSX/three.py", "b/notes.txt"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes((EXAMPLES / "right_einsum.py").read_bytes())
    process = backmark("grade", tmp_path)
    assert process.returncode == 0, process.stderr
    assert process.stdout.endswith("one.py  passed  10/10\ntwo.PY  passed  10/10\n2 of 2 passed\n")


def test_without_a_jail_it_refuses_and_says_what_to_do(tmp_path: Path) -> None:
    """A bubblewrap that cannot isolate is as good as none."""
    useless_bwrap = tmp_path / "bwrap"
    useless_bwrap.write_text("#!/bin/sh\necho 'bwrap: no permissions to create a namespace' >&2\nexit 1\n")
    useless_bwrap.chmod(0o755)
    process = backmark("grade", "--json", EXAMPLES / "right.ipynb", BACKMARK_BWRAP=str(useless_bwrap))
    assert process.returncode == 3
    assert not process.stdout
    assert "doctor" in process.stderr
    doctor_process = backmark("doctor", BACKMARK_BWRAP=str(useless_bwrap))
    assert doctor_process.returncode == 3
    assert "cannot isolate" in doctor_process.stdout


@pytest.mark.parametrize(("name", "outcome"), [("right.ipynb", "passed"), ("bias_template.py", "failed")])
def test_no_jail_says_loudly_that_it_is_unisolated_and_grades_alike(name: str, outcome: str) -> None:
    """For a student's own machine."""
    process = backmark("grade", "--json", "--no-jail", EXAMPLES / name)
    assert "UNISOLATED" in process.stderr
    assert [result["outcome"] for result in results(process)] == [outcome]


def test_a_file_called_no_jail_takes_no_jail_away(tmp_path: Path) -> None:
    """A glob over handed-in files would name it as an option."""
    (tmp_path / "a.py").write_text("def backward_pass(): ...")
    (tmp_path / "--no-jail").write_text("")
    process = backmark("grade", "--no-jail", "a.py", "a.py", cwd=tmp_path)
    assert process.returncode == 2
    assert "a single file or folder" in process.stderr


def test_a_class_is_not_graded_without_a_jail(tmp_path: Path) -> None:
    """It is other people's code."""
    (tmp_path / "a.py").write_text("def backward_pass(): ...")
    with ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.write(tmp_path / "a.py", "a.py")
    for words in ((tmp_path / "class.zip",), (tmp_path, "--summary")):
        process = backmark("grade", "--no-jail", *words)
        assert process.returncode == 2
        assert "a single file or folder" in process.stderr


def test_a_script_never_overwrites_what_backmark_did_not_write(tmp_path: Path) -> None:
    """A glob after --script would name a submission."""
    (tmp_path / "a.ipynb").write_text("{}")
    process = backmark("grade", "--script", tmp_path / "a.ipynb", EXAMPLES / "bias_template.py")
    assert process.returncode == 2
    assert (tmp_path / "a.ipynb").read_text() == "{}"


@pytest.mark.usefixtures("jail")
def test_a_name_of_any_bytes_is_a_name_and_two_alike_are_told_apart(tmp_path: Path) -> None:
    """As folders of a learning platform hold them."""
    source = (EXAMPLES / "right_loops.py").read_bytes()
    for folder in ("alice", "bob"):
        (tmp_path / folder).mkdir()
        Path(os.fsdecode(os.fsencode(tmp_path / folder) + b"/latin\xe9.py")).write_bytes(source)
    files = sorted(tmp_path.glob("*/*.py"))
    process = backmark("grade", "--json", *(file.relative_to(tmp_path) for file in files), cwd=tmp_path)
    assert [result["outcome"] for result in results(process)] == ["passed", "passed"]
    assert [result["submission"]["filename"] for result in results(process)] == [
        "alice/latin\\udce9.py",
        "bob/latin\\udce9.py",
    ]


@pytest.mark.usefixtures("jail")
def test_doctor_tries_a_real_jail() -> None:
    """And says that it held."""
    process = backmark("doctor")
    assert process.returncode == 0, process.stdout
    assert "can isolate" in process.stdout
    assert json.loads(backmark("doctor", "--json").stdout)["can_isolate"] is True


def test_cases_are_shown_as_a_table_and_as_json() -> None:
    description = json.loads(backmark("assignment", "cases", "--json").stdout)
    assert description["cases"] == 200
    assert description["corners"]["home"] == 4
    table = backmark("assignment", "cases", "udl-7.2").stdout
    assert table.startswith("200 cases, each with ")
    assert "solution.py, line 9 (bias_gradient): the cases catch " in table


@pytest.mark.usefixtures("jail")
def test_an_assignment_of_ones_own_is_checked_drawn_and_used(tmp_path: Path) -> None:
    """From a folder to a verdict."""
    folder, cache = tmp_path / "mine", str(tmp_path / "cache")
    shutil.copytree(RELU, folder)
    text = (folder / "assignment.toml").read_text()
    assert text.count("cases = 30") == 1
    (folder / "assignment.toml").write_text(text.replace("cases = 30", "cases = 20"))
    wrong = tmp_path / "wrong.py"
    wrong.write_text(SOLUTION.read_text().replace("(x > 0)", "1.0"))
    check = backmark("assignment", "check", ".", cwd=folder, BACKMARK_CACHE=cache)
    assert check.returncode == 0, check.stdout + check.stderr
    assert "backmark: mine: running solution.py" in check.stderr
    assert backmark("assignment", "draw", folder, BACKMARK_CACHE=cache).returncode == 0
    assert (tmp_path / "mine.npz").exists()
    (result,) = results(backmark("grade", "--json", "--assignment", folder, wrong, BACKMARK_CACHE=cache))
    assert (result["outcome"], result["statistics"]["networks"]) == ("failed", 20)


def test_an_assignment_without_its_language_is_wrong_usage_and_told_what_to_write(tmp_path: Path) -> None:
    file = tmp_path / "tanh.toml"
    file.write_text('id = "tanh"\ntitle = "Tanh"\n')
    process = backmark("assignment", "check", file)
    assert process.returncode == 2
    assert "language is missing: write language = 1 at the top" in process.stderr


def test_the_shipped_cases_belong_to_the_shipped_assignment() -> None:
    """An edited folder must be drawn again."""
    from backmark.grader.contracts.judging.revision import load_packaged  # noqa: PLC0415 - pydantic, for this test only
    from backmark.grader.contracts.language.reading import read  # noqa: PLC0415 - pydantic, for this test only

    folder = EXAMPLES.parent / "grader" / "assignments" / "gallery" / "udl-7.2"
    assert load_packaged("udl-7.2").assignment == read(folder)
