"""`backmark grade --container`, by a stand-in for the engine that records its arguments and the seccomp profile.

`tests/compose/test_container.py` has a real one.
"""

import os
import sys
from pathlib import Path

import pytest

from backmark.worker.cli import container, seccomp_profile
from backmark.worker.cli.container import ContainerRun
from tests.worker.test_cli import backmark

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")


def make_engine(folder: Path, name: str, status: int) -> str:
    """Put a stand-in into the folder, and return a PATH that has it alone."""
    program = folder / name
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >{folder}/arguments\n'
        f"/bin/cat $(/bin/sed -n 's/^--security-opt=seccomp=//p' {folder}/arguments) >{folder}/profile\nexit {status}\n"
    )
    program.chmod(0o755)
    return str(folder)


@pytest.fixture
def handed_in(tmp_path: Path) -> Path:
    folder = tmp_path / "handed, in"
    folder.mkdir()
    (folder / "--ada.py").write_text("def backward_pass(): ...")
    return folder


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_a_class_is_graded_in_a_container_and_its_status_is_ours(engine: str, tmp_path: Path, handed_in: Path) -> None:
    path = make_engine(tmp_path, engine, 1)
    words = ("--csv", tmp_path / "out" / "marks.csv", "--html", tmp_path / "report", "--seed", "0", "--summary")
    (tmp_path / "out").mkdir()
    process = backmark("grade", "--container", handed_in, *words, PATH=path)
    assert process.returncode == 1, process.stderr
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert {"--network=none", "--read-only", "--pull=never", "--cap-drop=ALL"} <= {*arguments}
    assert (tmp_path / "profile").read_text() == seccomp_profile.render()
    assert f"--user={os.getuid()}:{os.getgid()}" in arguments
    assert [word for word in arguments if word.startswith("--mount=")] == [
        f'--mount=type=bind,"source={handed_in}","target=/class/handed, in",readonly',
        f"--mount=type=bind,source={tmp_path / 'out'},target=/marks",
        f"--mount=type=bind,source={tmp_path / 'report'},target=/report",
    ]
    assert arguments[arguments.index("backmark-worker") :] == [
        *("backmark-worker", "backmark", "grade", "--assignment=udl-7.2", "--seed=0", "--summary"),
        *("--csv=/marks/marks.csv", "--html=/report", "--", "handed, in"),
    ]
    assert f"/marks in the container is {tmp_path / 'out'} on this machine\n" in process.stderr
    assert f"/report in the container is {tmp_path / 'report'} on this machine\n" in process.stderr


@pytest.mark.parametrize(
    ("engine", "user", "more"),
    [
        ("docker", 501, []),
        ("podman", 501, ["--userns=keep-id"]),
        ("docker", 0, ["--cap-add=SETFCAP"]),
        ("podman", 0, ["--cap-add=SETFCAP"]),
    ],
)
def test_the_container_is_whoever_asks(
    engine: str, user: int, more: list[str], handed_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: user)
    monkeypatch.setattr(os, "getgid", lambda: 20)
    command = plan(f"/usr/bin/{engine}", handed_in)
    at = command.index(f"--user={user}:20")
    assert command[at + 1 : at + 1 + len(more)] == more
    assert command[at + 1 + len(more)].startswith("--mount=")


def test_podman_on_windows_is_given_no_path_that_its_machine_has_not(
    handed_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert "--security-opt=seccomp=unconfined" in plan("podman.exe", handed_in)
    assert "--security-opt=seccomp=seccomp.json" in plan("docker.exe", handed_in)


def plan(engine: str, submissions: Path) -> list[str]:
    """Return the command for an engine of this path."""
    run = ContainerRun(submissions, "udl-7.2", None, None, ())
    return container.plan_command(engine, "backmark-worker", run, Path("seccomp.json"))


def test_an_assignment_of_ones_own_is_mounted_and_the_image_is_a_setting(tmp_path: Path, handed_in: Path) -> None:
    path = make_engine(tmp_path, "docker", 0)
    own = tmp_path / "mine"
    own.mkdir()
    words = ("grade", "--container", handed_in, "--assignment", own)
    assert backmark(*words, PATH=path, BACKMARK_CONTAINER_IMAGE="course/worker:3").returncode == 0
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert f"--mount=type=bind,source={own},target=/assignment/mine,readonly" in arguments
    assert arguments[arguments.index("course/worker:3") + 3] == "--assignment=/assignment/mine"


def test_what_is_missing_is_said(tmp_path: Path, handed_in: Path) -> None:
    """No engine, and no image."""
    process = backmark("grade", "--container", handed_in, PATH=str(tmp_path))
    assert process.returncode == 3
    assert "--container needs Docker or Podman, and neither is on PATH" in process.stderr
    process = backmark("grade", "--container", handed_in, PATH=make_engine(tmp_path, "docker", 125))
    assert process.returncode == 3
    assert "docker build --target worker --tag backmark-worker ." in process.stderr


def test_a_container_and_no_jail_are_not_both(tmp_path: Path, handed_in: Path) -> None:
    process = backmark("grade", "--container", "--no-jail", handed_in, PATH=make_engine(tmp_path, "docker", 0))
    assert process.returncode == 2
    assert not (tmp_path / "arguments").exists()
