"""The form of a noun: what it shows is what it reads, for any noun."""

import re
from typing import Any

import pytest
from flask import Flask, render_template_string
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.model.course import Course, Invitation, Role
from backmark.grader.model.fields import noun_fields
from backmark.grader.model.terms import Counts, Extension, Outage, Override, Policy
from backmark.grader.model.views import GIVEN
from backmark.grader.web.pages.form_fields import Form, FormFields

TIMES = st.integers(0, 4_000_000_000).map(float)
REASONS = st.text("abc <&'", min_size=1).map(str.strip).filter(bool)
POLICIES = st.builds(
    Policy,
    opens=st.none() | TIMES,
    due=st.none() | TIMES,
    closes=st.none() | TIMES,
    # As JSON may have it: whole numbers are not always floats.
    grace=st.integers(0, 10_080).map(lambda minutes: 60 * minutes),
    late=st.none() | st.integers(0, 100),
    floor=st.integers(0, 100),
    attempts=st.none() | st.integers(1, 10_000),
    counts=st.sampled_from(Counts),
    held_back=st.booleans(),
)


def send(form: Form) -> dict[str, str]:
    """What a browser sends of the form: of a box, nothing unless it is ticked."""
    boxes = {field.name for field in form.fields if field.type is bool}
    return {"zone": "UTC"} | {name: text for name, text in form.values.items() if text or name not in boxes}


@given(POLICIES)
def test_a_policy_that_is_shown_and_sent_back_is_the_same(policy: Policy) -> None:
    fields = FormFields(send(Form.of("policy", Policy, policy)))
    assert fields.read(Policy) == policy
    assert fields.faults == {}


@given(st.integers(0, 100), REASONS)
def test_an_override_is_in_per_cent_in_its_form(mark: int, reason: str) -> None:
    override = Override("ada", mark / 100, "prof", reason)
    form = Form.of("override", Override, override)
    assert form.values["share"] == str(mark)
    assert FormFields(send(form)).read(Override, student="ada", author="prof") == override


@given(TIMES, TIMES, REASONS)
def test_an_outage_keeps_its_times(start: float, end: float, reason: str) -> None:
    outage = Outage(start, end, "prof", reason)
    assert FormFields(send(Form.of("outage", Outage, outage))).read(Outage, author="prof") == outage


def test_what_is_missing_is_said_in_the_words_of_the_form() -> None:
    fields = FormFields({"zone": "UTC", "grace": "20000", "late": "ten", "attempts": "1.5"})
    fields.read(Policy)
    assert fields.faults == {
        "grace": "Minutes of grace must be 0 to 10,080, not 20,000.",
        "late": '"ten" is not a number; write digits, such as 10 or 2.5.',
        "attempts": '"1.5" is not a whole number.',
    }
    fields = FormFields({"share": "150"})
    assert fields.read(Override, student="ada", author="prof") is not None
    assert fields.faults["share"] == "Mark in per cent must be 0 to 100, not 150."
    assert fields.faults["reason"].startswith("Reason is missing.")


@pytest.mark.parametrize("kind", GIVEN)
def test_every_noun_that_can_be_given_has_a_form_with_a_label_for_each_field(app: Flask, kind: Any) -> None:
    with app.test_request_context():
        html = render_template_string(
            '{% import "staff/fields.html" as fields %}{{ fields.noun(form) }}', form=Form.of("x", kind)
        )
    labelled, ids = set(re.findall(r'<label for="([^"]+)"', html)), set(re.findall(r' id="([^"]+)"', html))
    assert labelled <= ids
    for name in GIVEN[kind]:
        assert any(label.startswith(f"x-{name}") for label in labelled), name
        described = noun_fields(kind)[name].describe("If empty,").partition(".")[0]
        assert described in html.replace("&#39;", "'")


@given(st.none() | TIMES, st.none() | st.integers(1, 50))
def test_what_an_extension_leaves_empty_is_none(due: float | None, attempts: int | None) -> None:
    extension = Extension("ada", due, None, attempts, "prof", "ill")
    form = Form.of("extension", Extension, extension)
    assert FormFields(send(form)).read(Extension, student="ada", author="prof") == extension


@given(POLICIES, st.sampled_from(["UTC", "Europe/Zurich", "Asia/Kolkata", "Pacific/Auckland"]))
def test_times_are_the_same_in_the_zone_of_any_course(policy: Policy, zone: str) -> None:
    assert FormFields(send(Form.of("policy", Policy, policy, zone=zone))).read(Policy) == policy


def test_a_form_of_some_fields_reads_these_alone() -> None:
    course = Course("nn", "Networks", contact="ask", default_late=5, default_counts=Counts.LAST)
    names = ("title", "contact", "default_late", "default_counts", "default_attempts")
    form = Form.of("course", Course, course, names=names)
    assert [field.name for field in form.fields] == list(names)
    assert FormFields(send(form)).read_values(Course, names) == {name: getattr(course, name) for name in names}


@given(st.builds(Invitation, role=st.sampled_from(Role), days=st.integers(1, 90), once=st.booleans()))
def test_an_invitation_that_is_shown_and_sent_back_is_the_same(invitation: Invitation) -> None:
    assert FormFields(send(Form.of("invitation", Invitation, invitation))).read(Invitation) == invitation
