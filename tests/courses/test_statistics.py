"""Statistics of marks are those of NumPy and of spreadsheets, of a class and of each of its sections."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.courses.statistics import summarize_marks
from backmark.grader.model.marks import MarkStatistics
from backmark.grader.model.people import RosterEntry

A, B, NOWHERE, LEFT = (RosterEntry(name, section=name) for name in ("A", "B", "", "C"))
LEFT = replace(LEFT, left=1.0)
SHARES = st.lists(st.tuples(st.sampled_from([None, NOWHERE, A, B]), st.none() | st.floats(0, 1)), max_size=30)


def test_quartiles_are_those_of_a_spreadsheet() -> None:
    (whole,) = summarize_marks([(None, share) for share in (0.1, 0.2, 0.4, 1.0, None)])
    assert (whole.students, whole.unmarked) == (4, 1)
    figures = [whole.mean, whole.lower_quartile, whole.median, whole.upper_quartile]
    assert figures == pytest.approx([0.425, 0.175, 0.3, 0.55])


def test_of_one_mark_all_figures_are_that_mark_and_of_none_there_are_none() -> None:
    assert summarize_marks([(None, 0.5)]) == (MarkStatistics(None, 1, 0, 0.5, 0.5, 0.5, 0.5),)
    assert summarize_marks([(None, None)]) == (MarkStatistics(None, 0, 1),)
    assert summarize_marks([]) == (MarkStatistics(None, 0, 0),)


def test_sections_come_by_name_after_the_class_and_students_of_none_last() -> None:
    rows = summarize_marks([(B, 1.0), (None, 0.2), (A, None), (NOWHERE, 0.4)])
    assert [(row.section, row.students, row.unmarked) for row in rows] == [
        (None, 3, 1),
        ("A", 0, 1),
        ("B", 1, 0),
        ("", 2, 0),
    ]


def test_who_left_the_course_counts_by_a_mark_alone() -> None:
    (whole, *_) = summarize_marks([(LEFT, None), (LEFT, 0.5), (A, 1.0)])
    assert (whole.students, whole.unmarked, whole.mean) == (2, 0, 0.75)


def test_a_class_without_sections_has_the_figures_of_the_whole_alone() -> None:
    assert [row.section for row in summarize_marks([(None, 1.0), (NOWHERE, 0.0)])] == [None]


@given(SHARES)
def test_figures_agree_with_numpy_and_sections_add_up(marks: list[tuple[RosterEntry | None, float | None]]) -> None:
    whole, *sections = summarize_marks(marks)
    if shares := [share for _, share in marks if share is not None]:
        figures = [whole.lower_quartile, whole.median, whole.upper_quartile, whole.mean]
        assert figures == pytest.approx([*np.quantile(shares, [0.25, 0.5, 0.75]), np.mean(shares)])
    assert not sections or sum(row.students for row in sections) == whole.students
    assert not sections or sum(row.unmarked for row in sections) == whole.unmarked
