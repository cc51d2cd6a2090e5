"""The cells that a kernel has executed, as a notebook that could be handed in."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

#: Bytes of all cells beyond which an earlier execution of the same text is left out; the service takes a megabyte.
_MANY = 900_000


@dataclass(slots=True)
class CellIds:
    """The ids of the cells that are executed, by their number, where the notebook's editor sends them."""

    ids: dict[int, str] = field(default_factory=dict)
    #: That of the cell that runs now.
    running: str = ""

    def begin(self, info: Any) -> None:
        """Take note of an execution that begins, as IPython reports it."""
        self.running = (getattr(info, "cell_id", None) or "") if getattr(info, "store_history", False) else ""

    def end(self, _: Any) -> None:
        """Take note that it has ended: it is the last of the history."""
        if self.running and (shell := find_shell()) is not None:
            self.ids[_count(shell)] = self.running
        self.running = ""

    def list(self, count: int) -> Mapping[int, str]:
        """Return the ids by number; the cell that runs is the last of so many."""
        return {**self.ids, count: self.running} if self.running else self.ids


@cache
def watch_cells() -> CellIds:
    """Return the ids of the cells that are executed from now on."""
    ids, shell = CellIds(), find_shell()
    if shell is not None:
        shell.events.register("pre_run_cell", ids.begin)
        shell.events.register("post_run_cell", ids.end)
    return ids


def find_shell() -> Any | None:
    """Return the kernel's shell; None if this is no IPython."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def list_cells(shell: Any, ids: CellIds) -> list[str]:
    """Return the text of each execution by its number, as the notebook shows it in brackets; the first is 1.

    An earlier form of the same cell is empty. Where cells have no ids, all stay: they are what the kernel has done.
    """
    history = [str(text) for text in shell.history_manager.input_hist_raw[1:]]
    known = ids.list(len(history))
    last = {cell: number for number, cell in sorted(known.items())}
    texts = [
        text if last.get(known.get(number, ""), number) == number else "" for number, text in enumerate(history, 1)
    ]
    return _leave_out_repeated(texts) if sum(map(len, texts)) > _MANY else texts


def list_replaced(shell: Any, ids: CellIds) -> list[str]:
    """Return the texts of earlier forms of cells that were executed again since: the notebook has them no longer."""
    history = [str(text) for text in shell.history_manager.input_hist_raw[1:]]
    known = ids.list(len(history))
    last = {cell: number for number, cell in sorted(known.items())}
    return [text for number, text in enumerate(history, 1) if last.get(known.get(number, ""), number) != number]


def _count(shell: Any) -> int:
    return len(shell.history_manager.input_hist_raw) - 1


def _leave_out_repeated(texts: list[str]) -> list[str]:
    last = {text: number for number, text in enumerate(texts)}
    return [text if last[text] == number else "" for number, text in enumerate(texts)]


def write_notebook(cells: list[str]) -> bytes:
    """Return the cells as a notebook's file, in which code cell 12 is the one that the editor shows as [12]."""
    code = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": text} for text in cells]
    return json.dumps({"cells": code, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).encode()
