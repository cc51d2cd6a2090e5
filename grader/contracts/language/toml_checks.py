"""The checks of an assignment's TOML that its tables share; each says the key, its value and what to write instead."""

import ast
import re
from collections.abc import Collection

from backmark.grader.contracts.language.expressions import DRAWING, FUNCTIONS, ExpressionError, names
from backmark.grader.contracts.language.tables import EXPRESSION, ContractTable
from backmark.grader.contracts.language.toml_tables import show_value

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")


class ContractFault(ValueError):
    """One mistake in an assignment: the key, its value and what to write."""


def read_file(table: ContractTable, key: str, name: str) -> str:
    """Return the text of the file that a key names; raises ContractFault."""
    if name not in table.files:
        raise ContractFault(
            f"{key} is {show_value(name)}, which is not beside the assignment: put the file into its folder"
        )
    return table.files[name]


def check_name(key: str, name: str) -> None:
    """Refuse a name that is none in expressions; raises ContractFault."""
    if not _NAME.fullmatch(name) or name in FUNCTIONS or name in {DRAWING, "np", "tap"}:
        raise ContractFault(f"{key} is no name that can be used here: write letters, digits and _")


def check_expression(key: str, text: str, known: set[str], functions: Collection[str] = ()) -> None:
    """Refuse an expression that uses other names than the known ones; raises ContractFault."""
    try:
        unknown = names(text, functions) - known
    except ExpressionError as error:
        raise ContractFault(f"{key}: {error}; write {EXPRESSION}") from error
    if unknown:
        there = ", ".join(sorted(known)) or "no names"
        raise ContractFault(f"{key} uses {show_value(min(unknown))}, which is not known there; known are {there}")


def check_python(key: str, expression: str) -> None:
    """Refuse what is no expression of Python; raises ContractFault."""
    try:
        ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ContractFault(f"{key} is no expression of Python: write such as dx or grads['W1']") from error
