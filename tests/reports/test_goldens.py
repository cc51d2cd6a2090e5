"""What is shown of verdicts of all kinds stays word for word as it was: `golden_cases.py` writes the texts anew."""

import re
from collections.abc import Callable
from functools import cache

import pytest

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import Verdict
from backmark.grader.store.listings import CodeListing
from backmark.worker.grading.pool import Jails
from tests.reports.golden_cases import FOLDER, SOURCES, grade_source, make_grader, show_verdict

Grade = Callable[[str], tuple[Verdict, CodeListing | None]]


@pytest.fixture(scope="module")
def grade(jails: Jails) -> Grade:
    """Grades each source once."""
    grader = make_grader(jails)
    return cache(lambda name: grade_source(name, grader))


@pytest.mark.parametrize("name", SOURCES)
def test_every_face_of_a_verdict_says_what_it_said(name: str, grade: Grade) -> None:
    assert show_verdict(name, *grade(name)) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SOURCES)
def test_a_row_names_every_other_property_of_which_its_message_speaks(name: str, grade: Grade) -> None:
    """Or it would tell of one that an assignment hides."""
    rows = grade(name)[0].properties
    for row in rows:
        assert row.names is not None
        spoken = {other.name for other in rows if _names(other.name, other.title, row.message)}
        assert spoken - {row.name} <= set(row.names), row.message


def _names(name: str, title: str, message: str) -> bool:
    return title in message or re.search(rf"\b{name}\b", message) is not None


def test_the_goldens_hold_each_kind_of_text(grade: Grade) -> None:
    verdicts = [grade(name)[0] for name in SOURCES]
    assert {verdict.outcome for verdict in verdicts} == {*Outcome}
    assert any(verdict.repair for verdict in verdicts)
    assert any(verdict.diagnosis for verdict in verdicts)
    assert any(verdict.first_difference for verdict in verdicts)
    assert {file.name for file in FOLDER.iterdir()} == {f"{name}.txt" for name in SOURCES}
