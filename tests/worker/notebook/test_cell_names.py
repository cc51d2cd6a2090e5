"""The names that cells bind, and the ones that only a kernel's memory has."""

import math
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from backmark.worker.notebook.cell_names import bound_names, defined_names, find_files, find_unset, list_used


def run(code: str, **names: Any) -> dict[str, Any]:
    exec(code, names)  # noqa: S102 - as a kernel runs a cell
    return names


def test_cells_bind_what_they_assign_define_and_import() -> None:
    cells = [
        "a = b = 1\n%timeit 3",
        "def f(x):\n    y = 1\n    return y",
        "import os.path as p, sys\nfrom re import sub",
        "for i in []: pass",
    ]
    assert bound_names(cells) == {"a", "b", "f", "p", "sys", "sub", "i"}
    assert defined_names(cells) == {"a", "b", "f", "i"}


def test_a_star_import_binds_what_its_module_has() -> None:
    assert {"sin", "pi"} <= bound_names(["from math import *"])
    assert bound_names(["from a_module_that_is_not_there import *"]) <= {"*"}


def test_a_cell_that_is_not_python_binds_nothing() -> None:
    assert bound_names(["def f(:", "%%bash\nx=1", "x\0"]) == set()


def test_the_last_one_that_binds_a_name_says_whether_it_is_imported() -> None:
    assert defined_names(["def f(): pass", "from mine import f"]) == set()
    assert defined_names(["from mine import f", "def f(): pass"]) == {"f"}


def test_names_are_followed_through_functions_of_the_same_namespace() -> None:
    names = run("K = 5\nother = 1\ndef g():\n    return [K for _ in range(3)]\ndef f():\n    return g()")
    assert {*list_used([names["f"]], names)} == {"g", "K"}
    assert [*list_used([math.sin, 3], names)] == []


def test_a_name_without_a_cell_is_named_with_its_value() -> None:
    class Odd:
        def __repr__(self) -> str:
            raise ValueError

    names = run("def f():\n    return K, long, odd, g, np, len, given", K=5, long="x" * 100, odd=Odd(), np=0, given=1)
    names["g"] = names["f"]
    sentences = [*find_unset([names["f"]], names, {"f"}, {"given"})]
    assert [
        sentence.partition(" in the memory of this notebook, but no cell sets it")[0] for sentence in sentences
    ] == [
        "`K` is 5",
        f"`long` is '{'x' * 39}...",
        "`odd` is of type Odd",
        "`g` is a function",
    ]


def test_a_file_of_ones_own_is_named_and_a_library_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs, installed = ModuleType("mine"), ModuleType("theirs"), ModuleType("installed")
    mine.__file__, theirs.__file__ = str(tmp_path / "mine.py"), "/usr/lib/theirs.py"
    installed.__file__ = str(tmp_path / ".venv" / "lib" / "site-packages" / "installed.py")
    for module in (mine, theirs, installed):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    helper = run("def g(): pass", __name__="mine")["g"]
    code = "def f():\n    return theirs, g, mine, installed"
    names = run(code, theirs=theirs, mine=mine, installed=installed, g=helper)
    (sentence,) = find_files([names["f"]], names, [str(tmp_path)], ())
    assert "mine.py" in sentence
    assert [*find_files([names["f"]], names, [str(tmp_path)], {"mine"})] == []
