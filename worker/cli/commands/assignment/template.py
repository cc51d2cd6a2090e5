"""`backmark assignment template`: the fingerprint of the notebook that students are given."""

from pathlib import Path

import click

from backmark.grader.settings import machine
from backmark.worker.cli.files import read_submission
from backmark.worker.sandbox import policy
from backmark.worker.sandbox.inside.entry import Entry
from backmark.worker.sandbox.session import Session
from backmark.worker.sandbox.single import SingleJail


@click.command()
@click.argument("file", metavar="NOTEBOOK", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--function",
    "functions",
    metavar="NAME",
    multiple=True,
    default=("backward_pass",),
    show_default=True,
    help="A function or class that students fill in. Repeat the option for each that the assignment calls.",
)
def template(file: Path, functions: tuple[str, ...]) -> None:
    """Print the fingerprint of a notebook that is not filled in.

    Put the fingerprint into `templates` of the assignment. A submission that leaves the notebook's functions as they
    are is then rejected as `unfilled`, rather than marked as wrong.
    """
    launch = policy.plan_jailed(machine.from_environment().bwrap)
    # Parsed in a jail, like any other submission.
    with Session(SingleJail(launch), policy.JailLimits(2.0, 10.0, 1 << 30, 1 << 16)) as session:
        click.echo(
            session.extract(
                read_submission(file), file.name, Entry(functions[0], functions[1:], classes=True)
            ).fingerprint
        )
