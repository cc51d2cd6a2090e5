"""JUnit XML."""

import json
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest

from backmark.grader.model.outcome import Outcome
from backmark.grader.reports import junit
from backmark.grader.reports.registry import FORMATS, Format
from tests.reports.graded import EXCEPTION, REFUSAL, SCRIPT, SUBMISSION, reset_rows, verdict


def render_form(**changes: Any) -> Element:
    return fromstring(junit.render(SUBMISSION, verdict(**changes)))  # noqa: S314 - our own document


def test_a_case_for_each_row_and_one_that_it_runs() -> None:
    cases = render_form().findall("testsuite/testcase")
    assert [case.get("name") for case in cases] == [
        "runs",
        "finite_differences",
        "bias_gradient",
        "weight_gradient",
        "pure",
    ]
    assert [[child.tag for child in case] for case in cases] == [[], ["failure"], [], ["failure"], ["skipped"]]


def test_counts_agree_with_the_cases() -> None:
    for element in (render_form(), *render_form().findall("testsuite")):
        attributes = {name: element.get(name) for name in ("tests", "failures", "errors", "skipped", "time")}
        assert attributes == {"tests": "5", "failures": "2", "errors": "0", "skipped": "1", "time": "0.250"}


def test_a_failure_says_why_and_the_first_one_shows_the_network() -> None:
    first, second = render_form().findall("testsuite/testcase/failure")
    assert (first.text, first.get("message")) == (f"Wrong on 9.\n\n{SCRIPT}", "Agrees with finite differences")
    assert (second.text, second.get("message")) == ("Wrong on 9 of 192.", "Gradient of the weights")


@pytest.mark.parametrize(
    ("outcome", "error"), [(Outcome.REJECTED, REFUSAL), (Outcome.ERROR, EXCEPTION), (Outcome.CRASHED, None)]
)
def test_what_did_not_end_is_an_error_and_not_a_failure(outcome: Outcome, error: Any) -> None:
    root = render_form(outcome=outcome, rows=reset_rows(), error=error)
    error_element = root.find("testsuite/testcase[@name='runs']/error")
    assert error_element is not None
    assert error_element.get("type") == outcome
    assert (root.get("errors"), root.get("failures"), root.get("skipped")) == ("1", "0", "4")


def test_marks_and_what_it_printed_are_in_it() -> None:
    root = render_form(output="<hello>")
    marks = {element.get("name"): element.get("value") for element in root.iter("property")}
    assert (marks["score"], marks["max_score"], marks["score.bias_gradient"]) == ("2", "5", "2/2")
    assert root.findtext("testsuite/system-out") == "<hello>"


@pytest.mark.parametrize("form", FORMATS.values())
def test_no_form_carries_what_turns_letters_about_or_commands_a_terminal(form: Format) -> None:
    hostile = "a\u202eb\u2066c\u200fd\x9b2Je\x1bf\u2028g"
    hostile_verdict = verdict(
        outcome=Outcome.ERROR, rows=reset_rows(), error=replace(EXCEPTION, traceback=hostile), output=hostile
    )
    document = form.render(SUBMISSION, hostile_verdict)
    text = document.decode() if document.startswith(b"<") else json.dumps(json.loads(document), ensure_ascii=False)
    assert not set(hostile) - set("abcdefgJ2") & set(text)
