"""Fields of nouns: bounds hold, and what each role sees is declared."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backmark.grader.model.fields import Unit, faults, noun_fields
from backmark.grader.model.marks import StudentMark
from backmark.grader.model.notifications import Notification
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.publications import Publication, Revision
from backmark.grader.model.records import Scope, SubmissionRecord, SubmissionSummary
from backmark.grader.model.terms import MOST_ATTEMPTS, MOST_GRACE, Extension, Outage, Override, Policy
from backmark.grader.model.tokens import TokenRecord
from backmark.grader.model.views import GIVEN, HELD_BACK, NEEDS, SERVED, hidden_fields

OVERRIDE = Override("ada", 0.5, "prof", "ill")


@pytest.mark.parametrize(
    ("noun", "says"),
    [
        (Policy(grace=MOST_GRACE + 1), "grace must be 0 to 604,800, not 604,801."),
        (
            Policy(attempts=0),
            "attempts must be 1 to 10,000, not 0. If you leave it out, students may hand in any number of times.",
        ),
        (
            Policy(late=math.nan),
            (
                "late must be 0 to 100, not nan. "
                "If you leave it out, nothing is taken off, and the LMS receives the time of handing in."
            ),
        ),
        (replace(OVERRIDE, share=1.5), "share must be 0 to 1, not 1.5."),
        (replace(OVERRIDE, reason=" "), "reason is missing. Staff see the reason, and the log keeps it."),
        (replace(OVERRIDE, reason="x" * 501), "reason may have at most 500 characters, not 501."),
        (RosterEntry("ada", "a\nb"), "name must be one line, without control characters."),
    ],
)
def test_a_value_out_of_bounds_is_said_with_its_bounds(noun: Any, says: str) -> None:
    assert [fault.says for fault in faults(noun)] == [says]


@given(st.floats(0, MOST_GRACE), st.none() | st.integers(1, MOST_ATTEMPTS), st.floats(0, 100))
def test_within_the_bounds_nothing_is_wrong(grace: float, attempts: int | None, floor: float) -> None:
    assert not list(faults(Policy(grace=grace, attempts=attempts, floor=floor)))


def test_only_fields_that_there_are_are_given_or_served() -> None:
    for kind, names in (*GIVEN.items(), *SERVED.items()):
        described: Any = kind
        assert set(names) <= set(noun_fields(described)), kind
        assert len(set(names)) == len(names), kind


def test_no_request_sets_who_did_it_or_when() -> None:
    for kind, names in GIVEN.items():
        assert not {"author", "recorded", "created", "id", "computed"} & set(names), kind


def test_fields_by_role() -> None:
    """Whoever changes who sees or sets what changes this list too."""
    assert GIVEN[Extension] == ("due", "closes", "attempts", "reason")
    assert GIVEN[Outage] == ("start", "end", "reason")
    assert GIVEN[Override] == ("share", "kind", "reason")
    assert GIVEN[RosterEntry] == ("name", "lms_id", "section")
    assert GIVEN[Notification] == ("kind", "url", "events")
    assert "secret" not in {name for names in SERVED.values() for name in names}
    assert SERVED[Override] == ("student", "share", "kind", "computed", "author", "reason", "recorded")


@pytest.mark.parametrize(
    ("scope", "hidden"),
    [
        (Scope.SUBMIT, {"outcome", "score", "max_score", "engine", "link", "verdict", "reused"}),
        (Scope.READ, {"reused"}),
        (Scope.STAFF, set[str]()),
        (Scope.ADMIN, set[str]()),
    ],
)
def test_fields_of_a_submission_by_role(scope: Scope, hidden: set[str]) -> None:
    token = TokenRecord("t", "portal", "nn", frozenset({scope}), 0.0)
    assert hidden_fields(SubmissionRecord, token.allows) == hidden


def test_of_a_submission_all_is_held_back_that_was_not_known_when_it_was_handed_in() -> None:
    handed_in = {"id", "course", "assignment", "revision", "student", "source_sha256", "filename", "size"}
    # The state says if it ended without a verdict, and those behind it what came of it then.
    handed_in |= {"created", "trace", "state", "attempt", "superseded_by", "failure"}
    described: Any = SubmissionRecord
    assert set(HELD_BACK[SubmissionRecord]) == set(noun_fields(described)) - handed_in


def test_only_instructors_see_what_detects_a_known_mistake() -> None:
    portal, assistant, staff = ({Scope.SUBMIT, Scope.READ}, {Scope.ASSIST}, {Scope.STAFF})
    for scopes, hidden in ((portal, {"catches"}), (assistant, {"catches"}), (staff, set[str]())):
        token = TokenRecord("t", "portal", "nn", frozenset(scopes), 0.0)
        assert hidden_fields(Revision, token.allows) == hidden


def test_what_needs_a_scope_is_served() -> None:
    beside = {SubmissionRecord: {"link", "verdict"}}
    for kind, names in NEEDS.items():
        assert set(names) <= set(SERVED[kind]) | beside.get(kind, set()), kind


def test_of_a_submission_all_is_served_that_its_client_has() -> None:
    """A field that the server keeps to itself would have its default there, as if it were true."""
    described: Any = SubmissionSummary
    assert set(SERVED[SubmissionRecord]) == set(noun_fields(described))


def test_no_secret_and_no_trace_is_served() -> None:
    for kind, names in SERVED.items():
        assert not {"secret", "sha256", "trace", "preview"} & set(names), kind


def test_what_follows_from_other_fields_is_a_field_that_nobody_sets() -> None:
    described: Any = Publication
    refusal = noun_fields(described)["refusal"]
    assert (refusal.derived, refusal.type, refusal.optional) == (True, str, True)
    for kind, names in GIVEN.items():
        fields: Any = kind
        assert not any(noun_fields(fields)[name].derived for name in names), kind


def test_times_and_units_are_declared() -> None:
    units = {name: field.doc.unit for name, field in noun_fields(Policy).items()}
    assert [name for name, unit in units.items() if unit is Unit.TIME] == ["opens", "due", "closes"]
    assert noun_fields(StudentMark)["left"].json == "left_at"
    assert noun_fields(Policy)["due"].optional
    described = noun_fields(Policy)["opens"].describe("If empty,")
    assert described == "No file is accepted before this time. If empty, the assignment is open now."
