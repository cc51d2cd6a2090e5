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
from pathlib import Path, PurePosixPath

import click

from backmark.grader.errors import JailUnavailable, ServiceError
from backmark.grader.support.cpus import count_cpus
from backmark.worker.cli import seccomp_profile
from backmark.worker.cli.exit_status import ExitStatus

#: The programs that run containers, the first that is found first.
ENGINES = ("docker", "podman")
#: Folders in the container.
_CLASS, _ASSIGNMENT, _REPORT, _SECRET = "/class", "/assignment", "/report", "/secret"
#: The table in the container.
_TABLE = "/marks/marks.csv"
#: Processes and threads for each that grades: those of its jails, and its own.
_PROCESSES = 256
#: Bytes that a container may have where Python does not tell how many there are: on Windows.
_UNKNOWN_MEMORY = 4 << 30
#: Exit statuses after which all is written.
_GRADED = frozenset({ExitStatus.SUCCESS, ExitStatus.NOT_PASSED})
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
    #: The number of processes that grade; None: one for each processor, and one more.
    jobs: int | None = None
    #: The file with the secret that tells fresh cases.
    secret: Path | None = None


def run_in_container(run: ContainerRun, image: str) -> int:
    """Grade in a container, and return the exit status.

    Raises JailUnavailable where no engine starts one, and ServiceError if no table comes out.
    """
    engine = next(filter(None, map(shutil.which, ENGINES)), None)
    if engine is None:
        raise JailUnavailable(
            "--container needs Docker or Podman, and neither is on PATH. Install one and start it: on macOS and Windows"
            " Docker Desktop or Podman Desktop, on Linux your distribution's docker or podman"
        )
    beside = None if run.csv_file is None else run.csv_file.resolve().parent
    with (
        tempfile.TemporaryDirectory(prefix="backmark-") as folder,
        # Beside the table: the engine's machine sees that folder, and what is moved from there is there wholly.
        tempfile.TemporaryDirectory(prefix=".backmark-", dir=beside) as written,
    ):
        profile = Path(folder) / "seccomp.json"
        profile.write_text(seccomp_profile.render(), encoding="utf-8")
        command = plan_command(engine, image, run, profile, Path(written))
        status = subprocess.run(command, check=False).returncode  # noqa: S603 - ours
        if run.csv_file is not None and status in _GRADED:
            _take_table(Path(written), run.csv_file.resolve())
    if status in _NOT_STARTED:
        click.echo(
            f"backmark: {Path(engine).stem} did not start the image {image}. If the image is missing, build it in a"
            f" checkout of Backmark: `docker build --target worker --tag {image} .`; or set BACKMARK_CONTAINER_IMAGE to"
            " another image",
            err=True,
        )
        return ExitStatus.FAILURE
    if status in _GRADED:
        for target, path in ((_TABLE, run.csv_file), (_REPORT, run.html_folder)):
            if path is not None:
                click.echo(f"backmark: {target} in the container is {path.resolve()} on this machine", err=True)
    return status


def _take_table(written: Path, table: Path) -> None:
    """Put the table that the container wrote in its place; raises ServiceError if there is none."""
    made = written / PurePosixPath(_TABLE).name
    if made.is_symlink() or not made.is_file():
        raise ServiceError("the container wrote no table of marks: nothing was written on this machine")
    made.replace(table)


def plan_command(engine: str, image: str, run: ContainerRun, profile: Path, written: Path) -> list[str]:
    """Return the engine's command: no network, nothing to write to but /tmp and where marks and pages go.

    `profile` is the file of the worker's seccomp profile, `written` the empty folder into which the table goes.
    """
    submissions = run.submissions.resolve()
    mounts = [_mount(submissions, f"{_CLASS}/{submissions.name}")]
    words = [*run.options]
    assignment = run.assignment
    if Path(assignment).exists():
        path = Path(assignment).resolve()
        assignment = f"{_ASSIGNMENT}/{path.name}"
        mounts.append(_mount(path, assignment))
    if run.secret is not None:
        mounts.append(_mount(run.secret.resolve(), _SECRET))
        words.append(f"--secret={_SECRET}")
    if run.csv_file is not None:
        mounts.append(_mount(written, str(PurePosixPath(_TABLE).parent), writable=True))
        words.append(f"--csv={_TABLE}")
    if run.html_folder is not None:
        mounts.append(_mount(run.html_folder.resolve(), _REPORT, writable=True))
        words.append(f"--html={_REPORT}")
    return [
        *(engine, "run", "--rm", "--init", "--pull=never", "--network=none", "--read-only", "--tmpfs=/tmp"),
        *("--cap-drop=ALL", "--security-opt=no-new-privileges"),
        *_limit(run.jobs or count_cpus() + 1),
        # An engine's own keep bubblewrap from making namespaces.
        *(f"--security-opt=seccomp={_find_profile(engine, profile)}", "--security-opt=apparmor=unconfined"),
        *_identity(engine),
        *(f"--mount={mount}" for mount in mounts),
        *(f"--workdir={_CLASS}", "--env=HOME=/tmp", image),
        *("backmark", "grade", f"--assignment={assignment}", *words, "--", submissions.name),
    ]


def _limit(jobs: int) -> Sequence[str]:
    """Return the limits of the container: what a class may take of this machine, and not what each jail may."""
    memory = _UNKNOWN_MEMORY
    if hasattr(os, "sysconf"):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 3 // 4
    # Without more swap than memory.
    return f"--memory={memory}", f"--memory-swap={memory}", f"--pids-limit={_PROCESSES * jobs}"


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
