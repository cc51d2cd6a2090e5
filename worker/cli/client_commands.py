"""What `submit`, `status` and `retry` do."""

# ruff: noqa: PLC0415 - cold start: `backmark --help` must not pay for an HTTP client

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from grader.settings.machine import Settings
from worker.cli.extras import require_extra
from worker.cli.files import names, read
from worker.cli.terminal import show
from worker.cli.waiting import Waiting

if TYPE_CHECKING:
    from grader.client import Client, Submission

PASSED, NOT_ALL_PASSED, REFUSED, THEIR_FAILURE = 0, 1, 2, 3

#: Seconds between two looks at a place in the queue, where somebody looks.
LIVELY = 2.0


@dataclass(frozen=True, slots=True)
class Asked:
    """How to submit, and how to answer."""

    assignment: str
    student: str | None
    timeout: float | None
    wait: bool
    as_json: bool


@dataclass(frozen=True, slots=True)
class All:
    """Every submission that ended as service_failed, of the course or of one assignment."""

    assignment: str | None


@contextmanager
def connected(settings: Settings) -> Iterator["Client"]:
    """The server that the settings name; what it refuses as wrong usage is said as that."""
    require_extra("client")
    from grader.client import Client, Patience, problems

    if settings.token is None:
        message = "BACKMARK_TOKEN is not set: it holds the token that whoever runs the server gave you"
        raise click.UsageError(message)
    # Somebody who named the wrong server should not have to wait for long; a limit of requests is worth waiting for.
    patience = Patience(unreached=10.0)
    try:
        with Client(
            settings.url, settings.token, patience=patience, plain_http=settings.plain_http, ca=settings.ca
        ) as client:
            yield client
    except problems.Unauthorized as error:
        message = f"the server at {settings.url} does not know the token in BACKMARK_TOKEN: {error.detail}"
        raise click.UsageError(message) from error
    except (problems.Unusable, problems.Invalid, problems.Forbidden, problems.NotFound, problems.Conflict) as error:
        raise click.UsageError(str(error)) from error


def submit(files: Sequence[Path], asked: Asked, settings: Settings) -> int:
    """Submit the files, all before the first verdict is waited for; the exit status."""
    students = _students(files, asked.student)
    # A server keeps a file's name without its folders: here each is called as it is here.
    sent: dict[str, str] = {}
    with connected(settings) as client, Waiting(len(files)) as waiting:
        try:
            refused = _send(client, list(zip(files, names(files), students, strict=True)), asked, waiting, sent)
            if not asked.wait:
                with waiting.aside():
                    _list(client, sent, as_json=asked.as_json)
                return REFUSED if refused else PASSED
            ended = _follow(client, sent, waiting, asked.timeout, as_json=asked.as_json)
        except BaseException:
            _remind(sent)
            raise
    return REFUSED if refused and ended != THEIR_FAILURE else ended


def status(ids: Sequence[str], settings: Settings, *, timeout: float | None, wait: bool, as_json: bool) -> int:
    """Show the submissions in the order of their ids; the exit status."""
    with connected(settings) as client, Waiting(len(ids)) as waiting:
        if wait:
            return _follow(client, dict.fromkeys(ids, ""), waiting, timeout, as_json=as_json, whole=True)
        found = [client.submission(each) for each in ids]
    for each in found:
        _show(each, each.filename, as_json=as_json, whole=True)
    return _status(found)


def retry(chosen: Sequence[str] | All, settings: Settings, *, timeout: float | None, wait: bool, as_json: bool) -> int:
    """Let submissions be graded again that ended as service_failed; the exit status."""
    with connected(settings) as client:
        if isinstance(chosen, All):
            ids = client.retry_all(assignment=chosen.assignment)
            if not ids:
                click.echo("backmark: no submission ended as service_failed", err=True)
        else:
            ids = [client.retry(each).id for each in chosen]
        if wait:
            with Waiting(len(ids)) as waiting:
                return _follow(client, dict.fromkeys(ids, ""), waiting, timeout, as_json=as_json, whole=True)
        for each in ids:
            click.echo(json.dumps(client.submission(each).body) if as_json else each)
    return PASSED


def _send(
    client: "Client",
    files: Sequence[tuple[Path, str, str]],
    asked: Asked,
    waiting: Waiting,
    sent: dict[str, str],
) -> bool:
    """Submit each file; whether any was refused, which is said at once and does not keep back the others."""
    from grader.client.problems import Invalid, NotFound

    refused = False
    for at, (file, name, student) in enumerate(files):
        waiting.says(f"submitting {name}", at)
        try:
            accepted = client.submit(read(file), assignment=asked.assignment, student=student, filename=file.name)
            sent[accepted.id] = name
        except (Invalid, NotFound) as error:
            known = sorted(each.id for each in client.assignments())
            if asked.assignment not in known:
                message = f"the server has no assignment {asked.assignment!r}; it has {', '.join(known) or 'none'}"
                raise click.UsageError(message) from error
            refused = True
            with waiting.aside():
                click.echo(f"backmark: {name} was refused: {error}", err=True)
    return refused


