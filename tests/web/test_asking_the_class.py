"""Staff have a class asked about the fresh cases that one submission failed, by a page or by the API."""

from typing import Any

import pytest
from flask import Flask

from backmark.grader.store.store import Store
from tests.web.asking import Asker
from tests.web.concluding import conclude
from tests.web.test_acts import list_acts
from tests.web.verdicts import failing_verdict, passing_verdict
from tests.web.visitor import HOME, Visitor

pytestmark = pytest.mark.service(secret="only for tests, and as long as a real one is")  # noqa: S106 - guards nothing


def fail_fresh_cases(*places: int) -> dict[str, Any]:
    flag = {"id": "fails_fresh_cases", "title": "is wrong in fresh ones alone", "cases": list(places)}
    return {**failing_verdict(), "flags": [flag]}


def test_a_page_offers_it_once_and_says_that_it_holds(app: Flask, store: Store, staff: Asker) -> None:
    visitor, submitted = Visitor(app, store), staff.submit().get_json()
    name, revision = submitted["id"], submitted["revision"]
    conclude(store, name, fail_fresh_cases(7, 2))
    page = f"{HOME}/submissions/{name}"
    assert "wrong only in fresh cases, which other groups of students do not have" in visitor.read(page)
    assert visitor.post(f"{page}/ask-class", page).status_code == 303
    assert store.assignments.list_asked_of_all("course", revision) == [2, 7]
    after = visitor.read(page)
    assert "Everybody in the course is asked about the fresh cases that this submission fails." in after
    assert "Ask the class about them" not in after
    assert list_acts(store) == [("submission.ask_class", name, "ada")]
    assert f"had the class asked about fresh cases of the submission {name} of ada" in visitor.read(f"{HOME}/log")


def test_the_api_refuses_it_for_a_submission_that_fails_no_fresh_case(staff: Asker, store: Store) -> None:
    names = [staff.submit(student).get_json()["id"] for student in ("ada", "bob")]
    for name, verdict in zip(names, (fail_fresh_cases(4), passing_verdict()), strict=True):
        conclude(store, name, verdict)
    asked, refused = (staff.post(f"/submissions/{name}/ask_class") for name in names)
    assert (asked.status_code, asked.get_json()["state"]) == (200, "done")
    assert (refused.status_code, refused.get_json()["type"]) == (409, "/problems/conflict")


def test_no_student_sees_which_cases_failed(portal: Asker, staff: Asker, store: Store) -> None:
    name = staff.submit().get_json()["id"]
    conclude(store, name, fail_fresh_cases(4))
    assert staff.get(f"/submissions/{name}").get_json()["verdict"]["flags"][0]["cases"] == [4]
    assert portal.get(f"/submissions/{name}").get_json()["verdict"]["flags"] == []


def test_cases_that_are_asked_go_with_their_course(staff: Asker, admin: Asker, store: Store) -> None:
    name = staff.submit().get_json()["id"]
    conclude(store, name, fail_fresh_cases(4))
    staff.post(f"/submissions/{name}/ask_class")
    assert store.redis.exists("bm:asked-of-all:course")
    assert admin.delete("/courses/course?confirm=course").status_code == 200
    assert not store.redis.exists("bm:asked-of-all:course")
