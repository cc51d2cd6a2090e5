"""`make test-versions`: which Pythons it finds, and when one fails."""

import subprocess
from pathlib import Path

from bench.versions import find_faults

ROOT = Path(__file__).parents[1]


def write_program(file: Path, lines: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"#!/bin/sh\n{lines}\n", encoding="ascii")
    file.chmod(0o755)


def find_python(folder: Path, version: str) -> str:
    """Return what is found in an otherwise empty world whose PATH is the folder."""
    command = ["/bin/sh", "-c", f". {ROOT}/setup/pythons.sh; find_python {version}"]
    variables = {"PATH": str(folder)}
    return subprocess.run(command, env=variables, cwd=folder, capture_output=True, text=True, check=False).stdout


def test_a_python_is_found_on_path_by_the_version_that_it_has(tmp_path: Path) -> None:
    write_program(tmp_path / "python3.11", "echo 3.11")
    write_program(tmp_path / "python3", "echo 3.13")
    assert find_python(tmp_path, "3.11") == "python3.11\n"
    assert find_python(tmp_path, "3.13") == "python3\n"
    assert not find_python(tmp_path, "3.12")


def test_a_name_that_pyenv_put_on_path_and_does_not_run_is_passed_over(tmp_path: Path) -> None:
    write_program(tmp_path / "python3.12", "exit 127")
    write_program(tmp_path / "pyenv", f"echo {tmp_path}/root")
    python = tmp_path / "root/versions/3.12.1/bin/python"
    write_program(python, "echo 3.12")
    assert find_python(tmp_path, "3.12") == f"{python}\n"


def test_the_python_of_the_environment_is_found_where_there_is_no_other(tmp_path: Path) -> None:
    write_program(tmp_path / ".venv/bin/python", "echo 3.14")
    assert find_python(tmp_path, "3.14") == ".venv/bin/python\n"


def test_a_python_fails_that_takes_more_than_five_times_as_long() -> None:
    seconds = {"main": [1.0, 2.0], "slow": [1.0, 10.1], "well": [4.9, 9.9]}
    faults = find_faults(seconds, {python: ["a.py: passed, score 10"] for python in seconds})
    assert faults == [("slow", "5.05 times the processor time of the first; 5 times is the most")]


def test_a_python_fails_that_says_something_else_of_a_file() -> None:
    verdicts = {"main": ["a.py: passed, score 10"], "other": ["a.py: timeout, score 0"]}
    faults = find_faults({"main": [1.0], "other": [1.0]}, verdicts)
    assert faults == [("other", "a.py: timeout, score 0 instead of a.py: passed, score 10")]
