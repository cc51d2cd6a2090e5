"""A policy refuses a file over HTTP: a portal gets a problem, a browser a sentence in the form."""

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from backmark.grader.model.terms import Policy
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from backmark.grader.web import links
from tests.web.asking import Asker
from tests.web.test_pages import HTML, guard, make_link, with_secret

WORK = b"def backward_pass(): pass\n"


def under(store: Store, **policy: Any) -> None:
    """Set the policy of the assignment."""
    store.courses.set_policy("course", "udl-7.2", Policy(**policy), "prof")


@pytest.mark.parametrize(
    ("policy", "slug", "sentence"),
    [
        ({"opens": 4102444800.0}, "not-open", "opens on 2100-01-01 at 00:00:00 UTC"),
        ({"closes": 1767225600.0}, "closed", "closed on 2026-01-01 at 00:00:00 UTC"),
        ({"attempts": 1}, "no-attempts-left", "You have used your only attempt."),
    ],
)
def test_a_portal_gets_a_problem_of_its_own(
    portal: Asker, store: Store, policy: dict[str, Any], slug: str, sentence: str
) -> None:
    portal.submit()
    under(store, **policy)
    answer = portal.submit()
    problem = answer.get_json()
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    assert problem["type"] == f"/problems/{slug}"
    assert sentence in problem["detail"]
    assert len(store.submissions.list(Filter("course")).items) == 1


@with_secret
def test_the_form_of_a_personal_link_says_why_and_that_it_was_no_attempt(app: Flask, store: Store) -> None:
    link = make_link(app, lambda: links.hand_in("course", "udl-7.2", "ada", lifetime=timedelta(days=1)))
    under(store, closes=1767225600.0)
    answer = hand_in(app, link)
    assert answer.status_code == 422
    assert "Your file was not accepted. It used up no attempt." in answer.text
    assert "This assignment has closed." in answer.text


@with_secret
def test_under_a_policy_a_class_link_takes_nothing_and_a_personal_one_does(app: Flask, store: Store) -> None:
    open_link = make_link(app, lambda: links.hand_in("course", "udl-7.2"))
    browser = app.test_client()
    token = guard(browser, open_link)
    assert hand_in(app, open_link, student="ada").status_code == 303
    under(store, due=4102444800.0)
    # The form was open before the policy came.
    form = {"csrf_token": token, "student": "ada", "file": (io.BytesIO(WORK), "a.py")}
    refusal = browser.post(open_link, headers=HTML, data=form)
    assert refusal.status_code == 422
    assert "this link for the whole class accepts no files" in refusal.text
    assert hand_in(app, make_link(app, lambda: links.hand_in("course", "udl-7.2", "ada"))).status_code == 303


def hand_in(app: Flask, link: str, **fields: str) -> Any:
    """The answer to the form behind a link."""
    browser = app.test_client()
    form = {"csrf_token": guard(browser, link), **fields, "file": (io.BytesIO(WORK), "a.py")}
    return browser.post(link, headers=HTML, data=form)


def test_a_client_that_knows_nothing_of_held_back_marks_publishes_none(staff: Asker) -> None:
    """Such as one of an earlier version: it sets a policy without the field."""
    path = "/courses/course/assignments/udl-7.2/policy"
    held_back = [
        staff.ask("PUT", path, json=policy).get_json()["held_back"]
        for policy in ({}, {"held_back": True}, {"late": 10}, {"late": 10, "held_back": False}, {"late": 5})
    ]
    assert held_back == [False, True, True, False, False]


def test_a_client_that_knows_nothing_of_sections_changes_none(staff: Asker) -> None:
    roster = "/courses/course/roster"
    staff.ask("PUT", roster, json={"students": [{"student": "ada", "section": "A"}]})
    assert staff.ask("PUT", f"{roster}/ada", json={"name": "Ada", "lms_id": ""}).status_code == 200
    assert (
        staff.ask("PUT", roster, json={"students": [{"student": "ada", "name": "", "lms_id": ""}]}).status_code == 200
    )
    assert staff.get(roster).get_json()["items"][0]["section"] == "A"
