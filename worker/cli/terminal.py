"""Text for people: in colour on a terminal, without trailing blanks elsewhere; and a line that shows progress."""

# ruff: noqa: PLC0415 - cold start: rich is imported when something is shown, and `--json` shows nothing

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import click

#: Columns of a table in a file or a pipe, where lines need not fit a screen.
WIDE = 4096


def open_console(*, stderr: bool = False) -> Any:
    """Return a rich console that shows text as it is."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, stderr=stderr)


def show(renderable: Any, *, wide: bool = False) -> None:
    """Print a rich renderable on standard output; `wide` keeps its lines unbroken in a file or a pipe."""
    console = open_console()
    if console.is_terminal:
        console.print(renderable)
        return
    if wide:
        console.width = WIDE
    with console.capture() as capture:
        console.print(renderable)
    click.echo("\n".join(line.rstrip() for line in capture.get().split("\n")), nl=False)


class ProgressLine:
    """A spinner and, for several things, a bar on standard error; nothing if that is not a terminal."""

    def __init__(self, total: int | None) -> None:
        """Show progress towards this many things, or None if their number is not known yet."""
        self._total = total
        self._bar: Any = None
        self._task: Any = None

    @property
    def visible(self) -> bool:
        """True if the line is on a terminal."""
        return self._bar is not None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

            columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False))
            counter = (BarColumn(), MofNCompleteColumn()) if self._total != 1 else ()
            # What goes to standard output is printed while the line is hidden.
            self._bar = Progress(
                *columns,
                *counter,
                console=open_console(stderr=True),
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._task = self._bar.add_task("", total=self._total)
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, text: str, done: int | None = None, total: int | None = None) -> None:
        """Show what is waited for, and how much of how much is done."""
        if self._bar is not None:
            self._bar.update(self._task, description=text, completed=done, total=total)

    @contextmanager
    def hide(self) -> Iterator[None]:
        """Hide the line while something else is printed."""
        if self._bar is None:
            yield
            return
        self._bar.stop()
        yield
        self._bar.start()


@contextmanager
def show_files(name: str) -> Iterator[Callable[[str, int, int | None], None]]:
    """Show which of an assignment's files is running, and on a terminal how many runs of how many are done.

    What is yielded is a `backmark.worker.grading.workshop.Watch`.
    """
    shown: set[str] = set()
    with ProgressLine(None) as progress:
        progress.update(f"{name}: drawing cases")

        def watch(filename: str, done: int, total: int | None) -> None:
            progress.update(f"{name}: running {filename}", done, total)
            if not progress.visible and filename not in shown:
                click.echo(f"backmark: {name}: running {filename}", err=True)
            shown.add(filename)

        yield watch
