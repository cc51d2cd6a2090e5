"""A server and the submissions on it, as the commands that talk to it show them."""

# ruff: noqa: PLC0415 - cold start: `backmark --help` must not pay for an HTTP client

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import click

from backmark.grader.errors import ServiceError
from backmark.grader.settings import machine
from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.extras import require_extra
from backmark.worker.cli.terminal import ProgressLine, show

if TYPE_CHECKING:
    from backmark.grader.client import Client, Publication, Submission

#: Seconds between two requests for a place in the queue that is shown on a terminal.
LIVE_SECONDS = 2.0
#: Seconds between two looks at a publication.
_PUBLICATION_SECONDS = 0.5


@contextmanager
def connect(course: str | None = None) -> Iterator["Client"]:
    """Connect to the server that `machine.find_server` returns; raise UsageError for what it refuses as wrong usage.

    `course` is for tokens that see several.
    """
    require_extra("client")
    from backmark.grader.client import Client, Patience, problems

    settings = machine.from_environment()
    server = machine.find_server(settings)
    if server.token is None:
        raise click.UsageError(_explain_missing_token(settings))
    # Whoever named the wrong server should not have to wait for long; a limit of requests is worth waiting for.
    patience = Patience(unreached=10.0)
    try:
        with Client(
            server.url, server.token, course=course, patience=patience, plain_http=settings.plain_http, ca=settings.ca
        ) as client:
            yield client
    except problems.Unauthorized as error:
        source = settings.data / machine.SERVICE_FILE if settings.token is None else "BACKMARK_TOKEN"
        message = f"the server at {server.url} did not accept the token in {source}: {error.detail}"
        raise click.UsageError(message) from error
    except (problems.Unusable, problems.Invalid, problems.Forbidden, problems.NotFound, problems.Conflict) as error:
        raise click.UsageError(str(error)) from error


def complete_link(link: str) -> str:
    """Return a link with the address of the server: a server that was not told its own makes paths only."""
    return urljoin(machine.find_server(machine.from_environment()).url, link)


def _explain_missing_token(settings: machine.Settings) -> str:
    if settings.url is not None:
        return "BACKMARK_TOKEN is not set; set it to your token, which you get from the people who run the server"
    return (
        f"no server was found: no `backmark serve` runs on {settings.data}. If you started `backmark serve --data"
        " FOLDER`, set BACKMARK_DATA to FOLDER. For any other server, set BACKMARK_URL to its address and"
        " BACKMARK_TOKEN to your token, which you get from the people who run the server"
    )


def wait_for(client: "Client", ids: Sequence[str], timeout: float | None, *, as_json: bool) -> ExitStatus:
    """Wait for the submissions in turn and print each as it ends; return the exit status."""
    with ProgressLine(len(ids)) as progress:
        return follow(client, dict.fromkeys(ids, ""), progress, timeout, as_json=as_json, full=True)


def wait_for_publication(client: "Client", publication: "Publication", timeout: float | None) -> "Publication":
    """Wait until a worker has published or refused an assignment; raises ServiceError after `timeout`."""
    deadline = None if timeout is None else time.monotonic() + timeout
    with ProgressLine(1) as progress:
        progress.update(f"{publication.assignment} ({publication.id})  the server is drawing and testing its cases", 0)
        while not publication.state.terminal:
            if deadline is not None and time.monotonic() >= deadline:
                message = (
                    f"{publication.assignment} is not published after {timeout:g} s; the server goes on with"
                    f" publication {publication.id}"
                )
                raise ServiceError(message)
            time.sleep(_PUBLICATION_SECONDS)
            publication = client.publication(publication.id)
    return publication


def follow(  # noqa: PLR0913 - what is waited for, and how it is printed
    client: "Client",
    names: Mapping[str, str],
    progress: ProgressLine,
    timeout: float | None,
    *,
    as_json: bool,
    full: bool = False,
) -> ExitStatus:
    """Wait for the submissions in turn and print each as it ends; return the exit status.

    `names` holds their names by their ids; the server's is used for an empty one. `full`: see `print_submission`.
    """
    from backmark.grader.client.client import POLL

    ended: list[tuple[str, Submission]] = []
    for index, (number, name) in enumerate(names.items()):
        for submission in client.watch(number, timeout=timeout, every=LIVE_SECONDS if progress.visible else POLL):
            shown_name = name or submission.filename
            progress.update(_describe(submission, shown_name), index)
        ended.append((shown_name, submission))
        with progress.hide():
            print_submission(submission, shown_name, as_json=as_json, full=full)
    if len(ended) > 1 and not as_json:
        with progress.hide():
            _print_summary(ended)
    return combine_statuses([submission for _, submission in ended])


def combine_statuses(submissions: "Sequence[Submission]") -> ExitStatus:
    """Return the exit status that stands for all of the submissions."""
    if any(submission.state == "service_failed" for submission in submissions):
        return ExitStatus.FAILURE
    passed = all(submission.passed for submission in submissions)
    return ExitStatus.SUCCESS if passed else ExitStatus.NOT_PASSED


def print_submission(submission: "Submission", name: str, *, as_json: bool, full: bool) -> None:
    """Print a verdict as `backmark grade` does, or the state of a submission that has none.

    As JSON `full` prints the server's whole record of the submission, else the verdict alone.
    """
    if as_json and full:
        click.echo(json.dumps(submission.body))
    elif as_json and submission.verdict is not None:
        click.echo(json.dumps(submission.verdict))
    elif submission.verdict is None:
        click.echo(_describe(submission, name), err=as_json)
    else:
        from backmark.grader.client.calls import value
        from backmark.grader.model.result import read_verdict
        from backmark.grader.reports.terminal import render

        verdict = value(submission.verdict, read_verdict)
        show(render(replace(verdict, submission=replace(verdict.submission, filename=name))))


def _describe(submission: "Submission", name: str) -> str:
    """Return a line that says where a submission is."""
    from backmark.grader.reports.plaintext import plain

    state = {
        "queued": "waiting",
        "running": "being graded",
        # Without a verdict staff hold it back: it may not be graded yet.
        "done": "graded" if submission.verdict is not None else "handed in; staff have not published the verdict",
        "superseded": f"replaced by {submission.superseded_by}, a later submission of the same student",
        "cancelled": "cancelled",
        "service_failed": "not graded, because the service failed, which is not the student's fault:"
        f" {submission.failure}",
    }[submission.state]
    if submission.queue is not None:
        ahead = submission.queue.position
        state += ", next" if ahead == 0 else f", {ahead} ahead of this one"
        if submission.queue.estimated_seconds is not None:
            state += f", about {max(1, round(submission.queue.estimated_seconds))} s"
    return plain(f"{name} ({submission.id})  {state}")


def _print_summary(ended: "Sequence[tuple[str, Submission]]") -> None:
    from backmark.grader.client.calls import value
    from backmark.grader.model.result import read_verdict
    from backmark.grader.reports.tally import TallyRow
    from backmark.grader.reports.terminal import summary

    graded = [(name, submission.verdict) for name, submission in ended if submission.verdict is not None]
    show(summary([TallyRow.of(name, value(verdict, read_verdict)) for name, verdict in graded]))
