"""The search for the smallest right script, on submissions that are made up."""

from collections.abc import Sequence

import pytest

from backmark.grader.contracts.repair.search import RepairSearch
from backmark.grader.contracts.repair.study import REPLACE, OwnStatement, Script, Study

#: Lines of a file that is mended.
LINES = 150


def make_study() -> Study:
    """Return a study of many statements, each with its own of the solution's and two others."""
    own = tuple(
        OwnStatement(
            number=i,
            lines=((0, i + 1),),
            alternatives=(i, (i + 1) % LINES, (i + 2) % LINES),
            alike=frozenset(),
            guarded=frozenset(),
            unfilled=False,
            conditions=("", ""),
            placeholder=False,
            role="statement",
            overwritten=(),
        )
        for i in range(LINES)
    )
    return Study(own, dict.fromkeys(range(LINES), ("row",)), frozenset())


@pytest.mark.parametrize("wrong", [{3}, {3, 140}, {3, 70, 140}])
def test_wrong_lines_of_a_long_file_are_found(wrong: set[int]) -> None:
    """Single operations are tried first, and leave enough for sets of them."""
    needed = frozenset((REPLACE, number, number) for number in wrong)

    def run(scripts: Sequence[Script]) -> list[bool]:
        return [script >= needed for script in scripts]

    assert RepairSearch(make_study(), run).find() == needed


def test_what_is_right_as_it_is_needs_nothing() -> None:
    assert RepairSearch(make_study(), lambda scripts: [True] * len(scripts)).find() == frozenset()
