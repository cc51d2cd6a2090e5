"""`backmark scores`: the marks that did not arrive in an LMS, and all of them again."""

import json

import click

from worker.cli.exit_status import ExitStatus
from worker.cli.options import SERVER_VARIABLES, json_option
from worker.cli.remote import connect


@click.command(epilog=SERVER_VARIABLES)
@click.argument("assignment")
@click.option("--again", is_flag=True, help="Send all marks again, also those that the LMS should have.")
@json_option
def scores(assignment: str, *, again: bool, as_json: bool) -> ExitStatus:
    """List the marks that did not arrive in the LMS.

    For staff. A line has the student, the reason, and the LMS's answer. Marks are sent by themselves whenever they
    change, and tried again for a day. Exit status: 0 all arrived or are on their way (with --again: they are sent); 1
    some were given up; 2 wrong usage, or refused by the server; 3 no server, or a failure of the service.
    """
    with connect() as client:
        if again:
            count = client.course.send_scores(assignment)
            text = f"{count} {'mark is' if count == 1 else 'marks are'} sent again"
            click.echo(json.dumps({"marks": count}) if as_json else text)
            return ExitStatus.SUCCESS
        failed = client.course.scores(assignment)
        counts = client.course.score_counts(assignment)
    if as_json:
        click.echo(json.dumps({"counts": counts, "failed": [mark.student for mark in failed]}))
    else:
        for mark in failed:
            answer = " ".join(str(part) for part in (mark.status, mark.detail) if part)
            click.echo("  ".join(part for part in (mark.student, mark.reason or "", answer) if part))
        click.echo(f"{counts['sent']} arrived, {counts['waiting']} on their way, {counts['failed']} given up", err=True)
    return ExitStatus.NOT_PASSED if failed else ExitStatus.SUCCESS
