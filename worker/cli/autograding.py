"""One submission graded for a platform that calls us: its verdict, and the part of it that its student may see."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

import click

from backmark.grader.contracts import gallery
from backmark.grader.contracts.judging.judge import Judge
from backmark.grader.contracts.judging.revision import ContractRevision
from backmark.grader.errors import ServiceError, SubmissionError
from backmark.grader.model.records import State, SubmissionRecord
from backmark.grader.model.verdict import Verdict
from backmark.grader.reports.disclosure import disclose
from backmark.grader.settings import machine
from backmark.worker.cli.archives import ArchiveRefused
from backmark.worker.cli.downloads import DownloadedFile, choose_files, open_downloads
from backmark.worker.cli.files import read_submission, write_name
from backmark.worker.grading.grader import Grader
from backmark.worker.grading.pool import Jails
from backmark.worker.grading.revisions import add_fresh, revision
from backmark.worker.sandbox.fallback import Isolation, find_isolation
from backmark.worker.sandbox.policy import Way

#: Files that a refusal names.
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Autograded:
    """A graded submission."""

    record: SubmissionRecord
    source: bytes
    #: The part of the verdict that a student may see at this attempt.
    shown: Verdict
    isolation: Isolation


@dataclass(frozen=True, slots=True)
class AutogradeRequest:
    """The submission that a platform asks about."""

    #: A file, or the folder in which a platform puts what was handed in.
    path: Path
    #: The folder that is the student's, out of which no link may lead: else a link to a solution would be one.
    root: Path
    #: The ID of an assignment, its file or folder, or a file of drawn cases.
    assignment: str
    #: The student's first, second... attempt; None: attempts are not counted.
    attempt: int | None
    id: str = ""
    student: str = ""
    #: Bytes of memory that a submission may use, if that is less than the assignment's; None: the assignment's.
    memory: int | None = None
    #: Seconds for everything; None: no end but the assignment's.
    seconds: int | None = None
    #: The secret that tells fresh cases; None: there are none, unless a file of drawn cases has some.
    secret: bytes | None = None


def autograde(request: AutogradeRequest) -> Autograded:
    """Grade a submission; raises ServiceError, which is ours and no mark."""
    settings = machine.from_environment()
    with _deadline(request.seconds):
        secrets = (Path(request.assignment), settings.cache)
        isolation = find_isolation(settings.bwrap, Way(settings.jail), secrets)
        if isolation.sentence:
            click.echo(f"backmark: {isolation.sentence}", err=True)
        drawn = _limit(revision(_find_assignment(request.assignment), settings.cache), request.memory)
        if request.secret is not None:
            drawn = add_fresh(drawn, request.secret, settings.cache)
        with contextlib.closing(Jails(isolation.launch)) as jails:
            source, verdict = _grade(request, drawn, Grader(Judge(drawn), jails))
    feedback = drawn.assignment.feedback
    shown = disclose(verdict, feedback, request.attempt)
    return Autograded(_record(request, source, verdict), source, shown, isolation)


def _find_assignment(name: str) -> str:
    """Return the place of an assignment that ships, whatever lies here under its ID: it may be the student's folder."""
    shipped = gallery.find_drawn(name) or gallery.find_folder(name)
    return name if shipped is None else str(shipped)


def _grade(request: AutogradeRequest, drawn: ContractRevision, grader: Grader) -> tuple[bytes, Verdict]:
    with contextlib.ExitStack() as stack:
        try:
            # An archive's own link: its files are elsewhere once it is unpacked.
            _refuse_link(request.path, request.root)
            file = _choose(_open(stack, request.path, drawn.assignment.package))
            _refuse_link(file.path, request.root)
        except SubmissionError as error:
            return b"", grader.refuse(error, b"", write_name(request.path.name))
        source = read_submission(file.path)
        return source, grader.grade(source, write_name(file.name.name))


def _open(stack: contextlib.ExitStack, path: Path, package: str) -> list[DownloadedFile]:
    """Return all files, there until the stack is closed; raises SubmissionError for an archive that is not unpacked."""
    try:
        return stack.enter_context(open_downloads([path], package))
    except ArchiveRefused as error:
        raise SubmissionError(
            "bad_archive",
            f"The ZIP archive is refused: {error.reason}. Hand in the notebook (.ipynb) or Python file (.py) itself.",
        ) from error


def _choose(downloads: list[DownloadedFile]) -> DownloadedFile:
    """Return the only file that can be graded; raises SubmissionError for none, and for several."""
    try:
        chosen = choose_files(downloads)
    except click.UsageError:
        chosen = []
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(write_name(str(file.name)) for file in (chosen or downloads)[:_MOST_NAMED])
    if chosen:
        raise SubmissionError("several_files", f"There are several files to grade: {names}. Hand in only one.")
    raise SubmissionError(
        "no_file", f"There is no notebook (.ipynb) or Python file (.py){f' among {names}' if names else ''}."
    )


def _refuse_link(file: Path, root: Path) -> None:
    """Raise SubmissionError for a file of the student's folder that is, or lies behind, a link to somewhere else."""
    inside = Path(os.path.abspath(file)).is_relative_to(Path(os.path.abspath(root)))  # noqa: PTH100 - as it is written
    if inside and not file.resolve().is_relative_to(root.resolve()):
        raise SubmissionError("link", f"{write_name(file.name)} is a link to another place. Hand in the file itself.")


def _limit(drawn: ContractRevision, memory: int | None) -> ContractRevision:
    limits = drawn.assignment.limits
    if memory is None or limits.memory <= memory:
        return drawn
    return replace(drawn, assignment=replace(drawn.assignment, limits=replace(limits, memory=memory)))


def _record(request: AutogradeRequest, source: bytes, verdict: Verdict) -> SubmissionRecord:
    """Return the submission as a service would have recorded it, for the forms."""
    now = time.time()
    return SubmissionRecord(
        id=request.id or verdict.submission.id,
        course="",
        assignment=verdict.assignment.id,
        revision=verdict.assignment.revision,
        student=request.student,
        attempt=request.attempt,
        filename=verdict.submission.filename,
        source_sha256=verdict.submission.source_sha256,
        size=len(source),
        state=State.DONE,
        created=now,
        finished=now,
        outcome=verdict.outcome,
        score=verdict.score,
        max_score=verdict.max_score,
    )


@contextlib.contextmanager
def _deadline(seconds: int | None) -> Iterator[None]:
    """Raise ServiceError where this takes longer on the wall clock: sooner than the platform gives a zero for it."""
    if seconds is None:
        yield
        return

    def give_up(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - a signal handler's arguments
        raise ServiceError(
            f"the submission was not graded within {seconds} s: the machine is slow or busy; run the autograder again"
        )

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
