"""`backmark init nbgrader`: a course of nbgrader with one assignment that is graded by `check`."""

# ruff: noqa: PLC0415 - cold start: `backmark init --help` must not pay for NumPy and pydantic

import json
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from backmark.worker.cli.exit_status import ExitStatus
from backmark.worker.cli.files import check_empty, write_folder
from backmark.worker.cli.starters.filling import fill
from backmark.worker.cli.starters.options import folder_argument, id_option

#: In a solution the name of a line's row, which is not the student's concern.
_ROW = re.compile(r"[ \t]*# row: .*$", re.MULTILINE)


@click.command()
@folder_argument
@id_option
def nbgrader(folder: Path, assignment: str) -> ExitStatus:
    """Write a course of nbgrader with one assignment.

    The folder has a notebook with the cell that grades, nbgrader's settings, requirements with this version of
    Backmark, a kit, and the steps. Keep the folder from students: the notebook and the kit hold the solution. FOLDER
    must be empty or not exist yet.
    """
    from backmark.grader.contracts.kits.kit import Kit, dump_kit
    from backmark.grader.settings import machine
    from backmark.worker.cli.terminal import show_files
    from backmark.worker.grading.revisions import revision, save

    check_empty(folder)
    with show_files(assignment) as watch:
        drawn = revision(assignment, machine.from_environment().cache, watch)
    asked = drawn.assignment
    marks = sum(asked.rubric.values())
    values = {
        "ASSIGNMENT": asked.id,
        "FUNCTIONS": ", ".join(f"`{name}`" for name in asked.entries),
        "MARKS": str(marks),
        "VERSION": version("backmark"),
    }
    cells = (
        _make_cell("homework", _ROW.sub("", asked.solution).strip(), solution=True),
        _make_cell("gradients", fill("nbgrader/test_cell.txt", values).strip(), points=marks),
    )
    kit = folder / f"{asked.id}.kit"
    save(kit, dump_kit(Kit.of(drawn, with_solution=True)), mode=0o600)
    click.echo(str(kit))
    write_folder(
        folder,
        {
            "source/homework/homework.ipynb": _write_notebook(*cells),
            **{
                name: fill(f"nbgrader/{name}", values)
                for name in ("nbgrader_config.py", "requirements.txt", "README.md")
            },
        },
    )
    click.echo(f"Next: in {folder}, run `nbgrader generate_assignment homework`; README.md has the steps.")
    return ExitStatus.SUCCESS


def _make_cell(name: str, source: str, *, solution: bool = False, points: int | None = None) -> Mapping[str, Any]:
    """Return a cell that students fill in, or one with points, which nbgrader keeps as it is."""
    graded = {} if points is None else {"points": points}
    facts = {
        "schema_version": 3,
        "grade_id": name,
        "solution": solution,
        "grade": points is not None,
        "locked": not solution,
        "task": False,
        **graded,
    }
    return {
        "id": name,
        "cell_type": "code",
        "metadata": {"nbgrader": facts},
        "execution_count": None,
        "outputs": [],
        "source": source,
    }


def _write_notebook(*cells: Mapping[str, Any]) -> str:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
