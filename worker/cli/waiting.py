"""A line on standard error that says what is waited for, where that is a terminal."""

# ruff: noqa: PLC0415 - rich is imported where there is a terminal to show something on

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from worker.cli.terminal import console


class Waiting:
    """A spinner and, for several things, a bar; nothing at all where nobody looks."""

    def __init__(self, total: int | None) -> None:
        """Of how many things; None where that is not known yet."""
        self._total = total
        self._bar: Any = None
        self._task: Any = None

    @property
    def shown(self) -> bool:
        """Whether anybody looks."""
        return self._bar is not None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

            words = (SpinnerColumn(), TextColumn("{task.description}", markup=False))
            several = (BarColumn(), MofNCompleteColumn()) if self._total != 1 else ()
            # What goes to standard output is printed while the line is away.
            self._bar = Progress(
                *words,
                *several,
                console=console(stderr=True),
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

    def says(self, words: str, done: int | None = None, total: int | None = None) -> None:
        """Say what is waited for now, and how much of how much is done."""
        if self._bar is not None:
            self._bar.update(self._task, description=words, completed=done, total=total)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the line away while something else is printed."""
        if self._bar is None:
            yield
            return
        self._bar.stop()
        yield
        self._bar.start()
