"""What is shown of verdicts of all kinds stays word for word as it was; the result object may gain members."""

import json
import re
from collections.abc import Callable
from functools import cache

import pytest

from grader.model.verdict import Verdict
from grader.store.listings import CodeListing
from grader.subjects.networks.words import TITLES
from tests.reports.golden_cases import SOURCES, common, goldens, grade_source, make_grader, show_verdict
from worker.grading.pool import Jails

GOLDENS = goldens()
Grade = Callable[[str], tuple[Verdict, CodeListing | None]]


@pytest.fixture(scope="module")
def grade(jails: Jails) -> Grade:
    """Grades each source once."""
    grader = make_grader(jails)
    return cache(lambda name: grade_source(name, grader))


@pytest.mark.parametrize("name", SOURCES)
def test_every_face_of_a_verdict_says_what_it_said(name: str, grade: Grade) -> None:
    faces_now, golden = show_verdict(name, *grade(name)), GOLDENS[name]
    for level, golden_faces in golden["levels"].items():
        for face, text in golden_faces.items():
            assert common(faces_now["levels"][level][face], text) == text, f"{level}: {face}"
    assert common(faces_now, golden) == golden


@pytest.mark.parametrize("name", SOURCES)
def test_a_row_names_every_other_property_of_which_its_message_speaks(name: str, grade: Grade) -> None:
    """Or it would tell of one that an assignment hides."""
    for row in grade(name)[0].properties:
        assert row.names is not None
        names_spoken = {other_name for other_name, title in TITLES.items() if _names(other_name, title, row.message)}
        assert names_spoken - {row.name} <= set(row.names), row.message


def _names(name: str, title: str, message: str) -> bool:
    return title in message or re.search(rf"\b{name}\b", message) is not None


def test_the_goldens_hold_each_kind_of_text() -> None:
    results = [golden["result"] for golden in GOLDENS.values()]
    assert len({result["outcome"] for result in results}) == 8
    assert any("+" in diagnosis["id"] for result in results for diagnosis in result["diagnosis"])
    assert any(diagnosis["apart"] for result in results for diagnosis in result["diagnosis"])
    assert any(" and " in (result["first_difference"] or {}).get("variable", "") for result in results)
    assert any("the step from" in json.dumps(result["first_difference"]) for result in results)
    assert {mark for golden in GOLDENS.values() for *_, mark in golden["marked"]} == {"raised", "differs"}
