"""A course on the command line: its argument, an option for each setting, and its line."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import click

from backmark.grader.model.course import Course
from backmark.grader.model.fields import noun_fields
from backmark.grader.model.views import GIVEN

course_argument = click.argument("course", metavar="COURSE")


def settings_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each setting that is a text; the others are set on the course's page."""
    fields = noun_fields(Course)
    for name in reversed(GIVEN[Course]):
        if fields[name].type is str:
            command = click.option(f"--{name}", metavar="TEXT", help=fields[name].describe("If empty,"))(command)
    return command


def list_given(settings: Mapping[str, str | None]) -> dict[str, Any]:
    """Return the settings that were named on the command line."""
    return {name: value for name, value in settings.items() if value is not None}


def print_course(course: Course, *, as_json: bool) -> None:
    """Print a course as one line, or as JSON."""
    if as_json:
        click.echo(json.dumps(asdict(course)))
        return
    parts = (course.id, course.title, course.term, "archived" if course.archived is not None else "")
    click.echo("  ".join(part for part in parts if part))
