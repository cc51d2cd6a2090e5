"""Who mends one of two wrong lines never has fewer marks than before."""

import ast
from difflib import SequenceMatcher
from itertools import combinations

import pytest

from backmark.grader.contracts.language.row_comments import strip
from backmark.grader.model.outcome import Outcome
from tests.contracts.making import judge
from tests.contracts.values.making import find_revision
from tests.contracts.values.test_gallery_rows import ENTRIES
from tests.night import by_day

#: Pairs of one entry.
_MOST = 5
#: A part of the solution's lines, and what stands there instead.
Change = tuple[int, int, list[str]]


def list_lines(source: str) -> list[str]:
    """Return the lines of a source without its docstring and the comments of rows."""
    first = ast.parse(source).body[0]
    lines = source.splitlines()
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    return strip("\n".join(lines[first.end_lineno if is_text else 0 :]).strip() + "\n").splitlines()


def list_changes(right: list[str], wrong: list[str]) -> list[Change]:
    """Return what differs between two lists of lines."""
    parts = SequenceMatcher(None, right, wrong, autojunk=False).get_opcodes()
    return [(start, end, wrong[at:to]) for kind, start, end, at, to in parts if kind != "equal"]


def list_pairs() -> list[tuple[str, str, str]]:
    """Return by entry the first pairs of mistakes that are in different lines."""
    every = []
    for name, assignment in ENTRIES.items():
        pairs = []
        right = list_lines(assignment.solution)
        changes = {mistake.id: list_changes(right, list_lines(mistake.source)) for mistake in assignment.mistakes}
        for first, second in combinations(changes, 2):
            apart = [
                end < start or other_end < begin
                for begin, end, _ in changes[first]
                for start, other_end, _ in changes[second]
            ]
            if apart and all(apart):
                pairs.append((name, first, second))
        every += pairs[:_MOST]
    return every


def mark(name: str, lines: list[str]) -> tuple[int, bool]:
    """Return the marks of a source, and if it passed."""
    judgement = judge(find_revision(name), "\n".join(lines) + "\n")
    return sum(row.score for row in judgement.properties), judgement.outcome is Outcome.PASSED


@pytest.mark.parametrize(("name", "first", "second"), by_day(list_pairs(), 40, ", ".join))
def test_mending_a_wrong_line_never_lowers_the_marks(name: str, first: str, second: str) -> None:
    right = list_lines(ENTRIES[name].solution)
    sources = {mistake.id: list_lines(mistake.source) for mistake in ENTRIES[name].mistakes}
    both = list(right)
    changes = [*list_changes(right, sources[first]), *list_changes(right, sources[second])]
    for start, end, lines in sorted(changes, key=lambda change: change[:2], reverse=True):
        both[start:end] = lines
    least, is_right = mark(name, both)
    assert not is_right
    for one in (first, second):
        marks, _ = mark(name, sources[one])
        assert least <= marks, one
