"""`backmark status`: show submissions on a server."""

import click

from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.options import SERVER_VARIABLES, json_option, timeout_option
from backmark.worker.cli.remote import combine_statuses, connect, print_submission, wait_for
from backmark.worker.cli.terminal import ProgressLine


@click.command(epilog=SERVER_VARIABLES)
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@click.option("--wait", is_flag=True, help="Wait until every submission has a verdict, or ends without one.")
@timeout_option
@json_option
def status(ids: tuple[str, ...], timeout: float | None, *, wait: bool, as_json: bool) -> ExitStatus:
    """Show the verdicts of submissions, or their places in the queue.

    Exit status: 0 all passed; 1 not all passed, or not yet; 2 wrong usage, or no such submission; 3 no server, a
    failure of the service, or --timeout reached.
    """
    with connect() as client:
        if wait:
            return wait_for(client, ids, timeout, as_json=as_json)
        with ProgressLine(len(ids)):
            submissions = [client.submission(number) for number in ids]
    for submission in submissions:
        print_submission(submission, submission.filename, as_json=as_json, full=True)
    return combine_statuses(submissions)
