"""Each row of the tables in docs/how-we-know/marks.md comes out as the page says."""

from datetime import UTC, datetime

import pytest

from backmark.grader.courses.extending import many_faults
from backmark.grader.courses.limits import Bar, HandInRefusal, limits_of, may_hand_in
from backmark.grader.courses.marks import mark_student, withhold
from backmark.grader.courses.times import BadTime, read_time
from backmark.grader.model.terms import Policy
from tests.courses.worked import NOTHING, STUDENT, attempts, moment, rows, share, terms, worked_extensions


@pytest.mark.parametrize("row", rows("policy | for the student | submissions"), ids=lambda row: row[-1])
def test_the_mark_is_the_one_in_the_table(row: list[str]) -> None:
    rules, student, submissions, mark, days, attempts_left, _ = row
    marking = mark_student(STUDENT, attempts(submissions), terms(rules, student))
    assert marking.share == (None if mark == "none" else share(mark))
    assert marking.days == int(days)
    assert marking.left == (None if attempts_left == "any" else int(attempts_left))


@pytest.mark.parametrize("row", rows("policy | for the student | now"), ids=lambda row: row[-1])
def test_a_file_is_taken_or_refused_as_in_the_table(row: list[str]) -> None:
    rules, student, now, attempts_used, answer, _ = row
    refusal = may_hand_in(moment(now), int(attempts_used), limits_of(terms(rules, student)))
    assert refusal == _refusal(answer, int(attempts_used))


@pytest.mark.parametrize("row", rows("text | zone"), ids=" ".join)
def test_a_time_is_read_as_in_the_table(row: list[str]) -> None:
    text, zone, expected = row
    zone = "" if zone == NOTHING else zone
    if expected.startswith("refused: "):
        with pytest.raises(BadTime, match=expected.removeprefix("refused: ")):
            read_time(text, zone)
    else:
        assert f"{datetime.fromtimestamp(read_time(text, zone), UTC):%Y-%m-%d %H:%M}" == expected


@pytest.mark.parametrize("row", rows("extension | given to"), ids=lambda row: row[-1])
def test_extensions_for_many_are_given_as_in_the_table(row: list[str]) -> None:
    given, students, _ = row
    extensions = worked_extensions(given)
    faults = many_faults(extensions, Policy())
    names = [] if faults else [extension.student for extension in extensions]
    assert names == ([] if students == NOTHING else students.split(", "))


@pytest.mark.parametrize("row", rows("policy | for the student | the student reads"), ids=lambda row: row[-1])
def test_what_is_held_back_is_told_as_in_the_table(row: list[str]) -> None:
    rules, student, reads, lms, staff, _ = row
    known = terms(rules, student)
    marking = mark_student(STUDENT, attempts("5 Mar 17:00: 80"), known)
    told = withhold(marking, known)
    for cell, value in ((reads, told), (lms, told), (staff, marking)):
        assert value.share == (None if cell == "nothing" else share(cell))
    assert (told.attempts, told.left) == (marking.attempts, marking.left)


def test_there_are_more_than_forty_cases() -> None:
    assert len(rows("policy | for the student | submissions")) >= 40


def _refusal(answer: str, attempts_used: int) -> HandInRefusal | None:
    bar, _, value = answer.partition(" ")
    if bar == "taken":
        return None
    if bar == Bar.NO_ATTEMPTS_LEFT:
        return HandInRefusal(Bar.NO_ATTEMPTS_LEFT, attempts=int(value), used=attempts_used)
    return HandInRefusal(Bar(bar), at=moment(value))
