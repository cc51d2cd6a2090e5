"""Reading: states, verdicts, tags, lists."""

import pytest

from backmark.grader.store.store import Store
from tests.web.asking import SOURCE, Asker
from tests.web.concluding import conclude
from tests.web.verdicts import failing_verdict


def test_a_submission_that_waits_tells_its_place(portal: Asker) -> None:
    portal.submit("ada")
    second = portal.submit("grace").get_json()["id"]
    record = portal.get(f"/submissions/{second}").get_json()
    assert record["state"] == "queued"
    assert record["queue"]["position"] == 1
    assert record["verdict"] is None
    assert record["created_at"].endswith("Z")


def test_a_graded_submission_tells_its_verdict(portal: Asker, store: Store) -> None:
    submission = portal.submit().get_json()["id"]
    conclude(store, submission)
    record = portal.get(f"/submissions/{submission}").get_json()
    assert (record["state"], record["outcome"], record["score"]) == ("done", "passed", 2)
    assert record["verdict"]["schema"] == "backmark.result/1"
    assert record["queue"] is None


def test_a_submission_and_its_verdict_name_the_engine(portal: Asker, store: Store) -> None:
    submission = portal.submit().get_json()["id"]
    assert portal.get(f"/submissions/{submission}").get_json()["engine"] is None
    conclude(store, submission, {**failing_verdict(), "engine": "0.3.0+1f0c3a5b"})
    body = portal.get(f"/submissions/{submission}").get_json()
    assert body["engine"] == body["verdict"]["engine"] == "0.3.0+1f0c3a5b"
    assert portal.get("/submissions").get_json()["items"][0]["engine"] == "0.3.0+1f0c3a5b"


def test_flags_are_for_staff(portal: Asker, staff: Asker, store: Store) -> None:
    submission = portal.submit().get_json()["id"]
    conclude(store, submission, failing_verdict())
    assert portal.get(f"/submissions/{submission}").get_json()["verdict"]["flags"] == []
    assert [flag["id"] for flag in staff.get(f"/submissions/{submission}").get_json()["verdict"]["flags"]] == ["prints"]


def test_staff_see_who_handed_in_the_same(staff: Asker, store: Store) -> None:
    submissions = [staff.submit(student).get_json()["id"] for student in ("ada", "grace")]
    conclude(store, submissions[0])
    record = staff.get(f"/submissions/{submissions[0]}").get_json()
    assert [flag["id"] for flag in record["verdict"]["flags"]] == ["identical"]


def test_reuse_of_a_verdict_is_for_staff(portal: Asker, staff: Asker) -> None:
    submission = portal.submit().get_json()["id"]
    assert portal.get(f"/submissions/{submission}").get_json()["reused"] is None
    assert staff.get(f"/submissions/{submission}").get_json()["reused"] is False


def test_what_has_not_changed_is_not_sent_again(portal: Asker, store: Store) -> None:
    submission = portal.submit().get_json()["id"]
    tag = portal.get(f"/submissions/{submission}").headers["ETag"]
    repeat = portal.get(f"/submissions/{submission}", {"If-None-Match": tag})
    assert (repeat.status_code, repeat.data) == (304, b"")
    conclude(store, submission)
    assert portal.get(f"/submissions/{submission}", {"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("form", "content_type"),
    [
        ("gradescope", "application/vnd.backmark.gradescope+json"),
        ("lti", "application/vnd.ims.lis.v1.score+json"),
        ("junit", None),
        ("prairielearn", None),
    ],
)
def test_a_verdict_is_had_in_other_forms(portal: Asker, store: Store, form: str, content_type: str | None) -> None:
    submission = portal.submit().get_json()["id"]
    conclude(store, submission)
    answer = portal.get(f"/submissions/{submission}?format={form}")
    assert answer.status_code == 200
    assert content_type in {None, answer.content_type}
    repeat = portal.get(f"/submissions/{submission}", {"Accept": answer.content_type})
    assert repeat.data == answer.data


def test_accept_of_anything_is_json(portal: Asker) -> None:
    submission = portal.submit().get_json()["id"]
    accept = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert portal.get(f"/submissions/{submission}", accept).content_type == "application/json"


def test_a_form_that_there_is_not_is_refused(portal: Asker) -> None:
    submission = portal.submit().get_json()["id"]
    answer = portal.get(f"/submissions/{submission}", {"Accept": "image/png"})
    assert answer.get_json()["type"] == "/problems/not-acceptable"


def test_a_form_needs_a_verdict(portal: Asker) -> None:
    submission = portal.submit().get_json()["id"]
    answer = portal.get(f"/submissions/{submission}?format=gradescope")
    assert answer.status_code == 409
    assert answer.get_json()["type"] == "/problems/no-verdict"
    assert int(answer.headers["Retry-After"]) >= 1


def test_staff_read_the_source_as_it_was_handed_in(staff: Asker) -> None:
    submission = staff.submit(filename="lösung 1.py").get_json()["id"]
    answer = staff.get(f"/submissions/{submission}/source")
    assert answer.data == SOURCE.encode()
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''l%C3%B6sung%201.py"


def test_a_list_leads_to_its_next_page(staff: Asker) -> None:
    submissions = [staff.submit(f"s{number}").get_json()["id"] for number in range(5)]
    ids: list[str] = []
    address = "/submissions?limit=2&assignment=udl-7.2"
    for _ in range(3):
        answer = staff.get(address)
        staff.submit("late")
        ids += [item["id"] for item in answer.get_json()["items"]]
        address = answer.headers.get("Link", "").partition("<")[2].partition(">")[0].removeprefix("/api/v1")
    assert ids == submissions[::-1]
    assert (address, answer.get_json()["next"]) == ("", None)


def test_a_list_is_narrowed_by_student_outcome_and_state(staff: Asker, store: Store) -> None:
    ada, grace = (staff.submit(student).get_json()["id"] for student in ("ada", "grace"))
    conclude(store, ada, failing_verdict())
    for query, expected in (("student=grace", grace), ("outcome=failed", ada), ("state=queued", grace)):
        assert [item["id"] for item in staff.get(f"/submissions?{query}").get_json()["items"]] == [expected]


def test_a_submission_is_cancelled_once_and_stays_so(portal: Asker) -> None:
    submission = portal.submit().get_json()["id"]
    for _ in range(2):
        answer = portal.post(f"/submissions/{submission}/cancel")
        assert (answer.status_code, answer.get_json()["state"]) == (200, "cancelled")


def test_a_graded_submission_is_not_cancelled(portal: Asker, store: Store) -> None:
    submission = portal.submit().get_json()["id"]
    conclude(store, submission)
    assert portal.post(f"/submissions/{submission}/cancel").get_json()["state"] == "done"


def test_what_is_deleted_is_gone(staff: Asker) -> None:
    submission = staff.submit().get_json()["id"]
    assert staff.delete(f"/submissions/{submission}").status_code == 204
    assert staff.get(f"/submissions/{submission}").status_code == 404
    assert staff.delete(f"/submissions/{submission}").status_code == 404


def test_a_student_is_forgotten_with_everything(staff: Asker) -> None:
    submission = staff.submit("ada").get_json()["id"]
    assert staff.delete("/students/ada").get_json() == {"deleted": 1}
    assert staff.get(f"/submissions/{submission}").status_code == 404
    assert staff.delete("/students/ada").get_json() == {"deleted": 0}
