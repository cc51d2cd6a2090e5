"""`backmark service rerun`: grade again the submissions that a server failed to grade."""

import json

import click

from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.options import SERVER_VARIABLES, json_option, timeout_option
from backmark.worker.cli.remote import connect, wait_for


@click.command(epilog=SERVER_VARIABLES)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option(
    "--all", "rerun_all", is_flag=True, help="Grade again all submissions of the course that ended as service_failed."
)
@click.option(
    "--assignment",
    metavar="ID",
    show_default="every assignment",
    help="With --all: only submissions for this assignment.",
)
@click.option(
    "--wait/--no-wait", default=False, show_default=True, help="Wait for the verdicts, or print the IDs at once."
)
@timeout_option
@json_option
def rerun(  # noqa: PLR0913 - one parameter for each option
    ids: tuple[str, ...],
    assignment: str | None,
    timeout: float | None,
    *,
    rerun_all: bool,
    wait: bool,
    as_json: bool,
) -> ExitStatus:
    """Grade again the submissions that ended as service_failed.

    A submission ends as service_failed if the service could not grade it, which is never the student's fault. It keeps
    its ID and its attempt. Submissions that wait, run or have a verdict stay as they are; to grade those again, see
    `backmark course regrade`. The command needs a token of the course's staff.

    Exit status: 0 queued again (with --wait: all passed); 1 not all passed; 2 wrong usage, or refused by the server; 3
    no server, a failure of the service, or --timeout reached.
    """
    if bool(ids) == rerun_all:
        message = "name the submissions by their IDs, or use --all, but not both"
        raise click.UsageError(message)
    if assignment is not None and not rerun_all:
        message = "--assignment works only with --all"
        raise click.UsageError(message)
    with connect() as client:
        if rerun_all:
            queued = client.retry_all(assignment=assignment)
            if not queued:
                click.echo("backmark: no submission ended as service_failed", err=True)
        else:
            queued = [client.retry(number).id for number in ids]
        if wait:
            return wait_for(client, queued, timeout, as_json=as_json)
        for number in queued:
            click.echo(json.dumps(client.submission(number).body) if as_json else number)
    return ExitStatus.SUCCESS
