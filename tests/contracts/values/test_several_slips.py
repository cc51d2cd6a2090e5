"""Several wrong lines cost their own rows, and mending one of them never lowers the marks."""

from itertools import combinations

import pytest

from tests.contracts.values.making import LINES, STEPS, change, repair
from tests.corpus import four_lines
from tests.corpus.four_lines import Lines
from tests.night import by_day

COMBINATIONS = four_lines.combined(24, 7)


def steps_of(lines: Lines) -> set[str]:
    return {four_lines.STEP[line] for line in lines}


@pytest.mark.parametrize("lines", by_day(COMBINATIONS, 3))
def test_each_wrong_line_costs_its_row_and_no_other_does(lines: Lines) -> None:
    repaired = repair(four_lines.source(lines))
    assert repaired.lost == steps_of(lines)
    assert repaired.held == set(STEPS) - steps_of(lines)


@pytest.mark.parametrize("lines", by_day(COMBINATIONS, 6))
def test_mending_a_line_never_lowers_the_marks(lines: Lines) -> None:
    before = repair(four_lines.source(lines)).marks
    for _, fewer in four_lines.mended(lines):
        assert repair(four_lines.source(fewer)).marks >= before


@pytest.mark.parametrize("pair", list(combinations(LINES, 2)))
def test_two_unfilled_lines_cost_their_rows(pair: tuple[str, str]) -> None:
    repaired = repair(change(dict.fromkeys(pair, "{indent}{target} = np.ones((1, 1))")))
    assert repaired.lost == {four_lines.STEP[line] for line in pair}


#: Ways to leave a line, and nonsense in its place.
BLANK = (
    "{indent}{target} = np.zeros((2, 2))",
    "{indent}{target} = None",
    "{indent}pass",
    "{indent}raise NotImplementedError",
)
NONSENSE = ("{indent}{target} = 7.3", "{indent}{target} = np.cos(all_h[0])", "{indent}{target} = all_biases[0]")


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("blank", BLANK)
def test_a_blank_line_never_costs_more_than_nonsense_in_its_place(name: str, blank: str) -> None:
    nonsense = max(repair(change({name: text})).marks for text in NONSENSE)
    assert repair(change({name: blank})).marks >= nonsense


def test_marks_rise_with_each_line_that_is_filled() -> None:
    names = list(LINES)
    marks = [
        repair(change(dict.fromkeys(names[:unfilled], "{indent}{target} = np.ones((1, 1))"))).marks
        for unfilled in range(len(names) + 1)
    ]
    assert marks == sorted(marks, reverse=True)
    assert marks[0] == 10
