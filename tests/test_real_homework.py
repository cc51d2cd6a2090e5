"""`python -m bench.real_homework`: what it finds in a folder of made-up submissions."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.real_homework import main

RIGHT = """
import numpy as np

def relu_forward(x):
    return np.maximum(x, 0), x

def relu_backward(dout, cache):
    return dout * (cache > 0)
"""
WITHOUT_MASK = RIGHT.replace(" * (cache > 0)", "")
HALF = RIGHT.replace("dout * (cache > 0)", "None")
FOR_PYTHON_2 = RIGHT + "\nprint 'done'\n"

pytestmark = pytest.mark.usefixtures("jail")


def write_class(folder: Path, *submissions: tuple[str, str, dict[str, Any]]) -> list[str]:
    """Write submissions with their labels, and the register; return the words of the command."""
    register = []
    for number, (source, label, known) in enumerate(submissions):
        (folder / f"s{number}.py").write_text(source, encoding="utf-8")
        register.append({"assignment": "cs231n-relu", "file": f"s{number}.py", "label": label, **known})
    file = folder / "register.json"
    file.write_text(json.dumps(register), encoding="utf-8")
    return [str(folder), "--register", str(file), "--jobs", "1"]


def test_verdicts_that_are_as_the_register_expects_are_no_finding(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = write_class(tmp_path, (RIGHT, "right", {"teacher_of_10": 10}), (WITHOUT_MASK, "wrong", {}))
    assert main(words) == 0
    *findings, totals = capsys.readouterr().out.split("\n\n")
    assert all(finding.endswith(": none") for finding in findings)
    assert "| cs231n-relu | 1 of 1 | 1 of 1 |  |  |" in totals


def test_a_right_file_that_does_not_pass_and_a_wrong_one_that_does_are_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = write_class(tmp_path, (WITHOUT_MASK, "right", {}), (RIGHT, "wrong", {}), (RIGHT, "unfinished", {}))
    assert main(words) == 1
    printed = capsys.readouterr().out
    assert "Right files that do not pass: 1\n- cs231n-relu, s0.py: failed" in printed
    assert "Wrong files that pass: 2\n- cs231n-relu, s1.py: passed" in printed


def test_an_attempt_of_an_unfinished_file_and_marks_unlike_a_teachers_are_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = write_class(tmp_path, (HALF, "unfinished", {}), (WITHOUT_MASK, "wrong", {"teacher_of_10": 9}))
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "Unfinished files that use an attempt: 1\n- cs231n-relu, s0.py: failed" in printed
    assert "Marks more than 1 of 10 off a teacher's: 1\n- cs231n-relu, s1.py: 9 by the teacher; failed" in printed


def test_a_file_for_another_environment_is_found_if_it_is_not_refused_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(write_class(tmp_path, (FOR_PYTHON_2, "environment", {}), (WITHOUT_MASK, "environment", {})))
    printed = capsys.readouterr().out
    assert "refused as such: 1\n- cs231n-relu, s1.py: failed" in printed


def test_what_changed_since_the_last_run_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    last = ["--last", str(tmp_path / "last.json")]
    main([*write_class(tmp_path, (WITHOUT_MASK, "right", {}), (RIGHT, "right", {})), *last])
    main([*write_class(tmp_path, (RIGHT, "right", {}), (RIGHT, "right", {})), *last])
    changed = capsys.readouterr().out.rpartition("Changed since the last run: ")[2]
    assert changed.startswith("1\n- cs231n-relu, s0.py: passed, 10.0 of 10; it was failed")


def test_results_of_assignments_that_are_not_graded_again_are_kept(tmp_path: Path) -> None:
    kept = tmp_path / "last.json"
    words = [*write_class(tmp_path, (RIGHT, "right", {})), "--last", str(kept)]
    main(words)
    before = json.loads(kept.read_text(encoding="utf-8"))
    main([*words, "--only", "another"])
    assert json.loads(kept.read_text(encoding="utf-8")) == before


def test_a_share_of_the_right_files_may_fail_to_pass(tmp_path: Path) -> None:
    words = write_class(tmp_path, (RIGHT, "right", {}), (WITHOUT_MASK, "right", {}))
    assert main([*words, "--at-most", "50"]) == 0
    assert main([*words, "--at-most", "49"]) == 1


def test_a_file_that_is_not_there_is_named_before_anything_is_graded(tmp_path: Path) -> None:
    words = write_class(tmp_path, (RIGHT, "right", {}), (RIGHT, "right", {}))
    (tmp_path / "s1.py").unlink()
    with pytest.raises(SystemExit, match=r"has no s1\.py"):
        main(words)
