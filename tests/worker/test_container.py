"""`backmark grade --container`, by a stand-in for the engine that records its arguments and the seccomp profile.

`tests/compose/test_container.py` has a real one.
"""

import os
import re
import sys
from pathlib import Path

import pytest

from backmark.grader.reports.spreadsheets import table as write_table
from backmark.worker.cli import container, seccomp_profile
from backmark.worker.cli.container import ContainerRun
from backmark.worker.cli.marks_table import HEADER
from tests.worker.test_cli import backmark

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")


#: Lines of a stand-in that write a table where the container has its own, or a link to a file outside.
WRITTEN = "folder=$(/bin/sed -n 's/^--mount=type=bind,source=\\(.*\\),target=.marks$/\\1/p' {arguments})"
TABLE, LINK = f"{WRITTEN}; echo student >$folder/marks.csv", f"{WRITTEN}; /bin/ln -s /etc/passwd $folder/marks.csv"


def make_engine(folder: Path, name: str, status: int, script: str = "") -> str:
    """Put a stand-in that also runs some lines into the folder, and return a PATH that has it alone."""
    script = script.replace("{arguments}", str(folder / "arguments"))
    program = folder / name
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >{folder}/arguments\n{script}\n'
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
    path = make_engine(tmp_path, engine, 1, TABLE)
    words = ("--csv", tmp_path / "out" / "marks.csv", "--html", tmp_path / "report", "--seed", "0", "--summary")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "another's.txt").touch()
    process = backmark("grade", "--container", handed_in, *words, PATH=path)
    assert process.returncode == 1, process.stderr
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert {"--network=none", "--read-only", "--pull=never", "--cap-drop=ALL"} <= {*arguments}
    assert (tmp_path / "profile").read_text() == seccomp_profile.render()
    assert f"--user={os.getuid()}:{os.getgid()}" in arguments
    mounts = [word for word in arguments if word.startswith("--mount=")]
    assert re.fullmatch(rf"--mount=type=bind,source={tmp_path}/out/\.backmark-\w+,target=/marks", mounts.pop(1))
    assert mounts == [
        f'--mount=type=bind,"source={handed_in}","target=/class/handed, in",readonly',
        f"--mount=type=bind,source={tmp_path / 'report'},target=/report",
    ]
    assert (tmp_path / "out" / "marks.csv").read_text() == "student\n"
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["another's.txt", "marks.csv"]
    assert arguments[arguments.index("backmark-worker") :] == [
        *("backmark-worker", "backmark", "grade", "--assignment=udl-7.2", "--seed=0", "--summary"),
        *("--csv=/marks/marks.csv", "--html=/report", "--", "handed, in"),
    ]
    assert f"/marks/marks.csv in the container is {tmp_path / 'out' / 'marks.csv'} on this machine\n" in process.stderr
    assert f"/report in the container is {tmp_path / 'report'} on this machine\n" in process.stderr


@pytest.mark.parametrize(("script", "status"), [(LINK, 1), ("", 1), (TABLE, 3)], ids=["a link", "none", "a failure"])
def test_a_table_that_was_there_stays_unless_the_container_wrote_one(
    script: str, status: int, tmp_path: Path, handed_in: Path
) -> None:
    path, table = make_engine(tmp_path, "docker", status, script), tmp_path / "out" / "marks.csv"
    table.parent.mkdir()
    before = b"".join(write_table(HEADER, []))
    table.write_bytes(before)
    process = backmark("grade", "--container", handed_in, "--csv", table, PATH=path)
    assert process.returncode == 3
    assert ("the container wrote no table of marks" in process.stderr) is (status == 1)
    assert table.read_bytes() == before
    assert [*table.parent.iterdir()] == [table]


def test_a_container_may_not_take_all_of_the_machine(handed_in: Path) -> None:
    for jobs in (1, 4):
        limits = dict(
            word.split("=")
            for word in plan("/usr/bin/docker", handed_in, jobs)
            if word.startswith(("--memory", "--pids"))
        )
        memory = int(limits["--memory"])
        assert 0 < memory < os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        assert limits == {"--memory": str(memory), "--memory-swap": str(memory), "--pids-limit": str(256 * jobs)}


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


def plan(engine: str, submissions: Path, jobs: int | None = None) -> list[str]:
    """Return the command for an engine of this path."""
    run = ContainerRun(submissions, "udl-7.2", None, None, (), jobs)
    return container.plan_command(engine, "backmark-worker", run, Path("seccomp.json"), Path("written"))


def test_an_assignment_of_ones_own_is_mounted_and_the_image_is_a_setting(tmp_path: Path, handed_in: Path) -> None:
    path = make_engine(tmp_path, "docker", 0)
    own = tmp_path / "mine"
    own.mkdir()
    words = ("grade", "--container", handed_in, "--assignment", own)
    assert backmark(*words, PATH=path, BACKMARK_CONTAINER_IMAGE="course/worker:3").returncode == 0
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert f"--mount=type=bind,source={own},target=/assignment/mine,readonly" in arguments
    assert arguments[arguments.index("course/worker:3") + 3] == "--assignment=/assignment/mine"


def test_a_secret_is_made_here_and_only_read_in_the_container(tmp_path: Path, handed_in: Path) -> None:
    path = make_engine(tmp_path, "docker", 0)
    process = backmark("grade", "--container", handed_in, "--secret", tmp_path / "spring.secret", PATH=path)
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "spring.secret").stat().st_mode & 0o777 == 0o600
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert f"--mount=type=bind,source={tmp_path / 'spring.secret'},target=/secret,readonly" in arguments
    assert "--secret=/secret" in arguments


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
