"""Many files by several processes: the same verdicts, in the order of the files, whatever happens to a process."""

import errno
import json
import os
import re
import secrets
import signal
import subprocess
import sys
from contextlib import closing, suppress
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path
from typing import Any, NoReturn

import pytest

from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.errors import (
    BackmarkError,
    BadAssignment,
    JailFailed,
    JailInterrupted,
    JailUnavailable,
    SubmissionError,
)
from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Verdict
from backmark.worker.cli import batch, parallel
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from backmark.worker.sandbox.policy import Launch, Way
from backmark.worker.service.posts import NoAnswer
from tests.corpus.short import RIGHT

EXAMPLES = Path(__file__).parents[2] / "examples"
BACKMARK = str(Path(sys.executable).with_name("backmark"))


def grade_files(*words: str | Path) -> tuple[int, list[dict[str, Any]]]:
    """Exit status and result objects of the command."""
    process = subprocess.run([BACKMARK, "grade", "--json", *words], capture_output=True, text=True, check=False)
    results = [json.loads(line) for line in process.stdout.splitlines()]
    for result in results:
        result["statistics"].pop("seconds")
    return process.returncode, results


def test_any_number_of_processes_gives_the_same_in_the_same_order(jail: Launch) -> None:
    """A slow file comes where it stands, though others are done before it."""
    assert jail.jailed
    names = ("endless_loop.py", "bias_template.py", "raises.py", "right.ipynb", "right_loops.py", "unfilled.ipynb")
    files = [EXAMPLES / name for name in names]
    one_process, three = grade_files("--jobs", "1", *files), grade_files("--jobs", "3", *files)
    assert one_process == three
    assert [result["submission"]["filename"] for result in three[1]] == [file.name for file in files]


def test_a_process_that_is_killed_is_our_failure_and_none_is_left(tmp_path: Path, jail: Launch) -> None:
    assert jail.jailed
    for number in range(300):
        (tmp_path / f"{number}.py").write_text(f"{RIGHT}# {number}\n", encoding="utf-8")
    words = [BACKMARK, "grade", "--json", "--jobs", "2", str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["outcome"] == "passed"
        task = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        graders = [int(pid) for pid in task.read_text(encoding="ascii").split()]
        os.kill(graders[0], signal.SIGKILL)
        _, error_output = process.communicate()
    assert process.returncode == 3
    assert "killed" in error_output
    assert len(graders) == 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in graders)


def test_no_jail_is_left_that_was_being_made_when_there_were_no_more_files(udl: Judge, jail: Launch) -> None:
    """Each process has made one ahead by then, from nothing: in its first moments it is not tied to who made it."""
    mark = secrets.token_hex(8)
    command = (jail.command[0], "-X", f"mark={mark}", *jail.command[1:])
    single = replace(jail, command=command, way=Way.SINGLE)
    file = EXAMPLES / "right_loops.py"
    for _ in range(8):
        with closing(parallel.Parallel([file] * 2, ["a.py"] * 2, 2, lambda: Grader(udl, Jails(single)))) as processes:
            verdicts = [verdict for verdict in processes.receive_verdicts() if isinstance(verdict, Verdict)]
            assert [verdict.outcome for verdict in verdicts] == [Outcome.PASSED] * 2
    pids = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            pids += [path.parent.name] * (mark.encode() in path.read_bytes())
    assert not pids


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device", "/tmp/jails"), JailUnavailable("there is no bubblewrap")],  # noqa: S108 - a name only
    ids=["machine", "jail"],
)
def test_a_process_in_which_no_grader_can_be_made_says_why(error: Exception) -> None:
    def fail() -> NoReturn:
        raise error

    file = EXAMPLES / "right_loops.py"
    with (
        closing(parallel.Parallel([file] * 4, [file.name] * 4, 2, fail)) as processes,
        pytest.raises(type(error), match=f"^{re.escape(str(error))}$"),
    ):
        next(processes.receive_verdicts())


def test_a_file_that_vanished_is_said_by_its_name(tmp_path: Path, udl: Judge, jails: Jails) -> None:
    missing_file = tmp_path / "gone.py"
    with pytest.raises(FileNotFoundError, match=r"gone\.py"):
        raise_answer(parallel._grade(Grader(udl, jails), missing_file, "gone.py"))


@pytest.mark.parametrize("processes", [1, 2])
def test_the_machines_trouble_is_not_said_of_the_file_that_met_it(
    processes: int, udl: Judge, jail: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Grader, "grade", fail)
    files = [EXAMPLES / "right_loops.py"] * 4
    with (
        batch.grade_files(files, ["ada.py"] * 4, lambda: udl, jail, processes) as verdicts,
        pytest.raises(OSError, match="Too many open files") as error,
    ):
        next(verdicts)
    assert error.value.filename is None


@pytest.mark.parametrize("processes", [1, 2])
def test_a_file_that_cannot_be_read_to_its_end_is_said_by_its_name(
    processes: int, tmp_path: Path, udl: Judge, jail: Launch
) -> None:
    """Python does not say of which file a read failed."""
    unreadable = tmp_path / "ada.py"
    # It opens, and no byte at its start can be read.
    unreadable.symlink_to("/proc/self/mem")
    with (
        batch.grade_files([unreadable] * 4, ["ada.py"] * 4, lambda: udl, jail, processes) as verdicts,
        pytest.raises(OSError, match="Input/output error") as error,
    ):
        next(verdicts)
    assert error.value.filename == str(unreadable)


def test_what_raises_in_a_process_is_raised_here(udl: Judge, jail: Launch) -> None:
    with closing(Jails(Launch(("/bin/false",), jail.command, {}, jailed=True))) as broken_jails:
        answer = parallel._grade(Grader(udl, broken_jails), EXAMPLES / "right_loops.py", "right_loops.py")
    with pytest.raises(JailFailed, match="jail"):
        raise_answer(answer)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (BadAssignment("it is"), BadAssignment),
        (JailInterrupted("it is"), JailInterrupted),
        (SubmissionError("syntax_error", "it is"), BackmarkError),
        (NoAnswer("it is"), BackmarkError),
    ],
)
def test_an_error_keeps_its_message_and_what_the_exit_status_depends_on(
    error: BackmarkError, kind: type[BackmarkError], udl: Judge, jails: Jails, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(Grader, "grade", fail)
    answer = parallel._grade(Grader(udl, jails), EXAMPLES / "right_loops.py", "right_loops.py")
    with pytest.raises(kind, match="it is") as error_info:
        raise_answer(answer)
    assert error_info.type is kind


def raise_answer(answer: dict[str, Any]) -> None:
    """Receive a process's answer, which raises."""
    own_end, other_end = Pipe()
    with own_end, other_end:
        other_end.send_bytes(json.dumps(answer).encode())
        parallel._receive(own_end)
