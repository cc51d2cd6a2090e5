"""The source of the functions that are checked: a kernel's cells, a file, or what Python remembers of a function."""

import inspect
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

from backmark.worker.notebook.cell_names import defined_names, is_python, list_used
from backmark.worker.notebook.kernel import find_shell, list_cells, list_replaced, watch_cells, write_notebook

#: The name under which a file or a notebook is graded, where nothing says another.
NOTEBOOK = "this notebook"


class WrongFunctionsError(TypeError):
    """`check` was called without a kit, or with other functions than it asks for; the message shows what to pass."""


@dataclass(frozen=True, slots=True)
class Handed:
    """The submission that a check makes of a kernel or a program, as it could be handed in."""

    source: bytes
    #: Its name in the verdict.
    name: str
    #: The texts of cells, in order; empty for a file.
    cells: tuple[str, ...]
    #: The names that the functions see, and the functions by the kit's names.
    namespace: Mapping[str, Any]
    functions: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sourceless:
    """Functions whose source cannot be had."""

    functions: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Part:
    """The source of one function: the texts that define it, and lines that give it the name that is asked for."""

    texts: tuple[str, ...]
    alias: str = ""
    file: str = ""
    namespace: Mapping[str, Any] = field(default_factory=dict)


def assign_names(entries: Sequence[str], functions: Sequence[Any]) -> dict[str, Any]:
    """Return by name the functions of a call of `check`; by their own names, or else in the order of the kit's.

    WrongFunctionsError if it is none of these.
    """
    if len(functions) > len(entries):
        raise WrongFunctionsError(f"this kit asks for {_list(entries)}, but you gave {len(functions)} functions")
    for function in functions:
        if not callable(function):
            raise WrongFunctionsError(
                f"pass the function itself to check(), as in check(kit, {entries[0]}), not {function!r:.60}"
            )
    named = {getattr(function, "__name__", ""): function for function in functions}
    if named.keys() <= {*entries} and len(named) == len(functions):
        return named
    if len(functions) == len(entries):
        return dict(zip(entries, functions, strict=True))
    raise WrongFunctionsError(
        f"this kit asks for {_list(entries)}: give your functions these names, or pass all of them in this order"
    )


def gather(entries: Sequence[str], functions: Sequence[Any], namespace: Mapping[str, Any]) -> Handed | Sourceless:
    """Return the submission that these functions make, or without any those that the namespace has by the kit's names.

    `namespace` is the one in which `check` was called.
    """
    shell = find_shell()
    given = assign_names(entries, functions)
    cells = [] if shell is None else list_cells(shell, watch_cells())
    replaced = [] if shell is None else list_replaced(shell, watch_cells())
    visible: Mapping[str, Any] = namespace if shell is None else shell.user_ns
    wanted = given or {name: visible[name] for name in entries if name in visible}
    if shell is None and not wanted:
        raise WrongFunctionsError(f"there is no {_list(entries)} here: define it first, or pass it to check()")
    parts = {name: _locate(name, value, visible, cells, replaced) for name, value in wanted.items()}
    if any(part is None for part in parts.values()):
        return Sourceless(wanted)
    known = [part for part in parts.values() if part is not None]
    files = {part.file for part in known}
    aliases = [part.alias for part in known if part.alias]
    if len(files) == 1 and (file := files.pop()):
        source = "\n".join([known[0].texts[0], *aliases])
        return Handed(source.encode(), Path(file).name, (), known[0].namespace, wanted)
    texts = dict.fromkeys(text for part in known for text in part.texts)
    # A notebook's own cells come first, so that a cell has the number that the editor shows.
    every = (*cells, *texts, *aliases)
    return Handed(write_notebook([*every]), NOTEBOOK, every, visible, wanted)


