"""Gradescope's autograder: the ZIP file that is exported, and what it does with a submission."""

import errno
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from backmark.grader.contracts.judging.revision import load
from backmark.worker.cli.gradescope.bundle import SCRIPTS
from backmark.worker.cli.main import main
from backmark.worker.sandbox import policy

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
#: By field the types that Gradescope's specifications allow, and the values where there are few.
FORMATS = {"text", "html", "simple_format", "md", "ansi"}
VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}


def backmark(*words: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run the command."""
    return subprocess.run(
        [sys.executable, "-m", "backmark", *map(str, words)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def make_wheel(folder: Path, name: str, number: str, *needs: str) -> None:
    """Write a wheel with nothing in it."""
    info = f"{name}-{number}.dist-info"
    requires = "".join(f"Requires-Dist: {need}\n" for need in needs)
    with zipfile.ZipFile(folder / f"{name}-{number}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n{requires}")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A folder with all wheels."""
    return make_wheels(tmp_path / "wheels")


def make_wheels(folder: Path) -> Path:
    """Make a folder with all wheels, in which there is nothing."""
    folder.mkdir()
    make_wheel(folder, "backmark", version("backmark"), "numpy>=2")
    make_wheel(folder, "numpy", "2.4.0")
    make_wheel(folder, "pip", "26.0")
    return folder


def export(target: Path, wheels: Path) -> "subprocess.CompletedProcess[str]":
    """Export an assignment without fresh cases, which would have to be drawn."""
    words = ("udl-7.2", "--public-cases", "-o", target, "--wheels", wheels)
    return backmark("assignment", "export", "gradescope", *words)


def test_the_zip_has_scripts_that_run_the_cases_and_all_wheels(wheels: Path, tmp_path: Path) -> None:
    target = tmp_path / "autograder.zip"
    process = export(target, wheels)
    assert process.returncode == 0, process.stderr
    with zipfile.ZipFile(target) as archive:
        members = {member.filename: member for member in archive.infolist()}
        assert sorted(members) == sorted([*SCRIPTS, "revision.npz", *(f"wheels/{w.name}" for w in wheels.iterdir())])
        assert all(members[name].external_attr >> 16 & 0o111 == 0o111 for name in SCRIPTS)
        assert load(archive.read("revision.npz")).assignment.id == "udl-7.2"
        assert all(archive.read(name).startswith(b"#!/bin/sh\n") for name in SCRIPTS)


def test_the_same_wheels_and_cases_make_the_same_zip(wheels: Path, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("one.zip", "two.zip")]
    for file in files:
        assert export(file, wheels).returncode == 0
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize("name", ["backmark", "numpy", "pip"])
def test_a_wheel_that_is_missing_is_named_and_nothing_is_written(wheels: Path, tmp_path: Path, name: str) -> None:
    next(wheels.glob(f"{name}-*")).unlink()
    process = export(tmp_path / "a.zip", wheels)
    assert process.returncode == 3
    assert f"No matching distribution found for {name}" in process.stderr
    assert "pip download" in process.stderr
    assert not (tmp_path / "a.zip").exists()


def test_on_an_image_with_another_python_setup_says_what_to_choose(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("sed", "tr", "sh"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    python = tools / "python3"
    python.write_text('#!/bin/sh\n[ "$1" = --version ] || exit 1\necho Python 3.10.12\n', encoding="utf-8")
    python.chmod(0o755)
    process = subprocess.run(
        [tools / "sh", ROOT / "worker/cli/gradescope/setup.sh"],
        env={"PATH": str(tools), "BACKMARK_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert "Python 3.10.12" in process.stderr
    assert "Choose Ubuntu 24.04" in process.stderr
    assert not (tmp_path / "home").exists()


# ---- a submission

Autograde = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def autograder(tmp_path: Path) -> Path:
    """The folders of a container."""
    for name in ("submission", "results"):
        (tmp_path / "autograder" / name).mkdir(parents=True)
    return tmp_path / "autograder"


def grade(autograder: Path, *files: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Have files handed in and graded."""
    for file in files:
        shutil.copy(file, autograder / "submission" / file.name)
    return backmark("autograde", "gradescope", "--root", autograder, **environment)


def read_result(autograder: Path) -> dict[str, Any]:
    """The result, which must be as Gradescope's specifications say."""
    result: dict[str, Any] = json.loads((autograder / "results/results.json").read_bytes())
    check_result(result)
    return result


def check_result(result: dict[str, Any]) -> None:
    """The fields of results.json, their types and their values."""
    kinds_of_fields = {
        "score": (int, float), "execution_time": (int, float), "output": str, "output_format": str,
        "test_output_format": str, "test_name_format": str, "visibility": str, "stdout_visibility": str,
        "extra_data": dict, "tests": list,
    }  # fmt: skip
    kinds_of_tests = {
        "name": str, "score": (int, float), "max_score": (int, float), "status": str, "output": str, "visibility": str,
    }  # fmt: skip
    assert set(result) <= set(kinds_of_fields)
    assert "score" in result
    for record, fields in ((result, kinds_of_fields), *((test, kinds_of_tests) for test in result["tests"])):
        assert all(isinstance(value, fields[name]) for name, value in record.items())  # type: ignore[arg-type]
        assert record["visibility"] in VISIBILITIES
    assert {result[name] for name in ("output_format", "test_output_format", "test_name_format")} <= FORMATS
    assert all(test["status"] in {"passed", "failed"} for test in result["tests"])


@pytest.mark.parametrize(("example", "score"), [("right_loops.py", 10), ("weights_from_previous_activation.py", 8)])
@pytest.mark.usefixtures("jail")
def test_a_submission_gets_its_marks_rows_and_lines(
    autograder: Path,
    example: str,
    score: int,
) -> None:
    process = grade(autograder, EXAMPLES / example)
    assert process.returncode == 0, process.stderr
    result = read_result(autograder)
    assert result["score"] == score == sum(test["score"] for test in result["tests"])
    assert ("What to change" in result["output"]) is (score < 10)
    assert "isolation" not in result["extra_data"]


def test_without_a_jail_it_is_confined_and_staff_are_told(autograder: Path) -> None:
    if not policy.can_become():
        pytest.skip("only root can confine a submission")
    process = grade(autograder, EXAMPLES / "right_loops.py", BACKMARK_BWRAP="/nowhere/bwrap")
    if "without Landlock" in process.stderr:
        pytest.skip("this checkout is open to all, and this kernel has no Landlock")
    assert process.returncode == 0, process.stderr
    result = read_result(autograder)
    assert result["score"] == 10
    assert result["extra_data"]["isolation"].startswith("CONFINED")
    assert "CONFINED" in process.stderr
    assert "CONFINED" not in result["output"]


@pytest.mark.parametrize("files", [[], ["right_loops.py", "raises.py"]])
@pytest.mark.usefixtures("jail")
def test_without_one_file_to_grade_the_student_is_told_which_there_are(
    autograder: Path,
    files: list[str],
) -> None:
    process = grade(autograder, *(EXAMPLES / name for name in files))
    assert process.returncode == 0, process.stderr
    result = read_result(autograder)
    assert result["score"] == 0
    assert result["extra_data"]["outcome"] == "rejected"
    assert all(name in result["output"] for name in files)


def test_a_failure_of_ours_writes_no_result_and_takes_an_earlier_one_away(autograder: Path) -> None:
    (autograder / "results/results.json").write_text('{"score": 10}', encoding="utf-8")
    (autograder / "submission/right.py").write_bytes((EXAMPLES / "right_loops.py").read_bytes())
    process = backmark("autograde", "gradescope", "--root", autograder, "--assignment", "nowhere.npz")
    assert process.returncode != 0
    assert list((autograder / "results").iterdir()) == []


@pytest.mark.usefixtures("jail")
def test_a_link_where_the_result_belongs_is_replaced_and_not_followed(
    autograder: Path,
    tmp_path: Path,
) -> None:
    (tmp_path / "elsewhere").write_text("untouched", encoding="utf-8")
    (autograder / "results/results.json").symlink_to(tmp_path / "elsewhere")
    assert grade(autograder, EXAMPLES / "right_loops.py").returncode == 0
    assert read_result(autograder)["score"] == 10
    assert (tmp_path / "elsewhere").read_text(encoding="utf-8") == "untouched"
    # Gradescope may read it as somebody else.
    assert (autograder / "results/results.json").stat().st_mode & 0o777 == 0o644


@pytest.mark.usefixtures("jail")
def test_a_result_that_cannot_be_written_leaves_nothing_behind(
    autograder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(EXAMPLES / "right_loops.py", autograder / "submission")
    plain = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if Path(target).name == "results.json":
            raise OSError(errno.ENOSPC, "No space left on device")
        return plain(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    words = ["autograde", "gradescope", "--assignment", "udl-7.2", "--root", str(autograder)]
    result = CliRunner().invoke(main, words)
    assert (result.exit_code, result.stderr) == (3, "backmark: the machine: No space left on device\n")
    assert list((autograder / "results").iterdir()) == []


@pytest.mark.usefixtures("jail")
@pytest.mark.parametrize("through", ["file", "folder"])
def test_a_link_to_a_solution_is_no_submission(autograder: Path, through: str) -> None:
    """A clone of a repository keeps links, and root may read where they lead."""
    solution = next((ROOT / "grader/assignments/gallery/udl-7.2").rglob("solution*.py"))
    link = autograder / "submission" / ("hw.py" if through == "file" else "hw")
    link.symlink_to(solution if through == "file" else solution.parent)
    assert grade(autograder).returncode == 0
    result = read_result(autograder)
    assert (result["score"], result["extra_data"]["outcome"]) == (0, "rejected")


def test_earlier_submissions_are_attempts_if_an_autograder_graded_them() -> None:
    from backmark.worker.cli.commands.autograde import _count_attempt  # noqa: PLC0415 - the only one that looks inside

    failed, graded = {"autograder_error": True}, {"autograder_error": False, "score": "3.0"}
    assert [_count_attempt({"previous_submissions": earlier}) for earlier in ([], [failed], [graded, failed])] == [
        1,
        1,
        2,
    ]
    assert [_count_attempt(metadata) for metadata in ({}, {"previous_submissions": None})] == [1, 1]


@pytest.mark.usefixtures("jail")
def test_students_are_shown_what_the_level_allows(autograder: Path, tmp_path: Path) -> None:
    """And more from the attempt on at which the assignment says so."""
    folder = tmp_path / "hinting"
    shutil.copytree(ROOT / "grader/assignments/gallery/cs231n-relu", folder)
    settings = folder / "assignment.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8") + '\n[feedback]\nlevels = ["hint", "full"]\n', encoding="utf-8"
    )
    wrong = (folder / "solution.py").read_text(encoding="utf-8").replace("(x > 0)", "1.0")
    (autograder / "submission/layers.py").write_text(wrong, encoding="utf-8")
    outputs = []
    for earlier in (0, 1):
        metadata = {"previous_submissions": [{"autograder_error": False}] * earlier}
        (autograder / "submission_metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
        process = backmark(
            "autograde", "gradescope", "--root", autograder, "--assignment", folder, BACKMARK_CACHE=str(tmp_path / "c")
        )
        assert process.returncode == 0, process.stderr
        outputs.append(read_result(autograder)["output"])
    assert "<pre" not in outputs[0]
    assert "line 12" not in outputs[0]
    assert "<pre" in outputs[1]
    assert "line 12" in outputs[1]
