"""`backmark course archive`: a course that is over."""

import click

from backmark.worker.cli.courses import course_argument
from backmark.worker.cli.options import SERVER_VARIABLES
from backmark.worker.cli.remote import connect


@click.command(epilog=SERVER_VARIABLES)
@course_argument
@click.option("--undo", is_flag=True, help="Bring an archived course back into use.")
def archive(course: str, *, undo: bool) -> None:
    """Archive a course, or bring it back.

    Students can no longer submit to an archived course, and lists leave the course out. Nothing is deleted.
    """
    with connect(course) as client:
        if undo:
            client.course.bring_back()
        else:
            client.course.archive()
    click.echo(f"{course} is {'in use again' if undo else 'archived'}", err=True)
