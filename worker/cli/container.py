"""`backmark grade --container`: the same command in a Linux container, where jails can be made."""

import csv
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from backmark.grader.errors import JailUnavailable
from backmark.worker.cli import seccomp_profile
from backmark.worker.cli.exit_status import ExitStatus

#: The programs that run containers, the first that is found first.
ENGINES = ("docker", "podman")
#: Folders in the container.
_CLASS, _ASSIGNMENT, _MARKS, _REPORT = "/class", "/assignment", "/marks", "/report"
#: Exit statuses of an engine that did not start the command.
_NOT_STARTED = frozenset({125, 126, 127})


@dataclass(frozen=True, slots=True)
class ContainerRun:
    """A class to grade, by paths of this machine."""

    submissions: Path
    #: An ID, or the path of an assignment.
    assignment: str
    csv_file: Path | None
    html_folder: Path | None
    #: The other options, as words.
    options: Sequence[str]


def run_in_container(run: ContainerRun, image: str) -> int:
    """Grade in a container, and return the exit status; raises JailUnavailable where no engine starts one."""
    engine = next(filter(None, map(shutil.which, ENGINES)), None)
    if engine is None:
        raise JailUnavailable(
            "--container needs Docker or Podman, and neither is on PATH. Install one and start it: on macOS and Windows"
            " Docker Desktop or Podman Desktop, on Linux your distribution's docker or podman"
        )
    with tempfile.TemporaryDirectory(prefix="backmark-") as folder:
        profile = Path(folder) / "seccomp.json"
        profile.write_text(seccomp_profile.render(), encoding="utf-8")
        status = subprocess.run(plan_command(engine, image, run, profile), check=False).returncode  # noqa: S603 - ours
    if status in _NOT_STARTED:
        click.echo(
            f"backmark: {Path(engine).stem} did not start the image {image}. If the image is missing, build it in a"
            f" checkout of Backmark: `docker build --target worker --tag {image} .`; or set BACKMARK_CONTAINER_IMAGE to"
            " another image",
            err=True,
        )
        return ExitStatus.FAILURE
    if status in {ExitStatus.SUCCESS, ExitStatus.NOT_PASSED}:
        for source, target in _list_outputs(run):
            click.echo(f"backmark: {target} in the container is {source} on this machine", err=True)
    return status


def plan_command(engine: str, image: str, run: ContainerRun, profile: Path) -> list[str]:
    """Return the engine's command: no network, nothing to write to but /tmp and where marks and pages go.

    `profile` is the file of the worker's seccomp profile.
    """
    submissions = run.submissions.resolve()
    mounts = [_mount(submissions, f"{_CLASS}/{submissions.name}")]
    words = [*run.options]
    assignment = run.assignment
    if Path(assignment).exists():
        path = Path(assignment).resolve()
        assignment = f"{_ASSIGNMENT}/{path.name}"
        mounts.append(_mount(path, assignment))
    mounts += [_mount(source, target, writable=True) for source, target in _list_outputs(run)]
    if run.csv_file is not None:
        words.append(f"--csv={_MARKS}/{run.csv_file.resolve().name}")
    if run.html_folder is not None:
        words.append(f"--html={_REPORT}")
    return [
        *(engine, "run", "--rm", "--init", "--pull=never", "--network=none", "--read-only", "--tmpfs=/tmp"),
        *("--cap-drop=ALL", "--security-opt=no-new-privileges"),
        # An engine's own keep bubblewrap from making namespaces.
        *(f"--security-opt=seccomp={_find_profile(engine, profile)}", "--security-opt=apparmor=unconfined"),
        *_identity(engine),
        *(f"--mount={mount}" for mount in mounts),
        *(f"--workdir={_CLASS}", "--env=HOME=/tmp", image),
        *("backmark", "grade", f"--assignment={assignment}", *words, "--", submissions.name),
    ]


def _list_outputs(run: ContainerRun) -> list[tuple[Path, str]]:
    """Return the folders that the container writes to, each with its path there."""
    table, pages = run.csv_file, run.html_folder
    return [
        *([] if table is None else [(table.resolve().parent, _MARKS)]),
        *([] if pages is None else [(pages.resolve(), _REPORT)]),
    ]


def _mount(source: Path, target: str, *, writable: bool = False) -> str:
    """Return a mount as engines read it: a line of CSV."""
    line = io.StringIO()
    fields = ["type=bind", f"source={source}", f"target={target}", *([] if writable else ["readonly"])]
    csv.writer(line, lineterminator="").writerow(fields)
    return line.getvalue()


def _find_profile(engine: str, profile: Path) -> str:
    """Return the profile as the engine finds it: Podman reads it in its virtual machine, which has no Windows paths."""
    return "unconfined" if sys.platform == "win32" and _is_podman(engine) else str(profile)


def _identity(engine: str) -> Sequence[str]:
    """Return whom the container runs as: whoever may read the submissions, so that the marks are theirs."""
    if sys.platform == "win32":
        return ()
    user = f"--user={os.getuid()}:{os.getgid()}"
    if os.getuid() == 0:
        # Linux lets root be mapped into a jail's user namespace by this capability alone.
        return user, "--cap-add=SETFCAP"
    return (user, "--userns=keep-id") if _is_podman(engine) else (user,)


def _is_podman(engine: str) -> bool:
    return Path(engine).stem == "podman"
