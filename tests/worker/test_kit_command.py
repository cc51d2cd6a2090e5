"""`backmark assignment kit`: a file for students, and what they can read in it."""

from pathlib import Path

from backmark.grader.contracts.kits.kit import open_kit
from tests.worker.test_cli import backmark


def test_it_writes_a_kit_and_says_what_can_be_read_in_it(tmp_path: Path) -> None:
    file = tmp_path / "homework.kit"
    process = backmark("assignment", "kit", "udl-7.2", "-o", str(file))
    assert process.returncode == 0, process.stderr
    assert f"{file}: a kit of udl-7.2, " in process.stdout
    assert f"SHA-256 {open_kit(str(file)).origin.sha256}." in process.stdout
    assert "  - 200 public cases" in process.stdout
    assert "The kit holds no solution" in process.stdout
    assert "Grade on other cases" in process.stdout
    assert not open_kit(str(file)).kit.has_solution


def test_the_solution_is_in_it_only_if_that_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "homework.kit"
    process = backmark("assignment", "kit", "udl-7.2", "--with-solution", "-o", str(file))
    assert process.returncode == 0, process.stderr
    assert "  - the SOLUTION" in process.stdout
    assert "The kit holds no solution" not in process.stdout
    assert open_kit(str(file)).kit.has_solution


def test_an_assignment_that_is_not_there_is_refused_in_a_sentence(tmp_path: Path) -> None:
    process = backmark("assignment", "kit", "nothing", "-o", str(tmp_path / "homework.kit"))
    assert process.returncode == 2
    assert "there is no assignment 'nothing'" in process.stderr
    assert not (tmp_path / "homework.kit").exists()
