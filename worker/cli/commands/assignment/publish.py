"""`backmark assignment publish`: an assignment, or a new revision of it, on a server."""

# ruff: noqa: PLC0415 - cold start: `backmark assignment --help` must not pay for pydantic and an HTTP client

from pathlib import Path

import click

from backmark.grader.errors import ServiceError
from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.options import SERVER_VARIABLES, assignment_argument, timeout_option


@click.command(epilog=SERVER_VARIABLES)
@assignment_argument
@click.option(
    "--course",
    metavar="COURSE",
    show_default="the token's own course",
    help="The course to publish in. Only a token with the scope admin can publish in another course than its own.",
)
@click.option(
    "--fresh",
    type=click.IntRange(min=0),
    metavar="CASES",
    show_default="one for ten of the assignment's own",
    help="The number of cases that come from a hidden pool; each of eight groups of students gets different ones. 0: no"
    " hidden cases.",
)
@timeout_option
def publish(file: Path, course: str | None, fresh: int | None, timeout: float | None) -> ExitStatus:
    """Publish an assignment on a server, as a new revision.

    A worker of the server draws the cases and checks the assignment, as `backmark assignment check` does. The command
    prints the course and the ID of the revision.

    Exit status: 0 published; 1 the worker refused the assignment, with the reason; 2 wrong usage, or the server refused
    the request; 3 no server, a failure of the service, or --timeout reached.
    """
    from backmark.grader.contracts.language.reading import read_text
    from backmark.worker.cli.remote import connect, wait_for_publication

    text = read_text(file)
    with connect(course) as client:
        publication = wait_for_publication(client, client.publish(text, fresh=fresh), timeout)
    if publication.revision is not None:
        click.echo(f"{publication.assignment}: published in {publication.course} as revision {publication.revision}")
        return ExitStatus.SUCCESS
    if publication.refusal is not None:
        click.echo(f"Refused: {publication.refusal.rstrip('.')}.")
        return ExitStatus.NOT_PASSED
    message = f"{publication.assignment} could not be published: {publication.failure}"
    raise ServiceError(message)
