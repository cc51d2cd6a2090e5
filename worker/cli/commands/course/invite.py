"""`backmark course invite`: a link that makes somebody staff of a course."""

import click

from backmark.grader.model.course import MOST_DAYS, Role
from backmark.worker.cli.courses import course_argument
from backmark.worker.cli.options import SERVER_VARIABLES
from backmark.worker.cli.remote import complete_link, connect


@click.command(epilog=SERVER_VARIABLES)
@course_argument
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.ASSISTANT.value,
    show_default=True,
    help="An assistant sees everything and grades. An instructor also sets policies, publishes, regrades and invites.",
)
@click.option(
    "--days",
    type=click.IntRange(1, MOST_DAYS),
    metavar="N",
    default=7,
    show_default=True,
    help="Days until the link expires.",
)
@click.option("--many", is_flag=True, help="Let several people use the link; without this option it works once.")
def invite(course: str, *, role: str, days: int, many: bool) -> None:
    """Print a link that makes somebody staff of a course.

    Anybody who has the link can use it: send it only to the person whom you invite. The link begins with the server's
    BACKMARK_PUBLIC_URL or, where that is not set, with the address at which this command reached the server.
    """
    with connect(course) as client:
        click.echo(complete_link(client.course.invite(role, days=days, once=not many).url))
