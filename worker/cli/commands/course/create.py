"""`backmark course create`: a new course on a server."""

import click

from backmark.grader.model.course import Course
from backmark.worker.cli.courses import course_argument, list_given, print_course, settings_options
from backmark.worker.cli.options import SERVER_VARIABLES, json_option
from backmark.worker.cli.remote import connect


@click.command(epilog=SERVER_VARIABLES)
@course_argument
@settings_options
@json_option
def create(course: str, *, as_json: bool, **settings: str | None) -> None:
    """Create a course with the ID COURSE.

    The command needs the token of an administrator.
    """
    with connect() as client:
        print_course(client.courses.create(Course(course, **list_given(settings))), as_json=as_json)
