"""What holds for every form."""

import dataclasses
import json
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.model.outcome import Outcome
from backmark.grader.model.verdict import StudentError
from backmark.grader.reports.registry import FORMATS, Format
from backmark.grader.reports.wording import MOST, clean
from tests.reports.graded import SUBMISSION, verdict

FORMS = list(FORMATS.values())
#: Whatever a student can make a string of: controls, markup and lone surrogates too.
TEXTS = st.text(st.characters(exclude_categories=())) | st.sampled_from(
    ["\x00\x1b[31m", "]]>", "<script>", "&amp;", "\ud800", "\udfff\ud800", "\ufffe\uffff", "\r\n\x0b\x85\u2028", '"\\']
)


def parse_form(form: Format, data: bytes) -> object:
    """Strict: UTF-8 throughout, and no escape of a lone surrogate, which some parsers refuse."""
    text = data.decode("utf-8", "strict")
    if form.name == "junit":
        return fromstring(data)  # noqa: S314 - our own document
    result = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    json.dumps(result, ensure_ascii=False).encode("utf-8", "strict")
    return result


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
@given(TEXTS, TEXTS, TEXTS, TEXTS, st.sampled_from(Outcome))
def test_any_text_of_a_students_can_be_parsed(
    form: Format, kind: str, message: str, trace: str, output: str, outcome: Outcome
) -> None:
    submission = dataclasses.replace(SUBMISSION, student=message, filename=trace, assignment=kind)
    student_verdict = verdict(outcome, error=StudentError(kind, message, trace), output=output)
    assert parse_form(form, form.render(submission, student_verdict)) is not None


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_flags_are_for_staff_and_in_no_form(form: Format) -> None:
    assert "secret" in json.dumps(verdict().as_dict())
    assert b"secret" not in form.render(SUBMISSION, verdict())


def test_each_form_has_a_media_type_of_its_own() -> None:
    assert len({form.content_type for form in FORMS}) == len(FORMS)


def test_only_a_gradebook_can_be_told_that_there_is_no_verdict() -> None:
    assert [form.name for form in FORMS if form.ungraded is not None] == ["lti"]


def test_text_that_is_too_long_says_that_it_was_cut() -> None:
    assert clean("x" * MOST) == "x" * MOST
    assert clean("x" * 10_000).endswith("\n... (cut: 10,000 characters)")


def test_every_form_is_documented_with_its_media_type() -> None:
    text = (Path(__file__).parents[2] / "docs/developer/formats.md").read_text("utf-8")
    assert [form.name for form in FORMS if f"| `{form.name}` | `{form.content_type}` |" not in text] == []
