"""`backmark grade --container` with a real engine: what it grades, and what may be done there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backmark.worker.cli import seccomp_profile
from backmark.worker.cli.container import ContainerRun, plan_command
from tests.compose.engine import EXAMPLES, PROJECT, needs_stack
from tests.compose.test_hardening import FORBIDDEN

pytestmark = needs_stack

IMAGE = f"{PROJECT}-worker"
OUTCOMES = {"endless_loop": "timeout", "no_relu_derivative": "failed", "right": "passed"}


@pytest.fixture
def handed_in(tmp_path: Path) -> Path:
    """A class of three."""
    folder = tmp_path / "class"
    folder.mkdir()
    for name in ("endless_loop.py", "no_relu_derivative.ipynb", "right.ipynb"):
        shutil.copy(EXAMPLES / name, folder)
    return folder


def test_a_class_is_graded_in_jails_and_its_marks_and_pages_are_written(tmp_path: Path, handed_in: Path) -> None:
    table, pages = tmp_path / "marks.csv", tmp_path / "pages"
    words = ("--container", "--json", "--csv", str(table), "--html", str(pages), "--student-from", "file")
    process = subprocess.run(
        [sys.executable, "-m", "backmark", "grade", *words, str(handed_in)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "BACKMARK_CONTAINER_IMAGE": IMAGE},
    )
    assert process.returncode == 1, process.stderr
    verdicts = [json.loads(line) for line in process.stdout.splitlines()]
    assert {Path(verdict["submission"]["filename"]).stem: verdict["outcome"] for verdict in verdicts} == OUTCOMES
    assert "UNISOLATED" not in process.stderr
    assert len(table.read_text(encoding="utf-8").splitlines()) == 1 + len(OUTCOMES)
    assert (pages / "index.html").exists()


@pytest.mark.parametrize("user", [0, 1000])
def test_jails_start_there_for_root_and_others_and_its_filter_holds(
    user: int, tmp_path: Path, handed_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: user)
    profile = tmp_path / "seccomp.json"
    profile.write_text(seccomp_profile.render(), encoding="utf-8")
    command = plan_command("docker", IMAGE, ContainerRun(handed_in, "udl-7.2", None, None, ()), profile, tmp_path)
    options = command[: command.index(IMAGE) + 1]
    doctor = subprocess.run([*options, "backmark", "doctor"], capture_output=True, text=True, check=False)
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    tried = subprocess.run([*options, "python", "-c", FORBIDDEN], capture_output=True, text=True, check=True)
    assert json.loads(tried.stdout) == dict.fromkeys(json.loads(tried.stdout), 1)
