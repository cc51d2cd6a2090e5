"""`backmark assignment draw`: the cases of an assignment, as data."""

# ruff: noqa: PLC0415 - cold start: `backmark assignment --help` must not pay for NumPy

from pathlib import Path

import click

from backmark.grader.settings import machine
from backmark.worker.cli.options import assignment_argument
from backmark.worker.cli.secrets_file import secret_option
from backmark.worker.cli.terminal import show_files


@click.command()
@assignment_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    show_default="FILE or FOLDER, with the suffix .npz",
    help="The file to write.",
)
@secret_option
def draw(file: Path, output: Path | None, secret: Path | None) -> None:
    """Draw an assignment's cases, and write them to a file.

    The file holds the cases and the answers that are expected. `backmark grade --assignment FILE.npz` grades by it.
    """
    from backmark.grader.contracts.judging.revision import dump, load
    from backmark.grader.contracts.language.reading import read
    from backmark.worker.cli.secrets_file import read_secret
    from backmark.worker.grading.revisions import add_fresh, place_beside, save
    from backmark.worker.grading.revisions import draw as draw_cases

    with show_files(file.resolve().name) as watch:
        data = draw_cases(read(file), watch)
        if secret is not None:
            drawn = load(data, file.name)
            data = dump(add_fresh(drawn, read_secret(secret), machine.from_environment().cache, watch))
    target = output or place_beside(file)
    save(target, data)
    drawn = load(data, str(target))
    click.echo(f"{target}: {len(drawn.cases)} cases, revision {drawn.id}")
