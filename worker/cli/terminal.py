"""What is printed for people: in colour on a terminal, without blanks at the ends of lines elsewhere."""

# ruff: noqa: PLC0415 - cold start: rich is imported where something is shown, and `--json` shows nothing

from typing import Any

import click

#: Columns where nobody counts them.
WIDE = 4096


def console(*, stderr: bool = False) -> Any:
    """A rich console that shows text as it is."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, stderr=stderr)


def show(what: Any, *, wide: bool = False) -> None:
    """Print something of rich's on standard output; `wide`: in a file or a pipe without breaking its lines."""
    out = console()
    if out.is_terminal:
        out.print(what)
        return
    if wide:
        out.width = WIDE
    # Into a file or a pipe go no blanks at the ends of lines.
    with out.capture() as captured:
        out.print(what)
    click.echo("\n".join(line.rstrip() for line in captured.get().split("\n")), nl=False)
