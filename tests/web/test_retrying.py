"""Submissions that ended as service_failed are retried: one by its id, or all of a course, and each only once."""

import pytest

from backmark.grader.store.store import Store
from tests.web.asking import Asker
from tests.web.concluding import conclude, fail_submission
from tests.web.verdicts import passing_verdict


def test_a_submission_that_failed_on_our_side_gets_its_verdict_after_all(staff: Asker, store: Store) -> None:
    submission = fail_submission(store, staff.submit().get_json()["id"])
    before = staff.get(f"/submissions/{submission}").get_json()
    assert (before["state"], before["attempt"]) == ("service_failed", None)
    records = [staff.post(f"/submissions/{submission}/retry").get_json() for _ in range(2)]
    assert [(record["state"], record["failure"]) for record in records] == [("queued", None), ("queued", None)]
    conclude(store, submission, passing_verdict())
    after = staff.post(f"/submissions/{submission}/retry").get_json()
    assert (after["state"], after["outcome"]) == ("done", "passed")
    assert [after[name] for name in ("id", "attempt", "created_at")] == [submission, 1, before["created_at"]]


@pytest.mark.parametrize("end", ["cancelled", "superseded"])
def test_what_was_cancelled_or_superseded_is_refused(staff: Asker, end: str) -> None:
    submission = staff.submit().get_json()["id"]
    if end == "cancelled":
        staff.post(f"/submissions/{submission}/cancel")
    else:
        staff.submit(source="x = 2")
    answer = staff.post(f"/submissions/{submission}/retry")
    assert (answer.status_code, answer.get_json()["type"]) == (409, "/problems/conflict")
    assert staff.get(f"/submissions/{submission}").get_json()["state"] == end


def test_all_of_a_course_are_retried_a_page_at_a_time(staff: Asker, store: Store) -> None:
    names = [fail_submission(store, staff.submit(student).get_json()["id"]) for student in ("ada", "bob", "eve")]
    assert staff.post("/retries", json={"assignment": "other"}).get_json() == {"retried": [], "next": None}
    first = staff.post("/retries", json={"limit": 2}).get_json()
    second = staff.post("/retries", json={"limit": 2, "cursor": first["next"]}).get_json()
    assert (first["retried"], second) == ([names[2], names[1]], {"retried": [names[0]], "next": None})
    assert staff.post("/retries", json={}).get_json()["retried"] == []


def test_only_staff_of_the_course_have_it_graded_again(
    staff: Asker, portal: Asker, stranger: Asker, admin: Asker, store: Store
) -> None:
    submission = fail_submission(store, staff.submit().get_json()["id"])
    for path in (f"/submissions/{submission}/retry", "/retries"):
        assert portal.post(path, json={}).status_code == 403
    assert stranger.post(f"/submissions/{submission}/retry").status_code == 404
    assert stranger.post("/retries", json={"course": "course"}).status_code == 404
    assert stranger.post("/retries", json={}).get_json()["retried"] == []
    assert admin.post("/retries", json={"course": "course"}).get_json()["retried"] == [submission]


def test_a_cursor_that_no_answer_gave_is_said_to_be_one(staff: Asker) -> None:
    answer = staff.post("/retries", json={"cursor": "nonsense"})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == ["/cursor"]
