"""`backmark retry`: grade again the submissions that a server failed to grade."""

import json

import click

from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.options import SERVER_VARIABLES, json_option, timeout_option
from backmark.worker.cli.remote import connect, wait_for


@click.command(epilog=SERVER_VARIABLES)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option(
    "--all", "retry_all", is_flag=True, help="Retry all of the course's submissions that ended as service_failed."
)
@click.option("--assignment", metavar="ID", help="With --all: only those for this assignment.")
@click.option("--wait/--no-wait", default=False, show_default=True, help="Wait for the verdicts, or print the IDs.")
@timeout_option
@json_option
def retry(  # noqa: PLR0913 - one parameter for each option
    ids: tuple[str, ...],
    assignment: str | None,
    timeout: float | None,
    *,
    retry_all: bool,
    wait: bool,
    as_json: bool,
) -> ExitStatus:
    """Grade submissions again that ended as service_failed.

    For staff: such an end is never the student's fault. Each keeps its ID and its attempt. A submission that waits,
    runs or is done already stays as it is. Exit status: 0 queued again (with --wait: all passed); 1 not all passed; 2
    wrong usage, or refused by the server; 3 no server, a failure of the service, or --timeout reached.
    """
    if bool(ids) == retry_all:
        message = "name the submissions by their IDs, or give --all"
        raise click.UsageError(message)
    if assignment is not None and not retry_all:
        message = "--assignment goes with --all"
        raise click.UsageError(message)
    with connect() as client:
        if retry_all:
            retried = client.retry_all(assignment=assignment)
            if not retried:
                click.echo("backmark: no submission ended as service_failed", err=True)
        else:
            retried = [client.retry(number).id for number in ids]
        if wait:
            return wait_for(client, retried, timeout, as_json=as_json)
        for number in retried:
            click.echo(json.dumps(client.submission(number).body) if as_json else number)
    return ExitStatus.SUCCESS
