"""Which of a program's statements is the graded function, and the refusal if there is none."""

import ast
import re
from collections.abc import Iterator
from typing import Any

from .rejection import Rejected, quote
from .slicing import Program, Statement, is_main_guard

#: Most functions that a message lists.
LISTED = 8
#: Most names that near misses are looked for in, and the longest: comparing takes time.
COMPARED = 1000
LONGEST = 60

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_VALUES = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.JoinedStr)


def find(program: Program, function: str) -> int | None:
    """Find the last top-level definition; or one in an `if`, `try` or `with` if there is no other."""
    places = program.places.get(function)
    if places is None:
        return None
    imports = (ast.Import, ast.ImportFrom)
    simple = [place for place in places.simple if not isinstance(program.statements[place].node, imports)]
    return max([*places.definitions, *simple], default=places.blocks[-1] if places.blocks else None)


def definition(statement: Statement, function: str) -> ast.AST:
    """Find the tree that the fingerprint is of: the `def` itself, also out of a compound statement."""
    if isinstance(statement.node, (*_FUNCTIONS, ast.ClassDef)):
        return statement.node
    definitions = [node for node in ast.walk(statement.node) if isinstance(node, _FUNCTIONS) and node.name == function]
    return max(definitions, key=lambda node: node.lineno, default=statement.node)


def check_kind(statement: Statement, function: str, *, classes: bool = False) -> None:
    """Refuse what cannot be called and return results; `classes` may be."""
    node = definition(statement, function)
    value = getattr(node, "value", None)
    if isinstance(node, ast.AsyncFunctionDef):
        noun, advice = "an `async def`, which returns a coroutine and no derivatives", "Write a plain `def`"
    elif isinstance(node, ast.ClassDef) and not classes:
        noun, advice = "a class", "Write a function with `def`"
    elif isinstance(value, _VALUES) and isinstance(_target(node), ast.Name):
        noun, advice = "a plain value, not a function", "Define it with `def`, or remove this line"
    else:
        return
    place = f" on {statement.piece.place(node.lineno)}" if isinstance(node, ast.stmt) else ""
    lines = [(statement.piece.cell, node.lineno)] if isinstance(node, ast.stmt) else []
    raise Rejected("not_a_function", f"The last definition of `{function}`{place} is {noun}. {advice}.", lines)


def _target(node: ast.AST) -> object:
    """Return the one target of an assignment; none of `a = b = 1`, where each is as good."""
    targets = getattr(node, "targets", [getattr(node, "target", None)])
    return targets[0] if len(targets) == 1 else None


def missing(program: Program, function: str, notes: list[str], faulty: list[tuple[int, int]]) -> Rejected:
    """Refuse a program without the function: name the place of something like it, and what was found.

    The `notes` name the lines `faulty`.
    """
    sentences = [f"There is no function `{function}` at the top level of the submission."]
    hidden, lines = _hidden(program, function)
    cells = any(statement.piece.is_cell for statement in program.statements)
    sentences += hidden or _near(program, function) or [f"Is this the right {'notebook' if cells else 'file'}?"]
    names = _functions(program)
    if names:
        listed = ", ".join(f"`{quote(name[:LONGEST])}`" for name in names[:LISTED])
        more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
        sentences.append(f"Functions found: {listed}{more}.")
    else:
        sentences.append(
            f"The submission has no functions at its top level. Define `{function}` with `def {function}(...)`."
        )
    return Rejected("no_such_function", " ".join([*sentences, *notes]), [*lines, *faulty])


def _functions(program: Program) -> list[str]:
    nodes = (statement.node for statement in program.statements)
    return list(dict.fromkeys(node.name for node in nodes if isinstance(node, _FUNCTIONS)))


def _hidden(program: Program, function: str) -> tuple[list[str], list[tuple[int, int]]]:
    """Return a sentence about a definition that is not at the top level, and its line."""
    for statement in reversed(program.statements):
        for holder, node in _definitions(statement.node):
            if node.name == function:
                place = statement.piece.place(node.lineno)
                sentence = f"`{function}` is defined inside {holder} on {place}: move it out, to the left margin."
                return [sentence], [(statement.piece.cell, node.lineno)]
        if isinstance(statement.node, ast.ImportFrom) and function in statement.names.bound:
            place = statement.place
            sentence = f"The function is imported on {place}, but only this file is graded: paste the function into it."
            return [sentence], [statement.spot]
    return [], []


def _definitions(statement: ast.stmt) -> Iterator[tuple[str, Any]]:
    """Every function inside of a statement, with the innermost thing that holds it."""
    todo: list[tuple[str, ast.AST]] = [("", statement)]
    while todo:
        holder, node = todo.pop()
        if holder and isinstance(node, _FUNCTIONS):
            yield holder, node
        inner = _describe_holder(node) or holder
        todo.extend((inner, child) for child in ast.iter_child_nodes(node))


def _describe_holder(node: ast.AST) -> str:
    if isinstance(node, ast.ClassDef):
        return f"the class `{quote(node.name[:LONGEST])}`"
    if isinstance(node, _FUNCTIONS):
        return f"the function `{quote(node.name[:LONGEST])}`"
    if isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
        return "a loop"
    return '`if __name__ == "__main__"`' if isinstance(node, ast.stmt) and is_main_guard(node) else ""


def _near(program: Program, function: str) -> list[str]:
    # Only a refusal needs it, and it is a tenth of all our start-up.
    import difflib  # noqa: PLC0415

    names = [name for name in _functions(program)[:COMPARED] if len(name) <= LONGEST]
    plain = _plain(function)
    close = [name for name in names if _plain(name) == plain] or difflib.get_close_matches(function, names, 1)
    return [f"If `{close[0]}` is this function, rename it to exactly `{function}`."] if close else []


def _plain(name: str) -> str:
    return re.sub("_", "", name).lower()
