"""The comments in an author's solution that say which rows a statement counts for: `# row: weight_gradient`."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from backmark.grader.contracts.language.assignment import RepairRow
from backmark.grader.contracts.language.driver import parse

#: Rows that no statement counts for: they are judged by what a repair shows.
ANY_SHAPE, FORM = "any_shape", "form"
RESERVED = (ANY_SHAPE, FORM)
_ROW = "row:"
_ROWS = re.compile(r"[A-Za-z0-9_]{1,64}(?:[ \t]*,[ \t]*[A-Za-z0-9_]{1,64})*")
#: The statements that may count for a row.
_WRITING = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Return)


class RowCommentError(ValueError):
    """A comment that names no row of a statement: the line, and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class RowStatement:
    """A statement of a solution that counts for rows: its lines, from the first to the last, and the rows."""

    first: int
    last: int
    rows: tuple[str, ...]
    is_header: bool = False


def read_row_statements(text: str) -> tuple[RowStatement, ...]:
    """Return the statements of a solution that bear a comment, in their order; raises SyntaxError, RowCommentError."""
    comments = dict(_list_comments(text))
    if not comments:
        return ()
    statements = []
    simple = [node for node in ast.walk(parse(text)) if isinstance(node, ast.stmt) and not hasattr(node, "body")]
    for line, rows in sorted(comments.items()):
        holders = [node for node in simple if node.lineno <= line <= (node.end_lineno or node.lineno)]
        if len(holders) != 1 or not isinstance(holders[0], _WRITING):
            raise RowCommentError(f"line {line}: a row stands behind one statement that assigns, calls or returns")
        if not _ROWS.fullmatch(rows):
            raise RowCommentError(f"line {line}: write `# row: NAME`, with letters, digits and _, or several names")
        names = tuple(dict.fromkeys(name.strip() for name in rows.split(",")))
        statements.append(RowStatement(holders[0].lineno, holders[0].end_lineno or line, names))
    if len({statement.first for statement in statements}) < len(statements):
        raise RowCommentError("a statement has two comments: write its rows in one, with commas between them")
    return tuple(statements)


def read_graded_lines(text: str, headers_count_for: tuple[str, ...] = ()) -> tuple[RowStatement, ...]:
    """Return the statements with a comment and the headers of loops.

    A header without a comment counts for the given rows, or if there are none for those of the first statement inside.
    Raises SyntaxError, RowCommentError.
    """
    statements = read_row_statements(text)
    first = {statement.first for statement in statements}
    headers = []
    for loop in ast.walk(parse(text)) if statements else ():
        if isinstance(loop, (ast.For, ast.AsyncFor, ast.While)) and loop.lineno not in first:
            inside = range(loop.lineno, (loop.body[-1].end_lineno or loop.lineno) + 1)
            rows = next((statement.rows for statement in statements if statement.first in inside), ())
            rows = rows and (headers_count_for or rows)
            last = (loop.test if isinstance(loop, ast.While) else loop.iter).end_lineno or loop.lineno
            headers += [RowStatement(loop.lineno, last, rows, is_header=True)] if rows else []
    return tuple(sorted((*statements, *headers), key=lambda statement: statement.first))


def read_solution(text: str, rows: Iterable[RepairRow]) -> tuple[RowStatement, ...]:
    """Return the lines of a solution that count for rows; raises SyntaxError, RowCommentError.

    What a loop runs over is a matter of any shape, if that has marks.
    """
    return _read_once(text, tuple(row.name for row in rows if row.name == ANY_SHAPE and row.marks))


#: A solution is read for each submission that is wrong.
_read_once = lru_cache(maxsize=64)(read_graded_lines)


def strip(text: str) -> str:
    """Return a solution without these comments and the blanks before them; raises SyntaxError if it is no Python.

    Each line keeps its number.
    """
    lines = text.split("\n")
    for number, rows in _list_comments(text):
        if _ROWS.fullmatch(rows):
            lines[number - 1] = lines[number - 1].rpartition("#")[0].rstrip(" \t")
    return "\n".join(lines)


def _list_comments(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line of each comment, and what follows `row:`; raises SyntaxError. In a string there is no comment."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    try:
        for token in tokens:
            last = token.string.rpartition("#")[2].strip()
            if token.type == tokenize.COMMENT and last.startswith(_ROW):
                yield token.start[0], last.removeprefix(_ROW).strip()
    except tokenize.TokenError as error:
        raise SyntaxError(str(error.args[0]), ("<solution>", 1, 1, "")) from error
