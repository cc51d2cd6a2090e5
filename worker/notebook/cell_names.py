"""The names that cells bind, and those that only the kernel's memory has."""

import ast
import dis
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

from backmark.worker.sandbox.inside.reading import magics
from backmark.worker.sandbox.inside.reading.names import names

#: Names of the folders that hold what is installed.
_INSTALLED = frozenset({"site-packages", "dist-packages"})
#: Characters of a value that is shown.
_LONGEST = 40


class _CellStatement(NamedTuple):
    """A top-level statement: the names that it binds, True if it imports, and the module of a star import."""

    bound: frozenset[str]
    imports: bool
    star: str


def bound_names(cells: Iterable[str]) -> frozenset[str]:
    """Return the names that cells bind at their top level; those of a star import as far as its module is imported."""
    statements = [statement for cell in cells for statement in _read(cell)]
    stars = {statement.star for statement in statements}
    starred = (vars(module) for name, module in [*sys.modules.items()] if name in stars)
    return frozenset[str]().union(*(statement.bound for statement in statements), *starred)


def defined_names(cells: Iterable[str]) -> frozenset[str]:
    """Return the names that cells bind themselves: not, in the end, by an import, whose module is another file."""
    defined: set[str] = set()
    for statement in (statement for cell in cells for statement in _read(cell)):
        if statement.imports:
            defined -= statement.bound
        else:
            defined |= statement.bound
    return frozenset(defined)


def is_python(text: str) -> bool:
    """Return False for a text that Python cannot read, such as a file that was broken since it was imported."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


@lru_cache(maxsize=4096)
def _read(cell: str) -> tuple[_CellStatement, ...]:
    """Read a cell, once for all checks of a kernel; nothing of what is no Python."""
    for text in (cell, magics.without(cell)):
        try:
            tree = ast.parse(text or "")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return tuple(map(_describe_statement, tree.body))
    return ()


def _describe_statement(node: ast.stmt) -> _CellStatement:
    is_star = isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    star = (node.module or "") if isinstance(node, ast.ImportFrom) and is_star else ""
    return _CellStatement(names(node).bound, isinstance(node, (ast.Import, ast.ImportFrom)), star)


def find_unset(
    functions: Iterable[Any], namespace: Mapping[str, Any], bound: Collection[str], given: Collection[str]
) -> Iterator[str]:
    """Yield a sentence for each name that these functions use, that the kernel has, and that no cell sets.

    `given` are the names that an assignment gives to the student's code.
    """
    for name in list_used(functions, namespace):
        if name in namespace and name not in bound and name not in given and name != "np":
            value = _describe(namespace[name])
            yield (
                f"`{name}` is {value} in the memory of this notebook, but no cell sets it, so the file that you hand in"
                " will lack it. Set it in a cell, and run that cell."
            )


def find_files(
    functions: Iterable[Any], namespace: Mapping[str, Any], folders: Sequence[str], others: Collection[str]
) -> Iterator[str]:
    """Yield a sentence for each file of the student's own that these functions use, but for some `others`."""
    files = {}
    for name in list_used(functions, namespace):
        value = namespace.get(name)
        module = value if isinstance(value, ModuleType) else sys.modules.get(getattr(value, "__module__", None) or "")
        file = Path(getattr(module, "__file__", None) or "")
        # An environment often lies within the folder of the homework.
        own = not is_installed(file) and any(file.is_relative_to(folder) for folder in folders)
        if own and module is not None and module.__name__ not in others:
            files[module.__name__] = f"{module.__name__}.py"
    for name in files.values():
        yield (
            f"Your functions use {name}, another file of yours. You hand in only one file: paste the code that they use"
            " into it."
        )


def is_installed(path: Path) -> bool:
    """Return True for a file or a folder among what was installed."""
    return not _INSTALLED.isdisjoint(path.parts)


def list_used(functions: Iterable[Any], namespace: Mapping[str, Any]) -> Iterator[str]:
    """Yield the global names that functions of this namespace use, and those that functions among these use."""
    known: dict[str, None] = {}
    todo = [*functions]
    while todo:
        function = todo.pop()
        function = getattr(function, "__func__", function)
        if not isinstance(function, FunctionType) or function.__globals__ is not namespace:
            continue
        for name in _list_globals(function.__code__):
            if name in namespace and name not in known:
                known[name] = None
                todo.append(namespace[name])
    yield from known


def _list_globals(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in {"LOAD_GLOBAL", "LOAD_NAME"}:
            yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _list_globals(constant)


def _describe(value: Any) -> str:
    """Describe a value by itself if it is a number or a text, or else by what it is; nothing of the student's runs."""
    if type(value) in {bool, int, float, complex, str, type(None)}:
        text = repr(value)
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    if isinstance(value, FunctionType):
        return "a function"
    return f"of type {type(value).__name__}"
