"""Handing in: JSON or a form, recorded once, told to the workers."""

from base64 import b64encode
from dataclasses import replace

import pytest

from backmark.grader.dispatch import CeleryDispatcher, application
from backmark.grader.model.records import Scope
from backmark.grader.settings.service import ServiceSettings
from backmark.grader.store.search import Filter
from backmark.grader.store.store import Store
from backmark.grader.web import create_app
from tests.web.asking import SOURCE, Asker


def test_a_submission_is_recorded_and_its_address_told(portal: Asker, store: Store) -> None:
    answer = portal.submit()
    record = answer.get_json()
    assert answer.status_code == 202
    assert record["state"] == "queued"
    assert answer.headers["Location"] == f"/api/v1/submissions/{record['id']}"
    assert int(answer.headers["Retry-After"]) >= 1
    assert store.submissions.source(record["id"]) == SOURCE.encode()


def test_workers_are_told_by_one_message_that_carries_an_id(portal: Asker, store: Store) -> None:
    portal.submit()
    assert store.redis.llen("celery:backmark") == 1


def test_a_form_hands_in_the_same_as_json(portal: Asker) -> None:
    by_form, by_json = portal.upload().get_json(), portal.submit().get_json()
    assert by_form["source_sha256"] == by_json["source_sha256"]


def test_a_form_may_give_a_number_as_a_students_id(portal: Asker) -> None:
    assert portal.upload(student="10452").get_json()["student"] == "10452"


def test_base64_hands_in_bytes_that_are_no_text(portal: Asker, store: Store) -> None:
    record = portal.submit(source=None, source_base64=b64encode(b"\xff\x00").decode()).get_json()
    assert store.submissions.source(record["id"]) == b"\xff\x00"


def test_folders_in_the_name_of_a_file_are_dropped(portal: Asker) -> None:
    record = portal.upload(name="work/answer.ipynb").get_json()
    assert portal.get(f"/submissions/{record['id']}").get_json()["filename"] == "answer.ipynb"


def test_the_same_key_and_request_are_one_submission(portal: Asker, store: Store) -> None:
    key = {"Idempotency-Key": "7d4d"}
    first, repeat = portal.submit(headers=key), portal.submit(headers=key)
    assert repeat.status_code == 202
    assert repeat.get_json() == first.get_json()
    assert repeat.headers["Idempotency-Replayed"] == "true"
    assert store.redis.llen("celery:backmark") == 1


def test_the_same_key_answers_the_same_also_after_another_revision(portal: Asker, store: Store) -> None:
    key = {"Idempotency-Key": "7d4d"}
    first = portal.submit(headers=key).get_json()
    revision = store.assignments.current("course", "udl-7.2")
    assert revision is not None
    store.assignments.publish(replace(revision, id="another", course="course"), b"networks")
    assert portal.submit().get_json()["revision"] == "another"
    assert portal.submit(headers=key).get_json() == first | {"state": "superseded"}


def test_the_same_key_holds_for_a_form_and_its_file(portal: Asker) -> None:
    key = {"Idempotency-Key": "7d4d"}
    first = portal.submit(headers=key).get_json()
    form = {"assignment": "udl-7.2", "student": "ada", "filename": "answer.py", "source": SOURCE}
    assert portal.post("/submissions", key, json=form).get_json()["id"] == first["id"]


@pytest.mark.parametrize("kind", ["form", "text", "base64"])
def test_a_file_of_another_format_is_refused_by_name_and_uses_up_no_attempt(
    portal: Asker, store: Store, kind: str
) -> None:
    if kind == "form":
        answer = portal.upload(name="work.ipynb", source=b"%PDF-1.7\n1 0 obj")
    elif kind == "text":
        answer = portal.submit(filename="work.ipynb", source="%PDF-1.7\n1 0 obj")
    else:
        answer = portal.submit(filename="work.ipynb", source=None, source_base64=b64encode(b"%PDF-1.7\n\xff").decode())
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    problem = answer.get_json()
    assert problem["type"] == "/problems/file-format"
    assert problem["detail"] == (
        "This is a PDF. Hand in the notebook itself: the .ipynb file, as Jupyter or Colab saves it."
    )
    assert not store.submissions.list(Filter("course"), 1).items
    assert portal.get(f"/submissions/{portal.submit().get_json()['id']}").get_json()["attempt"] == 1


@pytest.mark.parametrize("fields", [{"source": "x = 1\n"}, {"filename": "b.py"}, {"student": "grace"}])
def test_the_same_key_with_another_request_is_refused(portal: Asker, fields: dict[str, str]) -> None:
    key = {"Idempotency-Key": "7d4d"}
    portal.submit(headers=key)
    answer = portal.submit(headers=key, **fields)
    assert answer.status_code == 422
    assert answer.get_json()["type"] == "/problems/idempotency-key-reused"


def test_another_token_may_use_the_same_key(portal: Asker, staff: Asker) -> None:
    key = {"Idempotency-Key": "7d4d"}
    assert portal.submit(headers=key).get_json()["id"] != staff.submit(headers=key, source="").get_json()["id"]


@pytest.mark.service(idempotency_required=True)
def test_where_keys_are_required_a_request_without_one_is_refused(portal: Asker) -> None:
    answer = portal.submit()
    assert answer.status_code == 400
    assert answer.get_json()["type"] == "/problems/idempotency-key-missing"
    assert portal.submit(headers={"Idempotency-Key": "7d4d"}).status_code == 202


def test_a_later_submission_supersedes_the_one_that_waits(portal: Asker) -> None:
    first, second = portal.submit().get_json(), portal.submit(source="x = 1\n").get_json()
    record = portal.get(f"/submissions/{first['id']}").get_json()
    assert (record["state"], record["superseded_by"]) == ("superseded", second["id"])


def test_an_admin_names_the_course(admin: Asker, staff: Asker) -> None:
    record = admin.submit(course="course").get_json()
    assert staff.get(f"/submissions/{record['id']}").status_code == 200


@pytest.mark.parametrize("trouble", [AttributeError("'NoneType' object has no attribute 'client'"), OSError(28, "no")])
def test_what_is_recorded_is_accepted_whatever_becomes_of_its_message(
    settings: ServiceSettings, store: Store, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise trouble

    celery = application(settings)
    monkeypatch.setattr(celery, "send_task", fail)
    app = create_app(settings, store, CeleryDispatcher(celery))
    answer = Asker.with_token(app, store, "course", Scope.SUBMIT).submit()
    assert answer.status_code == 202
    assert store.submissions.get(answer.get_json()["id"]) is not None
