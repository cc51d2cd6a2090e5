"""Slips: mistakes that an author writes as changes of the solution's text, and the whole sources that they make."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

from pydantic import ValidationError

from backmark.grader.contracts.language import row_comments
from backmark.grader.contracts.language.assignment import ContractMistake
from backmark.grader.contracts.language.driver import parse
from backmark.grader.contracts.language.tables import MOST_CHARACTERS, SLIP_WANTED, ChangeTable, SlipTable
from backmark.grader.contracts.language.toml_tables import explain_faults, show_value


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
        source = _set_docstring(_change(text, filename, slip.change), _write_docstring(title, hint))
    except SlipError as error:
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


def _change(text: str, filename: str, changes: Sequence[ChangeTable]) -> str:
    """Return the text with all changes made, each of the text as it was before any of them."""
    parts, end = [], 0
    for start, change in sorted(((_find(text, filename, change), change) for change in changes), key=itemgetter(0)):
        if start < end:
            raise SlipError(f"two changes overlap at {show_value(change.old)}: write them as one")
        parts += [text[end:start], change.new]
        end = start + len(change.old)
    changed = "".join([*parts, text[end:]])
    if changed == text:
        raise SlipError(f"its changes leave {filename} as it is: write in new what a student would write")
    if len(changed) > MOST_CHARACTERS:
        raise SlipError(f"with its changes {filename} has more than {MOST_CHARACTERS} characters")
    return changed


def _find(text: str, filename: str, change: ChangeTable) -> int:
    """Return the place of the text that a change replaces."""
    places = list(islice(_list_places(text, change.old), change.nth or 2))
    shown, count = show_value(change.old), len(places)
    if not count:
        raise SlipError(f"{shown} does not occur in {filename}: copy a text from it, without any comment # row: NAME")
    if change.nth is None and count > 1:
        raise SlipError(f"{shown} occurs more than once in {filename}: copy more of its line, or say which by nth")
    if change.nth is not None and count < change.nth:
        raise SlipError(f"nth is {change.nth}, but {shown} occurs only {count} times in {filename}")
    return places[-1]


def _list_places(text: str, part: str) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + 1)


def _write_docstring(title: str, hint: str) -> str:
    text = f"{title}.\n\n{hint}\n" if hint else f"{title}."
    return '"""{}"""'.format(text.replace("\\", "\\\\").replace('"""', r"\"\"\""))


def _set_docstring(source: str, docstring: str) -> str:
    """Return a module's text with a docstring in the place of its own; raises SyntaxError."""
    tree = parse(source)
    if ast.get_docstring(tree) is None:
        return f"{docstring}\n\n{source}"
    return source.replace(ast.get_source_segment(source, tree.body[0]) or "", docstring, 1)