def _follow(  # noqa: PLR0913 - what is followed, and how it is told
    client: "Client",
    names: Mapping[str, str],
    waiting: Waiting,
    timeout: float | None,
    *,
    as_json: bool,
    whole: bool = False,
) -> int:
    """Wait for each in turn, showing it as it ends; the exit status."""
    from grader.client.client import POLL

    ended: list[tuple[str, Submission]] = []
    for at, (each, name) in enumerate(names.items()):
        for found in client.watch(each, timeout=timeout, every=LIVELY if waiting.shown else POLL):
            called = name or found.filename
            waiting.says(_where(found, called), at)
        ended.append((called, found))
        with waiting.aside():
            _show(found, called, as_json=as_json, whole=whole)
    if len(ended) > 1 and not as_json:
        with waiting.aside():
            _summarise(ended)
    return _status([found for _, found in ended])


def _status(submissions: "Sequence[Submission]") -> int:
    if any(each.state == "service_failed" for each in submissions):
        return THEIR_FAILURE
    return PASSED if all(each.passed for each in submissions) else NOT_ALL_PASSED


def _show(submission: "Submission", name: str, *, as_json: bool, whole: bool) -> None:
    """A verdict as `backmark grade` shows it; `whole`: as JSON with all that the server says around it."""
    if as_json and whole:
        click.echo(json.dumps(submission.body))
    elif as_json and submission.verdict is not None:
        click.echo(json.dumps(submission.verdict))
    elif submission.verdict is None:
        click.echo(_where(submission, name), err=as_json)
    else:
        from grader.client.calls import value
        from grader.model import result
        from grader.model.assignment import Level
        from grader.reports.terminal import rendered

        verdict = value(submission.verdict, result.verdict)
        named = replace(verdict, submission=replace(verdict.submission, filename=name))
        show(rendered(named, hints_alone=submission.verdict.get("level") == Level.HINT))


def _where(submission: "Submission", name: str) -> str:
    """Where a submission is, in a line."""
    from grader.reports.plaintext import plain

    state = {
        "queued": "waiting",
        "running": "being graded",
        "done": "graded",
        "superseded": f"superseded by {submission.superseded_by}, a later one of the same student's",
        "cancelled": "cancelled",
        "service_failed": "could not be graded, which is the service's failure and not the student's:"
        f" {submission.failure}",
    }[submission.state]
    if submission.queue is not None:
        ahead = submission.queue.position
        state += ", next" if ahead == 0 else f", {ahead} ahead of it"
        if submission.queue.estimated_seconds is not None:
            state += f", about {max(1, round(submission.queue.estimated_seconds))} s"
    return plain(f"{name} ({submission.id})  {state}")


def _summarise(ended: "Sequence[tuple[str, Submission]]") -> None:
    from grader.model.verdict import Outcome
    from grader.reports.terminal import summary

    rows: list[tuple[str, Outcome, int, int]] = []
    for name, each in ended:
        if each.verdict is not None:
            outcome = Outcome(each.verdict["outcome"])
            rows.append((name, outcome, each.verdict["score"], each.verdict["max_score"]))
    show(summary(rows))


def _list(client: "Client", sent: Mapping[str, str], *, as_json: bool) -> None:
    for each, name in sent.items():
        click.echo(json.dumps(client.submission(each).body) if as_json else f"{each}  {name}")


def _remind(sent: Mapping[str, str]) -> None:
    """Say what was accepted already: it is graded, whether anybody waits for it or not."""
    if sent:
        ids = " ".join(sent)
        click.echo(f"backmark: what was submitted is graded all the same; ask with: backmark status {ids}", err=True)


def _students(files: Sequence[Path], student: str | None) -> list[str]:
    """Whose each file is: the one that was named, else the file's own name, with its folders where two are alike."""
    if student is not None:
        if len(files) > 1:
            message = "--student takes a single file: of one student's submissions only the last is graded"
            raise click.UsageError(message)
        return [student]
    alike = len({file.stem for file in files}) < len(files)
    stems = [file.with_suffix("").as_posix() if alike else file.stem for file in files]
    # What can stand in an address as it is.
    students = [re.sub(r"[^A-Za-z0-9._@+:=~-]+", "_", stem).strip("_.-") or "_" for stem in stems]
    if len(set(students)) < len(students):
        twice = next(each for each in students if students.count(each) > 1)
        message = f"two of the files would be the same student's ({twice}); rename one, or submit them one by one"
        raise click.UsageError(message)
    return students
