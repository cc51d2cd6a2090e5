"""`backmark course change`: other settings for a course."""

import click

from backmark.worker.cli.courses import course_argument, list_given, print_course, settings_options
from backmark.worker.cli.options import SERVER_VARIABLES, json_option
from backmark.worker.cli.remote import connect


@click.command(epilog=SERVER_VARIABLES)
@course_argument
@settings_options
@json_option
def change(course: str, *, as_json: bool, **settings: str | None) -> None:
    """Change the settings of a course that you name.

    All other settings stay. An empty text removes a setting.
    """
    if not (given := list_given(settings)):
        raise click.UsageError("nothing to change: name a setting, such as --title TEXT")
    with connect(course) as client:
        print_course(client.course.change(**given), as_json=as_json)
