"""`backmark course undelivered`: the marks that did not arrive in an LMS, and all marks once more."""

import json

import click

from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.options import SERVER_VARIABLES, json_option
from backmark.worker.cli.remote import connect


@click.command(epilog=SERVER_VARIABLES)
@click.argument("assignment", metavar="ASSIGNMENT")
@click.option("--again", is_flag=True, help="Send all marks of the assignment again, including those that arrived.")
@json_option
def undelivered(assignment: str, *, again: bool, as_json: bool) -> ExitStatus:
    """List the marks that did not arrive in the LMS.

    ASSIGNMENT is the assignment's ID on the server. Each line shows a student, the reason, and the LMS's answer. The
    service sends a mark whenever the mark changes, and retries for a day before it gives up. If the LMS deleted or
    locked the column of the assignment, the command says so. The command needs a token of the course's staff.

    Exit status: 0 all marks arrived or are on their way (with --again: all are sent again); 1 some were given up, or a
    column is gone or parked; 2 wrong usage, or refused by the server; 3 no server, or a failure of the service.
    """
    with connect() as client:
        if again:
            count = client.course.send_scores(assignment)
            text = f"{count} {'mark is' if count == 1 else 'marks are'} being sent again"
            click.echo(json.dumps({"marks": count}) if as_json else text)
            return ExitStatus.SUCCESS
        failed = client.course.scores(assignment)
        counts = client.course.score_counts(assignment)
        columns = client.course.score_columns(assignment)
    gone = [column.title for column in columns if column.gone is not None]
    parked = [column.title for column in columns if column.parked is not None]
    if as_json:
        failed_students = [mark.student for mark in failed]
        click.echo(json.dumps({"counts": counts, "failed": failed_students, "gone": gone, "parked": parked}))
    else:
        for title in gone:
            click.echo(
                f"the LMS no longer has the column {title or 'of this assignment'}, so no marks are sent to it. If the"
                " column exists, open the assignment's link in the LMS, or use --again",
                err=True,
            )
        for title in parked:
            click.echo(
                f"the LMS takes no mark of the column {title or 'of this assignment'}, but takes marks of others. Is"
                " the column locked or hidden there? Backmark tries it once a day",
                err=True,
            )
        for mark in failed:
            answer = " ".join(str(part) for part in (mark.status, mark.detail) if part)
            click.echo("  ".join(part for part in (mark.student, mark.reason or "", answer) if part))
        click.echo(f"{counts['sent']} arrived, {counts['waiting']} on their way, {counts['failed']} given up", err=True)
    return ExitStatus.NOT_PASSED if failed or gone or parked else ExitStatus.SUCCESS