def _locate(
    name: str, value: Any, visible: Mapping[str, Any], cells: Sequence[str], replaced: Sequence[str]
) -> _Part | None:
    """Return where a function's source is; None if it cannot be had."""
    if _is_replaced(value, cells, replaced) and (expression := _find_expression(value, visible)):
        # The kernel remembers it, and the notebook has something else: that is what would be handed in.
        return _Part((), "" if expression == name else f"{name} = {expression}")
    defined = defined_names(cells) if _may_be_of(value, cells) else frozenset[str]()
    if visible.get(name) is value and name in defined:
        return _Part(())
    inner = inspect.unwrap(_function_of(value))
    if isinstance(inner, FunctionType) and inner.__name__ != name and name in list_used([inner], inner.__globals__):
        # Under the name that is asked for it would call itself.
        return None
    if (expression := _find_expression(value, visible)) and expression.partition(".")[0] in defined:
        return _Part((), "" if expression == name else f"{name} = {expression}")
    return _locate_in_file(name, value) or _locate_alone(name, value)


def _may_be_of(value: Any, cells: Sequence[str]) -> bool:
    """Return False for a function that is surely of no cell, such as one that `%run` has put in the place of a cell's.

    IPython changes a line with a magic, and knows no source of what runs under `%%time`.
    """
    try:
        lines = _strip_lines(inspect.getsource(inspect.unwrap(_function_of(value))))
    except (OSError, TypeError):
        return True
    return any("get_ipython()" in line for line in lines) or any(lines <= _strip_lines(cell) for cell in cells)


def _is_replaced(value: Any, cells: Sequence[str], replaced: Sequence[str]) -> bool:
    """Return True for a function of a cell that was changed and executed since, such as one that cannot be read."""
    try:
        lines = _strip_lines(inspect.getsource(inspect.unwrap(_function_of(value))))
    except (OSError, TypeError):
        return False
    return any(lines <= _strip_lines(cell) for cell in replaced) and not any(
        lines <= _strip_lines(cell) for cell in cells
    )


def _strip_lines(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines()}


def _find_expression(value: Any, names: Mapping[str, Any]) -> str:
    """Return how a value is named there, as `f` or as `model.f`; empty if it is not."""
    if isinstance(value, MethodType):
        owner = next((name for name, other in names.items() if other is value.__self__ and _is_plain(name)), "")
        return f"{owner}.{value.__name__}" if owner else ""
    return next((name for name, other in names.items() if other is value and _is_plain(name)), "")


def _is_plain(name: str) -> bool:
    # IPython keeps results and inputs under names such as `_`, `_3` and `_i`.
    return name.isidentifier() and not name.startswith("_")


def _locate_in_file(name: str, value: Any) -> _Part | None:
    """Return the file of a function of an imported module, or of the program that runs; also if it is no Python now."""
    module = sys.modules.get(getattr(inspect.unwrap(_function_of(value)), "__module__", "") or "")
    file = getattr(module, "__file__", None)
    if module is None or file is None or not file.endswith(".py"):
        return None
    expression = _find_expression(value, vars(module))
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    if not expression or (is_python(text) and expression.partition(".")[0] not in defined_names([text])):
        return None
    return _Part((text,), "" if expression == name else f"{name} = {expression}", file, vars(module))


def _locate_alone(name: str, value: Any) -> _Part | None:
    """Return a function's own lines, if Python remembers them: of one that was run from a file or a text."""
    function = inspect.unwrap(_function_of(value))
    if not isinstance(function, FunctionType) or function.__closure__ or isinstance(value, MethodType):
        return None
    try:
        text = textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return None
    if function.__name__ not in defined_names([text]):
        return None
    return _Part((text,), "" if function.__name__ == name else f"{name} = {function.__name__}")


def _function_of(value: Any) -> Any:
    return value.__func__ if isinstance(value, MethodType) else value


def _list(names: Sequence[str]) -> str:
    *others, last = (f"`{name}`" for name in names)
    return f"{', '.join(others)} and {last}" if others else last
