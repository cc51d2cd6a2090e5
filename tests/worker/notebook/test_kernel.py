"""The executions of a kernel as a notebook's cells."""

import json
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from backmark.worker.notebook import kernel
from backmark.worker.notebook.kernel import CellIds, list_cells, write_notebook


@dataclass
class History:
    """The texts by number; IPython keeps an empty one at 0."""

    input_hist_raw: list[str] = field(default_factory=lambda: [""])


@dataclass
class Shell:
    """A shell as far as it is asked."""

    history_manager: History = field(default_factory=History)


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    made = Shell()
    monkeypatch.setattr(kernel, "find_shell", lambda: made)
    return made


def execute(shell: Shell, ids: CellIds, text: str, cell: str | None = None, *, ends: bool = True) -> None:
    ids.begin(SimpleNamespace(cell_id=cell, store_history=True))
    shell.history_manager.input_hist_raw.append(text)
    if ends:
        ids.end(None)


def test_the_last_form_of_a_cell_stands_where_it_was_executed(shell: Shell) -> None:
    ids = CellIds()
    execute(shell, ids, "K = 5", "a")
    execute(shell, ids, "def f(): pass", "b")
    execute(shell, ids, "K = 7", "a")
    execute(shell, ids, "check()", "c", ends=False)
    assert list_cells(shell, ids) == ["", "def f(): pass", "K = 7", "check()"]


def test_the_cell_that_runs_now_replaces_its_earlier_form(shell: Shell) -> None:
    ids = CellIds()
    execute(shell, ids, "old = 1; check()", "a")
    execute(shell, ids, "new = 1; check()", "a", ends=False)
    assert list_cells(shell, ids) == ["", "new = 1; check()"]


def test_without_ids_all_that_was_executed_stays(shell: Shell) -> None:
    ids = CellIds()
    execute(shell, ids, "K = 5")
    execute(shell, ids, "K = 7")
    execute(shell, ids, "check()", ends=False)
    assert list_cells(shell, ids) == ["K = 5", "K = 7", "check()"]


@pytest.mark.usefixtures("shell")
def test_what_is_not_kept_in_the_history_has_no_id() -> None:
    ids = CellIds()
    ids.begin(SimpleNamespace(cell_id="a", store_history=False))
    ids.end(None)
    assert ids.ids == {}


def test_a_very_long_history_has_each_text_once(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "_MANY", 20)
    ids = CellIds()
    for text in ("first = 1", "second = 1", "first = 1"):
        execute(shell, ids, text)
    assert list_cells(shell, ids) == ["", "second = 1", "first = 1"]


def test_a_notebook_has_a_cell_for_each_number() -> None:
    cells = json.loads(write_notebook(["", "x = 1"]))["cells"]
    assert [(cell["cell_type"], cell["source"]) for cell in cells] == [("code", ""), ("code", "x = 1")]


def test_outside_of_ipython_there_is_no_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.modules", {})
    assert kernel.find_shell() is None
