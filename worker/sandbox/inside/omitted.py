"""Sentences to add to an exception that may come from a statement that was left out, or from a missing module."""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import islice

from .reading.listing import Slice
from .reading.names import find_changed
from .reading.rejection import quote
from .reading.slicing import Statement, is_main_guard
from .tracebacks import find_last_line
from .trial import GivenUp

#: The statements on trial that were given up in a module.
GivenUpStatements = Mapping[Statement, GivenUp]

#: The names of what computes gradients by itself, by its module.
_FRAMEWORKS = {"torch": "PyTorch", "tensorflow": "TensorFlow", "jax": "JAX"}
#: Statements that are named, and characters of each that are shown.
_MOST, _SHOWN = 3, 60
#: A relative import, and the first name that it asks for.
_RELATIVE = re.compile(r"\bfrom\s+(\.+[\w.]*)\s+import\s+(\w*)")
#: Exceptions that a table which lacks an entry, or an object that lacks an attribute, leads to.
_LACKING = (NameError, LookupError, AttributeError, TypeError, StopIteration)


def explain(error: BaseException, part: Slice, given_up: GivenUpStatements) -> tuple[str, list[tuple[int, int]]]:
    """Return sentences to add to the exception's message, and the lines that they name; mostly there are none."""
    try:
        if sentence := _imports(error, part):
            return sentence, []
        omissions = list(islice(_find_omitted(error, part, given_up), _MOST))
    except Exception:  # noqa: BLE001 - an exception of the student's may do anything when it is looked at
        return "", []
    return " ".join(sentence for sentence, _ in omissions), [spot for _, spot in omissions]


def find_failed_import(error: BaseException, part: Slice, given_up: GivenUpStatements) -> BaseException | None:
    """Return the exception of the import in the graded file that would have bound the name that an exception misses."""
    name = error.name if type(error) is NameError else None
    # A student's own may have anything in the name's place.
    if type(name) is not str:
        return None
    tried = [line.trial for line in part.parts if line.trial is not None and line.trial in given_up]
    # Of what `import *` would have bound nobody knows.
    own = (given_up[statement] for statement in tried if name in statement.names.bound)
    return next((trial.error for trial in own if trial.error is not None), None)


def name_as_written(error: BaseException, part: Slice) -> BaseException:
    """Return the exception of a relative import that found no file with the module as it is written; else the same.

    Python names the package that it lacks, or ours, and neither is in the student's file.
    """
    if type(error) not in {ImportError, ModuleNotFoundError} or not isinstance(error, ImportError):
        return error
    lineno = find_last_line(error)
    written = None if lineno is None else _RELATIVE.search(part.text(lineno))
    # One that names a module found it, and lacks something in it.
    if written is None or (type(error) is ImportError and error.name is not None):
        return error
    module = written[1] if written[1].strip(".") else "".join(written.groups())
    renamed = ModuleNotFoundError(f"No module named {module!r}", name=module).with_traceback(error.__traceback__)
    renamed.__cause__, renamed.__context__ = error.__cause__, error.__context__
    renamed.__suppress_context__ = error.__suppress_context__
    return renamed


def _imports(error: BaseException, part: Slice) -> str:
    if type(error) not in {ImportError, ModuleNotFoundError} or not isinstance(error, ImportError):
        return ""
    if not error.name or error.name.partition(".")[0] in {*sys.stdlib_module_names, "numpy"}:
        return ""
    if framework := _FRAMEWORKS.get(error.name.partition(".")[0]):
        return f"Write this homework with NumPy: {framework} is not available here."
    if part.packaged:
        return (
            "Besides NumPy and Python's standard library, only Python files of your own package can be imported here. "
            "Check the file's name, and that you hand the file in."
        )
    return (
        "Only NumPy and Python's standard library can be imported here. "
        "If the module is another file of yours, paste its code into this file."
    )


def _find_omitted(
    error: BaseException, part: Slice, given_up: GivenUpStatements
) -> Iterator[tuple[str, tuple[int, int]]]:
    """Yield a sentence for each statement that may be missed, with its line; or for each cell that is no Python."""
    if not isinstance(error, _LACKING):
        return
    name = error.name if isinstance(error, NameError) else None
    missed = list(_find_missed(name, part, given_up))
    for statement, why in missed:
        yield f"`{_first_line(statement)}` on {statement.place} was left out: {why}.", statement.spot
    if name is not None and not missed:
        for fault, spot in zip(part.left_out, part.left_out_at, strict=True):
            yield f"A cell that is not valid Python was left out: {fault}.", spot


def _find_missed(name: str | None, part: Slice, given_up: GivenUpStatements) -> Iterator[tuple[Statement, str]]:
    """Yield the statements that would have bound the name (None: that change what is used), and why they did not."""
    tables = _list_assigned(part) if name is None else set[str]()
    for statement, failure in given_up.items():
        if name is None or _binds(statement, name) or _is_star(statement):
            yield statement, failure.reason
    for statement in part.omitted:
        if statement in part.refused or _binds(statement, name) or not tables.isdisjoint(_find_filled(statement.node)):
            yield statement, _explain_omitted(statement, part)


def _list_assigned(part: Slice) -> AbstractSet[str]:
    """Return the names that assignments which are executed give a value."""
    statements = set() if part.whole is None else set(part.whole.program.statements) - set(part.omitted)
    assigned = (kept for kept in statements if isinstance(kept.node, (ast.Assign, ast.AnnAssign, ast.ClassDef)))
    return frozenset[str]().union(*(statement.names.bound for statement in assigned))


def _explain_omitted(statement: Statement, part: Slice) -> str:
    if is_main_guard(statement.node):
        return 'code under `if __name__ == "__main__"` is not graded'
    if statement in part.refused:
        return "it calls the graded function"
    if isinstance(statement.node, (ast.Expr, ast.Assert, ast.For, ast.While, ast.AsyncFor, ast.AsyncWith)):
        return "calls and loops outside of functions are not run"
    return "the graded code does not mention what it defines"


def _find_filled(node: ast.stmt) -> AbstractSet[str]:
    """Return the names of what a statement may fill: it sets entries, calls a method, or passes it to a function."""
    filled = set(find_changed(node))
    for part in ast.walk(node):
        if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            call = part.value
            holders = [*call.args, *([call.func.value] if isinstance(call.func, ast.Attribute) else [])]
            filled |= {holder.id for holder in holders if isinstance(holder, ast.Name)}
    return filled


def _binds(statement: Statement, name: str | None) -> bool:
    """Return True for a statement that gives the name a value: `del x` takes it away, and `x: float` gives none."""
    node = statement.node
    if isinstance(node, ast.Delete) or (isinstance(node, ast.AnnAssign) and node.value is None):
        return False
    return name in statement.names.bound


def _is_star(statement: Statement) -> bool:
    """Return True for an import that may bind any name."""
    return isinstance(statement.node, ast.ImportFrom) and statement.node.names[0].name == "*"


def _first_line(statement: Statement) -> str:
    line = statement.piece.lines[statement.node.lineno - 1].strip()
    return quote(line if len(line) <= _SHOWN else line[: _SHOWN - 3] + "...")
