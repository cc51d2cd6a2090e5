"""Sentences of pages that readers stumbled over, as they stand now."""

import pytest
from flask import Flask

from backmark.grader.model.course import Invitation, Role
from backmark.grader.model.people import RosterEntry
from backmark.grader.model.terms import Policy
from backmark.grader.store.store import Store
from backmark.grader.web import invitation_links, links
from tests.web.test_staff import submit_graded
from tests.web.visitor import HOME, HTML, Visitor

pytestmark = pytest.mark.service(secret="only for tests, and as long as a real one is")  # noqa: S106 - guards nothing

UDL = f"{HOME}/assignments/udl-7.2"


@pytest.fixture
def visitor(app: Flask, store: Store) -> Visitor:
    return Visitor(app, store)


def open_form(app: Flask, student: str) -> str:
    """The form to hand in, as a student's link opens it."""
    with app.test_request_context():
        link = links.hand_in("course", "udl-7.2", student)
    return app.test_client().get(link, headers=HTML).text


def test_the_form_greets_a_student_by_name_and_id(app: Flask, store: Store) -> None:
    store.courses.put_roster("course", [RosterEntry("s1020", "Leonhard Patel")], "csv", "prof")
    assert ">Leonhard Patel (s1020)<" in open_form(app, "s1020")
    assert ">s1021<" in open_form(app, "s1021")
    assert "Save the notebook before you hand it in." in open_form(app, "s1021")


def test_a_verdict_that_is_held_back_says_that_marks_follow(app: Flask, store: Store) -> None:
    store.courses.set_policy("course", "udl-7.2", Policy(held_back=True), "prof")
    submit_graded(store)
    page = open_form(app, "ada")
    assert ">handed in; marks follow<" in page
    assert ">done<" not in page


def test_lateness_without_a_cost_is_no_penalty(app: Flask, store: Store) -> None:
    store.courses.set_policy("course", "udl-7.2", Policy(due=4_000_000_000), "prof")
    assert "<dd>no penalty</dd>" in open_form(app, "ada")


def test_a_form_says_what_an_empty_field_means(visitor: Visitor) -> None:
    policy, settings = visitor.get(f"{UDL}/policy"), visitor.get(f"{HOME}/settings")
    assert "If empty, the assignment is open now." in policy
    assert "If empty, nothing is taken off, and the LMS receives the time of handing in." in policy
    assert "clocks show a time twice" not in policy
    assert "such as Spring 2027. Optional." in settings
    assert "Whom students can ask, such as an e-mail address." in settings
    assert "Empty:" not in policy + settings
    assert "An extension gives a student a later due time or more attempts." in visitor.get(f"{UDL}/extensions")


@pytest.mark.parametrize(("role", "says"), [(Role.INSTRUCTOR, "teach"), (Role.ASSISTANT, "help to teach")])
def test_an_invitation_says_to_what(app: Flask, store: Store, role: Role, says: str) -> None:
    with app.test_request_context():
        invitation = store.staff.invite("course", Invitation(role, author="The administrator"))
        link = invitation_links.address("course", invitation)
    page = app.test_client().get(link, headers=HTML).text
    assert f">The administrator</span> invites you to {says} course." in page


def test_an_assignment_s_page_keeps_an_author_s_figures_behind_a_click(visitor: Visitor, store: Store) -> None:
    submit_graded(store)
    page = visitor.get(UDL)
    assert '<h2 id="cases">Test cases</h2>' in page
    (details,) = [part for part in page.split("<details") if "finite differences cannot settle" in part]
    assert "Cases by corner" in details
    assert "Counted from current verdicts" not in page
