"""Slips: mistakes that an author writes as changes of the solution's text, and the whole sources that they make."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from backmark.grader.contracts.language import row_comments
from backmark.grader.contracts.language.assignment import ContractMistake
from backmark.grader.contracts.language.driver import parse
from backmark.grader.contracts.language.tables import SLIP_WANTED, SlipTable
from backmark.grader.contracts.language.text_changes import ChangeError, make_changes
from backmark.grader.contracts.language.toml_tables import explain_faults


class SlipError(ValueError):
    """A slip that cannot be made: its id, the reason, and what to write."""


def read_slips(tables: Sequence[Mapping[str, Any]], filename: str, solution: str) -> Iterator[ContractMistake]:
    """Yield each slip as a mistake, whose source is the solution with its changes; raises SlipError.

    `filename` is the solution's, for sentences.
    """
    if not tables:
        return
    try:
        text = row_comments.strip(solution)
    except SyntaxError as error:
        raise SlipError(f"{filename} is not valid Python: {error}") from error
    for number, raw in enumerate(tables, 1):
        yield _make_mistake(_read(raw, number), filename, text)


def _make_mistake(slip: SlipTable, filename: str, text: str) -> ContractMistake:
    title, hint = slip.title.strip().rstrip("."), slip.hint.strip()
    try:
        source = _set_docstring(make_changes(text, filename, slip.change), _write_docstring(title, hint))
    except ChangeError as error:
        raise SlipError(f"slips.{slip.id}: {error}") from error
    except SyntaxError as error:
        raise SlipError(
            f"slips.{slip.id}: with its changes {filename} is not valid Python (line {error.lineno}: {error.msg})"
        ) from error
    return ContractMistake(slip.id, title, hint, source)


def _read(raw: Mapping[str, Any], number: int) -> SlipTable:
    try:
        return SlipTable.model_validate(raw)
    except ValidationError as error:
        has_id = all(fault["loc"][0] != "id" for fault in error.errors())
        name = f"slips.{raw['id']}" if has_id else f"slips, table {number}"
        raise SlipError(f"{name}: {explain_faults(error, SLIP_WANTED)}") from error


def _write_docstring(title: str, hint: str) -> str:
    text = f"{title}.\n\n{hint}\n" if hint else f"{title}."
    return '"""{}"""'.format(text.replace("\\", "\\\\").replace('"""', r"\"\"\""))


def _set_docstring(source: str, docstring: str) -> str:
    """Return a module's text with a docstring in the place of its own; raises SyntaxError."""
    tree = parse(source)
    if ast.get_docstring(tree) is None:
        return f"{docstring}\n\n{source}"
    return source.replace(ast.get_source_segment(source, tree.body[0]) or "", docstring, 1)
