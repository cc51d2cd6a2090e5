"""The use case: an assignment exported as Gradescope's autograder."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from backmark.grader.contracts.judging.revision import dump
from backmark.grader.settings import machine
from backmark.worker.cli.gradescope.bundle import write_bundle
from backmark.worker.cli.gradescope.wheels import collect_wheels
from backmark.worker.cli.secrets_file import read_secret
from backmark.worker.cli.terminal import show_files
from backmark.worker.grading.revisions import add_fresh, stored_revision


@dataclass(frozen=True, slots=True)
class Export:
    """The parts of a ZIP file."""

    #: An ID, or the path of an assignment.
    assignment: str
    output: Path
    #: The folder to take all wheels from; None: pip's index.
    wheels: Path | None
    #: The file with the secret that tells fresh cases, made if it is not there; None: the assignment's own cases alone.
    secret: Path | None


def export_autograder(request: Export) -> int:
    """Write the ZIP file, print what is in it, and return the marks that can be had.

    Raises ServiceError if wheels are missing.
    """
    with tempfile.TemporaryDirectory(prefix="backmark-") as folder:
        # What is missing is said before anything is drawn, and before a secret is made.
        collected = collect_wheels(Path(folder), request.wheels)
        with show_files(request.assignment) as watch:
            cache = machine.from_environment().cache
            data, drawn = stored_revision(request.assignment, cache, watch)
            if request.secret is not None:
                drawn = add_fresh(drawn, read_secret(request.secret), cache, watch)
                data = dump(drawn)
        write_bundle(request.output, data, collected)
    size = request.output.stat().st_size / 1e6
    click.echo(f"{request.output}: {drawn.assignment.id}, revision {drawn.id}, {len(collected)} wheels, {size:.0f} MB")
    return sum(drawn.assignment.rubric.values())
